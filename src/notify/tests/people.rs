//! What people see, whole: each sink, each kind of message, each language, with names that would break a text.

use std::sync::Arc;

use cunkou_core::alert::{
    Acknowledgement, Alert, AlertName, AlertObject, EndReason, Incident, IncidentStatus, Message, MessageKind,
    SayReason,
};
use cunkou_core::model::{IncidentId, Language, Severity, Span};
use serde_json::Value;

use super::fixture::{T0, alert, camera_down, incident, lost, message, opened, snapshot};
use crate::files::secrets::{SecretUrl, Secrets};
use crate::files::settings::{MailTls, SinkForm, SinkKind, SinkSettings};
use crate::notify::any::{Any, Making};
use crate::notify::delivery::{Carrier as _, Scene};
use crate::notify::dingtalk::Dingtalk;
use crate::notify::email::Email;
use crate::notify::labels::about_monitor;
use crate::notify::letter::Letter;
use crate::notify::ntfy::Ntfy;
use crate::notify::outbox::RowKey;
use crate::notify::people::{People, Script};
use crate::notify::wecom::Wecom;
use crate::notify::{Templates, client};

const BOTH: [Language; 2] = [Language::ZhCn, Language::En];

/// A name as nobody should type it: markup of every kind, a call to all, a link, direction marks and a broken line.
const HOSTILE: &str =
    "东<b>口</b>[x](http://evil/) @all <@all> **a** _b_ `c` \u{202e}#d\r\nBcc: evil@x\u{200b} \"e\" 'f' \\g {{7}}";

pub(super) fn settings(kind: SinkKind, language: Language) -> SinkSettings {
    let (url, form) = match kind {
        SinkKind::Email => {
            let (from, to) = ("村口 <cunkou@town.example>".to_owned(), vec!["值班 <duty@town.example>".to_owned()]);
            ("smtp://127.0.0.1:1", SinkForm::Email { from, to, tls: MailTls::Plain })
        }
        SinkKind::Ntfy => ("http://127.0.0.1:1/six-fingers", SinkForm::Plain),
        _ => ("http://127.0.0.1:1/robot/send?access_token=hunter2", SinkForm::Plain),
    };
    SinkSettings {
        name: "desk".to_owned(),
        kind,
        url: SecretUrl::parse(url).or_else(|| SecretUrl::parse_mail(url)).unwrap(),
        min_severity: Severity::Warning,
        level: 0,
        watchdog: false,
        on_duty: false,
        review: None,
        language,
        secret: None,
        form,
    }
}

pub(super) fn made(settings: &SinkSettings) -> Any {
    let secrets = Secrets::default();
    let making = Making {
        secrets: &secrets,
        time_zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
        public_url: "http://cunkou.example",
        client: client().unwrap(),
        templates: Arc::new(Templates::built_in().unwrap()),
        roster: Arc::default(),
        duty: None,
        started: T0,
        timeout: std::time::Duration::from_secs(1),
        tap: None,
    };
    Any::new(settings, &making).unwrap()
}

fn scene(message: &Message) -> Scene {
    let open: Vec<Arc<Alert>> = message.alerts.iter().filter(|a| a.ended.is_none()).cloned().collect();
    let mut snapshot = Arc::unwrap_or_clone(snapshot(&open, std::slice::from_ref(&message.incident)));
    let mut registry = cunkou_core::registry::Registry::clone(&snapshot.registry);
    for entrance in registry.entrances.values_mut() {
        entrance.name = HOSTILE.into();
    }
    snapshot.registry = Arc::new(registry);
    Scene { snapshot: Arc::new(snapshot), now: T0 }
}

fn letter(message: &Message) -> Letter {
    let row = RowKey { incident: message.incident.id, step: message.step };
    Letter { row, message: message.clone(), attempts: 0 }
}

/// What goes out for a message, as text.
fn sent(kind: SinkKind, language: Language, message: &Message) -> String {
    let (letter, scene) = (letter(message), scene(message));
    let pretty =
        |body: Vec<u8>| serde_json::to_string_pretty(&serde_json::from_slice::<Value>(&body).unwrap()).unwrap();
    match made(&settings(kind, language)) {
        Any::Dingtalk(s) => pretty(Dingtalk::payload(&s.letter(&letter, &scene, &[]))),
        Any::Wecom(s) => pretty(Wecom::payload(&s.letter(&letter, &scene, &[]))),
        Any::Feishu(s) => pretty(s.channel.payload(&s.letter(&letter, &scene, &[]), T0)),
        Any::Ntfy(s) => pretty(Ntfy::payload(&s.letter(&letter, &scene, &[]), "six-fingers")),
        Any::Email(s) => mail(&s, &s.letter(&letter, &scene, &[]), &letter.key("desk")),
        _ => unreachable!(),
    }
}

/// Head and both parts of a mail, decoded as a mail program does.
fn mail(sink: &People<Email>, script: &Script, key: &str) -> String {
    let message = sink.channel.message(script, key, T0).unwrap();
    let head = message.headers().to_string().replace("\r\n", "\n");
    let raw = String::from_utf8(message.formatted()).unwrap();
    assert!(raw.is_ascii() && raw.lines().all(|l| l.len() <= 998), "as old relays want it");
    format!("{head}\n--- text\n{}\n--- html\n{}", script.text, script.html.as_deref().unwrap())
}

/// A digest of these, under a number of its own.
fn digest(items: Vec<Message>) -> Message {
    let whole = Incident { step: 1, ..incident(50) };
    let digest = items.into_iter().map(Arc::new).collect();
    Message { why: SayReason::Digest, digest, ..message(whole, 1, MessageKind::Digest, Vec::new()) }
}

fn messages() -> Vec<(&'static str, Message)> {
    let over = Some((T0 + Span::minutes(90), EndReason::Recovered));
    let resolved = Incident {
        status: IncidentStatus::Resolved,
        entrances_lost: Vec::new(),
        resolved_at: Some(T0 + Span::minutes(90)),
        ..incident(42)
    };
    let by = Acknowledgement { at: T0, by: "值班<员>".into(), note: "去\n看看 @all".into(), until: None };
    let taken = Incident { status: IncidentStatus::Acknowledged, acknowledged: Some(by), ..incident(42) };
    let merged = Incident { status: IncidentStatus::Merged, merged_into: Some(IncidentId(7)), ..incident(42) };
    let again = Incident { reopenings: 1, ..incident(42) };
    let open = || vec![camera_down("C1", None), lost("E1", None)];
    use MessageKind as K;
    vec![
        ("opened", opened(42)),
        ("updated", message(incident(42), 2, K::Updated, open())),
        ("more_lost", message(incident(42), 3, K::MoreLost, open())),
        ("reopened", message(again, 4, K::Reopened, open())),
        ("acknowledged", message(taken, 5, K::Acknowledged, open())),
        ("merged", message(merged, 6, K::Merged, open())),
        ("resolved", message(resolved.clone(), 7, K::Resolved, vec![lost("E1", over)])),
        ("digest", digest(vec![opened(42), message(resolved, 2, K::Resolved, vec![lost("E1", over)])])),
    ]
}

#[test]
fn what_people_see_of_each_kind_of_message() {
    for kind in [SinkKind::Email, SinkKind::Dingtalk, SinkKind::Wecom, SinkKind::Feishu, SinkKind::Ntfy] {
        for language in BOTH {
            let all: Vec<String> =
                messages().iter().map(|(name, m)| format!("=== {name}\n{}", sent(kind, language, m))).collect();
            insta::assert_snapshot!(format!("{}_{}", kind.word(), language.tag()), all.join("\n\n"));
        }
    }
}

#[test]
fn hostile_names_are_text_in_every_sink() {
    for kind in [SinkKind::Email, SinkKind::Dingtalk, SinkKind::Wecom, SinkKind::Feishu, SinkKind::Ntfy] {
        for (name, message) in messages() {
            let sent = sent(kind, Language::En, &message);
            let what = format!("{kind:?} {name}: {sent}");
            assert!(!sent.contains("http://evil"), "a link of a name is no link: {what}");
            assert!(!sent.contains(['\u{202e}', '\u{200b}', '\r']), "nothing turns or hides text: {what}");
            assert!(!sent.lines().any(|l| l.starts_with("Bcc")), "no header is added: {what}");
            match kind {
                SinkKind::Dingtalk | SinkKind::Wecom => {
                    let hostile = ["<b>", "<@", "@all", "[x]", "**a**", "`c`"];
                    assert!(!hostile.iter().any(|h| sent.contains(h)), "{what}");
                }
                SinkKind::Email => {
                    let html = sent.split("--- html\n").nth(1).unwrap();
                    assert!(!html.contains("<b>") && !html.contains("<@"), "{what}");
                }
                SinkKind::Feishu => assert!(!sent.contains("\"tag\": \"at\""), "{what}"),
                _ => {}
            }
        }
    }
}

#[test]
fn an_incident_is_one_thread_of_mail() {
    let Any::Email(sink) = made(&settings(SinkKind::Email, Language::En)) else { unreachable!() };
    let mut ids = Vec::new();
    // A digest has a thread of its own.
    for (_, message) in messages().into_iter().filter(|(_, m)| m.kind != MessageKind::Digest) {
        let letter = letter(&message);
        let script = sink.letter(&letter, &scene(&message), &[]);
        let mail = sink.channel.message(&script, &letter.key("desk"), T0).unwrap();
        let again = sink.channel.message(&script, &letter.key("desk"), T0).unwrap();
        assert_eq!(mail.formatted(), again.formatted(), "the same message is the same bytes");
        let head = |name: &str| mail.headers().get_raw(name).map(str::to_owned);
        let root = "<cunkou.42.1795457400000.desk@town.example>".to_owned();
        if ids.is_empty() {
            assert_eq!((head("Message-ID"), head("References")), (Some(root), None));
        } else {
            assert_eq!((head("In-Reply-To"), head("References")), (Some(root.clone()), Some(root)));
        }
        ids.push(head("Message-ID").unwrap());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7, "each has an id of its own: {ids:?}");
}

/// A header as RFC 2047 reads it: the blank between two encoded words is none.
fn decoded(header: &str) -> String {
    use base64::Engine as _;
    let (mut text, mut was_encoded) = (String::new(), true);
    for word in header.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|w| w.strip_suffix("?="));
        if !(was_encoded && encoded.is_some()) {
            text.push(' ');
        }
        match encoded {
            Some(word) => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(word).unwrap();
                text.push_str(&String::from_utf8(bytes).expect("whole characters in each word"));
            }
            None => text.push_str(word),
        }
        was_encoded = encoded.is_some();
    }
    text
}

#[test]
fn subjects_are_encoded_and_hold_no_line_break() {
    let Any::Email(sink) = made(&settings(SinkKind::Email, Language::ZhCn)) else { unreachable!() };
    let mut message = opened(42);
    let mut incident = Incident::clone(&message.incident);
    incident.cause = cunkou_core::health::Cause::Node(cunkou_core::model::NodeId::new("S99").unwrap());
    incident.cause_name = HOSTILE.into();
    message.incident = Arc::new(incident);
    let script = sink.letter(&letter(&message), &scene(&message), &[]);
    let mail = sink.channel.message(&script, "42/desk/1", T0).unwrap();
    let raw = String::from_utf8(mail.formatted()).unwrap();
    let head = raw.split("\r\n\r\n").next().unwrap();
    assert!(!head.lines().any(|l| l.starts_with("Bcc")), "{head}");
    let unfolded = head.replace("\r\n ", " ");
    let subject = unfolded.lines().find_map(|l| l.strip_prefix("Subject: ")).unwrap();
    assert!(subject.is_ascii() && subject.starts_with("=?utf-8?b?"), "{subject}");
    let text = decoded(subject);
    assert!(text.starts_with("【新事件】村口失守 1 处 · 摄像机中断 2 台 · 原因：设备 S99（东<b>口"), "{text}");
    assert!(!text.contains(['\r', '\n', '\u{202e}']), "{text}");
}

#[test]
fn what_is_too_long_keeps_its_headline_and_its_link() {
    let mut long = opened(42);
    let mut incident = Incident::clone(&long.incident);
    incident.rivals = (0..40)
        .map(|i| cunkou_core::health::Cause::Node(cunkou_core::model::NodeId::new(&format!("N{i}")).unwrap()))
        .collect();
    long.incident = Arc::new(incident);
    let Any::Wecom(sink) = made(&settings(SinkKind::Wecom, Language::ZhCn)) else { unreachable!() };
    let mut script = sink.letter(&letter(&long), &scene(&long), &[]);
    let lines: Vec<String> = script.text.lines().map(str::to_owned).collect();
    let (first, rest) = lines.split_first().unwrap();
    let (link, facts) = rest.split_last().unwrap();
    script.text = format!("{first}\n{}\n{link}", facts.join("\n").repeat(20));
    assert!(script.text.len() > 4_096);
    for body in [Wecom::payload(&script), Dingtalk::payload(&script)] {
        let payload: Value = serde_json::from_slice(&body).unwrap();
        let content = payload["markdown"]["content"].as_str();
        assert!(body.len() <= 20_000 && content.is_none_or(|c| c.len() <= 4_096), "{}", body.len());
        let text = content.or(payload["markdown"]["text"].as_str()).unwrap();
        assert!(text.starts_with(first) && text.ends_with(link), "{text}");
    }
    let huge = Script { text: format!("{first}\n{}", "长\"\\".repeat(20_000)), ..script };
    let Any::Feishu(sink) = made(&settings(SinkKind::Feishu, Language::ZhCn)) else { unreachable!() };
    let body = sink.channel.payload(&huge, T0);
    assert!(body.len() <= 20_000, "{}", body.len());
    assert!(Ntfy::payload(&huge, "t").len() < 6_000);
}

#[test]
fn people_are_not_told_what_only_machines_follow() {
    let sink = made(&settings(SinkKind::Dingtalk, Language::En));
    let quiet = Message { why: SayReason::JoinedQuietly, ..message(incident(42), 2, MessageKind::Updated, vec![]) };
    assert!(!sink.takes(&letter(&quiet)));
    let folded = Message { kind: MessageKind::Opened, ..quiet };
    assert!(sink.takes(&letter(&folded)), "with the opening in it, it is news");
    let over = Incident { severity: Severity::Info, ..incident(42) };
    assert!(sink.takes(&letter(&message(over, 3, MessageKind::Resolved, vec![]))), "an end is never held back");
}

#[test]
fn of_a_digest_a_sink_is_told_what_is_severe_enough_for_it() {
    let Any::Ntfy(sink) = made(&settings(SinkKind::Ntfy, Language::En)) else { unreachable!() };
    let info = || {
        let mild = Incident { severity: Severity::Info, entrances_lost: Vec::new(), ..incident(43) };
        message(mild, 1, MessageKind::Opened, vec![camera_down("C1", None)])
    };
    let both = letter(&digest(vec![opened(42), info()]));
    assert!(sink.takes(&both));
    let said = sink.letter(&both, &scene(&both.message), &[]);
    assert!(said.text.contains("#42 ") && !said.text.contains("#43 "), "{}", said.text);
    assert!(said.title.contains("1 incident"), "{}", said.title);
    assert!((said.begins, said.link.as_deref()) == (true, Some("http://cunkou.example/")), "{:?}", said.link);
    assert!(!sink.takes(&letter(&digest(vec![info()]))), "nothing in it is for this sink");
}

#[test]
fn an_alert_about_the_monitor_is_told_by_its_own_words() {
    let stuck = about_monitor(AlertName::MonitorStuck, T0, None);
    let Any::Email(mut sink) = made(&settings(SinkKind::Email, Language::En)) else { unreachable!() };
    let scene = Scene { snapshot: snapshot(&[], &[]), now: T0 };
    // Nothing listens there: what was said is in the reason alone.
    let tried = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tried = tried.block_on(sink.aside(&stuck, "stuck-1", &scene));
    assert!(matches!(tried, crate::notify::post::Tried::Failed { away: true, .. }), "{tried:?}");
    let node = alert(AlertName::NodeDown, AlertObject::Monitor, "", None);
    assert_eq!(node.key.name.severity(), Severity::Warning);
}
