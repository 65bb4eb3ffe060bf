//! Hostile cameras, one by one: whatever one of them does, the probe of it ends within its deadline, says the right
//! reason, shows the password twice at most, and reads no more than its bound. Each stands on an address of its own.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod hostile_server;
mod name_server;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Program, cunkou};
use cunkou::probe::{AllowList, Answer, Credential, Limits, Prober, for_url};
use cunkou_core::model::{Check, FailKind, ProbeResult, Span};
use hostile_server::{CHANGING, Fault, HTTP, Hostile, Protocol};
use name_server::{NameServer, Reply, resolving_by};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PASSWORD: &str = "MARKED-password";
/// More than the kernel holds of what was sent and not read, on both sides of a connection.
const SOCKET_BUFFERS: usize = 16 * 1024 * 1024;
/// Far more than any deadline: only a probe that never ends meets it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A network of this process: `127.x.net.host`.
fn address(net: u8, host: usize) -> Ipv4Addr {
    let of_process = u8::try_from(30 + std::process::id() % 220).unwrap();
    Ipv4Addr::new(127, of_process, net, u8::try_from(host).unwrap())
}

/// Only the cameras' own network may be probed.
fn allow(net: u8) -> AllowList {
    AllowList::new(vec![format!("{}/24", address(net, 0)).parse().unwrap()], Vec::new())
}

fn says(result: ProbeResult) -> String {
    match result {
        ProbeResult::Answered(reason) => format!("answered:{}", reason.word()),
        other => other.label().word().to_owned(),
    }
}

async fn ask(prober: &Prober, camera: &Hostile, protocol: Protocol) -> Answer {
    let credential = Credential { user: "watch".to_owned(), password: SecretString::from(PASSWORD), basic: false };
    let question = for_url(&camera.url(protocol).parse().unwrap(), Some(credential)).unwrap();
    tokio::time::timeout(PATIENCE, prober.ask_aloud(&question)).await.expect("a probe that ends")
}

/// One short line after another, and no secret.
fn assert_clean(answer: &Answer, fault: Fault) {
    let steps = answer.steps.iter().flat_map(|s| s.lines.iter().chain([&s.what]));
    for line in steps.map(String::as_str).chain(answer.note.as_deref()) {
        let tricks = line.chars().any(|c| c.is_control() || c == '\u{202e}');
        assert!(!tricks && line.chars().count() <= 200, "{fault:?}: {line:?}");
    }
    assert!(!format!("{answer:?}").contains(PASSWORD), "{fault:?}");
}

/// Whatever is no timeout ended before its deadline, which would have made it one. A timeout names the deadline that ended
/// it: that of the first answer or of the whole, and no other. So this needs no clock of the test's own.
fn assert_in_time(answer: &Answer, fault: Fault, protocol: Protocol) {
    if answer.result != ProbeResult::Fail(FailKind::Timeout) {
        return;
    }
    let check = match protocol {
        Protocol::Rtsp => Check::Stream,
        Protocol::Http => Check::Picture,
    };
    let limits = Limits::default();
    let deadlines = [false, true].map(|password| Span::from(limits.deadline(check, false, password)));
    let note = answer.note.as_deref().unwrap_or_default();
    println!("{fault:?} {protocol:?}: {note}");
    let named = deadlines.iter().any(|d| note == format!("no answer within {d}"));
    assert!(named, "{fault:?} {protocol:?}: ended by none of {deadlines:?}: {note:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_ends_in_time_with_the_right_reason_and_two_passwords_at_most() {
    let prober = Prober::new(Limits::default(), allow(77));
    let mut all = tokio::task::JoinSet::new();
    for (n, fault) in Fault::ALL.into_iter().enumerate() {
        let prober = prober.clone();
        all.spawn(async move {
            let camera = Hostile::start(fault, IpAddr::V4(address(77, n + 1))).await;
            for (protocol, expected) in [Protocol::Rtsp, Protocol::Http].into_iter().zip(fault.says()) {
                let before = (camera.seen.passwords(), camera.seen.sent.load(Ordering::Relaxed));
                let answer = ask(&prober, &camera, protocol).await;
                assert_eq!(says(answer.result), expected, "{fault:?} {protocol:?}: {answer:#?}");
                let shown = camera.seen.passwords() - before.0;
                assert!(shown <= 2 && answer.credential_tried == (shown > 0), "{fault:?} {protocol:?}: {shown}");
                let sent = camera.seen.sent.load(Ordering::Relaxed) - before.1;
                assert!(sent <= Limits::default().line_bytes + SOCKET_BUFFERS, "{fault:?} {protocol:?}: {sent}");
                assert_clean(&answer, fault);
                assert_in_time(&answer, fault, protocol);
            }
        });
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
}

/// Sends whoever asks to the same place under the name.
async fn sends_on(at: SocketAddr, asked: Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind(at).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.is_ok_and(|n| n > 0) {}
            asked.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
            let answer =
                format!("HTTP/1.1 302 Found\r\nLocation: http://{CHANGING}:{HTTP}/again\r\nContent-Length: 0\r\n\r\n");
            // The client has gone when this fails.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
}

/// What is dialled is what was vetted, and each look-up is vetted: the first leads to an allowed address, which sends us
/// to the same name again, and the second to one that is not allowed and must hear nothing of us.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_changes_between_two_look_ups_leads_nowhere() {
    const NAME: &str = "a_name_that_changes_between_two_look_ups_leads_nowhere";
    let (camera, inside) = (address(78, 1), address(79, 1));
    // One address the first time, and another one ever after.
    let asked = Arc::new(AtomicUsize::new(0));
    let of_server = Arc::clone(&asked);
    let server = NameServer::start(SocketAddr::new(address(78, 53).into(), 53), move |_, is_a| {
        let nth = if is_a { of_server.fetch_add(1, Ordering::Relaxed) } else { 0 };
        Reply::Address(if nth == 0 { camera } else { inside })
    });
    let Ok(_names) = server else {
        println!("skipped: {NAME}: port 53 is not to be had");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let resolv = folder.path().join("resolv.conf");
    std::fs::write(&resolv, format!("nameserver {}\noptions timeout:2 attempts:1\n", address(78, 53))).unwrap();
    let settings = folder.path().join("cunkou.toml");
    std::fs::write(&settings, format!("[probe]\nallow = [\"{camera}/32\"]\ntimeout = \"30s\"\n")).unwrap();
    let mut command = cunkou();
    command.args(["probe", &format!("http://{camera}:{HTTP}/"), "--format", "json", "--config"]).arg(&settings);
    let Some(mut command) = resolving_by(&resolv, &command, NAME) else { return };
    let (at_camera, at_inside) = (Arc::default(), Arc::default());
    sends_on(SocketAddr::new(camera.into(), HTTP), Arc::clone(&at_camera)).await;
    sends_on(SocketAddr::new(inside.into(), HTTP), Arc::clone(&at_inside)).await;

    let mut program = Program::start(&mut command);
    assert_eq!(program.ended(), Some(1), "{}{}", program.said(), program.logged());
    let report: serde_json::Value = serde_json::from_str(&program.said()).unwrap();
    assert_eq!(report[0]["result"], FailKind::Protocol.word(), "{report:#}");
    assert!(report[0]["note"].as_str().unwrap().contains("probe.allow"), "{report:#}");
    assert_eq!(asked.load(Ordering::Relaxed), 2, "looked up once a hop: {report:#}");
    let heard = |all: &Mutex<Vec<String>>| all.lock().unwrap().len();
    assert_eq!((heard(&at_camera), heard(&at_inside)), (2, 0), "{report:#}");
}
