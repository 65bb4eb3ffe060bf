//! The machine of one camera, its checks and the monitor's sight, told case by case at their borders; what a whole town
//! makes of them is tested in `world`.

mod check;
mod common;
mod machine;
mod sight;
mod turns;

use crate::model::{CameraIx, Check, FailKind, Outcome, Phase, PhaseTimes, ProbeResult, Span, Target, Time};

const PASS: ProbeResult = ProbeResult::Pass { slow: false };
const SILENT: ProbeResult = ProbeResult::Fail(FailKind::Timeout);
const REFUSED: ProbeResult = ProbeResult::Fail(FailKind::Refused);

/// A moment, in milliseconds.
const fn at(ms: i64) -> Time {
    Time(ms)
}

/// An ordinary answer to a check that was due and began then, and took 100 ms.
fn outcome(check: Check, begun: i64, result: ProbeResult) -> Outcome {
    Outcome {
        target: Target::Camera(CameraIx(0)),
        check,
        due: at(begun),
        begun: at(begun),
        ended: at(begun + 100),
        asked: false,
        credential: false,
        result,
        phase: Phase::Connect,
        times: PhaseTimes::default(),
        rtt: result.is_alive().then_some(Span::millis(5)),
        note: None,
    }
}
