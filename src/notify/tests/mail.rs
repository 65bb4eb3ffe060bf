//! Mail against a small server on loopback that speaks SMTP as RFC 5321 has it, and misbehaves as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cunkou_core::model::Language;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::fixture::{Memory, opened};
use super::http::{PATIENCE, Rig, quick, start, with};
use super::people::settings;
use crate::files::secrets::SecretUrl;
use crate::files::settings::{MailTls, SinkForm, SinkKind, SinkSettings};
use crate::notify::{Received, SinksError};

/// At which word the server does not go on as usual, and what it says instead; nothing: it hangs.
type Fault = (&'static str, Option<&'static str>);

/// A mail that was taken.
#[derive(Debug)]
struct Mail {
    from: String,
    to: Vec<String>,
    /// What was logged in with, decoded.
    login: Option<String>,
    data: String,
}

impl Mail {
    fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next()?;
        let line = head.split("\r\n").find(|l| l.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    }

    /// A part of it, decoded.
    fn part(&self, content_type: &str) -> String {
        let parts = self.data.split("--=_cunkou");
        let part = parts.into_iter().find(|p| p.contains(&format!("Content-Type: {content_type}"))).unwrap();
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("base64"), "{head}");
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        String::from_utf8(STANDARD.decode(body).unwrap()).unwrap()
    }
}

pub(super) struct Server {
    port: u16,
    got: mpsc::UnboundedReceiver<Mail>,
}

impl Server {
    /// One fault a connection, then none.
    async fn start(faults: Vec<Fault>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (to, got) = mpsc::unbounded_channel();
        let faults = Arc::new(Mutex::new(VecDeque::from(faults)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let fault = faults.lock().unwrap().pop_front();
                tokio::spawn(serve(stream, fault, to.clone()));
            }
        });
        Server { port, got }
    }

    /// To whom the next mail goes, as the envelope has it.
    pub(super) async fn next_to(&mut self) -> Vec<String> {
        self.next().await.to
    }

    async fn next(&mut self) -> Mail {
        tokio::time::timeout(PATIENCE, self.got.recv()).await.expect("a mail comes").unwrap()
    }
}

async fn serve(stream: TcpStream, fault: Option<Fault>, got: mpsc::UnboundedSender<Mail>) {
    let mut stream = BufReader::new(stream);
    let mut mail = Mail { from: String::new(), to: Vec::new(), login: None, data: String::new() };
    let mut word = "greeting".to_owned();
    let mut line = String::new();
    loop {
        let usual = match word.as_str() {
            "greeting" => "220 mail.example ESMTP",
            "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
            "AUTH" => "235 2.7.0 welcome",
            "DATA" => "354 go on",
            "." => "250 2.0.0 OK: queued as X1",
            "QUIT" => "221 bye",
            _ => "250 2.1.0 OK",
        };
        // A fault may name one recipient: "RCPT chief".
        let hit = fault.filter(|(at, _)| {
            *at == word || at.strip_prefix("RCPT ").is_some_and(|who| word == "RCPT" && line.contains(who))
        });
        let said = match hit {
            Some((_, None)) => return std::future::pending().await,
            Some((_, Some(said))) => said,
            None => usual,
        };
        let refused = said.starts_with(['4', '5']);
        if word == "RCPT" && !refused {
            mail.to.push(line.trim().to_owned());
        }
        stream.write_all(format!("{said}\r\n").as_bytes()).await.unwrap();
        if word == "QUIT" || (refused && matches!(word.as_str(), "greeting" | ".")) {
            return;
        }
        if word == "." {
            got.send(mail).unwrap();
            mail = Mail { from: String::new(), to: Vec::new(), login: None, data: String::new() };
        }
        let in_data = word == "DATA" && !refused;
        line.clear();
        if in_data {
            let mut data = String::new();
            while !data.ends_with("\r\n.\r\n") {
                if stream.read_line(&mut data).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            mail.data = data.trim_end_matches("\r\n.\r\n").replace("\r\n..", "\r\n.");
            word = ".".to_owned();
            continue;
        }
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        word = line.split_whitespace().next().unwrap_or_default().to_uppercase();
        match word.as_str() {
            "MAIL" => mail.from = line.trim().to_owned(),
            "AUTH" => {
                let plain = line.split_whitespace().nth(2).unwrap();
                mail.login = Some(String::from_utf8(STANDARD.decode(plain).unwrap()).unwrap());
            }
            _ => {}
        }
    }
}

fn sink(port: u16, to: &[&str]) -> SinkSettings {
    let from = "村口 <cunkou@town.example>".to_owned();
    let to = to.iter().map(|t| (*t).to_owned()).collect();
    SinkSettings {
        url: SecretUrl::parse_mail(&format!("smtp://127.0.0.1:{port}")).unwrap(),
        form: SinkForm::Email { from, to, tls: MailTls::Plain },
        secret: Some("mail".to_owned()),
        ..settings(SinkKind::Email, Language::ZhCn)
    }
}

/// A server that does as it should, and a sink that hands mail to it.
pub(super) async fn server_and_sink() -> (Server, SinkSettings) {
    let server = Server::start(vec![]).await;
    let settings = sink(server.port, DUTY);
    (server, settings)
}

const DUTY: &[&str] = &["值班 <duty@town.example>", "chief@town.example"];

fn one(outbox: Vec<cunkou_core::alert::Message>, settings: SinkSettings) -> Rig {
    start(&[settings], with(&["desk"], outbox), quick()).unwrap()
}

#[tokio::test]
async fn mail_is_text_and_html_to_everybody_once() {
    let mut server = Server::start(vec![]).await;
    let rig = one(vec![opened(42)], sink(server.port, DUTY));
    let mail = server.next().await;
    assert_eq!(mail.from, "MAIL FROM:<cunkou@town.example>");
    assert_eq!(mail.to, ["RCPT TO:<duty@town.example>", "RCPT TO:<chief@town.example>"]);
    assert_eq!(mail.login.as_deref(), Some("\0cunkou\0hunter2"));
    assert!(mail.header("Content-Type").unwrap().starts_with("multipart/alternative"));
    assert_eq!(mail.header("Message-ID").as_deref(), Some("<cunkou.42.1795457400000.desk@town.example>"));
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert!(mail.header("Subject").unwrap().starts_with("=?utf-8?b?"), "{:?}", mail.header("Subject"));
    let text = mail.part("text/plain");
    assert!(text.starts_with("【新事件】村口失守 1 处 · 摄像机中断 2 台 · 原因：交换机 S12（甘棠汇聚）\r\n"), "{text}");
    assert!(text.ends_with("详情：http://cunkou.example/page/incident/42"), "{text}");
    assert!(mail.part("text/html").contains("<a href=\"http://cunkou.example/page/incident/42\">"));
    assert!(!mail.data.contains("hunter2"));
    assert!(rig.sinks.drain(PATIENCE).await);
    assert_eq!(rig.outbox.delivered(), ["desk 42/1"]);
    assert!(server.got.try_recv().is_err(), "once");
}

#[tokio::test]
async fn whatever_a_mail_server_does_the_mail_is_tried_again_as_the_same() {
    let cases: [(Fault, &str, Received); 12] = [
        (("greeting", Some("421 4.3.2 too busy")), "421", Received::No),
        (("greeting", Some("554 5.3.2 go away")), "554", Received::No),
        (("greeting", None), "no answer in time", Received::No),
        (("EHLO", Some("garbage")), "response error", Received::No),
        (("AUTH", Some("535 5.7.8 wrong: hunter2 AGN1bmtvdQBodW50ZXIy")), "535", Received::No),
        (("MAIL", Some("451 4.3.0 later")), "451", Received::No),
        (("MAIL", Some("550 5.7.1 not you")), "550", Received::No),
        (("RCPT", Some("450 4.2.0 greylisted")), "duty@town.example: transient error (450)", Received::No),
        (("RCPT", Some("550 5.1.1 no such user")), "duty@town.example: permanent error (550)", Received::No),
        (("DATA", Some("452 4.3.1 disk full")), "452", Received::No),
        ((".", Some("554 5.6.0 spam")), "554", Received::No),
        ((".", None), "no answer in time", Received::Maybe),
    ];
    for (fault, said, received) in cases {
        let mut server = Server::start(vec![fault]).await;
        let rig = one(vec![opened(42)], sink(server.port, DUTY));
        let mail = server.next().await;
        assert_eq!(mail.header("Message-ID").as_deref(), Some("<cunkou.42.1795457400000.desk@town.example>"));
        assert!(rig.sinks.drain(PATIENCE).await, "{fault:?}");
        assert_eq!(rig.outbox.delivered(), ["desk 42/1"], "{fault:?}");
        let error = rig.outbox.last_error();
        assert!(error.contains(said), "{fault:?}: {error}");
        assert!(!error.contains("hunter2") && !error.contains("AGN1bmtvdQBodW50ZXIy"), "{fault:?}: {error}");
        assert_eq!(rig.outbox.received(), [received], "{fault:?}");
        let code = fault.1.and_then(|said| said.get(..3)?.parse().ok());
        assert_eq!(rig.outbox.codes(), [code, Some(250)], "{fault:?}");
    }
}

#[tokio::test]
async fn one_wrong_address_silences_nobody_else() {
    let mut server = Server::start(vec![("RCPT chief", Some("550 5.1.1 no such user"))]).await;
    let rig = one(vec![opened(42)], sink(server.port, DUTY));
    assert_eq!(server.next().await.to, ["RCPT TO:<duty@town.example>"]);
    assert!(rig.sinks.drain(PATIENCE).await);
    assert_eq!(rig.outbox.delivered(), ["desk 42/1"], "and holds up no later step");
}

#[tokio::test]
async fn who_is_asked_to_wait_gets_it_later_and_the_others_not_twice() {
    let mut server = Server::start(vec![("RCPT chief", Some("450 4.2.0 greylisted"))]).await;
    let rig = one(vec![opened(42)], sink(server.port, DUTY));
    let (first, second) = (server.next().await, server.next().await);
    assert_eq!((first.to.len(), second.to.as_slice()), (1, &["RCPT TO:<chief@town.example>".to_owned()][..]));
    assert_eq!(first.header("Message-ID"), second.header("Message-ID"));
    assert!(rig.sinks.drain(PATIENCE).await);
    assert_eq!(rig.outbox.received(), [Received::Maybe], "some have it: it keeps its key");
}

#[tokio::test]
async fn without_starttls_nothing_goes_out() {
    let mut server = Server::start(vec![]).await;
    let mut settings = sink(server.port, DUTY);
    let SinkForm::Email { tls, .. } = &mut settings.form else { unreachable!() };
    *tls = MailTls::Starttls;
    let rig = one(vec![opened(42)], settings);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(rig.outbox.last_error().contains("STARTTLS is not supported"), "{}", rig.outbox.last_error());
    assert!(server.got.try_recv().is_err());
    assert!(rig.sinks.drain(PATIENCE).await);
}

#[tokio::test]
async fn a_password_never_goes_over_the_network_in_clear_unless_the_town_allows_it() {
    let far = SinkSettings { url: SecretUrl::parse_mail("smtp://192.0.2.1").unwrap(), ..sink(1, DUTY) };
    let error = start(std::slice::from_ref(&far), Memory::default(), quick()).err().unwrap();
    assert!(matches!(&error, SinksError::ClearLogin { .. }), "{error}");
    let token = SinkSettings { secret: Some("desk".to_owned()), ..far };
    let error = start(&[token], Memory::default(), quick()).err().unwrap();
    assert!(matches!(&error, SinksError::SecretForm { wanted: "user and password", .. }), "{error}");
}
