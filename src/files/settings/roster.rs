//! `roster.toml`: who can be called, whose turn it is, holidays and who stands in for whom.
//!
//! What it holds of people is personal: a fault names the key and never shows the address or number that stands there.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cunkou_core::model::{Time, check_id};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time as Hour, Weekday};
use jiff::tz::TimeZone;

use super::doc::{self, Entry, Value};
use super::fault::{FaultKind, SettingFault};
use super::gather::{label, required};
use super::read::Table;
use super::sinks::{MAILBOX, is_topic, mailbox};
use crate::roster::{Contact, Holiday, Roster, StandIn};

/// Levels of a roster at most.
const MAX_LEVELS: usize = 9;
/// Days of a holiday at most: a longer one is a slip in a year.
const MAX_HOLIDAY: i64 = 366;
/// The longest userid, as DingTalk, WeCom and Feishu have them.
const MAX_USERID: usize = 64;

const IDS: &str = "an id of A-Z a-z 0-9 . _ -";
const A_CONTACT: &str = "the id of a [[contact]] of this file";
const A_DATE: &str = "a date: 2026-10-01";
const A_LEVEL: &str = "a level of this file, counted from 0";
const A_MOMENT: &str = "a moment in the roster's zone: 2026-10-01 09:00; a date alone means its hour of handover";

type People = BTreeMap<String, Arc<Contact>>;

/// Reads the text of a roster file; its zone is `zone` where it does not say.
///
/// # Errors
/// Everything that is wrong, in the order of the lines.
pub fn roster(text: &str, zone: &TimeZone) -> Result<Roster, Vec<SettingFault>> {
    let mut faults = Vec::new();
    let Some(root) = doc::tree(text, [], &mut faults) else { return Err(faults) };
    let faults = RefCell::new(faults);
    let roster = all(root, &faults, zone);
    let mut faults = faults.into_inner();
    faults.sort_by_key(|f| (f.line().unwrap_or(u32::MAX), f.key.clone()));
    match roster {
        Some(roster) if faults.is_empty() => Ok(roster),
        _ => Err(faults),
    }
}

fn all(root: Entry, faults: &RefCell<Vec<SettingFault>>, zone: &TimeZone) -> Option<Roster> {
    let mut root = Table::new(String::new(), Some(root), faults);
    let contacts = contacts(root.tables("contact"));
    let people: People = contacts.iter().map(|c| (c.id.clone(), c.clone())).collect();
    let rota = rota(root.table("rota"), zone);
    let tables = root.tables("level");
    let levels = levels(&root, tables, &people);
    let empty = Roster {
        zone: rota.zone,
        weekday: rota.weekday,
        hour: rota.hour,
        begins: rota.begins.unwrap_or(Date::MIN),
        contacts,
        levels,
        holidays: Vec::new(),
        stand_ins: Vec::new(),
    };
    let holidays = root.tables("holiday").into_iter().filter_map(|t| holiday(t, &people, empty.levels.len())).collect();
    let stand_ins = root.tables("override").into_iter().filter_map(|t| stand_in(t, &people, &empty)).collect();
    root.done();
    rota.begins.map(|_| Roster { holidays, stand_ins, ..empty })
}

fn contacts(tables: Vec<Table<'_>>) -> Vec<Arc<Contact>> {
    let mut ids = BTreeSet::new();
    tables.into_iter().filter_map(|t| contact(t, &mut ids)).map(Arc::new).collect()
}

fn contact(mut t: Table<'_>, ids: &mut BTreeSet<String>) -> Option<Contact> {
    let before = t.fault_count();
    let id = t.text("id", IDS, None, |id| check_id(id).ok().map(|()| Some(id.to_owned())));
    let id = if t.fault_count() == before { required(&t, id, "id", ids) } else { id };
    let name = t.hidden("name", "a name of at most 64 characters", label);
    let sinks = t.list("sinks", "the name of a sink", Vec::new(), |s| check_id(s).ok().map(|()| s.to_owned()));
    let userid = "a userid of A-Z a-z 0-9 . _ @ -, as the vendor's directory shows it";
    let read = Contact {
        id: id.clone().unwrap_or_default(),
        name: name.or_else(|| id.clone()).unwrap_or_default(),
        sinks,
        email: t.hidden("email", MAILBOX, mailbox),
        phone: t.hidden("phone", "a telephone number: 13800000000, +86 138 0000 0000", phone),
        dingtalk: t.hidden("dingtalk", userid, user),
        wecom: t.hidden("wecom", userid, user),
        feishu: t.hidden("feishu", userid, user),
        ntfy: t
            .hidden("ntfy", "a topic: 1 to 64 of A-Z a-z 0-9 _ -", |topic| is_topic(topic).then(|| topic.to_owned())),
    };
    t.done();
    id.map(|_| read)
}

/// A number as gateways take it: without blanks and hyphens.
fn phone(text: &str) -> Option<String> {
    let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let good = (3..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    good.then_some(number)
}

/// A userid; never the word by which robots call everybody.
fn user(text: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '-');
    let all = matches!(text.trim_start_matches('@').to_ascii_lowercase().as_str(), "all" | "");
    (text.len() <= MAX_USERID && text.chars().all(good) && !all).then(|| text.to_owned())
}

/// `[rota]`.
struct Rota {
    zone: TimeZone,
    weekday: Weekday,
    hour: Hour,
    begins: Option<Date>,
}

fn rota(mut t: Table<'_>, zone: &TimeZone) -> Rota {
    let weekdays = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let before = t.fault_count();
    let begins = t.value("begins", A_DATE, None, |entry| date(written(entry)?).map(Some));
    if begins.is_none() && t.fault_count() == before {
        let missing = "begins, a date of the week in which the first of each level is on duty";
        t.fault(t.place(), "", "", FaultKind::Missing(missing));
    }
    let rota = Rota {
        begins,
        zone: t.text("time_zone", "a zone of the IANA list: Asia/Shanghai", zone.clone(), |z| TimeZone::get(z).ok()),
        weekday: t.word("weekday", "monday, tuesday, … sunday", &weekdays, Weekday::Monday),
        hour: t.value("hour", "an hour of the day: 09:00", Hour::constant(9, 0, 0, 0), |entry| hour(written(entry)?)),
    };
    t.done();
    rota
}

fn levels(root: &Table<'_>, tables: Vec<Table<'_>>, people: &People) -> Vec<Vec<Arc<Contact>>> {
    if tables.is_empty() {
        let missing = "[[level]], with the order in which contacts take their weeks";
        root.fault(root.place(), "", "", FaultKind::Missing(missing));
    }
    let mut levels = Vec::new();
    for mut t in tables {
        let before = t.fault_count();
        let order = t.all_known("order", A_CONTACT, people).unwrap_or_default();
        if order.is_empty() && t.fault_count() == before {
            t.fault(t.place(), "", "", FaultKind::Missing("order, a list of ids of contacts"));
        }
        if levels.len() == MAX_LEVELS {
            t.fault(t.place(), "", "", FaultKind::NotAllowed("at most nine levels"));
        }
        levels.push(order);
        t.done();
    }
    levels
}

fn holiday(mut t: Table<'_>, people: &People, levels: usize) -> Option<Holiday> {
    // For whoever reads the file.
    t.text("name", "a name of at most 64 characters", None, |name| label(name).map(Some));
    let before = t.fault_count();
    let from = t.value("from", A_DATE, None, |entry| date(written(entry)?).map(Some));
    if from.is_none() && t.fault_count() == before {
        t.fault(t.place(), "", "", FaultKind::Missing("from, the first day of duty"));
    }
    let last = "a date not before from, and at most 366 days long; without it the holiday is one day";
    let to = t.value("to", last, from, |entry| {
        let to = date(written(entry)?)?;
        let fits = |from: Date| (0..MAX_HOLIDAY).contains(&(from.duration_until(to).as_hours() / 24));
        from.is_none_or(fits).then_some(Some(to))
    });
    let level = level(&mut t, levels).unwrap_or_default();
    let order = t.all_known("order", A_CONTACT, people);
    if order.is_none() {
        let missing = "order, a list of ids of contacts who take a day each; an empty one means that nobody is on duty";
        t.fault(t.place(), "", "", FaultKind::Missing(missing));
    }
    t.done();
    Some(Holiday { from: from?, to: to?, level, order: order? })
}

fn stand_in(mut t: Table<'_>, people: &People, roster: &Roster) -> Option<StandIn> {
    let before = t.fault_count();
    let who = t.known("who", A_CONTACT, people);
    if who.is_none() && t.fault_count() == before {
        t.fault(t.place(), "", "", FaultKind::Missing("who, the id of the contact who does it"));
    }
    let instead_of = t.known("instead_of", A_CONTACT, people);
    let edge = |t: &mut Table<'_>, key, allowed, missing, from: Option<Time>| {
        let before = t.fault_count();
        let read = |entry: &Entry| moment(written(entry)?, roster).filter(|at| from.is_none_or(|f| *at > f)).map(Some);
        let at = t.value(key, allowed, None, read);
        if at.is_none() && t.fault_count() == before {
            t.fault(t.place(), "", "", FaultKind::Missing(missing));
        }
        at
    };
    let from = edge(&mut t, "from", A_MOMENT, "from, a moment", None);
    let to = edge(&mut t, "to", "a moment after from: 2026-10-02 09:00", "to, a moment after from", from);
    // Without a level and without a name it is the first who is meant.
    let level = level(&mut t, roster.levels.len()).or(instead_of.is_none().then_some(0));
    t.done();
    Some(StandIn { who: who?, instead_of, level, from: from?, to: to? })
}

fn level(t: &mut Table<'_>, levels: usize) -> Option<usize> {
    t.value("level", A_LEVEL, None, |entry| match entry.value {
        Value::Integer(n) => usize::try_from(n).ok().filter(|n| *n < levels.max(1)).map(Some),
        _ => None,
    })
}

/// What stands there, in quotes or as TOML writes dates and hours without them.
fn written(entry: &Entry) -> Option<&str> {
    match &entry.value {
        Value::Text(text) | Value::Other(text) => Some(text.trim()),
        _ => None,
    }
}

const DATE_LENGTH: usize = "2026-10-01".len();

fn date(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok().filter(|_| text.len() == DATE_LENGTH)?;
    (1_900..=9_000).contains(&date.year()).then_some(date)
}

fn hour(text: &str) -> Option<Hour> {
    let shape = |c: char| c.is_ascii_digit() || c == ':';
    text.parse().ok().filter(|_| (5..=8).contains(&text.len()) && text.chars().all(shape))
}

/// A moment: with an offset from UTC, or in the roster's zone; a date is its hour of handover.
fn moment(text: &str, roster: &Roster) -> Option<Time> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Time(at.as_millisecond()));
    }
    let local: DateTime = match date(text) {
        Some(date) => date.to_datetime(roster.hour),
        None => text.parse().ok().filter(|_| text.len() > DATE_LENGTH && !text.contains('['))?,
    };
    date_is_sane(local).then_some(())?;
    Some(Time(roster.zone.to_ambiguous_timestamp(local).compatible().ok()?.as_millisecond()))
}

fn date_is_sane(local: DateTime) -> bool {
    (1_900..=9_000).contains(&local.date().year())
}

#[cfg(test)]
mod tests;
