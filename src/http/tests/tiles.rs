//! What lies under the map: tiles of a file, a server of others, and what the page may ask then.

use reqwest::Method;

use super::*;
use crate::files::{TILES_METADATA, tiles_file};

fn with(tiles: Option<Tiles>, read: ReadAccess) -> HttpSettings {
    HttpSettings { tiles, tiles_credit: "测绘院 <b>".to_owned(), ..settings(read) }
}

#[tokio::test]
async fn tiles_of_a_file_are_served_to_those_who_may_look() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("town.pmtiles");
    std::fs::write(&path, tiles_file(1, TILES_METADATA)).unwrap();
    let d = daemon(with(Some(Tiles::File(path.clone())), ReadAccess::Open)).await;
    let about = d.get("/tiles/about").await.json();
    assert_eq!(
        about,
        serde_json::json!({
            "tiles": "/tiles/{z}/{x}/{y}", "vector": true, "min_zoom": 0, "max_zoom": 2,
            "bounds": [114.0, 30.0, 115.0, 31.0], "layers": ["water", "roads"],
            "credit": "© OpenStreetMap alert(1) · 测绘院 <b>", "fault": null,
        })
    );
    let tile = d.get("/tiles/1/0/1").await;
    assert_eq!((tile.status.as_u16(), tile.header("content-type")), (200, "application/vnd.mapbox-vector-tile"));
    assert_eq!((tile.header("content-encoding"), tile.text.as_str()), ("", "twice"), "unpacked for who takes no gzip");
    assert!(tile.header("cache-control").contains("private") && tile.header("vary").contains("accept-encoding"));
    let packed = d.request(Method::GET, "/tiles/1/0/1").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert!(packed.bytes().await.unwrap().starts_with(&[0x1f, 0x8b]));
    assert_eq!(d.get("/tiles/2/3/3").await.status, 204, "the file has none there");
    for none in ["/tiles/1/2/0", "/tiles/27/0/0", "/tiles/1/0/x", "/tiles/01/0/0", "/tiles/-1/0/0", "/tiles/1/+0/0"] {
        d.get(none).await.problem(404);
    }

    let closed = daemon(with(Some(Tiles::File(path.clone())), ReadAccess::Token)).await;
    for path in ["/tiles/about", "/tiles/1/0/1"] {
        closed.get(path).await.problem(401);
        let shown = closed.send(closed.request(Method::GET, path).bearer_auth(token(Role::Read))).await;
        assert_eq!(shown.status, 200, "{path}");
    }

    std::fs::write(&path, b"SQLite format 3\0").unwrap();
    let about = d.get("/tiles/about").await.json();
    assert!(about["tiles"].is_null() && about["fault"].as_str().unwrap().contains("pmtiles convert"), "{about}");
    d.get("/tiles/1/0/1").await.problem(503);
    assert!(!d.get("/?lang=en").await.header("content-security-policy").contains("http"), "nothing else is asked");
}

#[tokio::test]
async fn a_server_of_tiles_is_the_one_other_that_the_page_may_ask() {
    let server = Tiles::Server {
        template: "http://10.0.0.9:8080/{z}/{x}/{y}.png".to_owned(),
        origin: "http://10.0.0.9:8080".to_owned(),
        vector: false,
        max_zoom: 17,
    };
    let d = daemon(with(Some(server), ReadAccess::Open)).await;
    let about = d.get("/tiles/about").await.json();
    assert_eq!((&about["tiles"], &about["max_zoom"]), (&"http://10.0.0.9:8080/{z}/{x}/{y}.png".into(), &17.into()));
    let page = d.get("/").await;
    let policy = page.header("content-security-policy");
    for part in ["connect-src 'self' http://10.0.0.9:8080;", "img-src 'self' data: blob: http://10.0.0.9:8080;"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && policy.contains("script-src 'self';"), "{policy}");
    let worker = d.get("/static/maplibre-gl-worker.mjs").await;
    let policy = worker.header("content-security-policy");
    assert_eq!(policy, "default-src 'none'; connect-src 'self' http://10.0.0.9:8080; frame-ancestors 'none'");
    assert!(!d.get("/static/page.js").await.header("content-security-policy").contains("connect-src"));
    assert!(page.text.contains("name=\"tiles\""), "it can be shown and hidden");
    d.get("/tiles/0/0/0").await.problem(404);
}

#[tokio::test]
async fn without_tiles_there_are_none() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let about = d.get("/tiles/about").await.json();
    assert!(about["tiles"].is_null() && about["fault"].is_null(), "{about}");
    d.get("/tiles/0/0/0").await.problem(404);
    assert!(!d.get("/").await.text.contains("name=\"tiles\""));
}
