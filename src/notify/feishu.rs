//! A custom bot of a group in Feishu (飞书自定义机器人): rich text, signed in its own way.
//!
//! Payload, signature, limits and codes: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot ("自定义机器人使用指南").
//! The hook is in the URL; with 签名校验 the secret is the `token` of an entry of the secrets. At most 100 messages a
//! minute and 5 a second, 20 KB a body. The message is a `post`: paragraphs of nodes, where text is text and never markup,
//! and only a node of its own could call people.

use cunkou_core::model::{Language, Span, Time};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::cut;
use super::limiter::Limit;
use super::people::{Channel, Script};
use super::post::{Post, Request, Tried};
use super::robot::{Meaning, judge};
use super::sign;

/// Bytes of a body: 20 KB, with room for the signature.
const MAX_BODY: usize = 20_000 - 200;

/// Bytes of a title.
const MAX_TITLE: usize = 500;

/// The sink.
pub(super) struct Feishu {
    pub(super) post: Post,
    /// The secret of 签名校验.
    pub(super) secret: Option<SecretString>,
    /// Its language: a `post` has a body for each.
    pub(super) language: Language,
    /// The template of its text.
    pub(super) template: String,
}

impl Feishu {
    /// The payload; signed where there is a secret.
    pub(super) fn payload(&self, script: &Script, now: Time) -> Vec<u8> {
        let (link, title) = (script.link.as_deref(), cut::head(&script.title, MAX_TITLE));
        let language = match self.language {
            Language::ZhCn => "zh_cn",
            Language::En => "en_us",
        };
        let with = |text: &str| {
            // The first line is the title.
            let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
            let mut content: Vec<Value> = rest.lines().map(|line| paragraph(line, link)).collect();
            content.extend(calls(script));
            let post = json!({ language: { "title": title, "content": content } });
            let mut payload = json!({ "msg_type": "post", "content": { "post": post } });
            if let (Some(secret), Some(fields)) = (&self.secret, payload.as_object_mut()) {
                fields.insert("timestamp".to_owned(), sign::seconds(now).to_string().into());
                fields.insert("sign".to_owned(), sign::feishu(secret.expose_secret(), now).into());
            }
            payload.to_string().into_bytes()
        };
        cut::to_fit(&script.text, link, MAX_BODY, with)
    }
}

/// A paragraph that calls who is on duty, where it is a page.
fn calls(script: &Script) -> Option<Value> {
    let called = script.people.iter().filter(|_| script.news.pages).filter_map(|who| who.feishu.as_deref());
    let nodes: Vec<Value> = called.map(|user| json!({ "tag": "at", "user_id": user })).collect();
    (!nodes.is_empty()).then(|| Value::from(nodes))
}

/// A line as a paragraph; the link in it, where it is there, as a node of its own.
fn paragraph(line: &str, link: Option<&str>) -> Value {
    let text = |text: &str| json!({ "tag": "text", "text": text });
    let Some((before, link, after)) = link.and_then(|l| line.split_once(l).map(|(a, b)| (a, l, b))) else {
        return json!([text(line)]);
    };
    let mut nodes = vec![text(before), json!({ "tag": "a", "text": link, "href": link }), text(after)];
    nodes.retain(|node| node["text"] != "");
    Value::from(nodes)
}

fn meaning(code: i64, msg: &str) -> Meaning {
    match code {
        0 => Meaning::Taken,
        // Limits: of a bot, of the whole service.
        11_232 | 11_233 | 99_991_400 => Meaning::Busy(Span::seconds(30)),
        // Said of a wrong body ("Bad Request"), and of too many requests as well.
        9_499 if msg.to_ascii_lowercase().contains("too many") => Meaning::Busy(Span::seconds(30)),
        // 19001 no such hook, 19021 signature, 19022 address, 19024 keyword, 9499 a wrong body.
        _ => Meaning::Refused,
    }
}

impl Channel for Feishu {
    const LIMITS: &'static [Limit] =
        &[Limit { messages: 5, per: Span::seconds(1) }, Limit { messages: 100, per: Span::minutes(1) }];

    fn template(&self) -> String {
        self.template.clone()
    }

    async fn say(&mut self, script: &Script, key: &str, now: Time) -> Tried {
        let request = Request::json(self.payload(script, now), Some(key));
        let conceal = self.secret.as_ref().map(|secret| sign::feishu(secret.expose_secret(), now));
        self.post.send(Request { verdict: &|body| judge(body, meaning), conceal, ..request }, now).await
    }
}
