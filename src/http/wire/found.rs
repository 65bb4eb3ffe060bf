//! What a judgement rests on: the evidence, and the rivals that it rules out.

use cunkou_core::health::{self, Heard, Objection};
use cunkou_core::model::{CameraId, Check, FailKind, NodeId, Reason, Time};
use cunkou_core::registry::Registry;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Cause, stamp, words};

/// Who was asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Witness {
    /// A camera, a node, or a reference address (canary).
    #[schema(schema_with = words::witness_kind)]
    pub kind: String,
    /// Its id; of a reference address what the settings call it.
    pub id: String,
    /// Its display name; empty where it has none.
    pub name: String,
}

/// A piece of evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FoundEvidence {
    /// Of whom.
    pub of: Witness,
    /// What was heard: a check failed from the moment on; an answer had something wrong; it answered for the last time;
    /// it went down and up.
    #[schema(schema_with = words::heard)]
    pub heard: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Which check, of a failure and of trouble.
    #[schema(schema_with = words::check_or_null)]
    pub check: Option<String>,
    /// How the last try failed, where that is known.
    #[schema(schema_with = words::fail_kind_or_null)]
    pub how: Option<String>,
    /// Start of the try that confirmed the failure, where that is known.
    #[schema(format = DateTime)]
    pub confirmed_at: Option<String>,
    /// What was wrong with the answer; of trouble only.
    pub reasons: Vec<String>,
    /// How often it went down; of turns only.
    pub turns: Option<u32>,
}

/// A rival that is ruled out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FoundRival {
    /// What could have been the cause: a node, or the monitor's own sight.
    pub rival: Cause,
    /// What rules it out: something that needs it answered since; what failed said something, and so was reached; it
    /// would explain fewer failures than the cause.
    #[schema(schema_with = words::objection)]
    pub by: String,
    /// Who answered, or was reached.
    pub witness: Option<Witness>,
    /// Start of the try that was answered.
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// Cameras beside the witness that answered since, too, at least; 999 stands for that many or more.
    pub others: Option<u32>,
    /// Failures that it would explain.
    pub explains: Option<u32>,
    /// Failures that the cause explains.
    pub of: Option<u32>,
}

/// What a judgement rests on; taken when the incident opened or its cause changed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct IncidentFindings {
    /// The most direct first; at most 6.
    pub evidence: Vec<FoundEvidence>,
    /// Cameras that failed by their own probes.
    pub failed: u32,
    /// Cameras that are held down by inference alone.
    pub inferred: u32,
    /// The strongest objection first; at most 6.
    pub ruled_out: Vec<FoundRival>,
    /// Nodes that nothing speaks for or against: no other thing hangs on them that could tell; at most 6.
    pub undecided: Vec<Cause>,
}

impl IncidentFindings {
    /// What was found, with the names that the registry in force has.
    #[must_use]
    pub fn of(found: &health::Findings, registry: &Registry) -> IncidentFindings {
        IncidentFindings {
            evidence: found.evidence.iter().map(|e| FoundEvidence::of(e, registry)).collect(),
            failed: found.failed,
            inferred: found.inferred,
            ruled_out: found.ruled_out.iter().map(|r| FoundRival::of(r, registry)).collect(),
            undecided: found.undecided.iter().map(|n| Cause::of(&health::Cause::Node(n.clone()), registry)).collect(),
        }
    }

    /// The values that this was made of. What this program does not know is left out: a daemon may be younger.
    #[must_use]
    pub fn values(&self) -> health::Findings {
        health::Findings {
            evidence: self.evidence.iter().filter_map(FoundEvidence::value).collect(),
            failed: self.failed,
            inferred: self.inferred,
            ruled_out: self.ruled_out.iter().filter_map(FoundRival::value).collect(),
            undecided: self.undecided.iter().filter_map(|c| NodeId::new(c.id.as_deref()?).ok()).collect(),
        }
    }
}

impl Witness {
    fn of(witness: &health::Witness, registry: &Registry) -> Witness {
        let name = match witness {
            health::Witness::Camera(id) => registry.cameras.get::<CameraId>(id).map(|c| &c.name),
            health::Witness::Node(id) => registry.nodes.get::<NodeId>(id).map(|n| &n.name),
            health::Witness::Canary(_) => None,
        };
        let name = name.map(ToString::to_string).unwrap_or_default();
        Witness { kind: witness.kind().to_owned(), id: witness.id().to_owned(), name }
    }

    fn value(&self) -> Option<health::Witness> {
        health::Witness::parse(&self.kind, &self.id)
    }
}

impl FoundEvidence {
    fn of(e: &health::Evidence, registry: &Registry) -> FoundEvidence {
        let mut shown = FoundEvidence {
            of: Witness::of(&e.of, registry),
            heard: e.heard.word().to_owned(),
            at: stamp(e.at),
            check: None,
            how: None,
            confirmed_at: None,
            reasons: Vec::new(),
            turns: None,
        };
        match e.heard {
            Heard::Failed { check, how, confirmed } => {
                shown.check = Some(check.word().to_owned());
                shown.how = how.map(|h| h.word().to_owned());
                shown.confirmed_at = confirmed.map(stamp);
            }
            Heard::Trouble { check, reasons } => {
                shown.check = Some(check.word().to_owned());
                shown.reasons = reasons.iter().map(|r| r.word().to_owned()).collect();
            }
            Heard::LastAnswer => {}
            Heard::Turns(times) => shown.turns = Some(times),
        }
        shown
    }

    fn value(&self) -> Option<health::Evidence> {
        let check = || self.check.as_deref().and_then(Check::from_word);
        let heard = match self.heard.as_str() {
            "failed" => Heard::Failed {
                check: check()?,
                how: self.how.as_deref().and_then(FailKind::from_word),
                confirmed: self.confirmed_at.as_deref().and_then(moment),
            },
            "trouble" => {
                let reasons = self.reasons.iter().filter_map(|r| Reason::from_word(r)).collect();
                Heard::Trouble { check: check()?, reasons }
            }
            "last_answer" => Heard::LastAnswer,
            "turns" => Heard::Turns(self.turns?),
            _ => return None,
        };
        Some(health::Evidence { of: self.of.value()?, heard, at: moment(&self.at)? })
    }
}

impl FoundRival {
    fn of(r: &health::RuledOut, registry: &Registry) -> FoundRival {
        let mut shown = FoundRival {
            rival: Cause::of(&r.rival, registry),
            by: r.by.word().to_owned(),
            witness: None,
            at: None,
            others: None,
            explains: None,
            of: None,
        };
        match &r.by {
            Objection::Answered { by, at, others } => {
                (shown.witness, shown.at) = (Some(Witness::of(by, registry)), Some(stamp(*at)));
                shown.others = Some(*others);
            }
            Objection::Reached { by, at } => {
                (shown.witness, shown.at) = (Some(Witness::of(by, registry)), Some(stamp(*at)));
            }
            Objection::ExplainsLess { explains, of } => (shown.explains, shown.of) = (Some(*explains), Some(*of)),
        }
        shown
    }

    fn value(&self) -> Option<health::RuledOut> {
        let (witness, at) = (self.witness.as_ref().and_then(Witness::value), self.at.as_deref().and_then(moment));
        let by = match self.by.as_str() {
            "answered" => Objection::Answered { by: witness?, at: at?, others: self.others? },
            "reached" => Objection::Reached { by: witness?, at: at? },
            "explains_less" => Objection::ExplainsLess { explains: self.explains?, of: self.of? },
            _ => return None,
        };
        let rival = match (self.rival.kind.as_str(), self.rival.id.as_deref()) {
            ("monitor_blind", _) => health::Cause::Monitor(health::MonitorCause::Blind),
            ("node", Some(id)) => health::Cause::Node(NodeId::new(id).ok()?),
            _ => return None,
        };
        Some(health::RuledOut { rival, by })
    }
}

fn moment(stamp: &str) -> Option<Time> {
    stamp.parse::<jiff::Timestamp>().ok().map(|at| Time(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use cunkou_core::health::{Cause as C, Evidence, Findings, MonitorCause, RuledOut, Witness as W};

    use super::*;

    #[test]
    fn what_goes_over_the_wire_comes_back() {
        let camera = || W::Camera(CameraId::new("C0123").unwrap());
        let node = || NodeId::new("SW-03").unwrap();
        let heard = [
            Heard::Failed { check: Check::Reach, how: Some(FailKind::Timeout), confirmed: Some(Time(5_001)) },
            Heard::Failed { check: Check::Stream, how: None, confirmed: None },
            Heard::Trouble { check: Check::Stream, reasons: [Reason::Auth, Reason::Slow].into_iter().collect() },
            Heard::LastAnswer,
            Heard::Turns(3),
        ];
        let of = [camera(), W::Node(node()), W::Canary("10.0.0.1".into()), camera(), camera()];
        let evidence = heard.into_iter().zip(of).map(|(heard, of)| Evidence { of, heard, at: Time(4_321) }).collect();
        let by = [
            Objection::Answered { by: camera(), at: Time(7), others: 3 },
            Objection::Reached { by: camera(), at: Time(8) },
            Objection::ExplainsLess { explains: 2, of: 6 },
        ];
        let rivals = [C::Node(node()), C::Node(node()), C::Monitor(MonitorCause::Blind)];
        let ruled_out = rivals.into_iter().zip(by).map(|(rival, by)| RuledOut { rival, by }).collect();
        let found = Findings { evidence, failed: 12, inferred: 28, ruled_out, undecided: vec![node()] };
        let sent = IncidentFindings::of(&found, &Registry::default());
        let text = serde_json::to_string(&sent).unwrap();
        assert_eq!(serde_json::from_str::<IncidentFindings>(&text).unwrap().values(), found, "{text}");
    }
}
