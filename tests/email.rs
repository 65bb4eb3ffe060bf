//! Mail handed to a server that is not ours (aiosmtpd, as Debian has it), by the built program: in clear on loopback, with
//! STARTTLS, and with TLS that nobody vouches for.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod program;

use std::path::Path;
use std::process::Command;

use common::{Program, free_port, wait_for};
use program::Ran;

/// Serves with a login that must be right; prints each mail. Arguments: port, and certificate and key for STARTTLS.
const SERVER: &str = r#"
import ssl, sys, time
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Debugging
from aiosmtpd.smtp import AuthResult
def login(server, session, envelope, mechanism, data):
    good = data.login == b"cunkou" and data.password == b"Xq9-marked-login"
    return AuthResult(success=good, handled=good)
tls = None
if len(sys.argv) > 2:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(sys.argv[2], sys.argv[3])
served = Controller(Debugging(sys.stdout), hostname="127.0.0.1", port=int(sys.argv[1]), tls_context=tls,
                    require_starttls=tls is not None, authenticator=login, auth_require_tls=tls is not None)
served.start()
print("ready", flush=True)
while True:
    time.sleep(1)
    sys.stdout.flush()
"#;

const PYTHON: &str = "/usr/bin/python3";

fn has_aiosmtpd(test: &str) -> bool {
    let there = Command::new(PYTHON).args(["-c", "import aiosmtpd"]).output().is_ok_and(|o| o.status.success());
    if !there {
        println!("skipped: {test}: python3-aiosmtpd is not installed");
    }
    there
}

fn serve(port: u16, certificate: Option<(&Path, &Path)>) -> Program {
    let mut command = Command::new(PYTHON);
    command.args(["-u", "-c", SERVER]).arg(port.to_string());
    if let Some((cert, key)) = certificate {
        command.arg(cert).arg(key);
    }
    let server = Program::start(&mut command);
    wait_for("the mail server", || server.said().contains("ready").then_some(()));
    server
}

/// A folder with settings that have one sink.
fn settings(url: &str, tls: &str, password: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "[ui]\nlanguage = \"zh-CN\"\n[[sink]]\nname = \"mail\"\nkind = \"email\"\nurl = \"{url}\"\n{tls}\
         from = \"村口 <cunkou@town.example>\"\nto = [\"duty@town.example\"]\nsecret = \"mail\"\n"
    );
    std::fs::write(dir.path().join("cunkou.toml"), text).unwrap();
    let secrets = dir.path().join("secrets.toml");
    std::fs::write(&secrets, format!("[mail]\nuser = \"cunkou\"\npassword = \"{password}\"\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secrets, mode).unwrap();
    dir
}

fn tried(dir: &Path, authority: Option<&Path>) -> Ran {
    let mut command = program::cunkou(dir, &["notify", "test", "mail"]);
    if let Some(authority) = authority {
        command.env("SSL_CERT_FILE", authority);
    }
    let ran = Ran::of(command.output().unwrap());
    assert!(!ran.out.contains("Xq9") && !ran.err.contains("Xq9"), "the password is shown: {ran:?}");
    ran
}

#[test]
fn a_test_mail_reaches_a_server_that_is_not_ours() {
    if !has_aiosmtpd("a_test_mail_reaches_a_server_that_is_not_ours") {
        return;
    }
    let port = free_port();
    let server = serve(port, None);
    let url = format!("smtp://127.0.0.1:{port}");
    let ran = tried(settings(&url, "tls = \"none\"\n", "Xq9-marked-login").path(), None).ends(0);
    assert!(
        ran.out.contains("测试村 东口") && ran.out.contains("250 OK") && ran.out.ends_with("已送达\n"),
        "{}",
        ran.out
    );
    let mail = wait_for("the mail", || Some(server.said()).filter(|s| s.contains("END MESSAGE")));
    for line in ["Subject: =?utf-8?b?", "To: duty@town.example", "Content-Type: multipart/alternative"] {
        assert!(mail.contains(line), "{line}: {mail}");
    }
    assert!(mail.contains("Message-ID: <cunkou.0."), "{mail}");
    let refused = tried(settings(&url, "tls = \"none\"\n", "Xq9-wrong").path(), None).ends(3);
    assert!(refused.out.contains("535") && refused.out.contains("未送达"), "{}", refused.out);
    let gone = tried(settings("smtp://127.0.0.1:1", "tls = \"none\"\n", "Xq9-marked-login").path(), None).ends(3);
    assert!(gone.out.contains("未送达"), "{}", gone.out);
}

#[test]
fn starttls_is_demanded_and_a_stranger_gets_no_password() {
    let name = "starttls_is_demanded_and_a_stranger_gets_no_password";
    if !has_aiosmtpd(name) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (key, cert) = (dir.path().join("key.pem"), dir.path().join("cert.pem"));
    // No authority, which a server must not be, although it vouches for itself.
    let config = dir.path().join("openssl.cnf");
    let extensions = "subjectAltName = DNS:localhost,IP:127.0.0.1\nbasicConstraints = critical,CA:FALSE\n";
    let text = format!("[req]\ndistinguished_name = dn\nx509_extensions = ext\n[dn]\n[ext]\n{extensions}");
    std::fs::write(&config, text).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-config"])
        .arg(&config)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output();
    if !made.is_ok_and(|o| o.status.success()) {
        println!("skipped: {name}: openssl is not installed");
        return;
    }
    let port = free_port();
    let server = serve(port, Some((&cert, &key)));
    let settings = settings(&format!("smtp://127.0.0.1:{port}"), "", "Xq9-marked-login");
    let stranger = tried(settings.path(), None).ends(3);
    assert!(!server.said().contains("END MESSAGE"), "{}", stranger.out);
    tried(settings.path(), Some(&cert)).ends(0);
    wait_for("the mail", || server.said().contains("END MESSAGE").then_some(()));
}

#[test]
fn a_mail_goes_to_who_is_on_duty_and_to_the_others_when_nobody_is() {
    let name = "a_mail_goes_to_who_is_on_duty_and_to_the_others_when_nobody_is";
    if !has_aiosmtpd(name) {
        return;
    }
    let port = free_port();
    let server = serve(port, None);
    let url = format!("smtp://127.0.0.1:{port}");
    let folder = settings(&url, "tls = \"none\"\non_duty = true\n", "Xq9-marked-login");
    let config = folder.path().join("cunkou.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("[roster]\nfile = \"roster.toml\"\n{text}")).unwrap();
    let people = "[rota]\nbegins = 2026-11-02\n[[contact]]\nid = \"wang\"\nname = \"王强\"\n\
                  email = \"王强 <wang@town.example>\"\n[[level]]\norder = [\"wang\"]\n";
    std::fs::write(folder.path().join("roster.toml"), people).unwrap();
    tried(folder.path(), None).ends(0);
    let mail = wait_for("the mail", || Some(server.said()).filter(|s| s.contains("END MESSAGE")));
    assert!(mail.contains("<wang@town.example>") && !mail.contains("duty@town.example"), "{mail}");
    let day =
        |hours: i64| (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours)).to_string()[..10].to_owned();
    let nobody = format!("[[holiday]]\nfrom = {}\nto = {}\norder = []\n", day(-48), day(72));
    std::fs::write(folder.path().join("roster.toml"), format!("{people}{nobody}")).unwrap();
    tried(folder.path(), None).ends(0);
    let mails = wait_for("the second", || Some(server.said()).filter(|s| s.matches("END MESSAGE").count() == 2));
    assert!(mails.contains("To: duty@town.example"), "{mails}");
}
