//! A roster in lines for the audit trail: who takes turns and by which ways each is reached, and never by which address or
//! number. The trail is kept for half a year and stands in every backup; an address is none of its business.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use cunkou_core::model::Time;
use sha2::{Digest, Sha256};

use super::{Contact, Roster};

/// Bytes of a fingerprint: as many as tell apart what a town will ever have.
const PRINT: usize = 6;

/// A roster that was put in force in the place of another, which says something else.
#[derive(Debug, Clone)]
pub struct Handover {
    /// What held before; `None`: nothing, or nothing that is known.
    pub old: Option<Arc<Roster>>,
    /// What holds now.
    pub new: Arc<Roster>,
}

impl Handover {
    /// The lines of the old one that the new one lacks, and those of the new one that are new.
    #[must_use]
    pub fn lines(&self) -> (Vec<String>, Vec<String>) {
        let new = self.new.lines();
        let Some(before) = &self.old else { return (Vec::new(), new) };
        let old = before.lines();
        let (had, has): (BTreeSet<&String>, BTreeSet<&String>) = (old.iter().collect(), new.iter().collect());
        let gone = old.iter().filter(|line| !has.contains(line)).cloned().collect();
        let mut come: Vec<String> = new.iter().filter(|line| !had.contains(line)).cloned().collect();
        // The same people in the same ways, by other addresses: that they changed is said, and not to what.
        for contact in &self.new.contacts {
            let was = before.contacts.iter().find(|c| c.id == contact.id);
            if was.is_some_and(|was| was != contact && person(was) == person(contact)) {
                come.push(format!("contact {}: another name or address", contact.id));
            }
        }
        (gone, come)
    }
}

impl Roster {
    /// What it says of turns, line by line; addresses and names are left out.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let zone = self.zone.iana_name().unwrap_or("a zone of its own");
        let mut lines = vec![format!("turns end on {:?} {} in {zone}; first {}", self.weekday, self.hour, self.begins)];
        lines.extend(self.levels.iter().enumerate().map(|(n, level)| format!("level {n}: {}", ids(level))));
        lines.extend(self.holidays.iter().map(|h| {
            let who = if h.order.is_empty() { "nobody".to_owned() } else { ids(&h.order) };
            format!("holiday {} to {}, level {}: {who}", h.from, h.to, h.level)
        }));
        lines.extend(self.stand_ins.iter().map(|s| {
            let whom = s.instead_of.as_ref().map(|c| format!(" for {}", c.id)).unwrap_or_default();
            let level = s.level.map(|n| format!(" at level {n}")).unwrap_or_default();
            format!("{} stands in{whom}{level} from {} to {}", s.who.id, stamp(s.from), stamp(s.to))
        }));
        lines.extend(self.contacts.iter().map(|c| person(c)));
        lines
    }

    /// Tells two rosters apart, also by names and addresses.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for line in self.lines() {
            hash.update(line.as_bytes());
            hash.update([0]);
        }
        for c in &self.contacts {
            let ways = [&c.email, &c.phone, &c.dingtalk, &c.wecom, &c.feishu, &c.ntfy];
            for word in std::iter::once(c.name.as_str()).chain(ways.into_iter().map(|w| w.as_deref().unwrap_or(""))) {
                hash.update(word.as_bytes());
                hash.update([0]);
            }
        }
        hash.finalize().iter().take(PRINT).fold(String::new(), |mut mark, byte| {
            let _ = write!(mark, "{byte:02x}");
            mark
        })
    }
}

fn person(c: &Contact) -> String {
    let ways = [
        ("email", &c.email),
        ("phone", &c.phone),
        ("dingtalk", &c.dingtalk),
        ("wecom", &c.wecom),
        ("feishu", &c.feishu),
        ("ntfy", &c.ntfy),
    ];
    let ways: Vec<&str> = ways.iter().filter(|(_, address)| address.is_some()).map(|(way, _)| *way).collect();
    let sinks = if c.sinks.is_empty() { String::new() } else { format!("; sinks {}", c.sinks.join(", ")) };
    format!("contact {}: {}{sinks}", c.id, if ways.is_empty() { "no address".to_owned() } else { ways.join(", ") })
}

fn ids(people: &[Arc<Contact>]) -> String {
    people.iter().map(|c| c.id.as_str()).collect::<Vec<_>>().join(", ")
}

fn stamp(at: Time) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map_or_else(|_| at.millis().to_string(), |t| t.to_string())
}
