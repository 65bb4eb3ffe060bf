//! What a judgement rests on, in words: a phrase a piece of evidence, a phrase a rival that is ruled out.
//!
//! Names and moments come from the caller, since a page, a command and a message call things differently.

use super::{Speaker, Tongue, clean, tongue};
use crate::alert::{Incident, Message, MessageKind, SayReason};
use crate::health::{Cause, Evidence, Findings, Heard, MonitorCause, Objection, RuledOut, Witness};
use crate::model::{Language, Time};

/// Pieces of evidence, and rivals, that the one line of a message names.
const IN_A_LINE: usize = 2;

/// How things and moments are called.
#[derive(Clone, Copy)]
pub struct Naming<'a> {
    /// Who was asked.
    pub witness: &'a dyn Fn(&Witness) -> String,
    /// What could be to blame; never asked for our own sight.
    pub cause: &'a dyn Fn(&Cause) -> String,
    /// A moment.
    pub time: &'a dyn Fn(Time) -> String,
}

/// What a judgement rests on, a phrase each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FoundWords {
    /// The evidence.
    pub evidence: Vec<String>,
    /// How many cameras failed by themselves and how many are inferred, where that is more than one.
    pub extent: Option<String>,
    /// Rivals, with what rules each out.
    pub ruled_out: Vec<String>,
    /// Nodes that nothing speaks for or against.
    pub undecided: Vec<String>,
}

/// Findings in words.
#[must_use]
pub fn found_words(language: Language, found: &Findings, naming: &Naming<'_>) -> FoundWords {
    let t = tongue(language);
    let many = found.failed + found.inferred > 1;
    FoundWords {
        evidence: found.evidence.iter().map(|e| evidence(t, e, naming)).collect(),
        extent: many.then(|| t.failed_and_inferred(found.failed, found.inferred)),
        ruled_out: found.ruled_out.iter().map(|r| ruled_out(t, r, naming)).collect(),
        undecided: found.undecided.iter().map(|n| (naming.cause)(&Cause::Node(n.clone()))).collect(),
    }
}

fn evidence(t: &dyn Tongue, evidence: &Evidence, naming: &Naming<'_>) -> String {
    let (of, at) = ((naming.witness)(&evidence.of), (naming.time)(evidence.at));
    match evidence.heard {
        Heard::Failed { check, how, confirmed } => {
            let confirmed = confirmed.map(naming.time);
            t.failed(&of, t.check(check), t.failure(how), &at, confirmed.as_deref())
        }
        Heard::Trouble { check, reasons } => {
            let reasons: Vec<String> = reasons.iter().map(|r| t.reason(r).to_owned()).collect();
            t.trouble(&of, t.check(check), &t.list(&reasons, reasons.len()), &at)
        }
        Heard::LastAnswer => t.last_answer(&of, &at),
        Heard::Turns(n) => t.turned(&of, n, &at),
    }
}

fn ruled_out(t: &dyn Tongue, ruled_out: &RuledOut, naming: &Naming<'_>) -> String {
    let rival = match &ruled_out.rival {
        Cause::Monitor(MonitorCause::Blind) => t.own_sight().to_owned(),
        rival => (naming.cause)(rival),
    };
    match &ruled_out.by {
        Objection::Answered { by, at, others } => {
            t.ruled_out_by_answer(&rival, &(naming.witness)(by), &(naming.time)(*at), *others)
        }
        Objection::Reached { by, at } => t.ruled_out_by_refusal(&rival, &(naming.witness)(by), &(naming.time)(*at)),
        Objection::ExplainsLess { explains, of } => t.explains_less(&rival, *explains, *of),
    }
}

impl Speaker<'_> {
    /// What the judgement of an incident rests on; nothing where that was not kept.
    #[must_use]
    pub fn found(&self, incident: &Incident) -> FoundWords {
        let Some(found) = &incident.findings else { return FoundWords::default() };
        let names = self.names();
        let witness = |w: &Witness| match w {
            Witness::Camera(id) => names.camera(id),
            Witness::Node(id) => names.node(id, ""),
            Witness::Canary(name) => clean(name),
        };
        let naming = Naming { witness: &witness, cause: &|c| self.cause(c), time: self.local_time };
        found_words(self.language, found, &naming)
    }

    /// One line: the first evidence, and the first rivals that it rules out.
    pub(super) fn why_line(&self, incident: &Incident) -> Option<String> {
        let (found, t) = (self.found(incident), self.tongue());
        let shown: Vec<String> = found.evidence.into_iter().take(IN_A_LINE).chain(found.extent).collect();
        let total = found.ruled_out.len();
        let rivals: Vec<String> = found.ruled_out.into_iter().take(IN_A_LINE).collect();
        let rivals = (total > 0).then(|| t.list(&rivals, total));
        (!shown.is_empty()).then(|| t.why_line(&t.together(&shown), rivals.as_deref()))
    }

    /// Whether the reader of a message is helped by why the cause is the cause: not once it is over, nor where the
    /// message tells what somebody did.
    pub(super) fn says_why(message: &Message) -> bool {
        match message.kind {
            MessageKind::Opened
            | MessageKind::MoreLost
            | MessageKind::Reopened
            | MessageKind::Reminded
            | MessageKind::Escalated => true,
            MessageKind::Updated => message.why == SayReason::CauseChanged,
            _ => false,
        }
    }
}
