//! What all sinks that people read have in common: one message a step of an incident, in a town's own words, at the pace
//! that the sink bears. How it is packed and what the answer means is each sink's own.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use cunkou_core::alert::{Alert, AlertName, Message, MessageKind, Review};
use cunkou_core::model::{Severity, Time};

use super::delivery::{Carrier, Scene};
use super::duty::{Called, Desk, cover};
use super::facts::{Asked, Facts, News};
use super::labels::about_monitor;
use super::letter::Letter;
use super::limiter::{Limit, Limiter};
use super::outbox::Received;
use super::post::Tried;
use super::templates::Templates;
use super::voice::Voice;
use crate::roster::Contact;

/// A message, ready to be packed.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// What happened.
    pub(super) news: News,
    /// The first line of the text, as plain text of one line.
    pub(super) title: String,
    /// The text, escaped for the sink; the headline is its first line.
    pub(super) text: String,
    /// The same as HTML, for mail.
    pub(super) html: Option<String>,
    /// Where it can be looked at.
    pub(super) link: Option<String>,
    /// What all messages of the incident have in common: its number, and when it opened.
    pub(super) thread: String,
    /// Whether it is the first of its thread.
    pub(super) begins: bool,
    /// Who is called; nobody: whom the settings of the sink name.
    pub(super) people: Vec<Arc<Contact>>,
}

/// How a kind of sink packs a message, sends it, and reads the answer.
pub(super) trait Channel: Send + Sync + 'static {
    /// How many messages it bears; none: it says so itself (429), or it does not matter.
    const LIMITS: &'static [Limit];
    /// Whether each who is called gets a message of their own.
    const EACH: bool = false;
    /// The name of the template of its text.
    fn template(&self) -> String;
    /// The name of the template of a second text, in HTML.
    fn html_template(&self) -> Option<String> {
        None
    }
    /// One try.
    fn say(&mut self, script: &Script, key: &str, now: Time) -> impl Future<Output = Tried> + Send;
}

/// A sink that people read.
pub(super) struct People<C> {
    pub(super) name: String,
    pub(super) channel: C,
    pub(super) voice: Voice,
    pub(super) templates: Arc<Templates>,
    /// Where it asks who is on duty; `None`: it does not.
    pub(super) desk: Option<Desk>,
    /// Of messages that some have and others must still get: who has it, by the ids of the roster.
    pub(super) had: BTreeMap<String, BTreeSet<String>>,
    /// Who was called by the last message that was brought.
    pub(super) told_to: Option<String>,
    pub(super) min_severity: Severity,
    pub(super) watchdog: bool,
    pub(super) started: Time,
    pub(super) limiter: Limiter,
}

impl<C: Channel> People<C> {
    fn script(&self, facts: &Facts, thread: String, begins: bool, people: &[Arc<Contact>]) -> Script {
        let text = self.templates.text(&self.channel.template(), facts);
        let html = self.channel.html_template().map(|name| self.templates.text(&name, facts));
        let first = text.lines().next().unwrap_or_default();
        // A title is plain text: without the marks that a template sets around its headline.
        let title = first.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*' | '_' | '>' | '`'));
        Script {
            news: facts.news,
            title: title.chars().filter(|c| !c.is_control()).collect(),
            html,
            link: facts.told.link.clone(),
            thread,
            begins,
            people: people.to_vec(),
            text,
        }
    }

    async fn say(&mut self, script: &Script, key: &str, now: Time) -> Tried {
        if let Some(wait) = self.limiter.wait(C::LIMITS, script.news.pages, now) {
            let why = "held back: the robot would lock us out for more in a minute".to_owned();
            return Tried::Failed { why, away: true, asked: Some(wait), received: Received::No };
        }
        match self.channel.say(script, key, now).await {
            // An answer may quote whom it was sent to, and what is said here is kept and logged.
            Tried::Failed { why, away, asked, received } => {
                Tried::Failed { why: cover(&why, &script.people), away, asked, received }
            }
            Tried::Taken => Tried::Taken,
        }
    }

    /// Says it to all who are called: in one message, or each in one of their own, which has a key of its own. Who has it
    /// does not get it again because others have not.
    async fn say_to(
        &mut self,
        called: &Called,
        key: &str,
        now: Time,
        script: impl Fn(&Self, &[Arc<Contact>]) -> Script,
    ) -> Tried {
        self.told_to = None;
        let tried = if C::EACH && !called.people.is_empty() {
            self.say_to_each(&called.people, key, now, script).await
        } else {
            let script = script(self, &called.people);
            self.say(&script, key, now).await
        };
        if tried == Tried::Taken {
            let names: Vec<&str> = called.people.iter().map(|who| who.name.as_str()).collect();
            self.told_to = Some(names.join(", ")).filter(|names| !names.is_empty());
            self.had.remove(key);
            if let Some(desk) = &self.desk {
                desk.keep(called, key);
            }
        }
        tried
    }

    async fn say_to_each(
        &mut self,
        people: &[Arc<Contact>],
        key: &str,
        now: Time,
        script: impl Fn(&Self, &[Arc<Contact>]) -> Script,
    ) -> Tried {
        let mut first_failed = None;
        for who in people {
            if self.had.get(key).is_some_and(|had| had.contains(&who.id)) {
                continue;
            }
            let own = script(self, std::slice::from_ref(who));
            match self.say(&own, &format!("{key}/{}", who.id), now).await {
                Tried::Taken => {
                    self.had.entry(key.to_owned()).or_default().insert(who.id.clone());
                }
                Tried::Failed { why, away, asked, received } => {
                    first_failed.get_or_insert((why, away, asked, received));
                    // One wrong number silences nobody else; a sink that is away is away for all.
                    if away {
                        break;
                    }
                }
            }
        }
        match first_failed {
            None => Tried::Taken,
            // What some have keeps its key.
            Some((why, away, asked, received)) => {
                let received = if self.had.contains_key(key) { Received::Maybe } else { received };
                Tried::Failed { why, away, asked, received }
            }
        }
    }

    fn lone(&self, alert: &Alert, key: &str, scene: &Scene, people: &[Arc<Contact>]) -> Script {
        let facts = Facts {
            news: News::of_alert(alert),
            told: self.voice.told_of_alert(&scene.snapshot, alert),
            asked: Asked::of(people),
            sink: self.name.clone(),
            language: self.voice.language,
        };
        let thread = key.strip_suffix("-over").unwrap_or(key).to_owned();
        self.script(&facts, thread, alert.ended.is_none(), people)
    }

    /// What a letter says to those who are called, or to whom the settings of the sink name.
    pub(super) fn letter(&self, letter: &Letter, scene: &Scene, people: &[Arc<Contact>]) -> Script {
        let digest = letter.message.digest_from(self.min_severity);
        let message = digest.as_ref().unwrap_or(&letter.message);
        let facts = Facts {
            news: News::of(message),
            told: self.voice.told(&scene.snapshot, message),
            asked: Asked::of(people),
            sink: self.name.clone(),
            language: self.voice.language,
        };
        // The number alone may be another's in another database.
        let thread = format!("{}.{}", message.incident.id, message.incident.opened_at.millis());
        let begins = match message.kind {
            MessageKind::Digest => message.step == 1,
            kind => kind == MessageKind::Opened,
        };
        self.script(&facts, thread, begins, people)
    }
}

impl<C: Channel> Carrier for People<C> {
    /// By severity the outbox has judged already, at the step by which the sink learned of the incident; from then on
    /// people hear all of it, to the end.
    fn takes(&self, letter: &Letter) -> bool {
        let quiet = letter.message.why.is_for_machines() && !letter.message.kind.pages();
        let nothing =
            letter.message.kind == MessageKind::Digest && letter.message.digest_from(self.min_severity).is_none();
        !quiet && !nothing
    }

    async fn tell(&mut self, letter: &Letter, key: &str, scene: &Scene) -> Tried {
        let called = self.desk.as_ref().map(|desk| desk.call(&letter.message, scene.now)).unwrap_or_default();
        self.say_to(&called, key, scene.now, |sink, people| sink.letter(letter, scene, people)).await
    }

    async fn aside(&mut self, alert: &Alert, key: &str, scene: &Scene) -> Tried {
        let called = self.desk.as_ref().map(|desk| desk.call_first(scene.now)).unwrap_or_default();
        self.say_to(&called, key, scene.now, |sink, people| sink.lone(alert, key, scene, people)).await
    }

    /// Nobody is called for it: it goes to whom the settings of the sink name.
    async fn review(&mut self, review: &Review, key: &str, scene: &Scene) -> Tried {
        let facts = Facts {
            news: News::of_review(),
            told: self.voice.told_of_review(&scene.snapshot, review),
            asked: Asked::default(),
            sink: self.name.clone(),
            language: self.voice.language,
        };
        // Each is a thread of its own.
        let script = self.script(&facts, key.to_owned(), true, &[]);
        self.say(&script, key, scene.now).await
    }

    fn told_to(&mut self) -> Option<String> {
        self.told_to.take()
    }

    async fn pulse(&mut self, scene: &Scene, stuck: Option<&Alert>) -> Tried {
        if !self.watchdog || stuck.is_some() {
            return Tried::Taken;
        }
        let alert = about_monitor(AlertName::Watchdog, self.started, None);
        let key = format!("watchdog/{}/{}", self.name, scene.now.millis());
        // A pulse is for whoever watches the watcher, and calls nobody.
        let mut script = self.lone(&alert, &format!("watchdog/{}", self.name), scene, &[]);
        script.begins = false;
        self.say(&script, &key, scene.now).await
    }
}

/// Whether a message is for a sink of people at all.
pub(super) fn takes(min: Severity, message: &Message) -> bool {
    message.incident.severity >= min && !message.why.is_for_machines()
}
