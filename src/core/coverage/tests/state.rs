//! States of entrances: the table by name, and the properties of coverage.md §3.5 for every entrance of up to five
//! cameras.

use crate::coverage::{
    EntranceState, GapReason, Judgement, Standing, Verdict, Watcher, judge_entrance, live_watchers, spare_cameras,
    standing,
};
use crate::health::State;
use crate::model::{CameraIx, Reason, ReasonSet};
use crate::registry::Life;

use EntranceState::{Covered, Lost, Planned, Reduced, Unknown, Unwatched};

/// A camera of a made-up entrance: what it watches, its life, how it stands.
type Made = (Verdict, Verdict, Option<Life>, Standing);

fn judge(cameras: &[Made], night: bool, required: u32, target: u32) -> Judgement {
    let watchers: Vec<Watcher> = cameras
        .iter()
        .enumerate()
        .map(|(i, c)| Watcher {
            camera: CameraIx::from(i),
            day: c.0,
            night: c.1,
            declared: false,
            rests_by_day: false,
            rests_by_night: false,
        })
        .collect();
    judge_entrance(&watchers, night, required, target, |c| cameras[c.at()].3, |c| cameras[c.at()].2)
}

const LIVE: Made = (Verdict::Yes, Verdict::Yes, Some(Life::Active), Standing::Live);
const UNSURE: Made = (Verdict::Yes, Verdict::Yes, Some(Life::Active), Standing::Unknown);
const DEAD: Made = (Verdict::Yes, Verdict::Yes, Some(Life::Active), Standing::Dead);
const PLANNED: Made = (Verdict::Yes, Verdict::Yes, Some(Life::Planned), Standing::Unknown);
const MAYBE: Made = (Verdict::Maybe, Verdict::Maybe, Some(Life::Active), Standing::Live);
const BY_DAY: Made = (Verdict::Yes, Verdict::No, Some(Life::Active), Standing::Live);
const MENDED: Made = (Verdict::Yes, Verdict::Yes, Some(Life::Maintenance), Standing::Dead);
const RETIRED: Made = (Verdict::Yes, Verdict::Yes, Some(Life::Retired), Standing::Live);
const GONE: Made = (Verdict::Yes, Verdict::Yes, None, Standing::Live);

#[test]
fn the_table_by_name() {
    for (cameras, required, target, state) in [
        (&[LIVE][..], 1, 1, Covered),
        (&[LIVE, DEAD], 1, 1, Covered),
        (&[LIVE, DEAD], 1, 2, Reduced),
        (&[LIVE, LIVE], 1, 2, Covered),
        (&[LIVE, UNSURE], 1, 2, Reduced),
        (&[UNSURE], 1, 1, Unknown),
        (&[LIVE, UNSURE], 2, 2, Unknown),
        (&[DEAD], 1, 1, Lost),
        (&[DEAD, UNSURE], 2, 2, Lost),
        (&[LIVE, DEAD], 2, 2, Lost),
        (&[MENDED], 1, 1, Lost),
        (&[(Verdict::Yes, Verdict::Yes, Some(Life::Maintenance), Standing::Live)], 1, 1, Covered),
        (&[PLANNED], 1, 1, Planned),
        (&[LIVE, PLANNED], 2, 2, Planned),
        (&[LIVE, PLANNED], 3, 3, Unwatched),
        (&[LIVE, PLANNED], 1, 2, Reduced),
        (&[], 1, 1, Unwatched),
        (&[MAYBE, MAYBE], 1, 1, Unwatched),
        (&[RETIRED, GONE], 1, 1, Unwatched),
        (&[LIVE], 2, 2, Unwatched),
        (&[LIVE], 1, 0, Covered),
        (&[], 0, 0, Unwatched),
    ] {
        assert_eq!(judge(cameras, false, required, target).state, state, "{cameras:?} {required} {target}");
    }
}

#[test]
fn a_gap_says_why() {
    for (cameras, night, required, gap) in [
        (&[][..], false, 1, Some(GapReason::None)),
        (&[PLANNED], false, 1, Some(GapReason::None)),
        (&[RETIRED], true, 1, Some(GapReason::None)),
        (&[LIVE], false, 2, Some(GapReason::TooFew)),
        (&[DEAD, MAYBE], false, 2, Some(GapReason::TooFew)),
        (&[MAYBE], false, 1, Some(GapReason::OnlyMaybe)),
        (&[BY_DAY], true, 1, Some(GapReason::NoNight)),
        (&[BY_DAY, MAYBE], true, 1, Some(GapReason::OnlyMaybe)),
        (&[BY_DAY, LIVE], true, 2, Some(GapReason::TooFew)),
        (&[BY_DAY], false, 1, None),
        (&[DEAD], false, 1, None),
    ] {
        assert_eq!(judge(cameras, night, required, required).gap, gap, "{cameras:?} {night} {required}");
    }
}

#[test]
fn an_outage_is_planned_when_maintenance_alone_took_it() {
    for (cameras, required, planned) in [
        (&[MENDED][..], 1, true),
        (&[MENDED, DEAD], 1, true),
        (&[MENDED, DEAD], 2, false),
        (&[MENDED, UNSURE], 3, false),
        (&[MENDED, UNSURE, DEAD], 3, false),
        (&[MENDED, UNSURE], 2, true),
        (&[MENDED, MENDED], 2, true),
        (&[DEAD], 1, false),
        (&[LIVE, MENDED], 1, false),
    ] {
        assert_eq!(judge(cameras, false, required, required).outage_planned, planned, "{cameras:?}");
    }
    // Without the maintenance it would be unknown, which is not lost.
    assert_eq!(judge(&[LIVE, UNSURE], false, 2, 2).state, Unknown);
}

#[test]
fn numbers_stand_beside_the_state() {
    let judged = judge(&[LIVE, LIVE, UNSURE, DEAD, PLANNED, MAYBE], false, 1, 2);
    assert_eq!((judged.watchers, judged.live, judged.unknown), (4, 2, 1));
    assert_eq!(spare_cameras(&judged, 1), Some(1));
    assert_eq!(spare_cameras(&judge(&[DEAD], false, 1, 1), 1), None);
    assert_eq!(spare_cameras(&judge(&[], false, 1, 1), 1), None);
    let watchers = [Watcher {
        camera: CameraIx(0),
        day: Verdict::Yes,
        night: Verdict::No,
        declared: true,
        rests_by_day: false,
        rests_by_night: false,
    }];
    let live = |night, life| live_watchers(&watchers, night, |_| Standing::Live, move |_| life).count();
    assert_eq!(live(false, Some(Life::Maintenance)), 1);
    assert_eq!((live(true, Some(Life::Active)), live(false, Some(Life::Planned)), live(false, None)), (0, 0, 0));
}

#[test]
fn how_a_camera_stands() {
    let none = ReasonSet::EMPTY;
    let visible: ReasonSet = Reason::ALL.into_iter().filter(|r| !r.blinds()).collect();
    let blind: ReasonSet = [Reason::Frozen, Reason::Slow].into_iter().collect();
    for (state, before, flapping, reasons, expected) in [
        (State::Up, State::Up, false, none, Standing::Live),
        (State::Degraded, State::Up, false, visible, Standing::Live),
        (State::Degraded, State::Up, false, blind, Standing::Dead),
        (State::Suspect, State::Up, false, none, Standing::Live),
        (State::Suspect, State::Degraded, false, visible, Standing::Live),
        (State::Suspect, State::Degraded, false, blind, Standing::Dead),
        (State::Suspect, State::Unknown, false, none, Standing::Unknown),
        (State::Suspect, State::Down, false, none, Standing::Dead),
        (State::Unknown, State::Up, false, none, Standing::Unknown),
        (State::Unknown, State::Up, true, none, Standing::Unknown),
        (State::Down, State::Up, false, none, Standing::Dead),
        (State::Up, State::Up, true, none, Standing::Dead),
        (State::Suspect, State::Up, true, none, Standing::Dead),
    ] {
        assert_eq!(standing(state, before, flapping, reasons), expected, "{state:?} {before:?} {flapping}");
    }
}

const STANDINGS: [Standing; 3] = [Standing::Dead, Standing::Unknown, Standing::Live];

/// Every combination of up to five watching cameras, installed, and what stands in the register beside them.
fn every_entrance(mut visit: impl FnMut(&[Standing], u32, u32)) {
    for n in 0..=5_u32 {
        for code in 0..3_usize.pow(n) {
            let stands: Vec<Standing> = (0..n).map(|i| STANDINGS[code / 3_usize.pow(i) % 3]).collect();
            for required in 1..=3 {
                for target in required..=4 {
                    visit(&stands, required, target);
                }
            }
        }
    }
}

fn of(stands: &[Standing], required: u32, target: u32) -> Judgement {
    let cameras: Vec<Made> = stands.iter().map(|s| (Verdict::Yes, Verdict::Yes, Some(Life::Active), *s)).collect();
    judge(&cameras, false, required, target)
}

/// Lost, unknown, reduced, covered, worst first; gaps of the plan are another scale.
fn rank(state: EntranceState) -> Option<u8> {
    match state {
        Lost => Some(0),
        Unknown => Some(1),
        Reduced => Some(2),
        Covered => Some(3),
        Planned | Unwatched => None,
    }
}

/// P2 and P3: a camera that gets better, or one that is added, never makes an entrance worse.
#[test]
fn more_live_is_never_worse_and_more_failed_never_better() {
    let mut compared = 0;
    every_entrance(|stands, required, target| {
        let before = of(stands, required, target);
        let Some(rank_before) = rank(before.state) else { return };
        for (i, now) in stands.iter().enumerate() {
            for better in STANDINGS.into_iter().filter(|s| s > now) {
                let mut after = stands.to_vec();
                after[i] = better;
                assert!(rank(of(&after, required, target).state) >= Some(rank_before), "{stands:?} {after:?}");
                compared += 1;
            }
        }
        for added in STANDINGS {
            let after = [stands, &[added]].concat();
            assert!(rank(of(&after, required, target).state) >= Some(rank_before), "{stands:?} + {added:?}");
            compared += 1;
        }
    });
    assert!(compared > 10_000, "{compared}");
}

/// P4: covered, reduced and lost stand whatever the unknown ones turn out to be; unknown is what may go either way.
#[test]
fn what_is_unknown_decides_only_unknown() {
    every_entrance(|stands, required, target| {
        let judged = of(stands, required, target).state;
        let all = |as_what: Standing| {
            let resolved: Vec<Standing> =
                stands.iter().map(|s| if *s == Standing::Unknown { as_what } else { *s }).collect();
            of(&resolved, required, target).state
        };
        let (worst, best) = (all(Standing::Dead), all(Standing::Live));
        match judged {
            Covered | Lost | Unwatched | Planned => assert_eq!((worst, best), (judged, judged), "{stands:?}"),
            Reduced => assert!(worst == Reduced && best.is_watched(), "{stands:?}"),
            Unknown => assert!(worst == Lost && best.is_watched(), "{stands:?}"),
        }
    });
}

/// P5: asking for more never makes it better. P7: the order of cameras is nothing.
#[test]
fn demands_never_help_and_order_is_nothing() {
    every_entrance(|stands, required, target| {
        let judged = of(stands, required, target);
        let more = [of(stands, required, target + 1), of(stands, required + 1, (required + 1).max(target))];
        for harder in more {
            assert!(rank(harder.state).is_none() || rank(harder.state) <= rank(judged.state), "{stands:?}");
        }
        let mut turned = stands.to_vec();
        turned.reverse();
        assert_eq!(of(&turned, required, target), judged);
    });
}

/// P6: where night watchers are among the day watchers, the night is never better than the day.
#[test]
fn the_night_is_never_better_than_the_day() {
    let kinds: Vec<Made> = STANDINGS
        .into_iter()
        .flat_map(|s| [Verdict::Yes, Verdict::No].map(|night| (Verdict::Yes, night, Some(Life::Active), s)))
        .collect();
    for code in 0..kinds.len().pow(4) {
        let cameras: Vec<Made> = (0..4).map(|i| kinds[code / kinds.len().pow(i) % kinds.len()]).collect();
        for (required, target) in [(1, 1), (1, 2), (2, 3)] {
            let (day, night) = (judge(&cameras, false, required, target), judge(&cameras, true, required, target));
            let Some(dark) = rank(night.state) else { continue };
            assert!(night.live <= day.live && night.live + night.unknown <= day.live + day.unknown);
            assert!(rank(day.state) >= Some(dark), "{cameras:?} {day:?} {night:?}");
        }
    }
}

/// P8: an entrance asks only its own watchers.
#[test]
fn nobody_else_is_asked() {
    let watchers = [Watcher {
        camera: CameraIx(3),
        day: Verdict::Yes,
        night: Verdict::Yes,
        declared: false,
        rests_by_day: false,
        rests_by_night: false,
    }];
    let asked = |c: CameraIx| {
        assert_eq!(c, CameraIx(3));
        Standing::Live
    };
    assert_eq!(judge_entrance(&watchers, false, 1, 1, asked, |_| Some(Life::Active)).state, Covered);
    let never = |_| -> Standing { panic!("a planned camera has no health") };
    assert_eq!(judge_entrance(&watchers, false, 1, 1, never, |_| Some(Life::Planned)).state, Planned);
}
