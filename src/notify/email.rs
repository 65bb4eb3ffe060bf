//! Mail by SMTP: plain text and HTML side by side, an incident a thread.
//!
//! RFC 5321 (SMTP), RFC 2046 §5.1.4 (multipart/alternative), RFC 2047 (subjects that are not ASCII), RFC 5322 §3.6.4
//! (Message-ID, In-Reply-To, References), RFC 3834 (Auto-Submitted: no vacation answers). The first message of an incident
//! has an id made of its number and its beginning; the others refer to it, also where it was never sent, so that mail
//! programs show one thread. A message that is tried again has the same id, so that a copy is known as one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use cunkou_core::model::{Severity, Time};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::cut;
use super::duty::cover;
use super::limiter::Limit;
use super::outbox::Received;
use super::people::{Channel, Script};
use super::post::Tried;
use super::smtp::{Failed, Sent, Server};
use super::tap::Tap;

/// Bytes of a subject; longer ones are cut by most programs anyhow.
const MAX_SUBJECT: usize = 250;

/// The sink.
pub(super) struct Email {
    pub(super) name: String,
    pub(super) server: Server,
    pub(super) from: Mailbox,
    /// Who gets it where nobody is called.
    pub(super) to: Vec<Mailbox>,
    /// The templates of text and HTML.
    pub(super) templates: [String; 2],
    /// Of messages that some have and others must still get: who has it.
    pub(super) partly: BTreeMap<String, BTreeSet<String>>,
    pub(super) tap: Option<Tap>,
}

/// A mailbox as settings write it: an address, or a name and the address in angle brackets.
pub(super) fn mailbox(text: &str) -> Option<Mailbox> {
    let Some(rest) = text.trim().strip_suffix('>') else {
        return Some(Mailbox::new(None, text.trim().parse().ok()?));
    };
    let (name, address) = rest.split_once('<')?;
    let name = name.trim().trim_matches('"').trim();
    Some(Mailbox::new(Some(name.to_owned()).filter(|n| !n.is_empty()), address.trim().parse().ok()?))
}

impl Email {
    /// The message.
    pub(super) fn message(&self, script: &Script, key: &str, now: Time) -> Option<Message> {
        let root = self.id(&script.thread);
        let seconds = u64::try_from(now.millis() / 1_000).unwrap_or_default();
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let mut message = Message::builder().from(self.from.clone()).date(date);
        for to in self.recipients(script) {
            message = message.to(to);
        }
        message = message.subject(cut::head(&script.title, MAX_SUBJECT));
        message = if script.begins {
            message.message_id(Some(root))
        } else {
            let own = self.id(&format!("{key}.{}", script.thread));
            message.message_id(Some(own)).in_reply_to(root.clone()).references(root)
        };
        let header =
            |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        message = message.raw_header(header("Auto-Submitted", "auto-generated"));
        if script.news.pages && script.news.severity == Severity::Critical {
            message = message.raw_header(header("X-Priority", "1")).raw_header(header("Importance", "high"));
        }
        let html = script.html.clone().unwrap_or_default();
        // A fixed boundary: "=_" stands in no encoded body, and the same message is the same bytes.
        let parts = MultiPart::builder().kind(lettre::message::MultiPartKind::Alternative).boundary("=_cunkou");
        let parts = parts.singlepart(SinglePart::plain(crlf(&script.text))).singlepart(SinglePart::html(crlf(&html)));
        message.multipart(parts).ok()
    }

    /// An id of a message: unique for what it is made of, in the sender's domain.
    fn id(&self, of: &str) -> String {
        let of: String = of.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' }).collect();
        format!("<cunkou.{of}.{}@{}>", self.name, self.from.email.domain())
    }

    /// Who is called, or whom the settings name.
    fn recipients(&self, script: &Script) -> Vec<Mailbox> {
        let called = script.people.iter().filter_map(|who| mailbox(who.email.as_deref()?)).collect::<Vec<_>>();
        if called.is_empty() { self.to.clone() } else { called }
    }

    /// Who must still get a message.
    fn open(&self, script: &Script, key: &str) -> Vec<Address> {
        let has = |to: &Address| self.partly.get(key).is_some_and(|taken| taken.contains(&to.to_string()));
        self.recipients(script).into_iter().map(|m| m.email).filter(|to| !has(to)).collect()
    }

    /// What a conversation means for the message.
    fn judge(&mut self, script: &Script, key: &str, sent: Sent) -> Tried {
        for (address, why) in &sent.refused {
            let (address, why) = (cover(address.as_ref(), &script.people), cover(why, &script.people));
            tracing::warn!(sink = %self.name, address, why, "a mail server refuses this recipient");
        }
        let first = |refused: &[(Address, String)]| refused.first().map(|(to, why)| format!("{to}: {why}"));
        if let Some(why) = first(&sent.later) {
            let taken = self.partly.entry(key.to_owned()).or_default();
            taken.extend(sent.taken.iter().chain(sent.refused.iter().map(|(to, _)| to)).map(ToString::to_string));
            return Tried::Failed { why, away: true, asked: None, received: maybe(!sent.taken.is_empty()) };
        }
        let had_some = self.partly.remove(key).is_some();
        match first(&sent.refused) {
            Some(why) if sent.taken.is_empty() && !had_some => {
                Tried::Failed { why, away: false, asked: None, received: Received::No }
            }
            _ => Tried::Taken,
        }
    }
}

/// What some have, keeps its key: it must not be told to them in another message again.
fn maybe(some: bool) -> Received {
    if some { Received::Maybe } else { Received::No }
}

/// Mail ends its lines with CR and LF.
fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

impl Channel for Email {
    const LIMITS: &'static [Limit] = &[];

    fn template(&self) -> String {
        let [text, _] = &self.templates;
        text.clone()
    }

    fn html_template(&self) -> Option<String> {
        let [_, html] = &self.templates;
        Some(html.clone())
    }

    async fn say(&mut self, script: &Script, key: &str, now: Time) -> Tried {
        let Some(message) = self.message(script, key, now) else {
            let why = "no mail can be made of it".to_owned();
            return Tried::Failed { why, away: false, asked: None, received: Received::No };
        };
        if let Some(tap) = &self.tap {
            tap.sent(&message.headers().to_string(), &script.text);
        }
        let to = self.open(script, key);
        let sent = self.server.send(&self.from.email, &to, &message.formatted()).await;
        if let Some(tap) = &self.tap {
            tap.answered(match &sent {
                Ok(sent) => &sent.answer,
                Err(failed) => &failed.why,
            });
        }
        match sent {
            Ok(sent) => self.judge(script, key, sent),
            Err(Failed { why, away, received }) => Tried::Failed { why, away, asked: None, received },
        }
    }
}
