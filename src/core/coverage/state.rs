//! What the health of its watchers makes of an entrance. The hot path: asked at every change of a camera, allocates
//! nothing.

use super::{EntranceState, GapReason, Judgement, Standing, Verdict, Watcher};
use crate::health::State;
use crate::model::planted;
use crate::model::{CameraIx, ReasonSet};
use crate::registry::Life;

/// How an installed camera stands towards what it watches (semantics.md §4): live are up, degraded for a reason that
/// leaves the entrance visible, or suspect while last believed one of these; unknown are unknown, or suspect out of
/// unknown; dead the rest (down, flapping, blinded). `before` is what was believed before it turned suspect.
#[must_use]
pub fn standing(state: State, before: State, flapping: bool, reasons: ReasonSet) -> Standing {
    let believed = if state == State::Suspect { before } else { state };
    if state == State::Suspect && planted!(SuspectsAreDead) {
        return Standing::Dead;
    }
    match believed {
        // Nothing is known also of one that was suspect out of nothing; whether it flapped once does not matter then.
        State::Unknown | State::Suspect => Standing::Unknown,
        State::Down => Standing::Dead,
        State::Up | State::Degraded if flapping || reasons.blinds() => Standing::Dead,
        State::Up | State::Degraded => Standing::Live,
    }
}

/// The watchers of an entrance, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Count {
    /// Installed and surely watching.
    watchers: u32,
    live: u32,
    unknown: u32,
    /// Of the dead, those in maintenance.
    dead_in_maintenance: u32,
    /// Planned, and would surely watch.
    planned: u32,
    /// Installed or planned, and may watch.
    maybe: u32,
    /// Watching by day, without light by night.
    day_only: u32,
    /// Installed, and watching at other hours.
    off_duty: u32,
}

/// Judges an entrance in one period by the table of semantics.md §4. `standing` is asked of installed cameras only;
/// `life` is `None` for a camera that has left the registry. A camera whose hours of duty leave out noon does not watch
/// by day, one whose hours leave out midnight not by night.
#[must_use]
pub fn judge_entrance(
    watchers: &[Watcher],
    night: bool,
    required: u32,
    target: u32,
    standing: impl Fn(CameraIx) -> Standing,
    life: impl Fn(CameraIx) -> Option<Life>,
) -> Judgement {
    judge_hour(watchers, night, required, target, standing, life, |w| w.rests(night))
}

/// The same for a moment: `rests` says which cameras are off duty then, and so are none of the watchers.
#[must_use]
pub fn judge_hour(
    watchers: &[Watcher],
    night: bool,
    required: u32,
    target: u32,
    standing: impl Fn(CameraIx) -> Standing,
    life: impl Fn(CameraIx) -> Option<Life>,
    rests: impl Fn(&Watcher) -> bool,
) -> Judgement {
    let mut count = Count::default();
    for watcher in watchers {
        let Some(life) = life(watcher.camera).filter(|l| *l != Life::Retired) else { continue };
        match (watcher.verdict(night), life) {
            (Verdict::Yes, Life::Planned) if !planted!(PlannedOnesWatch) => count.planned += 1,
            (Verdict::Yes, _) if rests(watcher) => count.off_duty += 1,
            (Verdict::Yes, _) => count.add(standing(watcher.camera), life == Life::Maintenance),
            (Verdict::Maybe, _) => count.maybe += 1,
            (Verdict::No, _) => count.day_only += u32::from(night && watcher.day == Verdict::Yes),
        }
    }
    count.judge(required.max(1), target)
}

/// The cameras that watch an entrance in a period and are live, in the order of camera ids.
pub fn live_watchers<'a>(
    watchers: &'a [Watcher],
    night: bool,
    standing: impl Fn(CameraIx) -> Standing + 'a,
    life: impl Fn(CameraIx) -> Option<Life> + 'a,
) -> impl Iterator<Item = CameraIx> + 'a {
    let watching = watchers.iter().filter(move |w| w.verdict(night) == Verdict::Yes).map(|w| w.camera);
    watching.filter(move |c| life(*c).is_some_and(Life::is_installed) && standing(*c) == Standing::Live)
}

impl Count {
    fn add(&mut self, standing: Standing, maintenance: bool) {
        self.watchers += 1;
        match standing {
            Standing::Live => self.live += 1,
            Standing::Unknown => self.unknown += 1,
            Standing::Dead => self.dead_in_maintenance += u32::from(maintenance),
        }
    }

    fn judge(self, required: u32, target: u32) -> Judgement {
        let required = if planted!(OneTooManyIsNeeded) { required + 1 } else { required };
        let state = self.state(required, target.max(required));
        let gap = match state {
            EntranceState::Planned | EntranceState::Unwatched => Some(self.gap(required)),
            EntranceState::Covered | EntranceState::Reduced | EntranceState::Unknown | EntranceState::Lost => None,
        };
        let could_be_live = self.live + self.unknown + self.dead_in_maintenance;
        Judgement {
            state,
            watchers: self.watchers,
            live: self.live,
            unknown: self.unknown,
            gap,
            outage_planned: state == EntranceState::Lost && could_be_live >= required,
        }
    }

    const fn state(self, required: u32, target: u32) -> EntranceState {
        if self.watchers < required {
            let planned = self.watchers + self.planned >= required && !self.is_off_duty(required);
            if planned { EntranceState::Planned } else { EntranceState::Unwatched }
        } else if self.live >= target {
            EntranceState::Covered
        } else if self.live >= required {
            EntranceState::Reduced
        } else if self.live + self.unknown >= required {
            EntranceState::Unknown
        } else {
            EntranceState::Lost
        }
    }

    /// Whether too few watch because of their hours of duty.
    const fn is_off_duty(self, required: u32) -> bool {
        self.watchers < required && self.watchers + self.off_duty >= required
    }

    /// Why too few watch. A camera that may watch comes before one without light: surveying it may close the gap.
    const fn gap(self, required: u32) -> GapReason {
        if self.is_off_duty(required) {
            GapReason::OffDuty
        } else if self.watchers > 0 {
            GapReason::TooFew
        } else if self.maybe > 0 {
            GapReason::OnlyMaybe
        } else if self.day_only > 0 {
            GapReason::NoNight
        } else {
            GapReason::None
        }
    }
}

/// Live cameras beyond `required`; `None` unless the entrance is covered or reduced.
#[must_use]
pub const fn spare_cameras(judgement: &Judgement, required: u32) -> Option<u32> {
    if judgement.state.is_watched() { Some(judgement.live.saturating_sub(required)) } else { None }
}
