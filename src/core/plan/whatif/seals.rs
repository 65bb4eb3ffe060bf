//! Which seals would change.
//!
//! The roads are cut at entrances, and cameras stand on none: whatever is supposed, the zones stay as they are contracted
//! once. A camera that is added or moved shuts a way by watching an entrance, as every other does.

use std::collections::BTreeMap;

use super::super::cordon::{Cordon, Question, Seal};
use super::entrances::Scene;
use super::{Component, Turn};
use crate::coverage::{Guard, Guards, Scope, Sealed};
use crate::model::{CameraIx, EntranceIx};

/// How areas are sealed, and would be.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SealChanges {
    /// Those of which anything would be otherwise: worse ones first, then by scope, then in the order of ids.
    pub turned: Vec<SealTurned>,
    /// Every area that is judged: its scope, its verdict as it is and as it would be. By scope.
    pub verdicts: Vec<(Scope, Sealed, Sealed)>,
}

/// An area that would be sealed otherwise.
#[derive(Clone, PartialEq, Debug)]
pub struct SealTurned {
    /// Whether that is for the better: by verdict; of one verdict by thickness and width.
    pub turn: Turn,
    /// As it is.
    pub before: Seal,
    /// As it would be.
    pub after: Seal,
    /// Cameras that stand in the way in that there would be, and would not any more; by slot, each once.
    pub fallen: Vec<CameraIx>,
    /// What of the question is at work on the ways in, as they are and as they would be; in order, each once.
    pub changed_by: Vec<Component>,
}

impl Turn {
    /// From one seal of an area to another. An unknown one is better than a leak. Between two of one verdict: more
    /// failures that it bears and fewer sites that would close it are better; where the one speaks for and the other
    /// against, or neither does, it is another.
    #[must_use]
    pub fn of_seals(before: &Seal, after: &Seal) -> Turn {
        if before.verdict != after.verdict {
            return if after.verdict > before.verdict { Turn::Better } else { Turn::Worse };
        }
        // What no failure opens is the thickest, what no site closes the widest.
        let number = |n: Option<u32>| n.map_or(i64::MAX, i64::from);
        let worth = |seal: &Seal| {
            let ((worst, best), (least, most)) = (seal.thickness, seal.width);
            [number(worst), number(best), -number(least), -number(most)]
        };
        let (was, is) = (worth(before), worth(after));
        let any = |better: fn(&i64, &i64) -> bool| was.iter().zip(&is).any(|(was, is)| better(is, was));
        match (any(|is, was| is < was), any(|is, was| is > was)) {
            (true, false) => Turn::Worse,
            (false, true) => Turn::Better,
            _ => Turn::Other,
        }
    }
}

/// Judges every area as it is and as it would be. Cost: two judgements on zones, and what only areas cost that may differ.
pub(super) fn seals(cordon: &Cordon, scene: &Scene<'_>, entrances: usize) -> SealChanges {
    let all = || (0..entrances).map(EntranceIx::from);
    let guards = [true, false].map(|present| Guards { of: all().map(|e| scene.guard(e, present)).collect() });
    let changed: BTreeMap<EntranceIx, Vec<CameraIx>> =
        all().map(|e| (e, scene.cameras_changed(e))).filter(|(_, cameras)| !cameras.is_empty()).collect();
    let of = |e: EntranceIx, present: usize| guards[present].of.get(e.at()).copied().unwrap_or(Guard::default());
    let touched: Vec<EntranceIx> = all().filter(|e| changed.contains_key(e) || of(*e, 0) != of(*e, 1)).collect();
    let before = |e: EntranceIx| scene.on_watch(e, true);
    let after = |e: EntranceIx| scene.on_watch(e, false);
    let question = |guards, dead, watched| Question { scopes: &Scope::ALL, area: None, guards, dead, watched };
    let compared = cordon.compare(
        &question(&guards[0], &|e| before(e).dead, &|e| before(e).any),
        &question(&guards[1], &|e| after(e).dead, &|e| after(e).any),
        &touched,
    );
    let turned = compared.changed.into_iter().map(|(before, after)| turned(scene, &changed, before, after));
    let mut turned: Vec<SealTurned> = turned.collect();
    // Those of one turn stay in their order.
    turned.sort_by_key(|t| t.turn);
    SealChanges { turned, verdicts: compared.verdicts }
}

fn turned(scene: &Scene<'_>, changed: &BTreeMap<EntranceIx, Vec<CameraIx>>, before: Seal, after: Seal) -> SealTurned {
    let on_the_way = |seal: &Seal| seal.route.as_ref().map(|r| r.entrances.clone()).unwrap_or_default();
    let (left, comes) = (on_the_way(&before), on_the_way(&after));
    let mut fallen: Vec<CameraIx> = comes.iter().flat_map(|e| scene.fallen(*e)).collect();
    let cameras = left.iter().chain(&comes).filter_map(|e| changed.get(e)).flatten();
    let mut changed_by: Vec<Component> = cameras.flat_map(|camera| scene.reasons(*camera)).collect();
    fallen.sort_unstable();
    fallen.dedup();
    changed_by.sort_unstable();
    changed_by.dedup();
    SealTurned { turn: Turn::of_seals(&before, &after), before, after, fallen, changed_by }
}
