//! Passwords and tokens stay where they belong: a marked one is looked for in everything that the daemon shows or writes.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::io::Read;
use std::path::Path;

use base64::Engine;
use common::http::send;
use common::receiver::{Answer, Receiver};
use common::{FAST, Town, cunkou, get, http, text, texts};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Parts of the password that must be found nowhere; long enough to stand nowhere by chance.
const MARK: &str = "Xq7-marked-password-Zw9";

/// A token of the role admin, which is a secret as well.
const CHIEF: &str = "Xq8-marked-token-of-the-chief";

/// Forms in which a secret could leak.
fn forms() -> Vec<Vec<u8>> {
    let b64 = base64::engine::general_purpose::STANDARD;
    vec![
        MARK.as_bytes().to_vec(),
        CHIEF.as_bytes().to_vec(),
        b64.encode(MARK).into_bytes(),
        b64.encode(format!("admin:{MARK}")).into_bytes(),
    ]
}

#[track_caller]
fn clean(what: &str, bytes: &[u8]) {
    for form in forms() {
        assert!(!bytes.windows(form.len()).any(|w| w == form), "the secret stands in {what}");
    }
}

/// Every file of a folder and below, but those where people write secrets: a robot's key is in its URL.
fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.file_name().is_some_and(|n| n != "secrets.toml" && n != "cunkou.toml") {
            all.push(path);
        }
    }
    all
}

#[test]
fn a_marked_password_is_shown_nowhere() {
    let receiver = Receiver::start(Answer::Status(200));
    let sink =
        format!("\n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\nsecret = \"desk\"\n", receiver.url);
    // A robot refuses and quotes what it was shown; a mail server is not there.
    let robot = Receiver::start(Answer::Says(r#"{"errcode": 310000, "errmsg": "no: Xq7-marked-password-Zw9"}"#));
    let robot_sink = format!(
        "\n[[sink]]\nname = \"robot\"\nkind = \"dingtalk\"\nurl = \"{}?access_token={MARK}\"\nsecret = \"desk\"\n\
         [[sink]]\nname = \"mail\"\nkind = \"email\"\nurl = \"smtp://127.0.0.1:1\"\nfrom = \"a@b.c\"\nto = [\"d@e.f\"]\n\
         secret = \"mail\"\n[heartbeat]\nurl = \"http://127.0.0.1:1/{{token}}\"\nsecret = \"desk\"\nevery = \"1s\"\n",
        robot.url
    );
    let sink = sink + &robot_sink;
    let hash: String = Sha256::digest(CHIEF.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let chief = format!("\n[[token]]\nname = \"chief\"\nhash = \"{hash}\"\nrole = \"admin\"\n");
    let town = Town::new(20, &format!("{FAST}{sink}{chief}"));
    town.edit("secrets.toml", |all| {
        let lines =
            all.lines().map(|l| if l.starts_with("password") { format!("password = \"{MARK}\"") } else { l.into() });
        let marked: Vec<String> = lines.collect();
        assert!(marked.iter().any(|l| l.contains(MARK)), "the demo has cameras with a password");
        let mail = format!("[mail]\nuser = \"admin\"\npassword = \"{MARK}\"\n");
        format!("{}\n\n[desk]\ntoken = \"{MARK}\"\n{mail}", marked.join("\n"))
    });
    let (cameras, control) = town.simulate();
    let mut daemon = town.run_with(|c| {
        c.env("CUNKOU_LOG", "trace");
    });
    daemon.all_up();
    // The password is refused, an entrance is lost, somebody guesses a token: the paths on which one speaks too much.
    let with_password = daemon.items("cameras").into_iter().map(|c| text(&c["id"])).find(|id| {
        let row = std::fs::read_to_string(town.path("registry/cameras.csv")).unwrap();
        row.lines().any(|l| l.starts_with(&format!("{id},")) && l.contains(",camera,"))
    });
    let with_password = with_password.expect("a camera with a password");
    control.set(&format!("cameras/{with_password}"), "auth");
    common::wait_for("a refused password", || {
        texts(&daemon.api(&format!("cameras/{with_password}"))["reasons"]).contains("auth").then_some(())
    });
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "drop");
    let all = || daemon.items("incidents?status=open");
    common::wait_for("the loss", || {
        all().iter().any(|i| texts(&i["entrances_lost"]).contains(&entrance)).then_some(())
    });
    common::wait_for("the message", || (!receiver.heard().is_empty() && !robot.heard().is_empty()).then_some(()));
    clean("what the robot got", Value::from_iter(robot.heard().into_iter().map(|h| h.payload)).to_string().as_bytes());
    let silent = "cunkou_heartbeats_total{result=\"failed\"}";
    common::wait_for("a heartbeat that nobody took", || (daemon.metric(silent) >= Some(1.0)).then_some(()));
    let bearer = format!("Bearer {MARK}");
    let guessed = http("POST", &format!("{}/-/reload", daemon.base), &[("Authorization", &bearer)], b"").unwrap();
    assert_eq!(guessed.status, 401);
    clean("the refusal", guessed.text().as_bytes());
    a_registry_with_a_password_is_refused_without_it(&town, &daemon);
    commands_are_clean(&town, &daemon);

    for reply in [get(&daemon.base), get(&format!("{}/metrics", daemon.base))] {
        assert_eq!(reply.status, 200);
        clean("the page or the metrics", &reply.body);
    }
    let incident = all()[0]["id"].to_string();
    every_answer_is_clean(&daemon, &with_password, &entrance, &incident);
    clean(
        "the message to the sink",
        Value::from_iter(receiver.heard().into_iter().map(|h| h.payload)).to_string().as_bytes(),
    );

    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0));
    let log = daemon.program.logged();
    assert!(log.contains("DEBUG") || log.contains("TRACE"), "the log says much");
    clean("the log", log.as_bytes());
    clean("the simulator's words", (cameras.said() + &cameras.logged()).as_bytes());
    let written = files(town.path(".").as_path());
    assert!(written.iter().any(|f| f.ends_with("cunkou.db")), "{written:?}");
    for file in written {
        clean(&file.display().to_string(), &std::fs::read(&file).expect("a file"));
    }
}

/// A password in a URL is what people paste: it is refused, and not repeated, neither by the API nor by `check`.
fn a_registry_with_a_password_is_refused_without_it(town: &Town, daemon: &common::Daemon) {
    let marked = std::fs::read_to_string(town.path("registry/cameras.csv")).expect("cameras");
    let marked = marked.replace("rtsp://{host}", &format!("rtsp://admin:{MARK}@{{host}}"));
    assert!(marked.contains(MARK));
    let bearer = format!("Bearer {CHIEF}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = json!({ "files": { "cameras.csv": marked } }).to_string();
    for query in ["", "?dry_run"] {
        let url = format!("{}/api/v1/registry{query}", daemon.base);
        let reply = http("POST", &url, &headers, body.as_bytes()).expect("an answer");
        assert_eq!(reply.status, 422, "{}", reply.text());
        assert!(reply.text().contains("secrets file"), "{}", reply.text());
        clean("the faults of a registry", &reply.body);
    }
    let offered = tempfile::tempdir().expect("a folder");
    for file in std::fs::read_dir(town.path("registry")).expect("a folder").flatten() {
        std::fs::copy(file.path(), offered.path().join(file.file_name())).expect("a file");
    }
    std::fs::write(offered.path().join("cameras.csv"), &marked).expect("a file");
    let output = cunkou().arg("check").arg(offered.path()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    clean("the words of check", &[output.stdout, output.stderr].concat());
}

/// What the commands print, also when they are refused.
fn commands_are_clean(town: &Town, daemon: &common::Daemon) {
    let camera = text(&daemon.items("cameras")[0]["id"]);
    for args in [
        &["audit"][..],
        &["audit", "--format", "csv"],
        &["audit", "--token", MARK, "--server", &daemon.base],
        &["ack", "1", "--token", MARK],
        &["probe", &camera],
        &["status", "--format", "json"],
        &["incident", "1", "--format", "json"],
        &["check"],
        &["notify", "test", "robot"],
        &["notify", "test", "mail", "--format", "json"],
        &["notify", "test", "desk"],
    ] {
        let output = cunkou().args(args).arg("--config").arg(town.path("cunkou.toml")).output().expect("it runs");
        clean(&format!("{args:?}"), &[output.stdout, output.stderr].concat());
    }
    let (out, copy, marked) = (town.path("out"), town.path("copy.db"), town.path("marked"));
    let [out, copy, marked] = [&out, &copy, &marked].map(|p| p.to_str().expect("text"));
    let (entrance, _) = daemon.sole_watcher();
    // And those that must have done what they were asked, or have refused it: what they wrote is looked through later.
    for (args, code) in [
        (&["doctor"][..], 1),
        (&["doctor", "--format", "json"], 1),
        (&["report"], 0),
        (&["report", "--by", "camera", "--format", "csv"], 0),
        (&["gaps", "--format", "json"], 1),
        (&["critical"], 0),
        (&["repair-order", "--format", "json"], 0),
        (&["explain", &entrance], 0),
        (&["export", out], 0),
        (&["import", out, "--token", CHIEF], 0),
        (&["backup", copy], 0),
    ] {
        let output = cunkou().args(args).arg("--config").arg(town.path("cunkou.toml")).output().expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        clean(&format!("{args:?}"), &said);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&said));
    }
    // A password that was pasted into a URL is refused by an import, and not repeated.
    std::fs::create_dir(marked).expect("a folder");
    for file in std::fs::read_dir(out).expect("what was exported").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a text");
        let text = text.replace("rtsp://{host}", &format!("rtsp://admin:{MARK}@{{host}}"));
        std::fs::write(std::path::Path::new(marked).join(file.file_name()), text).expect("a file");
    }
    let mut import = cunkou();
    import.args(["import", marked, "--yes", "--token", CHIEF, "--config"]).arg(town.path("cunkou.toml"));
    let output = import.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    clean("the words of an import", &[output.stdout, output.stderr].concat());
    std::fs::remove_dir_all(marked).expect("ours");
}

/// Secrets that come by the environment and as a credential of systemd, and not by the file.
#[test]
fn a_marked_password_of_the_environment_or_a_credential_is_shown_nowhere() {
    let town = Town::new(12, FAST);
    // The cameras go on with the password of the town; what the daemon has of its own is refused by them.
    let (_cameras, _control) = town.simulate();
    let names = std::fs::read_to_string(town.path("secrets.toml")).expect("secrets");
    let names: Vec<&str> = names.lines().filter_map(|l| l.strip_prefix('[')?.strip_suffix(']')).collect();
    assert!(!names.is_empty(), "the demo has cameras with a password");
    let credential: String =
        names.iter().map(|n| format!("[{n}]\nuser = \"admin\"\npassword = \"{MARK}\"\n")).collect();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("cunkou-secrets"), credential).expect("a credential");
    let variable = format!("CUNKOU_SECRET_{}", names[0].to_ascii_uppercase().replace(['-', '.'], "_"));
    for by_variable in [true, false] {
        let with = |c: &mut std::process::Command| {
            match by_variable {
                true => c.env(&variable, format!("admin:{MARK}")),
                false => c.env("CREDENTIALS_DIRECTORY", folder.path()),
            };
            c.env("CUNKOU_LOG", "trace");
        };
        let mut daemon = town.run_with(with);
        common::wait_for("the password to be refused", || {
            let all = daemon.items("cameras");
            all.iter().any(|c| texts(&c["reasons"]).contains("auth")).then_some(())
        });
        for path in ["/metrics", "/api/v1/status", "/api/v1/cameras", "/api/v1/incidents", "/"] {
            clean(path, &get(&format!("{}{path}", daemon.base)).body);
        }
        for args in [&["doctor"][..], &["check"], &["status"]] {
            let mut command = cunkou();
            with(command.args(args).arg("--config").arg(town.path("cunkou.toml")));
            let output = command.output().expect("it runs");
            clean(&format!("{args:?}"), &[output.stdout, output.stderr].concat());
        }
        daemon.program.signal(Signal::TERM);
        assert_eq!(daemon.program.ended(), Some(0));
        clean("the log", daemon.program.logged().as_bytes());
        for file in files(town.path(".").as_path()) {
            clean(&file.display().to_string(), &std::fs::read(&file).expect("a file"));
        }
    }
}

/// Asks every path of the API.
fn every_answer_is_clean(daemon: &common::Daemon, camera: &str, entrance: &str, incident: &str) {
    let api = daemon.api("openapi.json");
    let mut asked = 0;
    for (path, item) in api["paths"].as_object().expect("paths") {
        if item.get("get").is_none() {
            continue;
        }
        let id = match path.split('/').nth(3) {
            Some("cameras") => camera,
            Some("entrances") => entrance,
            _ => incident,
        };
        let url = format!("{}{}", daemon.base, path.replace("{id}", id).replace("{file}", &format!("{entrance}.svg")));
        if path.ends_with("/events") {
            clean(path, &first_words(&url));
        } else {
            let bearer = format!("Bearer {CHIEF}");
            let reply = http("GET", &url, &[("Authorization", &bearer)], b"").expect("an answer");
            // The settings of this town name no roster.
            let there = if path.ends_with("/oncall") { 404 } else { 200 };
            assert_eq!(reply.status, there, "{url}: {}", reply.text());
            clean(path, &reply.body);
            clean(path, reply.head.as_bytes());
        }
        asked += 1;
    }
    assert!(asked >= 16, "{asked} paths");
    let bearer = format!("Bearer {CHIEF}");
    for path in ["/wall".to_owned(), format!("/sheet/incident/{incident}")] {
        let url = format!("{}{path}", daemon.base);
        let reply = http("GET", &url, &[("Authorization", &bearer)], b"").expect("an answer");
        assert_eq!(reply.status, 200, "{url}");
        clean(&path, &reply.body);
    }
}

/// What a stream of events says first.
fn first_words(url: &str) -> Vec<u8> {
    let mut stream = send("GET", url, &[], b"").expect("it is served");
    let mut first = vec![0; 64 * 1024];
    let n = stream.read(&mut first).expect("it speaks");
    first.truncate(n);
    first
}

#[test]
fn secrets_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let town = Town::new(12, FAST);
    std::fs::set_permissions(town.path("secrets.toml"), std::fs::Permissions::from_mode(0o644)).expect("ours");
    let mut daemon = common::Program::start(&mut town.run_command());
    assert_eq!(daemon.ended(), Some(3));
    common::wait_for("the reason", || daemon.logged().contains("chmod 600").then_some(()));
}
