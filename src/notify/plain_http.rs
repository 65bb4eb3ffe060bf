//! A request with a body of the town's own: gateways for SMS and calls, chat services that have no sink here.
//!
//! The body is a template of the settings, escaped by its `content_type`; with GET it is the query. Success is a status of
//! 2xx, and, where `expect` is set, that text in the answer: many gateways put their errors into a 200. With `on_duty` there
//! is a request for each who is called, and the body says where it goes: `{{ duty.phone or "13800000000" }}`.

use cunkou_core::model::Time;
use reqwest::Method;
use url::Url;

use super::limiter::Limit;
use super::outbox::Received;
use super::people::{Channel, Script};
use super::post::{Post, Request, Tried};

/// The sink.
pub(super) struct PlainHttp {
    pub(super) post: Post,
    /// How.
    pub(super) method: Method,
    /// The type of the body.
    pub(super) content_type: String,
    /// What an answer must contain; empty: nothing.
    pub(super) expect: String,
    /// The template of its body.
    pub(super) template: String,
}

impl PlainHttp {
    /// With GET, the URL with the body as its query, behind what is there already.
    fn url(&self, body: &str) -> Option<Url> {
        if self.method != Method::GET {
            return None;
        }
        let mut url = Url::parse(self.post.url.expose()).ok()?;
        let query = match url.query().filter(|q| !q.is_empty()) {
            Some(query) => format!("{query}&{body}"),
            None => body.to_owned(),
        };
        url.set_query(Some(&query));
        Some(url)
    }
}

/// Whether an answer is one of success.
fn verdict(body: &str, expect: &str) -> Tried {
    if body.contains(expect) {
        return Tried::Taken;
    }
    let why = format!("answered without what is expected: {body}");
    Tried::Failed { why, away: false, asked: None, received: Received::No }
}

impl Channel for PlainHttp {
    const LIMITS: &'static [Limit] = &[];
    /// Gateways call one number a request.
    const EACH: bool = true;

    fn template(&self) -> String {
        self.template.clone()
    }

    async fn say(&mut self, script: &Script, key: &str, now: Time) -> Tried {
        let request = Request {
            method: self.method.clone(),
            url: self.url(&script.text),
            content_type: &self.content_type,
            verdict: &|body| verdict(body, &self.expect),
            ..Request::json(script.text.clone().into_bytes(), Some(key))
        };
        self.post.send(request, now).await
    }
}
