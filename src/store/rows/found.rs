//! What a judgement rests on, as JSON inside the row of its incident.

use std::sync::Arc;

use cunkou_core::health::{Cause, Evidence, Findings, Heard, Objection, RuledOut, Witness};
use cunkou_core::model::{Check, FailKind, NodeId, Time};
use serde::{Deserialize, Serialize};

use super::{RowFault, ids, millis, reasons, reasons_text, texts, word};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WitnessRow {
    kind: String,
    id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "heard", rename_all = "snake_case")]
enum HeardRow {
    Failed { check: String, how: Option<String>, confirmed: Option<i64> },
    Trouble { check: String, reasons: String },
    LastAnswer,
    Turns { times: u32 },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct EvidenceRow {
    of: WitnessRow,
    #[serde(flatten)]
    heard: HeardRow,
    at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
enum ObjectionRow {
    Answered { witness: WitnessRow, at: i64, others: u32 },
    Reached { witness: WitnessRow, at: i64 },
    ExplainsLess { explains: u32, of: u32 },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RuledOutRow {
    rival: String,
    #[serde(flatten)]
    by: ObjectionRow,
}

/// Findings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FindingsRow {
    evidence: Vec<EvidenceRow>,
    failed: u32,
    inferred: u32,
    ruled_out: Vec<RuledOutRow>,
    undecided: Vec<String>,
}

impl From<&Findings> for FindingsRow {
    fn from(f: &Findings) -> FindingsRow {
        FindingsRow {
            evidence: f.evidence.iter().map(evidence_row).collect(),
            failed: f.failed,
            inferred: f.inferred,
            ruled_out: f.ruled_out.iter().map(ruled_out_row).collect(),
            undecided: texts(&f.undecided),
        }
    }
}

impl TryFrom<FindingsRow> for Arc<Findings> {
    type Error = RowFault;
    fn try_from(r: FindingsRow) -> Result<Arc<Findings>, RowFault> {
        let evidence: Result<Vec<Evidence>, RowFault> = r.evidence.iter().map(evidence).collect();
        let ruled_out: Result<Vec<RuledOut>, RowFault> = r.ruled_out.iter().map(ruled_out).collect();
        Ok(Arc::new(Findings {
            evidence: evidence?,
            failed: r.failed,
            inferred: r.inferred,
            ruled_out: ruled_out?,
            undecided: ids(&r.undecided, NodeId::new)?,
        }))
    }
}

fn witness_row(w: &Witness) -> WitnessRow {
    WitnessRow { kind: w.kind().to_owned(), id: w.id().to_owned() }
}

fn witness(r: &WitnessRow) -> Result<Witness, RowFault> {
    Witness::parse(&r.kind, &r.id).ok_or_else(|| RowFault(format!("unknown witness {:?} {:?}", r.kind, r.id)))
}

fn evidence_row(e: &Evidence) -> EvidenceRow {
    let heard = match e.heard {
        Heard::Failed { check, how, confirmed } => HeardRow::Failed {
            check: check.word().to_owned(),
            how: how.map(|h| h.word().to_owned()),
            confirmed: millis(confirmed),
        },
        Heard::Trouble { check, reasons } => {
            HeardRow::Trouble { check: check.word().to_owned(), reasons: reasons_text(reasons) }
        }
        Heard::LastAnswer => HeardRow::LastAnswer,
        Heard::Turns(times) => HeardRow::Turns { times },
    };
    EvidenceRow { of: witness_row(&e.of), heard, at: e.at.millis() }
}

fn evidence(r: &EvidenceRow) -> Result<Evidence, RowFault> {
    let heard = match &r.heard {
        HeardRow::Failed { check, how, confirmed } => Heard::Failed {
            check: word(check, Check::from_word)?,
            how: how.as_deref().map(|h| word(h, FailKind::from_word)).transpose()?,
            confirmed: confirmed.map(Time),
        },
        HeardRow::Trouble { check, reasons: all } => {
            Heard::Trouble { check: word(check, Check::from_word)?, reasons: reasons(all)? }
        }
        HeardRow::LastAnswer => Heard::LastAnswer,
        HeardRow::Turns { times } => Heard::Turns(*times),
    };
    Ok(Evidence { of: witness(&r.of)?, heard, at: Time(r.at) })
}

fn ruled_out_row(r: &RuledOut) -> RuledOutRow {
    let by = match &r.by {
        Objection::Answered { by, at, others } => {
            ObjectionRow::Answered { witness: witness_row(by), at: at.millis(), others: *others }
        }
        Objection::Reached { by, at } => ObjectionRow::Reached { witness: witness_row(by), at: at.millis() },
        Objection::ExplainsLess { explains, of } => ObjectionRow::ExplainsLess { explains: *explains, of: *of },
    };
    RuledOutRow { rival: r.rival.to_string(), by }
}

fn ruled_out(r: &RuledOutRow) -> Result<RuledOut, RowFault> {
    let by = match &r.by {
        ObjectionRow::Answered { witness: by, at, others } => {
            Objection::Answered { by: witness(by)?, at: Time(*at), others: *others }
        }
        ObjectionRow::Reached { witness: by, at } => Objection::Reached { by: witness(by)?, at: Time(*at) },
        ObjectionRow::ExplainsLess { explains, of } => Objection::ExplainsLess { explains: *explains, of: *of },
    };
    Ok(RuledOut { rival: word(&r.rival, Cause::parse)?, by })
}
