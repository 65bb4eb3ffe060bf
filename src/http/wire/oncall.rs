//! Who is on duty, as the API and the command line say it.

use std::sync::Arc;

use cunkou_core::model::{Span, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{stamp, words};
use crate::roster::{Contact, Duty, Roster, Turn};

/// How much of people may be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// What they are called.
    Names,
    /// Also addresses and numbers.
    Contacts,
}

/// Who is on duty at a moment, and in the days after it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OnCall {
    /// The moment.
    #[schema(format = DateTime)]
    pub at: String,
    /// The zone of the roster, in which duty changes hands.
    pub time_zone: String,
    /// Who, level by level: who is called first, second, third.
    pub levels: Vec<DutyLevel>,
    /// Turns in the days that were asked for, by when they begin.
    pub turns: Vec<DutyTurn>,
}

/// Who is on duty at a level.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DutyLevel {
    /// The level, from 0.
    pub level: u32,
    /// Who; null: nobody, and messages go to what each sink has by default.
    pub who: Option<Person>,
    /// Why it is them.
    #[schema(schema_with = words::duty_reason)]
    pub reason: String,
    /// When the next turn begins; null: not within a year.
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// A turn of duty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DutyTurn {
    /// The level, from 0.
    pub level: u32,
    /// Who; null: nobody.
    pub who: Option<Person>,
    /// Why it is them.
    #[schema(schema_with = words::duty_reason)]
    pub reason: String,
    /// From this moment; that of the question where the turn began before.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until before this one; the end of what was asked for where the turn goes on.
    #[schema(format = DateTime)]
    pub to: String,
}

/// Somebody of the roster.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// What the roster calls them by.
    pub id: String,
    /// What people call them by.
    pub name: String,
    /// The sinks by which they are reached; empty: every one that asks the roster.
    pub sinks: Vec<String>,
    /// How they are reached; null for a token that may only read.
    pub contact: Option<PersonContact>,
}

/// How somebody is reached; what the roster does not have is null.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PersonContact {
    /// Address of mail.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Userid in DingTalk.
    pub dingtalk: Option<String>,
    /// Userid in WeCom.
    pub wecom: Option<String>,
    /// open_id or user_id in Feishu.
    pub feishu: Option<String>,
    /// Topic of ntfy.
    pub ntfy: Option<String>,
}

impl OnCall {
    /// What a roster says of a moment, and of so many days from it on.
    #[must_use]
    pub fn of(roster: &Roster, at: Time, days: Option<u32>, shown: Shown) -> OnCall {
        let turns = days.map(|days| roster.turns(at, at + Span::hours(24 * i64::from(days)))).unwrap_or_default();
        OnCall {
            at: stamp(at),
            time_zone: roster.zone.iana_name().unwrap_or("UTC").to_owned(),
            levels: roster.on_duty(at).iter().map(|duty| DutyLevel::of(duty, shown)).collect(),
            turns: turns.iter().map(|turn| DutyTurn::of(turn, shown)).collect(),
        }
    }
}

fn number(level: usize) -> u32 {
    u32::try_from(level).unwrap_or(u32::MAX)
}

impl DutyLevel {
    fn of(duty: &Duty, shown: Shown) -> DutyLevel {
        DutyLevel {
            level: number(duty.level),
            who: duty.who.as_ref().map(|who| Person::of(who, shown)),
            reason: duty.reason.word().to_owned(),
            until: duty.until.map(stamp),
        }
    }
}

impl DutyTurn {
    fn of(turn: &Turn, shown: Shown) -> DutyTurn {
        DutyTurn {
            level: number(turn.level),
            who: turn.who.as_ref().map(|who| Person::of(who, shown)),
            reason: turn.reason.word().to_owned(),
            from: stamp(turn.from),
            to: stamp(turn.to),
        }
    }
}

impl Person {
    fn of(contact: &Arc<Contact>, shown: Shown) -> Person {
        let whole = || PersonContact {
            email: contact.email.clone(),
            phone: contact.phone.clone(),
            dingtalk: contact.dingtalk.clone(),
            wecom: contact.wecom.clone(),
            feishu: contact.feishu.clone(),
            ntfy: contact.ntfy.clone(),
        };
        Person {
            id: contact.id.clone(),
            name: contact.name.clone(),
            sinks: contact.sinks.clone(),
            contact: (shown == Shown::Contacts).then(whole),
        }
    }
}
