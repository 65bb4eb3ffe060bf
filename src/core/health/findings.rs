//! What a judgement rests on: the answers and failures that led to it, and the rivals that they rule out.
//!
//! Findings are values, for people to check the judgement by; the words for them come last (alert/words). They are
//! taken when an incident opens or its cause changes, and are kept with it: ids, not slots, so that they outlive a
//! restart. All lists are bounded.

use std::sync::Arc;

use super::Cause;
use crate::model::{CameraId, Check, FailKind, NodeId, ReasonSet, Time};

/// Pieces of evidence that are kept at most.
pub const MAX_EVIDENCE: usize = 6;
/// Rivals that are kept at most, of those that are ruled out and of those that are not.
pub const MAX_RIVALS: usize = 6;

/// Who was asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Witness {
    /// A camera.
    Camera(CameraId),
    /// A node, by its own probe.
    Node(NodeId),
    /// A reference address, as the settings name it.
    Canary(Arc<str>),
}

impl Witness {
    /// The word users see.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Witness::Camera(_) => "camera",
            Witness::Node(_) => "node",
            Witness::Canary(_) => "canary",
        }
    }

    /// Its id; of a reference address what the settings call it.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Witness::Camera(id) => id.as_str(),
            Witness::Node(id) => id.as_str(),
            Witness::Canary(name) => name,
        }
    }

    /// What [`Witness::kind`] and [`Witness::id`] gave.
    #[must_use]
    pub fn parse(kind: &str, id: &str) -> Option<Witness> {
        match kind {
            "camera" => CameraId::new(id).ok().map(Witness::Camera),
            "node" => NodeId::new(id).ok().map(Witness::Node),
            "canary" => Some(Witness::Canary(id.into())),
            _ => None,
        }
    }
}

/// What was heard of a witness.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Heard {
    /// A check failed from the moment on.
    Failed {
        /// Which.
        check: Check,
        /// How the last try failed; `None` where that was before the last start.
        how: Option<FailKind>,
        /// Start of the try that confirmed it; `None` where that was before the last start.
        confirmed: Option<Time>,
    },
    /// It answered at the moment, and something was wrong with the answer.
    Trouble {
        /// Which check.
        check: Check,
        /// What was wrong.
        reasons: ReasonSet,
    },
    /// At the moment it answered for the last time: nothing came this way since.
    LastAnswer,
    /// It went down and up so often; the last time at the moment.
    Turns(u32),
}

impl Heard {
    /// The word users see.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Heard::Failed { .. } => "failed",
            Heard::Trouble { .. } => "trouble",
            Heard::LastAnswer => "last_answer",
            Heard::Turns(_) => "turns",
        }
    }
}

/// A piece of evidence.
#[derive(Clone, PartialEq, Debug)]
pub struct Evidence {
    /// Of whom.
    pub of: Witness,
    /// What.
    pub heard: Heard,
    /// When.
    pub at: Time,
}

/// So many answers rule a rival out beyond doubt, and no more are counted: below the uplink of a large town everybody
/// answers.
pub const MANY_OTHERS: u32 = 999;

/// What rules a rival out.
#[derive(Clone, PartialEq, Debug)]
pub enum Objection {
    /// Something that needs it answered a try that began after a failure it would have to explain.
    Answered {
        /// Who: the one that was heard last.
        by: Witness,
        /// Start of the try.
        at: Time,
        /// Cameras beside it that answered since, too, at least; [`MANY_OTHERS`] stands for that many or more. Of a node
        /// with thousands of cameras below not all are looked at.
        others: u32,
    },
    /// What failed refused, or spoke nonsense: whoever says something was reached, so its way works.
    Reached {
        /// Who.
        by: Witness,
        /// Start of the try.
        at: Time,
    },
    /// It would leave more unexplained than the cause does.
    ExplainsLess {
        /// Failures that it would explain.
        explains: u32,
        /// Failures that the cause explains.
        of: u32,
    },
}

impl Objection {
    /// The word users see.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Objection::Answered { .. } => "answered",
            Objection::Reached { .. } => "reached",
            Objection::ExplainsLess { .. } => "explains_less",
        }
    }
}

/// A rival that is ruled out.
#[derive(Clone, PartialEq, Debug)]
pub struct RuledOut {
    /// What could have been the cause: a node, or our own sight.
    pub rival: Cause,
    /// Why it is not.
    pub by: Objection,
}

/// What a judgement rests on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Findings {
    /// The first pieces of evidence, the most direct first.
    pub evidence: Vec<Evidence>,
    /// Cameras that failed by their own probes.
    pub failed: u32,
    /// Cameras that are held down by inference alone.
    pub inferred: u32,
    /// Rivals that are ruled out, the strongest objection first.
    pub ruled_out: Vec<RuledOut>,
    /// Nodes that nothing contradicts and nothing speaks for: no other thing hangs on them that could tell.
    pub undecided: Vec<NodeId>,
}
