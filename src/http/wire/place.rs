//! Which cameras to buy or to mend next.

mod question;

use std::time::{Duration, Instant};

use cunkou_core::coverage::Level;
use cunkou_core::plan::{self, Choice, Limit, Pick, Placing, Solved, Unplaced};
use cunkou_core::world::{Snapshot, Terms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use question::{MAX_COUNT, NoPlacing, PlaceBody, PlaceModel, PlaceQuestion};

use super::component::{Named, entrance_ids, named};
use super::{stamp, words};
use crate::solver;

/// Steps of the search for a bound: enough for three figures of it, and a tenth of a second for a town.
const STEPS: u32 = 2_000;

/// What a placement rests on that nobody has measured: a closed list.
pub const PLACE_ASSUMPTIONS: [&str; 6] = [
    "flat_ground_nothing_in_the_way",
    "poles_and_gates_as_sites",
    "cost_classes",
    "each_pays_for_its_pole",
    "unknown_cameras_count",
    "one_repair_at_a_time",
];

/// The words of how good a placement is known to be.
pub const PLACE_STATUS: [&str; 3] = ["optimal", "bounded", "stopped"];

/// Which cameras to buy or to mend next, and how good that is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Placement {
    /// What to do, in the order of what each gains for its price.
    pub items: Vec<PlaceStep>,
    /// How many were asked for; null where a budget was.
    pub count: Option<u32>,
    /// For how much; null where a number was asked for.
    pub budget: Option<f64>,
    /// What all of it costs, in the unit of the costs.
    pub cost: f64,
    /// What all of it is worth: watchers that entrances lacked, by day and by night, each by its weight.
    pub value: u64,
    /// No choice is worth more than this.
    pub upper_bound: u64,
    /// Of the bound the share that is missing, 0 to 1.
    pub gap: f64,
    /// `optimal`: no choice is worth more; `bounded`: none is worth more than the bound; `stopped`: so, and the search was
    /// cut short.
    #[schema(schema_with = words::place_status)]
    pub status: String,
    /// How the bound is known: that nothing more is worth anything, by what each candidate would still gain, by the dual of
    /// the linear relaxation, or by an integer program, whose solver is believed.
    #[schema(schema_with = words::proof)]
    pub proof: String,
    /// What taking the best one each time is worth; for a budget the best single one, where that is more.
    pub greedy_value: u64,
    /// Cameras that might be bought and repairs that might be made.
    pub candidates: usize,
    /// Places where a camera might stand.
    pub sites: usize,
    /// Entrances that lack cameras, before and after.
    pub lacking: PlaceLacking,
    /// Which cameras count already.
    #[schema(schema_with = words::level)]
    pub level: String,
    /// How many cameras an entrance is to have.
    #[schema(schema_with = words::place_depth)]
    pub depth: String,
    /// Whether entrances count by their priority: five times for 1, once for 5.
    pub by_priority: bool,
    /// The camera that is bought.
    pub model: PlaceModel,
    /// What a repair costs.
    pub repair_cost: f64,
    /// What this rests on that nobody has measured.
    #[schema(schema_with = words::place_assumptions)]
    pub assumptions: Vec<String>,
    /// When this was so, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// Entrances with fewer cameras than they are to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PlaceLacking {
    /// By day, as it is.
    pub day_before: usize,
    /// By day, when all is done.
    pub day_after: usize,
    /// By night, as it is.
    pub night_before: usize,
    /// By night, when all is done.
    pub night_after: usize,
}

/// One thing to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlaceStep {
    /// Its place in the order, from 1.
    pub rank: usize,
    /// Whether something is bought or mended.
    #[schema(schema_with = words::step_kind)]
    pub kind: String,
    /// Id of the site, pole, camera or entrance where the camera is to stand; of a repair that of what is mended.
    pub id: String,
    /// What that is: `site`, `node` (a pole), `camera` (its pole) or `entrance` (a new pole 20 m inside it); of a repair
    /// `camera` or `node`.
    #[schema(schema_with = words::place_at)]
    pub at: String,
    /// What stands at the site; null of a repair.
    #[schema(schema_with = words::site_kind_or_null)]
    pub site_kind: Option<String>,
    /// Where the camera is to look, degrees clockwise from true north; null of a repair.
    pub azimuth: Option<f64>,
    /// What it costs.
    pub cost: f64,
    /// What it is worth beside those before it.
    pub gain: u64,
    /// Entrances that get by day a watcher that they lack.
    pub gain_day: usize,
    /// The same by night.
    pub gain_night: usize,
    /// Ids of these entrances.
    pub entrances: Vec<String>,
    /// Longitude, WGS 84, degrees; null where nothing says where it is.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

impl Placement {
    /// What is best, as far as it is found while `keep_going` says so and within the time that was asked for.
    ///
    /// # Errors
    /// When the question is none.
    pub fn of(
        snapshot: &Snapshot,
        terms: &Terms,
        body: &PlaceBody,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<Placement, NoPlacing> {
        let question = body.read()?;
        let until = Instant::now() + question.time;
        let mut in_time = || keep_going() && Instant::now() < until;
        let placing = snapshot.placing(terms, question.level, &question.wishes, &mut in_time).map_err(unplaced)?;
        let solved = solve(&placing, until, keep_going);
        let steps = placing.steps(&solved.picks);
        let items = steps.iter().zip(1..).filter_map(|(step, rank)| PlaceStep::of(snapshot, &placing, rank, step));
        let gap = (solved.bound - solved.value) as f64 / (solved.bound.max(1)) as f64;
        let chosen: Vec<usize> = solved.picks.iter().map(|p| p.candidate).collect();
        Ok(Placement {
            items: items.collect(),
            count: count(question.wishes.limit),
            budget: budget(question.wishes.limit),
            cost: figure(placing.cover.cost(&chosen)),
            value: solved.value,
            upper_bound: solved.bound,
            gap: (gap * 1e6).ceil() / 1e6,
            status: status(&solved).to_owned(),
            proof: solved.proof.word().to_owned(),
            greedy_value: solved.greedy,
            candidates: placing.choices.len(),
            sites: placing.spots.len(),
            lacking: PlaceLacking::of(&placing, &solved.picks),
            level: question.level.word().to_owned(),
            depth: if question.wishes.to_target { "target" } else { "required" }.to_owned(),
            by_priority: question.wishes.by_priority,
            model: PlaceModel::of(&question.wishes.model),
            repair_cost: question.wishes.costs.repair,
            assumptions: assumptions(snapshot, question.level),
            as_of: stamp(snapshot.at),
        })
    }
}

fn unplaced(why: Unplaced) -> NoPlacing {
    match why {
        Unplaced::Stopped => {
            NoPlacing { part: "time_limit_s", allowed: "longer: it was over before all candidates were known" }
        }
        Unplaced::TooMuch => NoPlacing { part: "range_m", allowed: "less: so far, all sites see too many entrances" },
    }
}

/// The core first; what it leaves open is given to the solver for the rest of the time.
fn solve(placing: &Placing, until: Instant, keep_going: &dyn Fn() -> bool) -> Solved {
    let mut solved = placing.cover.solve(STEPS, &mut || keep_going() && Instant::now() < until);
    let left = until.saturating_duration_since(Instant::now());
    if !keep_going() || left < Duration::from_millis(1) {
        solved.stopped |= !solved.is_best();
        return solved;
    }
    solver::close(&placing.cover, &mut solved, left);
    solved.stopped |= !solved.is_best() && until <= Instant::now();
    solved
}

const fn status(solved: &Solved) -> &'static str {
    match (solved.is_best(), solved.stopped) {
        (true, _) => PLACE_STATUS[0],
        (false, false) => PLACE_STATUS[1],
        (false, true) => PLACE_STATUS[2],
    }
}

fn count(limit: Limit) -> Option<u32> {
    match limit {
        Limit::Count(most) => u32::try_from(most).ok(),
        Limit::Budget(_) => None,
    }
}

const fn budget(limit: Limit) -> Option<f64> {
    match limit {
        Limit::Count(_) => None,
        Limit::Budget(budget) => Some(budget),
    }
}

/// Sums of costs, without the dust of their rounding.
fn figure(cost: f64) -> f64 {
    (cost * 1e6).round() / 1e6
}

fn assumptions(snapshot: &Snapshot, level: Level) -> Vec<String> {
    let sites = &snapshot.registry.sites;
    let holds = |assumption: &&&str| match **assumption {
        "poles_and_gates_as_sites" => sites.is_empty(),
        "cost_classes" => sites.is_empty() || sites.values().any(|s| s.cost.is_none()),
        "unknown_cameras_count" | "one_repair_at_a_time" => level == Level::Live,
        _ => true,
    };
    PLACE_ASSUMPTIONS.iter().filter(holds).map(|a| (*a).to_owned()).collect()
}

impl PlaceLacking {
    fn of(placing: &Placing, picks: &[Pick]) -> PlaceLacking {
        let ((day_before, night_before), (day_after, night_after)) = (placing.lacking(&[]), placing.lacking(picks));
        PlaceLacking { day_before, day_after, night_before, night_after }
    }
}

impl PlaceStep {
    fn of(snapshot: &Snapshot, placing: &Placing, rank: usize, step: &plan::Step) -> Option<PlaceStep> {
        let mut both = [step.day.as_slice(), step.night.as_slice()].concat();
        both.sort_unstable();
        both.dedup();
        let (kind, id, at, site_kind, azimuth, place) = match step.choice {
            Choice::Buy { spot, azimuth } => {
                let spot = placing.spots.get(spot)?;
                let kind = Some(spot.kind.word().to_owned());
                ("new", spot.beside.id().to_owned(), spot.beside.word(), kind, Some(azimuth), Some(spot.at))
            }
            Choice::Mend(component) => {
                let Named { id, at, .. } = named(snapshot, component)?;
                let what = if matches!(component, plan::Component::Camera(_)) { "camera" } else { "node" };
                ("repair", id, what, None, None, at)
            }
        };
        let (lon, lat) = super::lon_lat(place);
        Some(PlaceStep {
            rank,
            kind: kind.to_owned(),
            id,
            at: at.to_owned(),
            site_kind,
            azimuth,
            cost: step.cost,
            gain: step.gain,
            gain_day: step.day.len(),
            gain_night: step.night.len(),
            entrances: entrance_ids(snapshot, &both),
            lon,
            lat,
        })
    }
}
