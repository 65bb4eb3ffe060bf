//! What a restart needs of a camera, node or entrance, as rows of the table `target`.

use cunkou_core::coverage::EntranceState;
use cunkou_core::health::State;
use cunkou_core::model::{CameraId, EntranceId, NodeId, Time};
use cunkou_core::world::{SavedCheck, SavedHealth, SavedTarget, Subject};
use serde::{Deserialize, Serialize};

use super::{RowFault, cause, json, millis, parse, reasons, reasons_text, subject_key, word};

#[derive(Serialize, Deserialize)]
struct CheckRow {
    passes: Option<bool>,
    silent: bool,
    first_failure: Option<i64>,
    last_pass: Option<i64>,
    reasons: String,
    auth_refused: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct HealthRow {
    state: String,
    since: i64,
    before: String,
    checks: [CheckRow; 4],
    turns: Vec<i64>,
    flapping: bool,
    via: Option<String>,
    cause: Option<String>,
    inferred_at: Option<i64>,
    changes: u64,
}

#[derive(Serialize, Deserialize)]
struct EntranceRow {
    /// State and since, by day, by night, now.
    periods: [(String, i64); 3],
    cause: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct MonitorRow {
    blind: Option<i64>,
}

impl From<&SavedCheck> for CheckRow {
    fn from(c: &SavedCheck) -> CheckRow {
        CheckRow {
            passes: c.passes,
            silent: c.silent,
            first_failure: millis(c.first_failure),
            last_pass: millis(c.last_pass),
            reasons: reasons_text(c.reasons),
            auth_refused: millis(c.auth_refused),
        }
    }
}

impl TryFrom<CheckRow> for SavedCheck {
    type Error = RowFault;
    fn try_from(c: CheckRow) -> Result<SavedCheck, RowFault> {
        Ok(SavedCheck {
            passes: c.passes,
            silent: c.silent,
            first_failure: c.first_failure.map(Time),
            last_pass: c.last_pass.map(Time),
            reasons: reasons(&c.reasons)?,
            auth_refused: c.auth_refused.map(Time),
        })
    }
}

impl From<&SavedHealth> for HealthRow {
    fn from(h: &SavedHealth) -> HealthRow {
        HealthRow {
            state: h.state.word().to_owned(),
            since: h.since.millis(),
            before: h.before.word().to_owned(),
            checks: h.checks.each_ref().map(CheckRow::from),
            turns: h.turns.iter().map(|t| t.millis()).collect(),
            flapping: h.flapping,
            via: h.via.as_ref().map(ToString::to_string),
            cause: h.cause.as_ref().map(ToString::to_string),
            inferred_at: millis(h.inferred_at),
            changes: h.changes,
        }
    }
}

impl TryFrom<HealthRow> for SavedHealth {
    type Error = RowFault;
    fn try_from(h: HealthRow) -> Result<SavedHealth, RowFault> {
        let mut checks = [SavedCheck::default(); 4];
        for (check, row) in checks.iter_mut().zip(h.checks) {
            *check = row.try_into()?;
        }
        Ok(SavedHealth {
            state: word(&h.state, State::from_word)?,
            since: Time(h.since),
            before: word(&h.before, State::from_word)?,
            checks,
            turns: h.turns.into_iter().map(Time).collect(),
            flapping: h.flapping,
            via: h.via.map(|id| NodeId::new(&id)).transpose()?,
            cause: cause(h.cause.as_deref())?,
            inferred_at: h.inferred_at.map(Time),
            changes: h.changes,
            // History knows.
            recorded: None,
        })
    }
}

/// Columns `kind` and `id` of a target.
pub(in crate::store) fn target_key(target: &SavedTarget) -> (&'static str, String) {
    let (kind, id) = match target {
        SavedTarget::Camera(id, _) => ("camera", id.as_str()),
        SavedTarget::Node(id, _) => ("node", id.as_str()),
        SavedTarget::Entrance(id, ..) => ("entrance", id.as_str()),
        SavedTarget::Monitor(_) => {
            let (kind, id, _) = subject_key(&Subject::Monitor);
            (kind, id)
        }
        SavedTarget::Gone(subject) => {
            let (kind, id, _) = subject_key(subject);
            (kind, id)
        }
    };
    (kind, id.to_owned())
}

/// Column `body` of a target; `None`: its row goes.
pub(in crate::store) fn target_row(target: &SavedTarget) -> Option<String> {
    Some(match target {
        SavedTarget::Camera(_, health) | SavedTarget::Node(_, health) => json(&HealthRow::from(health)),
        SavedTarget::Entrance(_, periods, cause) => json(&EntranceRow {
            periods: periods.map(|(state, since)| (state.word().to_owned(), since.millis())),
            cause: cause.as_ref().map(ToString::to_string),
        }),
        SavedTarget::Monitor(blind) => json(&MonitorRow { blind: millis(*blind) }),
        SavedTarget::Gone(_) => return None,
    })
}

/// Reads a row of `target`.
pub(in crate::store) fn target_from_row(kind: &str, id: &str, body: &str) -> Result<SavedTarget, RowFault> {
    Ok(match kind {
        "camera" => SavedTarget::Camera(CameraId::new(id)?, parse::<HealthRow>(body)?.try_into()?),
        "node" => SavedTarget::Node(NodeId::new(id)?, parse::<HealthRow>(body)?.try_into()?),
        "entrance" => {
            let row: EntranceRow = parse(body)?;
            let mut periods = [(EntranceState::Unknown, Time(0)); 3];
            for (period, (state, since)) in periods.iter_mut().zip(&row.periods) {
                *period = (word(state, EntranceState::from_word)?, Time(*since));
            }
            SavedTarget::Entrance(EntranceId::new(id)?, periods, cause(row.cause.as_deref())?)
        }
        "monitor" => SavedTarget::Monitor(parse::<MonitorRow>(body)?.blind.map(Time)),
        _ => return Err(RowFault(format!("unknown kind {kind:?}"))),
    })
}
