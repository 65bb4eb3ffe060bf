//! The RTSP probe against a server that was not written by us: GStreamer's, with and without Digest.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

use common::{Program, installed, wait_for};
use cunkou::probe::{AllowList, Answer, Credential, Limits, Prober, for_url};
use cunkou_core::model::{ProbeResult, Reason};

const PASSWORD: &str = "村口-right-password";

/// Serves `/main`; with a password as the second argument only by Digest. The port is the system's choice.
const SERVER: &str = r#"
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

Gst.init(None)
if "--look" in sys.argv:
    missing = [n for n in ("videotestsrc", "jpegenc", "rtpjpegpay") if Gst.ElementFactory.find(n) is None]
    sys.exit("elements are missing: " + " ".join(missing) if missing else 0)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch("( videotestsrc ! video/x-raw,format=I420,width=64,height=48 ! jpegenc ! rtpjpegpay name=pay0 pt=26 )")
factory.set_shared(True)
if len(sys.argv) > 1:
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.add_digest("admin", sys.argv[1], token)
    server.set_auth(auth)
    factory.add_role_from_structure(Gst.Structure.from_string(
        "user, media.factory.access=(boolean)true, media.factory.construct=(boolean)true")[0])
server.get_mount_points().add_factory("/main", factory)
server.attach(None)
print("port", server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"#;

/// Starts the server: it, and its URL; `None`, said loudly, where GStreamer's server is not installed.
fn server(password: Option<&str>) -> Option<(Program, tempfile::TempDir, url::Url)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("server.py");
    std::fs::write(&script, SERVER).expect("a file");
    // The system's own Python: the bindings come with it.
    let python = installed("python3")?;
    let look = Command::new(&python).arg(&script).arg("--look").output();
    match look {
        Ok(look) if look.status.success() => {}
        look => {
            let why = look.map_or_else(|e| e.to_string(), |l| String::from_utf8_lossy(&l.stderr).into_owned());
            let why = why.trim().lines().last().unwrap_or_default();
            println!("skipped: GStreamer's RTSP server: not installed ({why})");
            return None;
        }
    }
    let mut command = Command::new(&python);
    command.arg(&script).args(password);
    let program = Program::start(&mut command);
    let port = wait_for("GStreamer's RTSP server", || {
        program.said().lines().find_map(|l| l.strip_prefix("port ")?.parse::<u16>().ok())
    });
    let url = format!("rtsp://127.0.0.1:{port}/main").parse().expect("a URL");
    Some((program, folder, url))
}

/// Asks the stream with a password, or without one.
async fn ask(url: &url::Url, password: Option<&str>) -> Answer {
    let list = AllowList::new(vec!["127.0.0.0/8".parse().expect("a network")], Vec::new());
    let credential = password.map(|p| Credential { user: "admin".to_owned(), password: p.into(), basic: false });
    let mut question = for_url(url, credential).expect("an RTSP question");
    // The longer time of a confirming try: a pipeline starts slowly on a loaded machine.
    question.confirming = true;
    Prober::new(Limits::default(), list).ask_aloud(&question).await
}

fn passed(answer: &Answer) -> bool {
    matches!(answer.result, ProbeResult::Pass { .. })
}

#[tokio::test]
async fn an_open_stream_passes_with_and_without_a_password() {
    let Some((_server, _folder, url)) = server(None) else { return };
    for password in [None, Some(PASSWORD)] {
        let answer = ask(&url, password).await;
        assert!(passed(&answer), "{answer:#?}");
    }
}

#[tokio::test]
async fn digest_with_the_right_password_passes_and_with_a_wrong_one_is_told() {
    let Some((_server, _folder, url)) = server(Some(PASSWORD)) else { return };
    let answer = ask(&url, Some(PASSWORD)).await;
    assert!(passed(&answer) && answer.credential_tried, "{answer:#?}");
    let wrong = "a-wrong-password-marked";
    let answer = ask(&url, Some(wrong)).await;
    assert_eq!(answer.result, ProbeResult::Answered(Reason::Auth), "{answer:#?}");
    assert!(answer.credential_tried);
    assert!(!format!("{answer:?}").contains(wrong), "no password in what is shown");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_a_failure_with_a_password_and_nobody_listening_is_refused() {
    let Some((server, _folder, mut url)) = server(None) else { return };
    url.set_path("/not-there");
    let answer = ask(&url, Some(PASSWORD)).await;
    assert!(!passed(&answer), "{answer:#?}");
    drop(server);
    let answer = ask(&url, None).await;
    assert_eq!(answer.result, ProbeResult::Fail(cunkou_core::model::FailKind::Refused), "{answer:#?}");
}
