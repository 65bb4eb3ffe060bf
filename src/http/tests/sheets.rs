//! Sheets and search: pages of their own, and what the script shows beside the map.

use std::collections::BTreeMap;

use cunkou_core::model::Language;
use cunkou_core::registry::Registry;

use super::town::{CONTACT, HOST, HOSTILE};
use super::*;

/// A sheet of each kind, of things that are there.
const SHEETS: [&str; 7] = [
    "/page/camera/C2",
    "/page/entrance/E2",
    "/page/entrance/E1",
    "/page/incident/7",
    "/page/village/V1",
    "/page/node/S1",
    "/page/place/P1",
];

#[tokio::test]
async fn each_sheet_says_what_is_behind_a_state() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (path, texts) in [
        (
            SHEETS[0],
            &["离线", "S1 号交换机", "2026-11-24 02:59:55", "甘棠警务站", "42011600001320000002", "密码被拒绝"][..],
        ),
        (SHEETS[1], &["失守", "上湾南口", "/page/camera/C2", "data-with=\"C2 C4\"", "/page/village/V1", "谁在看护"]),
        (SHEETS[2], &["有覆盖", "再坏哪一处就会失守", "/page/camera/C1"]),
        (
            SHEETS[3],
            &[
                "依据",
                "已排除",
                "另有 3 台",
                "无从判断",
                "首次通知：相关设备已问过",
                "#7",
                "未接单",
                "/page/entrance/E2",
                "/sheet/incident/7",
                "新事件",
                "/page/node/S1",
                "desk · 送达 2026-11-24 03:00:00",
                "2 次尝试 · 应答 200 · 503",
            ],
        ),
        (SHEETS[4], &["甘棠村", "/page/entrance/E2", "/page/camera/C2", "420116"]),
        (SHEETS[5], &["S1 号交换机", "交换机", "/page/node/UP", "/page/camera/C1"]),
        (
            SHEETS[6],
            &[
                "警务工作站",
                "甘棠警务站",
                "/page/village/V1",
                "附近失守进出口",
                "/page/entrance/E2",
                "/page/camera/C2",
                "1.3 km",
            ],
        ),
    ] {
        let page = d.get(path).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        for text in texts {
            assert!(page.text.contains(text), "{path}: {text}\n{}", page.text);
        }
        let english = d.get(&format!("{path}?lang=en")).await.text;
        assert!(
            english.contains("lang=\"en\"")
                && english.contains("Changes") | english.contains("Cause") | english.contains("Cameras"),
            "{path}"
        );
        assert!(!page.text.contains(CONTACT) && !page.text.contains(HOST), "{path}: what is nobody's business");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_and_nothing_is_shown_without_a_token() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for path in [
        "/page/camera/E2",
        "/page/nothing/C1",
        "/page/incident/x",
        "/page/incident/99999999999999999999",
        "/page/node/%3Cscript%3E",
    ] {
        let page = d.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text.contains("没有这一项") && !page.text.contains("<script>"), "{path}");
    }
    let closed = daemon(settings(ReadAccess::Token)).await;
    for path in SHEETS.into_iter().chain(["/", "/page/search?q=C", "/page/none/none"]) {
        let door = closed.get(path).await;
        assert_eq!(door.status, 401, "{path}");
        assert!(
            door.text.contains("id=\"door\"") && !door.text.contains("甘棠") && !door.text.contains("C2"),
            "{path}"
        );
        let shown = closed.send(closed.request(Method::GET, path).bearer_auth(token(Role::Read))).await;
        assert!([200, 404].contains(&shown.status.as_u16()), "{path}");
    }
}

#[tokio::test]
async fn a_sheet_goes_without_its_history_while_that_cannot_be_read() {
    let d = daemon(settings(ReadAccess::Open)).await;
    d.past.broken.store(true, Ordering::Relaxed);
    let page = d.get("/page/camera/C1").await;
    assert!(page.status == 200 && page.text.contains("历史暂时读不出来"), "{}", page.text);
    assert!(d.get("/page/incident/7").await.status == 200);
}

#[tokio::test]
async fn search_finds_by_name_code_id_and_place() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let find = async |q: &str| {
        let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        d.get(&format!("/page/search?q={q}")).await.text
    };
    for (q, found) in [
        ("上湾 北口", &["/page/entrance/E1", "/page/camera/C1"][..]),
        ("甘棠村", &["/page/village/V1", "/page/entrance/E5", "/page/camera/C3"]),
        ("42011600001320000003", &["/page/camera/C3"]),
        ("up", &["/page/node/UP"]),
        ("420116", &["/page/village/V2"]),
        ("SCRIPT", &["/page/village/V2", "/page/camera/C2"]),
    ] {
        let page = find(q).await;
        for link in found {
            assert!(page.contains(&format!("href=\"{link}\"")), "{q}: {link}\n{page}");
        }
    }
    assert!(find("甘棠村 S2").await.contains("没有找到"), "every word must stand in one thing");
    assert!(find("").await.contains("没有找到") && find(&"长".repeat(5_000)).await.contains("没有找到"));
    assert!(!find("上湾北口枪机").await.contains("/page/camera/C3"));
}

/// The town with such a name for everything that has one.
fn named(name: &str) -> Snapshot {
    let mut snapshot = town::snapshot();
    let mut registry: Registry = (*snapshot.registry).clone();
    registry.areas.values_mut().for_each(|a| (a.name, a.code) = (name.into(), Some(name.into())));
    registry.nodes.values_mut().for_each(|n| n.name = name.into());
    registry.entrances.values_mut().for_each(|e| (e.name, e.source) = (name.into(), Some(name.into())));
    registry.places.values_mut().for_each(|p| p.name = name.into());
    for camera in registry.cameras.values_mut() {
        (camera.name, camera.gb_code) = (name.into(), Some(name.into()));
        (camera.vendor, camera.model, camera.note) = (Some(name.into()), Some(name.into()), Some(name.into()));
    }
    let rename = |i: &Arc<Incident>| {
        let taken = Acknowledgement { at: NOW, by: name.into(), note: name.into(), until: None };
        Arc::new(Incident { cause_name: name.into(), acknowledged: Some(taken), ..(**i).clone() })
    };
    let incidents: BTreeMap<_, _> = snapshot.incidents.iter().map(|(id, i)| (*id, rename(i))).collect();
    (snapshot.registry, snapshot.incidents) = (Arc::new(registry), Arc::new(incidents));
    snapshot
}

#[tokio::test]
async fn a_registry_full_of_hostile_names_is_shown_harmless() {
    let markup = [
        HOSTILE.to_owned(),
        "\"><img src=x onerror=alert(1)>".to_owned(),
        "'-alert(1)-'</textarea></style></script><svg/onload=alert(1)>".to_owned(),
        "\u{202e}\u{2066}gnp.exe\u{0}\u{7}\u{1b}[31m".to_owned(),
        "村口".repeat(2_000),
        "&lt;b&gt;&#39;".to_owned(),
        "javascript:alert(1)".to_owned(),
    ];
    for name in markup {
        let d = daemon_with(settings(ReadAccess::Open), named(&name)).await;
        for path in SHEETS.into_iter().chain([
            "/",
            "/?lang=en",
            "/page/village/V2",
            "/page/search?q=C",
            "/page/search?q=%3Cimg",
        ]) {
            let page = d.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            let text = &page.text;
            for bad in [
                "<img",
                "<svg",
                "<script>",
                "</textarea",
                "onerror=alert(1)>",
                "href=\"javascript",
                "\u{202e}",
                "\u{2066}",
                "\u{0}",
                "\u{1b}",
            ] {
                assert!(!text.contains(bad), "{path}: {bad:?} of {name:?}");
            }
            assert_eq!(text.matches("<script").count(), 1, "{path}: ours alone");
            let longest = text.split(['<', '>']).map(|t| t.chars().count()).max().unwrap_or_default();
            assert!(longest < 1_000, "{path}: {longest} characters of one name");
        }
        let map = d.get("/api/v1/map").await;
        assert_eq!((map.header("content-type"), map.header("x-content-type-options")), ("application/json", "nosniff"));
        assert_eq!(map.json()["cameras"][0]["name"], name.as_str(), "the feed is exact; what draws it writes text");
    }
}

/// Nobody reads two stories of one night: what a judgement rests on is said in the same words on the page and on paper,
/// also once it is over.
#[tokio::test]
async fn the_sheet_and_the_paper_say_the_same_of_what_a_judgement_rests_on() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let old = Incident::clone(&town::incident(3, IncidentStatus::Resolved));
    d.past.incidents.lock().unwrap().push(old.clone());
    let zone = jiff::tz::TimeZone::UTC;
    for language in Language::ALL {
        let words = crate::http::story::speaking(language, &town::registry(), &zone, &old, |s| s.found(&old));
        let parts = crate::http::story::found_parts(language, words);
        assert_eq!(parts.iter().map(|(_, lines)| lines.len()).collect::<Vec<_>>(), [3, 2, 1], "{parts:?}");
        for (number, path) in [(7, "page"), (3, "page"), (7, "sheet"), (3, "sheet")] {
            let page = d.get(&format!("/{path}/incident/{number}?lang={}", language.tag())).await;
            assert_eq!(page.status, 200);
            for line in parts.iter().flat_map(|(title, lines)| lines.iter().map(String::as_str).chain([*title])) {
                let mut escaped = crate::http::page::Html::default();
                escaped.text(line);
                let line = escaped.into_string();
                assert!(page.text.contains(&line), "{path} {number}: {line}\n{}", page.text);
            }
        }
    }
}

#[tokio::test]
async fn who_was_called_is_said_to_those_who_show_a_token() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let anybody = d.get("/page/incident/7").await.text;
    assert!(anybody.contains("desk") && !anybody.contains("王强"), "{anybody}");
    let known = d.request(Method::GET, "/page/incident/7").bearer_auth(token(Role::Read));
    assert!(d.send(known).await.text.contains("desk → 王强 · 送达"));
}

#[tokio::test]
async fn stations_are_found_by_name_kind_and_place() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for sought in ["P1", "甘棠警务", "警务工作站", "甘棠村 工作站"] {
        let found = d.get(&format!("/page/search?q={sought}")).await.text;
        assert!(
            found.contains("href=\"/page/place/P1\"") && found.contains("data-mark=\"place-station\""),
            "{sought}: {found}"
        );
    }
    assert!(!d.get("/page/search?q=13800000000").await.text.contains("/page/place/"), "not by whom to call");
    let camera = d.get("/page/camera/C2").await.text;
    assert!(camera.contains("href=\"/page/place/P1\""), "the nearest station leads to its sheet: {camera}");
}
