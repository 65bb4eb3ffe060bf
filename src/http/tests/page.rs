//! The status page, as a browser gets it.

use reqwest::Method;

use super::town::HOSTILE;
use super::*;

#[tokio::test]
async fn the_page_shows_the_town_in_both_languages_and_nothing_inline() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let page = d.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("unsafe")
    );
    for text in
        ["lang=\"zh-CN\"", "上湾南口", "甘棠村", "S1 号交换机", "抢修单", "2026-11-24 03:00:00", "127.20.255.254:8023"]
    {
        assert!(page.text.contains(text), "{text}");
    }
    assert!(page.text.contains("id=\"stale\"") && page.text.contains("role=\"alert\" hidden>连接中断"));
    for inline in ["<style", "style=", "onclick", "onload", "javascript:"] {
        assert!(!page.text.contains(inline), "{inline}");
    }
    assert_eq!(page.text.matches("<script").count(), 1, "our own, from a file");
    let english = d.get("/?lang=en").await.text;
    assert!(
        english.contains("lang=\"en\"")
            && english.contains("Open incidents")
            && english.contains("href=\"/?lang=zh-CN\"")
    );
    let accepted = d.request(Method::GET, "/").header("accept-language", "en-GB");
    assert!(d.send(accepted).await.text.contains("Open incidents"));
}

#[tokio::test]
async fn names_from_the_registry_are_text_and_never_markup() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let page = d.get("/").await.text;
    assert!(!page.contains(HOSTILE) && !page.contains("<script>"));
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"), "the camera that is down is shown");
}

#[tokio::test]
async fn blindness_is_the_first_thing_one_sees() {
    let mut blind = town::snapshot();
    blind.blind = Some(town::NOW);
    let d = daemon_with(settings(ReadAccess::Open), blind).await;
    let page = d.get("/?lang=en").await.text;
    let banner = page.find("The monitor is blind").unwrap();
    // The tools of the map name entrances too; in the lists nothing stands before it.
    let lists = page.find("<main").unwrap();
    assert!(lists < banner && banner < lists + page[lists..].find("Entrances").unwrap());
}

#[tokio::test]
async fn without_a_token_the_page_asks_for_one_and_shows_nothing() {
    let d = daemon(settings(ReadAccess::Token)).await;
    let door = d.get("/").await;
    assert_eq!((door.status.as_u16(), door.header("content-type")), (401, "text/html; charset=utf-8"));
    assert!(door.text.contains("id=\"door\"") && !door.text.contains("甘棠"));
    assert_eq!(d.get("/static/page.js").await.status, 200);
    let shown = d.send(d.request(Method::GET, "/").bearer_auth(token(Role::Read))).await;
    assert!(shown.status == 200 && shown.text.contains("甘棠"));
    let wrong = d.send(d.request(Method::GET, "/").bearer_auth("wrong")).await;
    assert!(wrong.status == 401 && !wrong.text.contains("甘棠"));
}

#[tokio::test]
async fn style_and_script_are_asked_for_once() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (path, kind) in [("/static/page.css", "text/css"), ("/static/page.js", "text/javascript")] {
        let first = d.get(path).await;
        assert!(first.header("content-type").starts_with(kind) && !first.text.is_empty());
        assert_eq!(first.header("x-content-type-options"), "nosniff");
        let again = d.request(Method::GET, path).header("if-none-match", first.header("etag"));
        let again = d.send(again).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
        let other = d.send(d.request(Method::GET, path).header("if-none-match", "\"other\"")).await;
        assert_eq!(other.status, 200);
    }
}

#[tokio::test]
async fn the_map_library_is_served_compressed_to_those_who_accept_it() {
    let d = daemon(settings(ReadAccess::Token)).await;
    for name in ["maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css", "maplibre-gl.LICENSE.txt"] {
        let path = format!("/static/{name}");
        let plain = d.get(&path).await;
        assert_eq!((plain.status.as_u16(), plain.header("content-encoding")), (200, ""));
        let request = d.request(Method::GET, &path).header("accept-encoding", "br, gzip");
        let packed = request.send().await.unwrap();
        assert_eq!((packed.headers()["content-encoding"].as_bytes(), packed.status().as_u16()), (&b"gzip"[..], 200));
        assert!(packed.headers()["vary"].to_str().unwrap().contains("accept-encoding"));
        let (kind, tag) = (packed.headers()["content-type"].clone(), packed.headers()["etag"].clone());
        assert_eq!(kind, plain.header("content-type"));
        assert_ne!(tag, plain.header("etag"), "two forms, two tags");
        let bytes = packed.bytes().await.unwrap();
        assert!(bytes.len() * 2 < plain.text.len());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
        assert!(text == plain.text, "{name}");
        let again = d.request(Method::GET, &path).header("accept-encoding", "gzip").header("if-none-match", tag);
        assert_eq!(d.send(again).await.status, 304);
    }
    d.get("/static/vendor").await.problem(404);
    d.get("/static/..%2fmod.rs").await.problem(404);
}

#[tokio::test]
async fn the_page_may_run_its_own_worker_and_nothing_else() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let policy = d.get("/").await.header("content-security-policy").to_owned();
    for part in ["worker-src 'self'", "img-src 'self' data: blob:", "connect-src 'self'", "default-src 'none'"] {
        assert!(policy.contains(part), "{part}");
    }
    assert!(!policy.contains("http") && !policy.contains('*') && !policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn lists_and_sheets_are_sent_compressed_to_those_who_accept_it() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for path in ["/", "/page/camera/C2", "/page/search?q=C"] {
        let plain = d.get(path).await;
        assert_eq!(plain.header("content-encoding"), "", "{path}");
        let packed = d.request(Method::GET, path).header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip", "{path}");
        assert!(packed.headers()["vary"].to_str().unwrap().contains("accept-encoding"), "{path}");
        let bytes = packed.bytes().await.unwrap();
        assert!(bytes.len() * 2 < plain.text.len(), "{path}: {} of {}", bytes.len(), plain.text.len());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
        assert!(text == plain.text, "{path}");
    }
}
