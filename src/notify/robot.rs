//! Robots put their error code into the body of a 200: what it means for a message.

use cunkou_core::model::Span;
use serde::Deserialize;

use super::outbox::Received;
use super::post::Tried;

/// What an error code means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// The robot took it.
    Taken,
    /// Too many messages, or the service is busy: it is to be left alone for so long.
    Busy(Span),
    /// It will not take this as it is: token, signature, keyword, size, content. Tried again ever more rarely, until the
    /// settings or the robot are mended.
    Refused,
}

/// How a try ended by the answer's body. An answer of success without a code is no robot's: somebody in between said it,
/// and whether the robot has the message is not known.
pub(super) fn judge(body: &str, meaning: impl Fn(i64, &str) -> Meaning) -> Tried {
    let Some((code, msg)) = serde_json::from_str::<Answer>(body).ok().and_then(Answer::code) else {
        let why = format!("answered 200 without a code: {body}");
        return Tried::Failed { why, away: false, asked: None, received: Received::Maybe };
    };
    let why = format!("answered 200 with code {code}: {msg}");
    match meaning(code, &msg) {
        Meaning::Taken => Tried::Taken,
        Meaning::Busy(asked) => Tried::Failed { why, away: true, asked: Some(asked), received: Received::No },
        Meaning::Refused => Tried::Failed { why, away: false, asked: None, received: Received::No },
    }
}

/// The fields in which the vendors answer. Feishu has two sets of them, the older of which some hooks have alone.
#[derive(Deserialize)]
struct Answer {
    errcode: Option<i64>,
    code: Option<i64>,
    #[serde(rename = "StatusCode")]
    status_code: Option<i64>,
    errmsg: Option<String>,
    msg: Option<String>,
    #[serde(rename = "StatusMessage")]
    status_message: Option<String>,
}

impl Answer {
    fn code(self) -> Option<(i64, String)> {
        let msg = self.errmsg.or(self.msg).or(self.status_message).unwrap_or_default();
        Some((self.errcode.or(self.code).or(self.status_code)?, msg))
    }
}
