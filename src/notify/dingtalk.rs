//! A custom robot of a group in DingTalk (钉钉自定义机器人): Markdown, signed.
//!
//! Payload, signature and limits: open.dingtalk.com/document/orgapp/custom-robot-access ("自定义机器人接入"), error codes:
//! open.dingtalk.com/document/orgapp/custom-robots-send-group-messages. The `access_token` is in the URL. With the
//! security setting 加签 the secret (`SEC…`) is the `token` of an entry of the secrets; a robot with a keyword instead
//! needs none, and the keyword must stand in the template. At most 20 messages a minute, else the robot is locked for up
//! to ten; at most 20 000 bytes a body (code 460101).

use cunkou_core::model::{Span, Time};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::Url;

use super::cut;
use super::limiter::Limit;
use super::people::{Channel, Script};
use super::post::{Post, Request, Tried};
use super::robot::{Meaning, judge};
use super::sign;

/// Bytes of a body.
const MAX_BODY: usize = 20_000;

/// Bytes of a title: it is what the list of chats shows.
const MAX_TITLE: usize = 200;

/// The sink.
pub(super) struct Dingtalk {
    pub(super) post: Post,
    /// The secret of 加签.
    pub(super) secret: Option<SecretString>,
    /// The template of its text.
    pub(super) template: String,
}

impl Dingtalk {
    /// The payload. `isAtAll` is said to be false, so that no text can make it true. A page calls who is on duty: by userid,
    /// else by number, each of which must stand in the text too.
    pub(super) fn payload(script: &Script) -> Vec<u8> {
        let title = cut::head(&script.title, MAX_TITLE);
        let (users, mobiles) = called(script);
        let calls: Vec<String> = users.iter().chain(&mobiles).map(|who| format!("@{who}")).collect();
        let calls = if calls.is_empty() { String::new() } else { format!("\n\n{}", calls.join(" ")) };
        let with = |text: &str| {
            let markdown = json!({ "title": title, "text": format!("{text}{calls}") });
            let mut at = json!({ "isAtAll": false });
            if let (false, Some(at)) = (calls.is_empty(), at.as_object_mut()) {
                at.insert("atUserIds".to_owned(), json!(users));
                at.insert("atMobiles".to_owned(), json!(mobiles));
            }
            let payload = json!({ "msgtype": "markdown", "markdown": markdown, "at": at });
            payload.to_string().into_bytes()
        };
        cut::to_fit(&script.text, script.link.as_deref(), MAX_BODY, with)
    }

    /// The URL with the signature of this moment.
    fn signed(&self, now: Time) -> Option<Url> {
        let secret = self.secret.as_ref()?.expose_secret();
        let mut url = Url::parse(self.post.url.expose()).ok()?;
        let sign = sign::dingtalk(secret, now);
        url.query_pairs_mut().append_pair("timestamp", &now.millis().to_string()).append_pair("sign", &sign);
        Some(url)
    }
}

/// Userids and, of those who have none, numbers of whom a page calls.
fn called(script: &Script) -> (Vec<&str>, Vec<&str>) {
    let people = script.people.iter().filter(|_| script.news.pages);
    let (known, others): (Vec<_>, Vec<_>) = people.partition(|who| who.dingtalk.is_some());
    let users = known.into_iter().filter_map(|who| who.dingtalk.as_deref()).collect();
    (users, others.into_iter().filter_map(|who| who.phone.as_deref()).collect())
}

fn meaning(code: i64, _: &str) -> Meaning {
    match code {
        0 => Meaning::Taken,
        // 系统繁忙.
        -1 => Meaning::Busy(Span::seconds(10)),
        // 发送速度太快而限流: "send too fast, exceed 20 times per minute".
        130_101 | 410_100 => Meaning::Busy(Span::minutes(1)),
        // 400013 the group is gone, 400101 no such token, 400102 stopped, 400106 no such robot, 310000 security settings
        // (keyword, signature, address), 430101 to 430104 content, 460101 too long.
        _ => Meaning::Refused,
    }
}

impl Channel for Dingtalk {
    const LIMITS: &'static [Limit] = &[Limit { messages: 20, per: Span::minutes(1) }];

    fn template(&self) -> String {
        self.template.clone()
    }

    async fn say(&mut self, script: &Script, key: &str, now: Time) -> Tried {
        let request = Request::json(Dingtalk::payload(script), Some(key));
        let verdict = &|body: &str| judge(body, meaning);
        self.post.send(Request { url: self.signed(now), verdict, ..request }, now).await
    }
}
