//! Who is on duty is called, by each kind of sink as it calls people; and nobody on duty is never silence.

use std::sync::Arc;

use cunkou_core::alert::{EndReason, Incident, IncidentStatus, MessageKind};
use cunkou_core::model::{Language, Span};
use serde_json::{Value, json};

use super::fixture::{Memory, T0, incident, lost, message, opened};
use super::http::{Answer, PATIENCE, Receiver, Rig, quick, sink, start_with, with};
use super::mail;
use crate::files::secrets::{SecretText, SecretUrl};
use crate::files::settings::{SinkForm, SinkKind, SinkSettings, roster};
use crate::files::templates::TemplateFiles;
use crate::notify::{DutyGap, Templates, duty_gaps};
use crate::roster::{Board, Roster};

/// T0 is on Tuesday 2026-11-24 02:10: until 09:00 li has the turn, then wang.
const ROSTER: &str = r#"
[rota]
begins = 2026-11-24
weekday = "tuesday"
[[contact]]
id = "wang"
name = "王强"
email = "王强 <wang@town.example>"
phone = "13800000001"
dingtalk = "manager4220"
wecom = "WangQiang"
feishu = "ou_wang"
ntfy = "liuzhi-wang"
[[contact]]
id = "li"
name = "李敏"
email = "li@town.example"
phone = "13800000002"
wecom = "LiMin"
feishu = "ou_li"
ntfy = "liuzhi-li"
[[contact]]
id = "chief"
name = "所长"
email = "chief@town.example"
sinks = ["other"]
[[level]]
order = ["wang", "li"]
"#;

fn parse(text: &str) -> Roster {
    roster(text, &jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()).unwrap()
}

fn board(text: &str) -> Arc<Board> {
    let board = Board::default();
    board.put(parse(text));
    board.into()
}

fn asking(kind: SinkKind, port: u16) -> SinkSettings {
    let secret = None;
    SinkSettings { on_duty: true, secret, ..sink("desk", kind, port) }
}

fn rig(settings: SinkSettings, outbox: Memory, board: &Arc<Board>) -> (Rig, prometheus::Registry) {
    let metrics = prometheus::Registry::new();
    (start_with(&[settings], outbox, quick(), board, &metrics).unwrap(), metrics)
}

/// An opening and its end.
fn whole() -> Memory {
    let over = Some((T0 + Span::minutes(90), EndReason::Recovered));
    let resolved = Incident { status: IncidentStatus::Resolved, resolved_at: Some(T0), ..incident(42) };
    let memory = with(&["desk"], vec![opened(42)]);
    memory.put("desk", message(resolved, 2, MessageKind::Resolved, vec![lost("E1", over)]));
    memory
}

/// How many messages found nobody, by why.
fn unasked(metrics: &prometheus::Registry, why: &str) -> u64 {
    let families = metrics.gather();
    let family = families.iter().find(|f| f.name() == "cunkou_notifications_without_duty_total").unwrap();
    let of = |m: &&prometheus::proto::Metric| m.get_label().iter().any(|l| l.value() == why);
    family.get_metric().iter().find(of).unwrap().get_counter().get_value() as u64
}

#[tokio::test]
async fn robots_call_who_is_on_duty_when_it_pages_and_nobody_when_it_is_over() {
    let ok = || vec![Answer::Says(r#"{"errcode":0,"code":0}"#), Answer::Says(r#"{"errcode":0,"code":0}"#)];
    for kind in [SinkKind::Dingtalk, SinkKind::Wecom, SinkKind::Feishu] {
        let mut receiver = Receiver::start(ok()).await;
        let (rig, metrics) = rig(asking(kind, receiver.port), whole(), &board(ROSTER));
        let (page, end) = (receiver.next().await.body, receiver.next().await.body);
        let said = page.to_string();
        match kind {
            // Without a userid it is the number that is called, which must stand in the text too.
            SinkKind::Dingtalk => {
                assert_eq!(page["at"], json!({ "isAtAll": false, "atUserIds": [], "atMobiles": ["13800000002"] }));
                assert!(page["markdown"]["text"].as_str().unwrap().ends_with("\n\n@13800000002"), "{said}");
                assert_eq!(end["at"], json!({ "isAtAll": false }));
            }
            SinkKind::Wecom => {
                assert!(page["markdown"]["content"].as_str().unwrap().ends_with("\n<@LiMin>"), "{said}");
            }
            _ => {
                let lines = page["content"]["post"]["zh_cn"]["content"].as_array().unwrap();
                assert_eq!(lines.last().unwrap(), &json!([{ "tag": "at", "user_id": "ou_li" }]));
            }
        }
        for quiet in ["13800000002", "LiMin", "ou_li"] {
            assert!(!end.to_string().contains(quiet), "{end}");
        }
        assert!(rig.sinks.drain(PATIENCE).await);
        assert_eq!(rig.outbox.told_to(), [Some("李敏".to_owned()), None], "{kind:?}");
        assert_eq!(unasked(&metrics, "nobody"), 0);
    }
}

#[tokio::test]
async fn a_userid_is_called_rather_than_a_number() {
    let mut receiver = Receiver::start(vec![Answer::Says(r#"{"errcode":0}"#)]).await;
    let text = ROSTER.replace("[\"wang\", \"li\"]", "[\"wang\"]");
    let (_rig, _) = rig(asking(SinkKind::Dingtalk, receiver.port), with(&["desk"], vec![opened(42)]), &board(&text));
    let page = receiver.next().await.body;
    assert_eq!(page["at"], json!({ "isAtAll": false, "atUserIds": ["manager4220"], "atMobiles": [] }));
    assert!(!page.to_string().contains("13800000001"), "a number that is not needed is not shown: {page}");
}

#[tokio::test]
async fn mail_goes_to_who_is_on_duty() {
    let (mut server, settings) = mail::server_and_sink().await;
    let (rig, _) = rig(SinkSettings { on_duty: true, ..settings }, with(&["desk"], vec![opened(42)]), &board(ROSTER));
    assert_eq!(server.next_to().await, ["RCPT TO:<li@town.example>"]);
    assert!(rig.sinks.drain(PATIENCE).await);
    assert_eq!(rig.outbox.told_to(), [Some("李敏".to_owned())]);
}

#[tokio::test]
async fn a_topic_of_their_own_gets_all_of_it_under_a_key_of_their_own() {
    let mut receiver = Receiver::saying(vec![], r#"{"id":"x"}"#).await;
    let url = format!("http://127.0.0.1:{}/six-fingers", receiver.port);
    let settings = SinkSettings { url: SecretUrl::parse(&url).unwrap(), ..asking(SinkKind::Ntfy, receiver.port) };
    let (rig, _) = rig(settings, whole(), &board(ROSTER));
    let (page, end) = (receiver.next().await, receiver.next().await);
    assert_eq!((&page.body["topic"], page.key()), (&"liuzhi-li".into(), "42/desk/1/li"));
    assert_eq!((&end.body["topic"], end.key()), (&"liuzhi-li".into(), "42/desk/2/li"));
    assert!(rig.sinks.drain(PATIENCE).await);
}

const BODY: &str = r#"{"to": "{{ duty.phone or "110" }}", "name": "{{ duty.name }}", "text": "{{ title }}"}"#;

fn gateway(port: u16) -> SinkSettings {
    let form = SinkForm::Http {
        method: "POST",
        content_type: "application/json".to_owned(),
        body: SecretText::new(BODY),
        expect: String::new(),
    };
    SinkSettings { form, language: Language::En, ..asking(SinkKind::Http, port) }
}

#[tokio::test]
async fn a_gateway_is_asked_for_the_number_of_who_is_on_duty_and_its_answer_shows_it_nowhere() {
    let mut receiver = Receiver::saying(vec![], "no balance for 13800000002 李敏").await;
    let mut settings = gateway(receiver.port);
    let SinkForm::Http { expect, .. } = &mut settings.form else { unreachable!() };
    expect.push_str("accepted");
    let (rig, _) = rig(settings, with(&["desk"], vec![opened(42)]), &board(ROSTER));
    for _ in 0..2 {
        let got = receiver.next().await;
        assert_eq!((&got.body["to"], &got.body["name"]), (&"13800000002".into(), &"李敏".into()));
        assert_eq!(got.key(), "42/desk/1/li");
    }
    assert!(rig.sinks.drain(PATIENCE).await);
    let error = rig.outbox.last_error();
    assert!(error.contains("no balance for … …"), "{error}");
    let waiting = rig.outbox.waiting("desk");
    assert!(waiting.iter().all(|(_, _, error)| !error.contains("138")), "{waiting:?}");
}

#[tokio::test]
async fn nobody_on_duty_is_never_silence() {
    let holiday = "[[holiday]]\nfrom = 2026-11-23\norder = []\n";
    let no_phone =
        ROSTER.replace("phone = \"13800000002\"\nwecom", "wecom").replace("email = \"li@town.example\"\n", "");
    let cases = [
        (board(&format!("{ROSTER}{holiday}")), "nobody"),
        (board(&no_phone), "no_address"),
        (Arc::default(), "no_roster"),
    ];
    for (board, why) in cases {
        let mut receiver = Receiver::start(vec![]).await;
        let (rig, metrics) = rig(gateway(receiver.port), whole(), &board);
        let (page, end) = (receiver.next().await, receiver.next().await);
        for got in [&page, &end] {
            assert_eq!((&got.body["to"], &got.body["name"]), (&"110".into(), &"".into()), "{why}");
        }
        assert_eq!(page.key(), "42/desk/1", "{why}");
        assert!(rig.sinks.drain(PATIENCE).await);
        assert_eq!(unasked(&metrics, why), 2, "{why}");
        assert_eq!(rig.outbox.told_to(), [None, None]);
    }
}

#[tokio::test]
async fn who_is_reached_by_other_sinks_is_not_called_here_and_that_is_no_fault() {
    let mut receiver = Receiver::start(vec![]).await;
    let text = ROSTER.replace("[\"wang\", \"li\"]", "[\"chief\"]");
    let (rig, metrics) = rig(gateway(receiver.port), with(&["desk"], vec![opened(42)]), &board(&text));
    assert_eq!(receiver.next().await.body["to"], "110");
    assert!(rig.sinks.drain(PATIENCE).await);
    assert_eq!([unasked(&metrics, "nobody"), unasked(&metrics, "no_address")], [0, 0]);
}

#[tokio::test]
async fn a_message_that_is_tried_again_after_the_handover_calls_the_next() {
    let mut receiver = Receiver::start(vec![Answer::Status("500 Internal Server Error"); 500]).await;
    let board = board(ROSTER);
    let (rig, _) = rig(gateway(receiver.port), with(&["desk"], vec![opened(42)]), &board);
    assert_eq!(receiver.next().await.body["name"], "李敏");
    // A reload between the two tries: who has the turn now is called, not who had it.
    board.put(parse(&ROSTER.replace("[\"wang\", \"li\"]", "[\"li\", \"wang\"]")));
    let mut last = receiver.next().await;
    while last.body["name"] == "李敏" {
        last = receiver.next().await;
    }
    assert_eq!((&last.body["name"], last.key()), (&Value::from("王强"), "42/desk/1/wang"));
    drop(rig);
}

#[test]
fn check_says_who_cannot_be_reached_by_what() {
    let sinks = [asking(SinkKind::Wecom, 1), SinkSettings { name: "mute".to_owned(), ..sink("x", SinkKind::Email, 1) }];
    let text = ROSTER.replace("wecom = \"LiMin\"\n", "").replace("[\"other\"]", "[\"mute\"]");
    let gaps = duty_gaps(&sinks, Some(&parse(&text)));
    assert_eq!(
        gaps,
        [
            DutyGap::NoAddress { sink: "desk".into(), kind: SinkKind::Wecom, contact: "li".into() },
            DutyGap::NotAsked { sink: "mute".into(), contact: "chief".into() },
        ]
    );
    assert_eq!(duty_gaps(&sinks, None), [DutyGap::NoRoster { sink: "desk".into() }]);
    assert!(duty_gaps(&sinks[1..], None).is_empty());
}

#[test]
fn a_body_without_a_number_of_its_own_is_told() {
    let with = |body: &str, on_duty| {
        let mut settings = SinkSettings { on_duty, ..gateway(1) };
        let SinkForm::Http { body: text, .. } = &mut settings.form else { unreachable!() };
        *text = SecretText::new(body);
        let templates = Templates::new(&TemplateFiles::default(), std::slice::from_ref(&settings)).unwrap();
        templates.without_number(&[settings])
    };
    let bare = r#"{"to": "{{ duty.phone }}", "text": "{{ title }}"}"#;
    assert_eq!(with(bare, true), ["desk"]);
    for (body, on_duty) in [(BODY, true), (bare, false), (r#"{"text": "{{ title }} {{ duty.name }}"}"#, true)] {
        assert!(with(body, on_duty).is_empty(), "{body}");
    }
}
