//! A robot of a group in WeCom (企业微信群机器人): Markdown, at most 4096 bytes.
//!
//! Payload and limits: developer.work.weixin.qq.com/document/path/91770 ("群机器人配置说明"), error codes:
//! developer.work.weixin.qq.com/document/path/90313. The key of the robot is in the URL, nothing is signed. At most 20
//! messages a minute. Known of Markdown there: titles, bold, links, code, quotes and three colours; `<@userid>` calls
//! people, which is why no `<` of a name gets through.

use cunkou_core::model::{Span, Time};
use serde_json::json;

use super::cut;
use super::limiter::Limit;
use super::people::{Channel, Script};
use super::post::{Post, Request, Tried};
use super::robot::{Meaning, judge};

/// Bytes of the text.
const MAX_TEXT: usize = 4_096;

/// The sink.
pub(super) struct Wecom {
    pub(super) post: Post,
    /// The template of its text.
    pub(super) template: String,
}

impl Wecom {
    /// The payload. A page calls who is on duty.
    pub(super) fn payload(script: &Script) -> Vec<u8> {
        let called = script.people.iter().filter(|_| script.news.pages).filter_map(|who| who.wecom.as_deref());
        // No other `<` gets through; what stands here is of the roster, which takes userids only.
        let calls: String = called.map(|user| format!("\n<@{user}>")).collect();
        let text = cut::lines(&script.text, script.link.as_deref(), MAX_TEXT.saturating_sub(calls.len()));
        json!({ "msgtype": "markdown", "markdown": { "content": format!("{text}{calls}") } }).to_string().into_bytes()
    }
}

fn meaning(code: i64, _: &str) -> Meaning {
    match code {
        0 => Meaning::Taken,
        // 系统繁忙.
        -1 => Meaning::Busy(Span::seconds(10)),
        // Too often, too many at once.
        45_009 | 45_033 => Meaning::Busy(Span::minutes(1)),
        // 93000 no such robot, 40058 a wrong parameter or too long, 40008 no such type.
        _ => Meaning::Refused,
    }
}

impl Channel for Wecom {
    const LIMITS: &'static [Limit] = &[Limit { messages: 20, per: Span::minutes(1) }];

    fn template(&self) -> String {
        self.template.clone()
    }

    async fn say(&mut self, script: &Script, key: &str, now: Time) -> Tried {
        let request = Request::json(Wecom::payload(script), Some(key));
        self.post.send(Request { verdict: &|body| judge(body, meaning), ..request }, now).await
    }
}
