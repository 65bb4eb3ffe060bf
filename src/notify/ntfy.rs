//! A topic of ntfy, published as JSON.
//!
//! docs.ntfy.sh/publish ("Publish as JSON"): to the root of the server, with the topic in the body. The setting is the URL
//! of the topic, as the app shows it. Access by `token` (Bearer) or user and password (Basic). A message of more than 4096
//! bytes would become an attachment; too many are answered 429 by the server itself.

use cunkou_core::model::{Severity, Time};
use serde::{Deserialize, Serialize};
use url::Url;

use super::cut;
use super::limiter::Limit;
use super::outbox::Received;
use super::people::{Channel, Script};
use super::post::{Post, Request, Tried};

/// Bytes of a message ("Limitations").
const MAX_TEXT: usize = 4_096;

/// Bytes of a title: a phone shows less.
const MAX_TITLE: usize = 500;

/// The sink.
pub(super) struct Ntfy {
    /// Its URL is that of the topic.
    pub(super) post: Post,
    /// The template of its text.
    pub(super) template: String,
}

/// The body.
#[derive(Serialize)]
struct Publish<'a> {
    topic: &'a str,
    title: String,
    message: String,
    priority: u8,
    tags: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    click: Option<&'a str>,
}

impl Ntfy {
    /// The payload.
    pub(super) fn payload(script: &Script, topic: &str) -> Vec<u8> {
        let text = cut::lines(&script.text, script.link.as_deref(), MAX_TEXT);
        // The title is the first line; an empty message would be shown as "triggered".
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        let publish = Publish {
            topic,
            title: cut::head(&script.title, MAX_TITLE),
            message: if rest.is_empty() { text.clone() } else { rest.to_owned() },
            priority: priority(script),
            tags: [tag(script)],
            click: script.link.as_deref(),
        };
        // Texts and numbers always encode.
        serde_json::to_vec(&publish).unwrap_or_default()
    }

    /// The server's root, and the topic.
    fn target(&self) -> Option<(Url, String)> {
        let mut url = Url::parse(self.post.url.expose()).ok()?;
        let topic = url.path_segments()?.next_back()?.to_owned();
        url.path_segments_mut().ok()?.pop().push("");
        Some((url, topic))
    }
}

/// What ntfy answers: the message that it made of ours, or an error ("Publish as JSON", and `errHTTP…` of its server).
#[derive(Deserialize)]
struct Answer {
    id: Option<String>,
    code: Option<u64>,
    error: Option<String>,
}

/// An answer of success without the id of a message is not ntfy's: somebody in between said it (a login page of the
/// network, a proxy), and whether ntfy has the message is not known.
fn verdict(body: &str) -> Tried {
    let failed = |why: String, received| Tried::Failed { why, away: false, asked: None, received };
    match serde_json::from_str(body) {
        Ok(Answer { error: Some(error), code, .. }) => {
            let code = code.map(|code| format!(" {code}")).unwrap_or_default();
            failed(format!("answered 200 with error{code}: {error}"), Received::No)
        }
        Ok(Answer { id: Some(_), .. }) => Tried::Taken,
        _ => failed(format!("answered 200 without a message: {body}"), Received::Maybe),
    }
}

/// From 1 (min) to 5 (max): what pages is loud.
fn priority(script: &Script) -> u8 {
    match (script.news.pages, script.news.severity) {
        (true, Severity::Critical) => 5,
        (true, _) => 4,
        (false, Severity::None) => 1,
        (false, _) => 3,
    }
}

/// A word that the app shows as a picture.
fn tag(script: &Script) -> &'static str {
    match (script.news.resolved, script.news.severity) {
        (true, _) => "white_check_mark",
        (false, Severity::Critical) => "rotating_light",
        (false, Severity::Warning) => "warning",
        (false, _) => "information_source",
    }
}

impl Channel for Ntfy {
    const LIMITS: &'static [Limit] = &[];
    /// Each has a topic of their own.
    const EACH: bool = true;

    fn template(&self) -> String {
        self.template.clone()
    }

    async fn say(&mut self, script: &Script, key: &str, now: Time) -> Tried {
        // The settings are read so that there is a topic; without one the server says what is missing.
        let (url, usual) = self.target().unzip();
        let own = script.people.first().and_then(|who| who.ntfy.clone());
        let topic = own.or(usual);
        let request = Request::json(Ntfy::payload(script, topic.as_deref().unwrap_or_default()), Some(key));
        // Whoever knows the topic can read it, and write to it.
        self.post.send(Request { url, conceal: topic.clone(), verdict: &verdict, ..request }, now).await
    }
}
