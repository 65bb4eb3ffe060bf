//! The API of a real daemon against those who mean harm: every operation of the description without and with the wrong
//! token, clients that dribble, that never read, that send far too much, and that call it by a foreign name.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{Daemon, FAST, Town, http};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Clients that dribble a head.
const DRIBBLING: usize = 600;
/// Clients of the event stream that never read.
const SILENT: usize = 500;
/// Bytes of a body that nobody should read.
const HUGE: usize = 100 << 20;

/// An operation of the description.
struct Operation {
    method: String,
    path: String,
    /// Whether it is a change, or needs a token.
    guarded: bool,
    role: Option<String>,
}

/// Every operation that `openapi.json` describes.
fn operations(daemon: &Daemon) -> Vec<Operation> {
    let bearer = format!("Bearer {}", daemon.token);
    let url = format!("{}/api/v1/openapi.json", daemon.base);
    let reply = http("GET", &url, &[("Authorization", &bearer)], b"").expect("the description");
    let document: Value = serde_json::from_slice(&reply.body).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let needs = operation["security"].as_array();
            let role = needs.into_iter().flatten().find_map(|r| r["token"][0].as_str());
            all.push(Operation {
                method: method.to_uppercase(),
                path: path.replace("{id}", "1"),
                guarded: role.is_some(),
                role: role.map(str::to_owned),
            });
        }
    }
    all
}

fn ask(daemon: &Daemon, operation: &Operation, token: Option<&str>) -> u16 {
    let bearer = token.map(|t| format!("Bearer {t}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|b| ("Authorization", b.as_str())).collect();
    let url = format!("{}{}", daemon.base, operation.path);
    http(&operation.method, &url, &headers, b"{}").expect("an answer").status
}

#[test]
fn every_operation_refuses_no_token_a_wrong_one_and_one_of_a_lower_role() {
    let town = Town::new(12, &format!("{FAST}\n[http]\nread = \"token\"\n"));
    let daemon = Arc::new(town.run());
    let all = operations(&daemon);
    let (guarded, open): (Vec<_>, Vec<_>) = all.into_iter().partition(|o| o.guarded);
    let open: Vec<String> = open.iter().map(|o| format!("{} {}", o.method, o.path)).collect();
    assert_eq!(open, ["GET /-/healthy", "GET /-/ready"], "nothing else is open");
    assert!(guarded.len() >= 19, "{}", guarded.len());
    // What the description does not name is guarded too: the page and the boards.
    let page =
        |path: &str| Operation { method: "GET".into(), path: path.into(), guarded: true, role: Some("read".into()) };
    let sheets = ["camera", "entrance", "incident", "village", "node"].map(|kind| format!("/page/{kind}/1"));
    let pages = ["/", "/wall", "/sheet/incident/1", "/page/search?q=1"].into_iter();
    let pages = pages.chain(sheets.iter().map(String::as_str)).map(page);
    let guarded: Vec<Arc<Operation>> = guarded.into_iter().chain(pages).map(Arc::new).collect();
    for operation in &guarded {
        assert_eq!(ask(&daemon, operation, None), 401, "{} {}", operation.method, operation.path);
        if operation.role.as_deref() == Some("admin") {
            assert_eq!(ask(&daemon, operation, Some(&daemon.token)), 403, "{} {}", operation.method, operation.path);
        }
    }
    // Each wrong token is answered late, so they are shown side by side.
    let tries = guarded.iter().map(|operation| {
        let (daemon, operation) = (daemon.clone(), operation.clone());
        std::thread::spawn(move || (ask(&daemon, &operation, Some("a-wrong-token")), operation))
    });
    for one in tries.collect::<Vec<_>>() {
        let (status, operation) = one.join().expect("it is answered");
        assert!([401, 429].contains(&status), "{} {}: {status}", operation.method, operation.path);
    }
    let logged = daemon.program.logged();
    let told = logged.lines().filter(|l| l.contains("a wrong token was refused")).count();
    assert!((1..=3).contains(&told), "told, once a minute an address: {told}\n{logged}");
    assert!(logged.contains("127.0.0.1") && !logged.contains("a-wrong-token"), "{logged}");
    nothing_was_changed(&daemon);
}

/// The registry is the first one, and nobody acknowledged anything.
fn nothing_was_changed(daemon: &Daemon) {
    let bearer = format!("Bearer {}", daemon.token);
    let get = |path: &str| -> Value {
        let reply = http("GET", &format!("{}/api/v1/{path}", daemon.base), &[("Authorization", &bearer)], b"");
        serde_json::from_slice(&reply.expect("an answer").body).expect("JSON")
    };
    assert_eq!(get("registry")["version"], 1);
    assert_eq!(get("incidents?status=acknowledged")["items"], Value::Array(Vec::new()));
}

/// A whole request on a connection of its own: the status, and how long it took.
fn healthy(base: &str) -> (u16, Duration) {
    let began = Instant::now();
    let reply = http("GET", &format!("{base}/-/healthy"), &[], b"").expect("it answers");
    (reply.status, began.elapsed())
}

fn connect(base: &str) -> Option<TcpStream> {
    TcpStream::connect(base.trim_start_matches("http://")).ok()
}

/// Sends a byte of a head on every connection, again and again; who is cut off comes back.
fn dribble(base: &str, stop: &AtomicBool, cut: &AtomicUsize) {
    let head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let mut clients: Vec<(Option<TcpStream>, usize)> = (0..DRIBBLING).map(|_| (None, 0)).collect();
    while !stop.load(Ordering::Relaxed) {
        for (stream, sent) in &mut clients {
            let byte = [*head.get(*sent).unwrap_or(&b'x')];
            if stream.as_mut().is_some_and(|s| s.write_all(&byte).is_ok()) {
                *sent += 1;
            } else {
                cut.fetch_add(usize::from(stream.is_some()), Ordering::Relaxed);
                (*stream, *sent) = (connect(base), 0);
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Opens event streams and never reads a byte.
fn keep_silent(base: &str) -> Vec<TcpStream> {
    let open = |_| {
        let mut stream = connect(base)?;
        stream.write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").ok()?;
        Some(stream)
    };
    (0..SILENT).filter_map(open).collect()
}

/// Sends a body of 100 MB; the status, or 0 where the connection was closed before one could be read.
fn flood(base: &str, path: &str, token: Option<&str>) -> u16 {
    send_huge(base, path, token, true)
}

/// The same, announced at once or in chunks that do not say how many are to come.
fn send_huge(base: &str, path: &str, token: Option<&str>, announced: bool) -> u16 {
    let Some(mut stream) = connect(base) else { return 0 };
    let bearer = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
    let length = if announced { format!("Content-Length: {HUGE}") } else { "Transfer-Encoding: chunked".to_owned() };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}Content-Type: application/json\r\n\
         {length}\r\nConnection: close\r\n\r\n"
    );
    let mut chunk = vec![b' '; 64 << 10];
    if !announced {
        chunk.splice(0..0, b"10000\r\n".iter().copied());
        chunk.extend(b"\r\n");
    }
    let mut sent = stream.write_all(head.as_bytes()).map_or(HUGE, |()| 0);
    while sent < HUGE && stream.write_all(&chunk).is_ok() {
        sent += chunk.len();
    }
    let mut answer = [0; 12];
    let read = stream.read_exact(&mut answer);
    read.ok().and_then(|()| String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()).unwrap_or(0)
}

/// The most memory that a process ever had, in MiB.
fn peak(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a line");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") / 1_024
}

#[test]
fn it_stays_healthy_beside_slow_silent_and_endless_clients() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit }).expect("our own limit");
    if limit.maximum.is_some_and(|most| most < 4_096) {
        println!(
            "skipped: it_stays_healthy_beside_slow_silent_and_endless_clients: fewer than 4096 open files allowed"
        );
        return;
    }
    let town = Town::new(12, FAST);
    let daemon = town.run();
    let before = peak(daemon.program.id());
    let (stop, cut) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut slowest = Duration::ZERO;
    std::thread::scope(|scope| {
        scope.spawn(|| dribble(&daemon.base, &stop, &cut));
        let silent = keep_silent(&daemon.base);
        let floods: Vec<_> = ["/-/reload", "/api/v1/registry", "/api/v1/registry?dry_run", "/api/v1/incidents/1/ack"]
            .into_iter()
            .flat_map(|path| [None, Some(daemon.token.as_str())].map(|token| (path, token)))
            .map(|(path, token)| {
                let base = daemon.base.as_str();
                scope.spawn(move || (path, flood(base, path, token)))
            })
            .collect();
        // Until dribbling clients were cut off by time too: five seconds and more.
        let mut asked = 0;
        while asked < 60 || cut.load(Ordering::Relaxed) < DRIBBLING {
            let (status, took) = healthy(&daemon.base);
            assert_eq!(status, 200);
            slowest = slowest.max(took);
            asked += 1;
            let foreign = [("Host", "evil.example")];
            let reply = http("POST", &format!("{}/-/reload", daemon.base), &foreign, b"").expect("an answer");
            assert!([400, 421].contains(&reply.status), "{}", reply.status);
            std::thread::sleep(Duration::from_millis(50));
        }
        for one in floods {
            let (path, status) = one.join().expect("it ends");
            assert!([0, 401, 403, 404, 413].contains(&status), "{path}: {status}");
        }
        stop.store(true, Ordering::Relaxed);
        drop(silent);
    });
    let grown = peak(daemon.program.id()) - before;
    println!(
        "slowest /-/healthy {slowest:?}; memory grew by {grown} MiB; {} heads cut off",
        cut.load(Ordering::Relaxed)
    );
    assert!(grown < 100, "one body of 100 MB was kept: {grown} MiB");
    nothing_was_changed(&daemon);
    assert_eq!(healthy(&daemon.base).0, 200);
}

/// Who may post a registry may post a very long one, and six at once: what is announced as too long is not read at all, and
/// of the others two are read at a time, each up to the bound of a registry.
#[test]
fn six_bodies_of_an_admin_at_once_are_bounded() {
    const CHIEF: &str = "a-token-of-the-chief";
    let hash: String = Sha256::digest(CHIEF.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let town = Town::new(12, &format!("{FAST}\n[[token]]\nname = \"chief\"\nhash = \"{hash}\"\nrole = \"admin\"\n"));
    let daemon = town.run();
    let before = peak(daemon.program.id());
    for (announced, most) in [(true, 32), (false, 3 * 64)] {
        let (mut asked, mut slowest) = (0, Duration::ZERO);
        std::thread::scope(|scope| {
            let flood = |path: &'static str| {
                let base = daemon.base.as_str();
                scope.spawn(move || send_huge(base, path, Some(CHIEF), announced))
            };
            let floods: Vec<_> =
                ["/api/v1/registry", "/api/v1/registry?dry_run"].into_iter().cycle().take(6).map(flood).collect();
            while asked < 10 || floods.iter().any(|f| !f.is_finished()) {
                let (status, took) = healthy(&daemon.base);
                assert_eq!(status, 200);
                slowest = slowest.max(took);
                asked += 1;
            }
            for one in floods {
                let status = one.join().expect("it ends");
                assert!([0, 413].contains(&status), "announced: {announced}: {status}");
            }
        });
        let grown = peak(daemon.program.id()) - before;
        println!("announced: {announced}: memory grew by {grown} MiB; slowest /-/healthy {slowest:?} of {asked}");
        assert!(grown < most, "announced: {announced}: memory grew by {grown} MiB");
    }
    nothing_was_changed(&daemon);
}
