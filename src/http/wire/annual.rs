//! What failures cost in a year: whose they are, and which entrances lose how much.

use cunkou_core::model::Period;
use cunkou_core::plan::{self, ComponentYear, HOURS_A_YEAR, Prior, Rates, Record, Share};
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::component::{Named, named};
use super::{lon_lat, stamp, village, words};

/// What a year rests on that nobody has measured: a closed list.
pub const ANNUAL_ASSUMPTIONS: [&str; 6] = [
    "failures_independent",
    "exponential_times",
    "priors_until_measured",
    "repairs_alike_by_kind",
    "same_period_all_year",
    "announced_work_counts",
];

/// What failures cost in a year, in the long run: expected hours in which entrances are lost.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Annual {
    /// Cameras and nodes that can help to lose an entrance, most hours first.
    pub items: Vec<AnnualItem>,
    /// Where the next page of items begins (`?cursor=`); null on the last.
    pub next: Option<String>,
    /// Entrances that enough cameras are installed for, most hours first; on the first page only.
    pub entrances: Vec<AnnualEntrance>,
    /// All together.
    pub totals: AnnualTotals,
    /// When entrances are judged, all year.
    #[schema(schema_with = words::period)]
    pub period: String,
    /// What was seen of the town.
    pub record: AnnualRecord,
    /// What is assumed before anything is measured, and how much it weighs.
    pub prior: AnnualPrior,
    /// What this rests on that nobody has measured.
    #[schema(schema_with = words::annual_assumptions)]
    pub assumptions: Vec<String>,
    /// As of when, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// At least and at most, with a probability of nine tenths.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Within {
    /// A twentieth lies below.
    pub least: f64,
    /// A twentieth lies above.
    pub most: f64,
}

/// A camera or node in a year.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnnualItem {
    /// Its place in the list, from 1.
    pub rank: usize,
    /// What it is: `camera`, or the kind of the node.
    #[schema(schema_with = words::component_kind)]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Entrance-hours a year that are lost and would not be if it never failed. Those of two that fail together are in
    /// both: they do not add up to the total.
    pub hours_per_year: f64,
    /// The same if only its own share of the time down lies at either end of its interval, and all others where they are
    /// believed to be.
    pub ci90: Within,
    /// Birnbaum importance, added up: entrances that are lost more, on average, while it is down than while it works.
    pub birnbaum_sum: f64,
    /// Entrances that it can help to lose.
    pub entrances: u32,
    /// The share of the time in which it is down by itself, 0 to 1: MTTR / (MTBF + MTTR).
    pub down_share: f64,
    /// Mean time between failures of its own, hours up.
    pub mtbf_h: f64,
    /// Its interval; 10 000 000 stands for that and more.
    pub mtbf_ci90: Within,
    /// Mean time to repair, hours, of all things of its kind.
    pub mttr_h: f64,
    /// Its interval.
    pub mttr_ci90: Within,
    /// Failures of its own that were seen; what a node above it took is not among them.
    pub failures: u32,
    /// Hours in which it was seen to work. Time in which nothing was known is not among them.
    pub watched_h: f64,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

/// An entrance in a year.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnnualEntrance {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of its village or community.
    pub village: Option<String>,
    /// Hours a year in which it is lost; null where only bounds are known, because too many ways part and meet above its
    /// cameras.
    pub hours_per_year: Option<f64>,
    /// At least so many.
    pub at_least: f64,
    /// At most so many.
    pub at_most: f64,
}

/// A town in a year.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnnualTotals {
    /// Entrances that enough cameras are installed for.
    pub entrances: usize,
    /// Of these, those of which only bounds are known.
    pub bounded: usize,
    /// Entrances that too few cameras are installed for: gaps of the plan, which are in no figure here.
    pub unwatched: usize,
    /// Hours a year in which an entrance is lost, added up over entrances; without those of which only bounds are known.
    pub entrance_hours_per_year: f64,
    /// At least so many, over all.
    pub at_least: f64,
    /// At most so many, over all.
    pub at_most: f64,
}

/// What was seen of a town.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnnualRecord {
    /// From this moment, RFC 3339 in UTC: two years back, or when the first thing was seen.
    #[schema(format = DateTime)]
    pub from: String,
    /// Up to this one.
    #[schema(format = DateTime)]
    pub to: String,
    /// Incidents in which something was down, and that are over.
    pub closed: u32,
    /// Those that are not: their hours so far count, and no repair.
    pub open: u32,
    /// Failures of cameras in them.
    pub camera_failures: u32,
    /// Of these, those that a node or something else in common took.
    pub in_common: u32,
    /// Their share, 0 to 1: the more, the less failures are independent; null where nothing failed.
    pub common_cause_share: Option<f64>,
}

/// What is assumed before anything is measured.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnnualPrior {
    /// Failures of a component a year; those of its model (of a node: kind) move this.
    pub failures_per_year: f64,
    /// Years of watching that this weighs as much as.
    pub weight_years: f64,
    /// Hours that a repair takes.
    pub repair_h: f64,
    /// Repairs that this weighs as much as.
    pub weight_repairs: f64,
}

impl Annual {
    /// A year of a town of which so much was seen.
    #[must_use]
    pub fn of(snapshot: &Snapshot, period: Period, record: &Record) -> Annual {
        let prior = Prior::default();
        let rates = Rates::of(&snapshot.registry, &snapshot.topology, record, &prior);
        let year = snapshot.annual(period, &rates);
        let items = year.components.iter().enumerate();
        Annual {
            items: items.filter_map(|(i, found)| AnnualItem::of(snapshot, &rates, i + 1, found)).collect(),
            next: None,
            entrances: entrances(snapshot, &year),
            totals: AnnualTotals::of(&year),
            period: period.word().to_owned(),
            record: AnnualRecord::of(record, &rates),
            prior: AnnualPrior {
                failures_per_year: prior.failures_a_year,
                weight_years: prior.years,
                repair_h: prior.repair_h,
                weight_repairs: prior.repairs,
            },
            assumptions: ANNUAL_ASSUMPTIONS.map(str::to_owned).to_vec(),
            as_of: stamp(record.to),
        }
    }
}

impl Within {
    fn of(interval: plan::Interval) -> Within {
        Within { least: six(interval.least), most: six(interval.most) }
    }
}

impl AnnualItem {
    fn of(snapshot: &Snapshot, rates: &Rates, rank: usize, found: &ComponentYear) -> Option<AnnualItem> {
        let Named { kind, id, name, at, .. } = named(snapshot, found.component)?;
        let estimate = rates.get(found.component)?;
        let (lon, lat) = lon_lat(at);
        // What an importance is does not hang on how often the component itself is down.
        let hours = |share: f64| six(HOURS_A_YEAR * share * found.birnbaum);
        Some(AnnualItem {
            rank,
            kind,
            id,
            name,
            hours_per_year: six(found.hours),
            ci90: Within { least: hours(estimate.down_within.least), most: hours(estimate.down_within.most) },
            birnbaum_sum: six(found.birnbaum),
            entrances: found.entrances,
            down_share: six(estimate.down),
            mtbf_h: six(estimate.mtbf_h),
            mtbf_ci90: Within::of(estimate.mtbf),
            mttr_h: six(estimate.mttr_h),
            mttr_ci90: Within::of(estimate.mttr),
            failures: estimate.failures,
            watched_h: six(estimate.watched_h),
            lon,
            lat,
        })
    }
}

/// Most hours first, then by id.
fn entrances(snapshot: &Snapshot, year: &plan::Annual) -> Vec<AnnualEntrance> {
    let entrance = |(ix, share): &(cunkou_core::model::EntranceIx, Share)| {
        let slot = snapshot.topology.entrances.get(ix.at())?;
        let object = snapshot.registry.entrances.get(&slot.id)?;
        let (least, most) = share.bounds();
        let exact = matches!(share, Share::Exact(_));
        Some(AnnualEntrance {
            id: slot.id.to_string(),
            name: object.name.to_string(),
            village: village(&snapshot.registry, &object.area).0,
            hours_per_year: exact.then(|| six(least * HOURS_A_YEAR)),
            at_least: six(least * HOURS_A_YEAR),
            at_most: six(most * HOURS_A_YEAR),
        })
    };
    let mut all: Vec<AnnualEntrance> = year.entrances.iter().filter_map(entrance).collect();
    all.sort_by(|a, b| b.at_most.total_cmp(&a.at_most).then_with(|| a.id.cmp(&b.id)));
    all
}

impl AnnualTotals {
    fn of(year: &plan::Annual) -> AnnualTotals {
        let hours = |of: &dyn Fn(Share) -> f64| six(year.entrances.iter().map(|(_, s)| of(*s) * HOURS_A_YEAR).sum());
        let exact = |share: Share| match share {
            Share::Exact(share) => share,
            Share::Between(..) => 0.0,
        };
        AnnualTotals {
            entrances: year.entrances.len(),
            bounded: year.entrances.iter().filter(|(_, share)| matches!(share, Share::Between(..))).count(),
            unwatched: year.unwatched.len(),
            entrance_hours_per_year: hours(&exact),
            at_least: hours(&|share| share.bounds().0),
            at_most: hours(&|share| share.bounds().1),
        }
    }
}

impl AnnualRecord {
    fn of(record: &Record, rates: &Rates) -> AnnualRecord {
        let ((common, all), (closed, open)) = (rates.in_common, rates.tickets);
        AnnualRecord {
            from: stamp(record.from),
            to: stamp(record.to),
            closed,
            open,
            camera_failures: all,
            in_common: common,
            common_cause_share: (all > 0).then(|| six(f64::from(common) / f64::from(all))),
        }
    }
}

/// Six significant digits.
fn six(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    // What is written with so many digits reads as the nearest double.
    format!("{x:.5e}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::six;

    #[test]
    fn six_digits_are_kept() {
        assert_eq!([0.0, 1_234_567.0, 0.001_234_564_9, 24.0].map(six), [0.0, 1_234_570.0, 0.001_234_56, 24.0]);
    }
}
