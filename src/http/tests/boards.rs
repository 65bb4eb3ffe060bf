//! The boards, as a browser gets them: wall, badge and repair sheet.

use cunkou_core::coverage::EntranceState;
use cunkou_core::registry::Registry;
use reqwest::Method;

use super::town::{CONTACT, HOST, HOSTILE};
use super::*;

/// A name that would like to be everything: markup, another direction of writing, a wall of text.
const WORST: &str = "\u{202e}口村\"'><svg onload=alert(1)><script>x</script>&amp;\u{0}\u{2028}";

/// The town with this name for everything that is shown.
fn named(name: &str) -> Snapshot {
    let mut snapshot = town::snapshot();
    let mut registry = Registry::clone(&snapshot.registry);
    registry.areas.values_mut().for_each(|a| a.name = name.into());
    registry.entrances.values_mut().for_each(|e| e.name = name.into());
    registry.cameras.values_mut().for_each(|c| c.name = name.into());
    registry.nodes.values_mut().for_each(|n| n.name = name.into());
    registry.places.values_mut().for_each(|p| p.name = name.into());
    snapshot.registry = Arc::new(registry);
    let mut incident = Incident::clone(&town::incident(7, IncidentStatus::Open));
    incident.cause_name = name.into();
    snapshot.incidents = Arc::new([(incident.id, Arc::new(incident))].into());
    snapshot
}

/// That a page has none of the markup that a name would like to be, and is not made long by it.
fn harmless(what: &str, page: &str, bound: usize) {
    for bad in ["<script>", "<svg onload", "onload=alert(1)>", "\u{202e}", "\u{2028}", "\u{0}"] {
        assert!(!page.contains(bad), "{what} contains {bad:?}");
    }
    assert!(page.len() < bound, "{what}: {} bytes", page.len());
}

#[tokio::test]
async fn hostile_names_are_text_on_every_board() {
    let long = format!("{WORST}{}", "村".repeat(4_000));
    for name in [HOSTILE, WORST, &long] {
        let d = daemon_with(settings(ReadAccess::Open), named(name)).await;
        let wall = d.get("/wall").await.text;
        assert!(wall.contains("&lt;script&gt;"), "it is shown as text");
        assert_eq!(wall.matches("<script").count(), 1, "our own, from a file");
        harmless("the wall", &wall, 20_000);
        let badge = d.get("/badge/entrance/E2.svg").await.text;
        assert!(badge.contains("&lt;") && badge.matches("<svg").count() == 2, "{badge}");
        harmless("the badge", &badge, 4_000);
        let sheet = d.get("/sheet/incident/7").await.text;
        assert!(sheet.contains("&lt;script&gt;") && sheet.matches("<script").count() == 1, "{sheet}");
        harmless("the sheet", &sheet, 20_000);
    }
}

#[tokio::test]
async fn the_wall_shows_what_is_lost_in_both_languages_and_nothing_inline() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let wall = d.get("/wall").await;
    assert_eq!((wall.status.as_u16(), wall.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = wall.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for text in ["lang=\"zh-CN\"", "<b>1</b>", "个村口失守", "上湾南口", "甘棠村", "S1", "未接单", "已恢复", "10 分钟"]
    {
        assert!(wall.text.contains(text), "{text}: {}", wall.text);
    }
    for inline in ["<style", "style=", "onclick", "javascript:"] {
        assert!(!wall.text.contains(inline), "{inline}");
    }
    let accepted = d.request(Method::GET, "/wall").header("accept-language", "en-GB");
    assert!(d.send(accepted).await.text.contains("lang=\"zh-CN\""), "the setting, whatever the browser prefers");
    let english = d.get("/wall?lang=en").await.text;
    for text in ["lang=\"en\"", "entrance lost", "Last incidents", "href=\"/wall?lang=zh-CN\"", "10 min"] {
        assert!(english.contains(text), "{text}");
    }
    for path in ["wall.css", "wall.js", "board.js", "sheet.css", "sheet.js"] {
        assert_eq!(d.get(&format!("/static/{path}")).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_wall_that_is_blind_shows_no_false_calm() {
    let mut blind = town::snapshot();
    blind.blind = Some(NOW);
    let d = daemon_with(settings(ReadAccess::Open), blind).await;
    let wall = d.get("/wall?lang=en").await.text;
    assert!(wall.contains("The monitor is blind") && wall.contains("cannot say") && wall.contains("class=\"blind\""));
    let mut calm = town::snapshot();
    let belief = calm.entrances.get_mut(1).unwrap().as_mut().unwrap();
    belief.now.state = EntranceState::Covered;
    let d = daemon_with(settings(ReadAccess::Open), calm).await;
    let wall = d.get("/wall?lang=en").await.text;
    assert!(wall.contains("<b>0</b>") && wall.contains("no entrance is lost") && wall.contains("class=\"good\""));
}

#[tokio::test]
async fn without_a_token_a_board_asks_for_one_and_shows_nothing() {
    let d = daemon(settings(ReadAccess::Token)).await;
    for board in ["/wall", "/sheet/incident/7"] {
        let door = d.get(board).await;
        assert_eq!((door.status.as_u16(), door.header("content-type")), (401, "text/html; charset=utf-8"), "{board}");
        assert!(door.text.contains("id=\"door\"") && !door.text.contains("甘棠"), "{board}");
        let wrong = d.send(d.request(Method::GET, board).bearer_auth("wrong")).await;
        assert!(wrong.status == 401 && !wrong.text.contains("甘棠"), "{board}");
        let shown = d.send(d.request(Method::GET, board).bearer_auth(token(Role::Read))).await;
        assert!(shown.status == 200 && shown.text.contains("甘棠"), "{board}");
    }
    assert_eq!(d.get("/sheet/incident/99").await.status, 401, "whether there is one is nobody's business either");
    d.get("/badge/entrance/E2.svg").await.problem(401);
}

#[tokio::test]
async fn a_badge_says_the_state_by_word_shape_and_colour() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let mut seen = Vec::new();
    for (id, zh, en) in [
        ("E1", "有覆盖", "covered"),
        ("E2", "失守", "lost"),
        ("E3", "未布防", "unwatched"),
        ("E4", "不判定", "not judged"),
        ("E5", "覆盖减弱", "reduced"),
    ] {
        let badge = d.get(&format!("/badge/entrance/{id}.svg")).await;
        assert_eq!((badge.status.as_u16(), badge.header("content-type")), (200, "image/svg+xml"));
        assert_eq!(badge.header("cache-control"), "no-cache");
        assert!(badge.text.contains(&format!(">{zh}</text>")), "{}", badge.text);
        let english = d.get(&format!("/badge/entrance/{id}.svg?lang=en")).await;
        assert!(english.text.contains(&format!(">{en}</text>")), "{}", english.text);
        assert_ne!(english.header("etag"), badge.header("etag"));
        let again = d.request(Method::GET, &format!("/badge/entrance/{id}.svg"));
        let again = d.send(again.header("if-none-match", badge.header("etag"))).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
        let shape = badge.text.split("viewBox=\"0 0 16 16\">").nth(1).unwrap().split("</svg>").next().unwrap();
        seen.push(shape.to_owned());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "each state has a shape of its own");
    for unknown in ["none.svg", "E1", "E1.png", ".svg", "C1.svg"] {
        d.get(&format!("/badge/entrance/{unknown}")).await.problem(404);
    }
    d.get("/badge/entrance/E1.svg?lang=xx").await.problem(400);
}

#[tokio::test]
async fn a_badge_changes_with_the_state() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let before = d.get("/badge/entrance/E1.svg").await;
    let mut worse = town::snapshot();
    worse.entrances.get_mut(0).unwrap().as_mut().unwrap().now.state = EntranceState::Lost;
    d.snapshots.send(Arc::new(worse)).unwrap();
    let asked = d.request(Method::GET, "/badge/entrance/E1.svg").header("if-none-match", before.header("etag"));
    let after = d.send(asked).await;
    assert!(after.status == 200 && after.text.contains(">失守</text>"), "{}", after.text);
}

#[tokio::test]
async fn a_sheet_says_what_is_lost_why_where_and_who_is_near() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let sheet = d.get("/sheet/incident/7").await;
    assert_eq!((sheet.status.as_u16(), sheet.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(sheet.header("cache-control"), "no-store");
    let policy = sheet.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for text in [
        "抢修单 #7",
        "未接单",
        "交换机 S1",
        "也可能是",
        "摄像机 C2",
        "上湾南口",
        "六指街 › 甘棠村 › 上湾",
        "WGS 84",
        "手机地图",
        "甘棠警务站",
        "<svg class=\"map\"",
        "通过",
        "供电已查",
        "依据</b> 交换机 S1",
        "2026-11-24 03:00:00",
    ] {
        assert!(sheet.text.contains(text), "{text}: {}", sheet.text);
    }
    for inline in ["<style", "style=", "onclick", "javascript:"] {
        assert!(!sheet.text.contains(inline), "{inline}");
    }
    let english = d.get("/sheet/incident/7?lang=en").await.text;
    assert!(english.contains("Repair sheet #7") && english.contains("power checked") && english.contains("switch S1"));
}

#[tokio::test]
async fn whom_to_call_is_shown_to_those_who_may_act_and_nobody_else() {
    for read in [ReadAccess::Open, ReadAccess::Token] {
        let d = daemon(settings(read)).await;
        for role in Role::ALL {
            let sheet = d.send(d.request(Method::GET, "/sheet/incident/7").bearer_auth(token(role))).await;
            assert_eq!(sheet.status, 200);
            for personal in [CONTACT, HOST] {
                assert_eq!(sheet.text.contains(personal), role >= Role::Operate, "{personal} as {}", role.word());
            }
            assert!(!sheet.text.contains("rtsp://") && !sheet.text.contains("cams"), "no login and no path");
        }
    }
}

#[tokio::test]
async fn a_sheet_there_is_none_of_is_not_found_and_an_old_one_comes_from_history() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for none in ["99", "x", "-1", "99999999999999999999", "7.svg"] {
        let sheet = d.get(&format!("/sheet/incident/{none}?lang=en")).await;
        assert_eq!((sheet.status.as_u16(), sheet.header("content-type")), (404, "text/html; charset=utf-8"), "{none}");
        assert!(sheet.text.contains("No incident has this number"), "{none}");
    }
    let old = Incident { acknowledged: None, ..Incident::clone(&town::incident(3, IncidentStatus::Resolved)) };
    let opening = Incident::clone(&town::incident(4, IncidentStatus::Opening));
    d.past.incidents.lock().unwrap().extend([old, opening]);
    assert!(d.get("/sheet/incident/3?lang=en").await.text.contains("Repair sheet #3"));
    assert_eq!(d.get("/sheet/incident/4").await.status, 404, "what is not told yet is not shown");
    d.past.broken.store(true, Ordering::Relaxed);
    assert_eq!(d.get("/sheet/incident/3").await.status, 503);
}

#[tokio::test]
async fn a_sheet_of_much_is_capped_and_counts_what_it_leaves_out() {
    let mut snapshot = town::snapshot();
    let mut registry = Registry::clone(&snapshot.registry);
    let mut incident = Incident::clone(&town::incident(7, IncidentStatus::Open));
    for n in 10..50 {
        let mut camera = registry.cameras["C1"].clone();
        camera.id = cunkou_core::model::CameraId::new(&format!("C{n}")).unwrap();
        incident.cameras.push(camera.id.clone());
        registry.cameras.insert(camera.id.clone(), camera);
        let mut entrance = registry.entrances["E1"].clone();
        entrance.id = EntranceId::new(&format!("E{n}")).unwrap();
        incident.entrances_lost.push(entrance.id.clone());
        registry.entrances.insert(entrance.id.clone(), entrance);
    }
    snapshot.registry = Arc::new(registry);
    snapshot.incidents = Arc::new([(incident.id, Arc::new(incident))].into());
    let d = daemon_with(settings(ReadAccess::Open), snapshot).await;
    let sheet = d.get("/sheet/incident/7?lang=en").await.text;
    assert_eq!(sheet.matches("<tr>").count(), 1 + 6, "a head and six cameras");
    assert_eq!(sheet.matches("class=\"number\"").count(), 10, "ten entrances on the map");
    assert!(sheet.contains("+35 more") && sheet.contains("+31 more"), "{sheet}");
}
