//! Whom a sink calls: who is on duty when a message goes out, by what that kind of sink reaches them, and what becomes of
//! a message for which there is nobody.
//!
//! A page calls the level of its message; what follows it (updates, the end) goes to everybody who was called so far, which
//! are the levels up to it. Nobody on duty is never silence: the message goes to what the sink has by default, and that is
//! counted and said. What is known of people stays here: it is in no log, metric or error.

use std::sync::Arc;

use cunkou_core::alert::Message;
use cunkou_core::model::Time;
use prometheus::{IntCounterVec, Opts, Registry};

use super::email::mailbox;
use crate::files::settings::{SinkKind, SinkSettings};
use crate::roster::{Board, Contact, Roster};

/// Why a message went to what its sink has by default.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Unasked {
    /// There is no roster, or none was good since the start.
    NoRoster,
    /// Nobody is on duty.
    Nobody,
    /// Who is on duty has nothing by which this kind of sink reaches people.
    NoAddress,
}

impl Unasked {
    const ALL: [Unasked; 3] = [Unasked::NoRoster, Unasked::Nobody, Unasked::NoAddress];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Unasked::NoRoster => "no_roster",
            Unasked::Nobody => "nobody",
            Unasked::NoAddress => "no_address",
        }
    }
}

/// `cunkou_notifications_without_duty_total{sink,reason}`.
#[derive(Clone)]
pub(super) struct DutyCounters(IntCounterVec);

impl DutyCounters {
    /// Every sink that asks the roster, and every reason, at 0.
    ///
    /// # Errors
    /// When the registry has the family already.
    pub(super) fn new(registry: &Registry, sinks: &[SinkSettings]) -> Result<DutyCounters, prometheus::Error> {
        let help = "Messages that found nobody on duty and went to what their sink has by default, by why.";
        let family =
            IntCounterVec::new(Opts::new("cunkou_notifications_without_duty_total", help), &["sink", "reason"])?;
        registry.register(Box::new(family.clone()))?;
        for sink in sinks.iter().filter(|sink| sink.on_duty) {
            for why in Unasked::ALL {
                family.with_label_values(&[sink.name.as_str(), why.word()]);
            }
        }
        Ok(DutyCounters(family))
    }
}

/// Who is called by a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Called {
    /// They; nobody: the message goes to what the sink has by default.
    pub(super) people: Vec<Arc<Contact>>,
    /// Why there is nobody, where that is not as the settings want it.
    pub(super) unasked: Option<Unasked>,
}

/// What a sink with `on_duty = true` asks.
pub(super) struct Desk {
    sink: String,
    kind: SinkKind,
    board: Arc<Board>,
    counters: Option<DutyCounters>,
}

impl Desk {
    /// That of a sink; `None`: it goes by its own settings alone.
    pub(super) fn of(settings: &SinkSettings, board: &Arc<Board>, counters: Option<&DutyCounters>) -> Option<Desk> {
        settings.on_duty.then(|| Desk {
            sink: settings.name.clone(),
            kind: settings.kind,
            board: board.clone(),
            counters: counters.cloned(),
        })
    }

    /// Whom a message calls at a moment.
    pub(super) fn call(&self, message: &Message, at: Time) -> Called {
        let (level, pages) = (level_of(message), message.kind.pages());
        // A group hears all of it; who is in it is called by name when it pages.
        if !pages && matches!(self.kind, SinkKind::Dingtalk | SinkKind::Wecom | SinkKind::Feishu) {
            return Called::default();
        }
        let first = if pages { level } else { 0 };
        self.levels(first, level, at)
    }

    /// Whom an alert calls that stands in no incident: the first level.
    pub(super) fn call_first(&self, at: Time) -> Called {
        self.levels(0, 0, at)
    }

    fn levels(&self, first: usize, last: usize, at: Time) -> Called {
        let Some(roster) = self.board.now() else {
            return Called { people: Vec::new(), unasked: Some(Unasked::NoRoster) };
        };
        let mut called = Called::default();
        let mut worst = None;
        for level in first..=last.min(roster.levels.len().saturating_sub(1)).max(first) {
            match reached(&roster, level, at, &self.sink, self.kind) {
                Ok(Some(who)) if !called.people.contains(&who) => called.people.push(who),
                // They are called already, or by other sinks.
                Ok(_) => {}
                Err(why) => worst = worst.max(Some(why)),
            }
        }
        if called.people.is_empty() {
            called.unasked = worst;
        }
        called
    }

    /// A message went out: says and counts if it found nobody.
    pub(super) fn keep(&self, called: &Called, key: &str) {
        let Some(why) = called.unasked else { return };
        tracing::warn!(sink = %self.sink, key, why = why.word(), "nobody on duty was called; it went to what the sink has by default");
        if let Some(DutyCounters(family)) = &self.counters {
            family.with_label_values(&[self.sink.as_str(), why.word()]).inc();
        }
    }
}

/// Who is reached by a sink at a level; `None`: others reach them.
fn reached(
    roster: &Roster,
    level: usize,
    at: Time,
    sink: &str,
    kind: SinkKind,
) -> Result<Option<Arc<Contact>>, Unasked> {
    let who = roster.at(level, at).0.ok_or(Unasked::Nobody)?;
    if !who.is_reached_by(sink) {
        return Ok(None);
    }
    if has_address(who, kind) { Ok(Some(who.clone())) } else { Err(Unasked::NoAddress) }
}

/// Whether a kind of sink can reach somebody. A gateway gets what its body asks for: a number, mostly.
fn has_address(who: &Contact, kind: SinkKind) -> bool {
    match kind {
        SinkKind::Email => who.email.as_deref().is_some_and(|text| mailbox(text).is_some()),
        SinkKind::Dingtalk => who.dingtalk.is_some() || who.phone.is_some(),
        SinkKind::Wecom => who.wecom.is_some(),
        SinkKind::Feishu => who.feishu.is_some(),
        SinkKind::Ntfy => who.ntfy.is_some(),
        SinkKind::Http => who.phone.is_some() || who.email.is_some(),
        SinkKind::Alertmanager | SinkKind::Webhook => true,
    }
}

/// The level that the incident of a message has reached, from 0.
fn level_of(message: &Message) -> usize {
    usize::from(message.incident.level)
}

/// What of a text names somebody, covered: an answer may quote the number it was sent to.
pub(super) fn cover(text: &str, people: &[Arc<Contact>]) -> String {
    let parts = people.iter().flat_map(|who| {
        let email = who.email.as_deref().and_then(mailbox).map(|m| m.email.to_string());
        let given = [&who.phone, &who.dingtalk, &who.wecom, &who.feishu, &who.ntfy];
        given.into_iter().flatten().cloned().chain(email).chain([who.name.clone()])
    });
    let mut parts: Vec<String> = parts.filter(|part| part.chars().count() > 1).collect();
    // The longest first: a part must not cover only a piece of another.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.iter().fold(text.to_owned(), |text, part| text.replace(part, "…"))
}

/// What is missing between sinks that ask the roster and the people in it, for `cunkou check`: one line each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DutyGap {
    /// A sink asks a roster, and the settings name none.
    NoRoster {
        /// The sink.
        sink: String,
    },
    /// Somebody who takes turns has nothing by which a sink reaches people.
    NoAddress {
        /// The sink.
        sink: String,
        /// Its kind.
        kind: SinkKind,
        /// The id of the contact.
        contact: String,
    },
    /// A contact names a sink that does not ask the roster.
    NotAsked {
        /// The sink.
        sink: String,
        /// The id of the contact.
        contact: String,
    },
}

/// Looks for what is missing between sinks and a roster; `None`: the settings name none.
#[must_use]
pub fn duty_gaps(sinks: &[SinkSettings], roster: Option<&Roster>) -> Vec<DutyGap> {
    let asking = || sinks.iter().filter(|sink| sink.on_duty);
    let Some(roster) = roster else {
        return asking().map(|sink| DutyGap::NoRoster { sink: sink.name.clone() }).collect();
    };
    let in_turn = |who: &Arc<Contact>| {
        let orders = roster.levels.iter().chain(roster.holidays.iter().map(|h| &h.order));
        orders.flatten().chain(roster.stand_ins.iter().map(|s| &s.who)).any(|other| other == who)
    };
    let mut gaps = Vec::new();
    for who in &roster.contacts {
        let lacks = |sink: &&SinkSettings| who.is_reached_by(&sink.name) && !has_address(who, sink.kind);
        gaps.extend(asking().filter(|_| in_turn(who)).filter(lacks).map(|sink| DutyGap::NoAddress {
            sink: sink.name.clone(),
            kind: sink.kind,
            contact: who.id.clone(),
        }));
        let deaf = who.sinks.iter().filter(|name| !asking().any(|sink| sink.name == **name));
        gaps.extend(deaf.map(|sink| DutyGap::NotAsked { sink: sink.clone(), contact: who.id.clone() }));
    }
    gaps
}
