//! What a template knows of a message: the words of the core, and the facts behind them.
//!
//! | name | what |
//! | --- | --- |
//! | `title` | what happened, what is lost, how many cameras, the cause |
//! | `headline` | the same without what happened |
//! | `lines` | a fact a line, long lists capped and counted |
//! | `kind` | opened, updated, more_lost, reopened, acknowledged, silenced, reminded, escalated, resolved, merged, digest,
//! review; of an alert alone: firing, resolved |
//! | `level` | how far the incident has been escalated; 0: not |
//! | `pages`, `resolved` | whether it is news that pages; whether it is over |
//! | `incident` | its number, of a digest the digest's own; 0 where there is none |
//! | `severity` | none, info, warning, critical |
//! | `alert` | the name of the most severe alert, as `EntranceLost` |
//! | `alerts` | one line an alert, the most severe first; at most 50 |
//! | `entrances`, `villages`, `cameras` | each with `count`, `names` (at most 50) and `list` (capped, as in `lines`) |
//! | `cameras_of` | for a node in part: of how many cameras; else none |
//! | `cause`, `rivals` | why, and what explains the same |
//! | `evidence`, `ruled_out`, `undecided` | what the judgement rests on, each rival with what rules it out, and nodes that
//! nothing speaks for or against; empty once it is over |
//! | `since`, `until` | local times; `until` is empty while it goes on |
//! | `station` | `name` and `km` of the nearest work station, or none |
//! | `link` | where it can be looked at; empty where no `public_url` is set |
//! | `sink`, `language` | whom it goes to |
//! | `duty` | who is called, where the sink asks the roster: `name`, `phone`, `email`; each empty where nobody is |

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cunkou_core::alert::{Alert, Listed, Message, MessageKind, Told};
use cunkou_core::model::{Language, Severity};
use minijinja::Value;

use super::escape::{Escape, without_links};
use crate::roster::Contact;

/// What happened, in what a sink must know of it besides the words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct News {
    /// The word of the kind.
    pub(super) kind: &'static str,
    /// Whether it pages people.
    pub(super) pages: bool,
    /// Whether it is over.
    pub(super) resolved: bool,
    /// How bad it is.
    pub(super) severity: Severity,
    /// The name of the most severe alert; empty where there is none.
    pub(super) alert: &'static str,
    /// The incident; 0: none.
    pub(super) incident: u64,
    /// How far it has been escalated.
    pub(super) level: u8,
}

impl News {
    /// Of a message.
    pub(super) fn of(message: &Message) -> News {
        let worst = message.alerts.iter().map(|a| a.key.name).max_by_key(|name| name.severity());
        News {
            kind: message.kind.word(),
            pages: message.kind.pages(),
            resolved: message.kind == MessageKind::Resolved,
            severity: message.incident.severity,
            alert: worst.map_or("", |name| name.word()),
            incident: message.incident.id.0,
            level: message.incident.level,
        }
    }

    /// Of a review: no news at all.
    pub(super) const fn of_review() -> News {
        News {
            kind: "review",
            pages: false,
            resolved: false,
            severity: Severity::None,
            alert: "",
            incident: 0,
            level: 0,
        }
    }

    /// Of an alert that goes out alone.
    pub(super) fn of_alert(alert: &Alert) -> News {
        let over = alert.ended.is_some();
        News {
            kind: if over { "resolved" } else { "firing" },
            pages: !over && alert.key.name.severity() >= Severity::Warning,
            resolved: over,
            severity: alert.key.name.severity(),
            alert: alert.key.name.word(),
            incident: alert.incident.0,
            level: 0,
        }
    }
}

/// Who is called, as a template has them; several stand one behind the other, with commas between them.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Asked {
    name: String,
    phone: String,
    email: String,
}

impl Asked {
    /// Of those who are called.
    pub(super) fn of(people: &[Arc<Contact>]) -> Asked {
        let all = |part: fn(&Contact) -> Option<&str>| -> String {
            people.iter().filter_map(|who| part(who)).collect::<Vec<_>>().join(",")
        };
        Asked {
            name: all(|who| Some(who.name.as_str())),
            phone: all(|who| who.phone.as_deref()),
            email: all(|who| who.email.as_deref()),
        }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked(…)")
    }
}

/// Everything that a template is given.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Facts {
    pub(super) news: News,
    pub(super) told: Told,
    pub(super) asked: Asked,
    pub(super) sink: String,
    pub(super) language: Language,
}

impl Facts {
    /// The text without any template: the title, a line a fact, and the link.
    pub(super) fn plain(&self, escape: Escape) -> String {
        let lines = std::iter::once(&self.told.title).chain(&self.told.lines);
        let mut lines: Vec<String> = lines.map(|line| escape.text(&without_links(line))).collect();
        lines.extend(self.told.link.clone());
        // A single break is none in most dialects of Markdown.
        lines.join(if escape == Escape::Markdown { "\n\n" } else { "\n" })
    }

    /// What a template sees. Only our own link is a link: those that stand in names are no links any more.
    pub(super) fn value(&self, escape: Escape) -> Value {
        let told = &self.told;
        let station = told
            .station
            .as_ref()
            .map(|(name, metres)| map([("name", text(name)), ("km", Value::from((metres / 100.0).round() / 10.0))]));
        let asked = &self.asked;
        let duty = map([("name", text(&asked.name)), ("phone", text(&asked.phone)), ("email", text(&asked.email))]);
        map([
            ("title", text(&told.title)),
            ("headline", text(&told.headline)),
            ("lines", texts(&told.lines)),
            ("kind", Value::from(self.news.kind)),
            ("pages", Value::from(self.news.pages)),
            ("resolved", Value::from(self.news.resolved)),
            ("incident", Value::from(self.news.incident)),
            ("level", Value::from(self.news.level)),
            ("severity", Value::from(self.news.severity.word())),
            ("alert", Value::from(self.news.alert)),
            ("alerts", texts(&told.alerts)),
            ("entrances", listed(&told.entrances)),
            ("villages", listed(&told.villages)),
            ("cameras", listed(&told.cameras)),
            ("cameras_of", Value::from(told.cameras_of)),
            ("cause", text(&told.cause)),
            ("rivals", texts(&told.rivals)),
            ("evidence", texts(&told.found.evidence)),
            ("ruled_out", texts(&told.found.ruled_out)),
            ("undecided", texts(&told.found.undecided)),
            ("since", text(&told.since)),
            ("until", text(told.until.as_deref().unwrap_or_default())),
            ("station", station.unwrap_or(Value::from(()))),
            ("link", link(told.link.as_deref().unwrap_or_default(), escape)),
            ("duty", duty),
            ("sink", Value::from(self.sink.as_str())),
            ("language", Value::from(self.language.tag())),
        ])
    }
}

fn map<const N: usize>(pairs: [(&'static str, Value); N]) -> Value {
    Value::from(BTreeMap::from(pairs))
}

fn text(text: &str) -> Value {
    Value::from(without_links(text))
}

fn texts(texts: &[String]) -> Value {
    texts.iter().map(|t| text(t)).collect()
}

fn listed(listed: &Listed) -> Value {
    map([("count", Value::from(listed.count)), ("names", texts(&listed.names)), ("list", text(&listed.list))])
}

/// A link keeps its form in Markdown, where nothing in it may end it: our own base, which the town sets, and a number.
fn link(link: &str, escape: Escape) -> Value {
    match escape {
        Escape::Markdown => Value::from_safe_string(link.replace('(', "%28").replace(')', "%29")),
        _ => Value::from(link),
    }
}
