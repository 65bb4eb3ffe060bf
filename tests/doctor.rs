//! `cunkou doctor` and the cameras that failed together: a node is suggested as text, nothing is written, and what a person
//! pastes of it is taken.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use cunkou::engine::registry_rows;
use cunkou::files;
use cunkou::store::{Batch, OpenMode, RegistryPut, Store};
use cunkou_core::health::Cause;
use cunkou_core::model::{CameraId, NodeId, Span, Time};
use cunkou_core::registry::Registry;
use cunkou_core::world::{Effects, Subject, Transition};
use program::{Ran, cunkou};
use serde_json::Value;

const AREAS: &str = "id,parent,kind,name\nT,,town,六指街\nV1,T,village,甘棠村\n";
const NODES: &str = "id,kind,name\nSW,switch,S\nNEW-1,power,P\n";
/// Five on a switch, of which three share something; two elsewhere, of which one has a feed.
const CAMERAS: [(&str, &str, &str); 7] = [
    ("C1", "SW", ""),
    ("C2", "SW", ""),
    ("C3", "SW", ""),
    ("C4", "SW", ""),
    ("C5", "SW", ""),
    ("D1", "SW", "NEW-1"),
    ("D2", "", ""),
];

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Time(i64::try_from(since.as_millis()).expect("a time"))
}

/// Failures so many days ago, one second apart, with what was blamed.
fn failed(days: i64, cameras: &[&str], by: Option<&str>) -> Vec<Transition> {
    let at = |n: usize| now() - Span::hours(24 * days) + Span::seconds(i64::try_from(n).expect("few"));
    let one = |(n, id): (usize, &&str)| Transition {
        at: at(n) + Span::seconds(3),
        since: at(n),
        subject: Subject::Camera(CameraId::new(id).expect("an id")),
        from: "suspect",
        to: "down",
        cause: by.map(|node| Cause::Node(NodeId::new(node).expect("an id"))),
        incident: None,
        reasons: Default::default(),
        evidence: None,
    };
    cameras.iter().enumerate().map(one).collect()
}

async fn history(folder: &Path, transitions: Vec<Transition>) {
    let url = format!("sqlite://{}", folder.join("cunkou.db").display());
    let store = Store::open(&url, OpenMode::ReadWrite).await.expect("a database");
    let (registry, _) = files::load(&folder.join("registry")).expect("a registry").judge();
    let put = RegistryPut {
        version: 1,
        at: now(),
        who: "start".into(),
        hashes: Default::default(),
        summary: "first".into(),
        changes: registry_rows(&Registry::default(), &registry),
    };
    let effects = Effects { transitions, ..Effects::default() };
    let batch = Batch { registry: Some(&put), tick: Some(now()), ..Batch::new(store.next_batch(), &effects, 1) };
    store.commit(&batch).await.expect("kept");
    store.close().await;
}

fn cameras(change: impl Fn(&str, &str, &str) -> (String, String)) -> String {
    let row = |(n, (id, node, power)): (usize, &(&str, &str, &str))| {
        let (node, power) = change(id, node, power);
        format!("{id},枪机,V1,114.3,30.8,{node},{power},10.0.0.{n},rtsp://{{host}}/1,ir\n")
    };
    let rows: String = CAMERAS.iter().enumerate().map(row).collect();
    format!("id,name,area,lon,lat,node,power,host,rtsp,night\n{rows}")
}

fn town() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("a file");
    fs::create_dir(dir.path().join("registry")).expect("a folder");
    write("registry/areas.csv", AREAS);
    write("registry/nodes.csv", NODES);
    write("registry/cameras.csv", &cameras(|_, node, power| (node.to_owned(), power.to_owned())));
    write("cunkou.toml", "[ui]\nlanguage = \"en\"\n[probe]\nallow = [\"10.0.0.0/8\"]\n");
    let all = [
        // Known to nobody: three of the switch.
        failed(80, &["C1", "C2", "C3"], None),
        failed(3, &["C3", "C1", "C2"], None),
        // Known to nobody, and on no common path: three times the same two.
        failed(60, &["D1", "D2"], None),
        failed(50, &["D2", "D1"], None),
        failed(40, &["D1", "D2"], None),
        // Longer ago than anybody remembers, or blamed on the switch.
        failed(100, &["C4", "C5", "C1"], None),
        failed(20, &["C4", "C5", "C1"], Some("SW")),
        failed(10, &["C4", "C5"], None),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(history(dir.path(), all.concat()));
    dir
}

/// What the doctor thinks of the topology.
fn topology(dir: &Path, language: &str) -> Value {
    let ran = Ran::of(cunkou(dir, &["doctor", "--format", "json", "--lang", language]).output().expect("it runs"));
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|f| f["check"] == "topology").expect("of the topology").clone()
}

/// The rows below each heading of this name, up to a line that has another number of commas.
fn rows<'a>(advice: &'a str, heading: &str) -> Vec<&'a str> {
    let mut all = Vec::new();
    let mut lines = advice.lines();
    while lines.by_ref().any(|line| line == heading) {
        let head = lines.next().expect("names of columns");
        let commas = head.matches(',').count();
        all.push(head);
        let rest = lines.clone().take_while(|line| line.matches(',').count() == commas && !line.ends_with(':'));
        all.extend(rest);
    }
    all
}

#[test]
fn cameras_that_failed_together_are_a_node_to_paste_and_nothing_is_written() {
    let dir = town();
    let registry = || -> BTreeMap<String, String> {
        let files = fs::read_dir(dir.path().join("registry")).expect("a folder").flatten();
        let text = |path: &Path| fs::read_to_string(path).expect("a text");
        files.map(|f| (f.file_name().to_string_lossy().into_owned(), text(&f.path()))).collect()
    };
    let before = registry();
    let seen = topology(dir.path(), "en");
    assert_eq!(registry(), before, "it only suggests");
    assert_eq!(
        (&seen["verdict"], &seen["found"]),
        (
            &"unknown".into(),
            &"in 90 days 2 groups of cameras always failed together, and no node of the registry explains it".into()
        )
    );
    let advice = seen["advice"].as_str().expect("a text");
    assert_eq!(
        rows(advice, "nodes.csv"),
        [
            "id,kind,name,parents",
            "NEW-2,power,failed together 3 times,",
            "id,kind,name,parents",
            "NEW-3,switch,failed together 2 times,SW",
        ]
    );
    assert_eq!(
        rows(advice, "cameras.csv"),
        ["id,power", "D1,NEW-1 NEW-2", "D2,NEW-2", "id,node", "C1,NEW-3", "C2,NEW-3", "C3,NEW-3",]
    );
    let chinese = topology(dir.path(), "zh-CN");
    assert!(chinese["found"].as_str().expect("a text").contains("2 组摄像机总是同时中断"), "{chinese}");
    assert!(chinese["advice"].as_str().expect("a text").contains("NEW-3,switch,同时中断 2 次,SW"), "{chinese}");

    // Pasted as it stands.
    let pasted: Vec<&str> = rows(advice, "nodes.csv").into_iter().filter(|row| row.starts_with("NEW-")).collect();
    let nodes = format!("id,kind,name,parents\nSW,switch,S,\nNEW-1,power,P,\n{}\n", pasted.join("\n"));
    let cells: BTreeMap<&str, &str> = rows(advice, "cameras.csv").iter().filter_map(|r| r.split_once(',')).collect();
    let changed = cameras(|id, node, power| match cells.get(id) {
        Some(cell) if id.starts_with('C') => ((*cell).to_owned(), power.to_owned()),
        Some(cell) => (node.to_owned(), (*cell).to_owned()),
        None => (node.to_owned(), power.to_owned()),
    });
    fs::write(dir.path().join("registry/nodes.csv"), nodes).expect("a file");
    fs::write(dir.path().join("registry/cameras.csv"), changed).expect("a file");
    Ran::of(cunkou(dir.path(), &["check"]).output().expect("it runs")).ends(0);
    let seen = topology(dir.path(), "en");
    assert_eq!((&seen["verdict"], &seen["advice"]), (&"ok".into(), &"".into()), "{seen:#}");
}
