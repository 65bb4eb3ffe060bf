//! Which entrances lack cameras, by day and by night.

use super::{Grounds, Wishes};
use crate::coverage::{Level, Scale, Standing, Verdict, Watcher};
use crate::model::EntranceIx;
use crate::registry::{Entrance, Life, LonLat};

/// A square is drawn so much larger than the reach, because its scale is that of its middle.
const MARGIN: f64 = 1.01;

/// An entrance that lacks cameras and has a place.
pub(super) type Placed<'a> = (LonLat, EntranceIx, &'a Entrance);

/// An entrance that lacks cameras, by day or by night.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// Which.
    pub entrance: EntranceIx,
    /// By night, or by day.
    pub night: bool,
    /// How many it lacks, at least 1.
    pub lacks: u32,
    /// By camera: what each of these is worth; never rising.
    pub worth: Vec<u32>,
}

/// All needs, and where they are.
pub(super) struct Needs<'a> {
    /// By element: entrances by slot, day before night.
    pub(super) all: Vec<Need>,
    /// By [`EntranceIx`]: the elements of its day and of its night.
    of_entrance: Vec<[Option<u32>; 2]>,
    /// Entrances that lack cameras and have a place, from south to north.
    pub(super) placed: Vec<Placed<'a>>,
}

impl<'a> Needs<'a> {
    pub(super) fn of(grounds: &Grounds<'a>, wishes: &Wishes) -> Needs<'a> {
        let slots = grounds.topology.entrances.len();
        let mut needs = Needs { all: Vec::new(), of_entrance: vec![[None; 2]; slots], placed: Vec::new() };
        for (i, slot) in grounds.topology.entrances.iter().enumerate().filter(|(_, slot)| slot.judged) {
            let Some(entrance) = grounds.registry.entrances.get(&slot.id) else { continue };
            for night in [false, true] {
                needs.add(grounds, wishes, EntranceIx::from(i), entrance, night);
            }
            if let Some(at) = entrance.at.filter(|_| needs.of_entrance[i].iter().any(Option::is_some)) {
                needs.placed.push((at, EntranceIx::from(i), entrance));
            }
        }
        needs.placed.sort_by(|a, b| a.0.lat.total_cmp(&b.0.lat).then_with(|| a.1.cmp(&b.1)));
        needs
    }

    fn add(&mut self, grounds: &Grounds<'_>, wishes: &Wishes, ix: EntranceIx, entrance: &Entrance, night: bool) {
        let counts = |w: &&Watcher| counts(grounds, w, night);
        let has = grounds.watch.watchers(ix).iter().filter(counts).count();
        let has = u32::try_from(has).unwrap_or(u32::MAX);
        let required = entrance.required.max(1);
        let wanted = if wishes.to_target { entrance.target.max(required) } else { required };
        if has >= wanted {
            return;
        }
        let worth = if wishes.by_priority { u32::from(6 - entrance.priority.clamp(1, 5)) } else { 1 };
        // What is required comes before what is only aimed at.
        let of = |nth: u32| if wishes.to_target && nth < required { 2 * worth } else { worth };
        let element = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.of_entrance[ix.at()][usize::from(night)] = Some(element);
        self.all.push(Need { entrance: ix, night, lacks: wanted - has, worth: (has..wanted).map(of).collect() });
    }

    /// The element of an entrance by day or by night; none where it lacks nothing.
    pub(super) fn element(&self, entrance: EntranceIx, night: bool) -> Option<u32> {
        self.of_entrance.get(entrance.at())?[usize::from(night)]
    }

    /// How many cameras an element lacks.
    pub(super) fn lacks(&self, element: u32) -> usize {
        self.all.get(element as usize).map_or(0, |need| need.lacks as usize)
    }

    /// What is in want in a square around a place that reaches so many metres to each side.
    pub(super) fn near(&self, here: LonLat, reach_m: f64) -> Vec<Placed<'a>> {
        let scale = Scale::at(here.lat);
        let (lon, lat) = (MARGIN * reach_m / scale.lon_m.max(1.0), MARGIN * reach_m / scale.lat_m);
        let from = self.placed.partition_point(|(at, ..)| at.lat < here.lat - lat);
        let rows = self.placed.iter().skip(from).take_while(|(at, ..)| at.lat <= here.lat + lat);
        rows.filter(|(at, ..)| (at.lon - here.lon).abs() <= lon).copied().collect()
    }

    pub(super) fn weights(&self) -> Vec<Vec<u32>> {
        self.all.iter().map(|need| need.worth.clone()).collect()
    }
}

/// Whether a camera watches an entrance already.
pub(super) fn counts(grounds: &Grounds<'_>, watcher: &Watcher, night: bool) -> bool {
    let life = grounds.topology.cameras.get(watcher.camera.at()).and_then(|slot| slot.life);
    let stands = life.is_some_and(|l| l.is_installed() || (grounds.level == Level::Plan && l == Life::Planned));
    let lives = grounds.level != Level::Live || (grounds.standing)(watcher.camera) != Standing::Dead;
    stands && lives && watcher.verdict(night) == Verdict::Yes && !watcher.rests(night)
}
