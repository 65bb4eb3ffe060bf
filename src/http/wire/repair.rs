//! In which order one tech mends what is down.

use cunkou_core::model::{Period, Span};
use cunkou_core::plan::{self, Effort};
use cunkou_core::registry::LonLat;
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::component::{Named, entrance_ids, named};
use super::post::{NoPost, RepairPost, Start};
use super::{stamp, stamp_since, words};

/// What an order rests on that nobody has measured: a closed list.
pub const ASSUMPTIONS: [&str; 5] =
    ["one_tech", "straight_ways", "same_work_everywhere", "state_stays", "places_guessed"];

/// An order of repairs for one tech and one shift, and how good it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RepairOrder {
    /// The stops, in their order; those that are done within the shift.
    pub items: Vec<RepairStop>,
    /// Where the tour begins.
    pub from: RepairPost,
    /// When entrances are judged.
    #[schema(schema_with = words::period)]
    pub period: String,
    /// How long the shift is, minutes.
    pub shift_min: f64,
    /// How fast the tech travels, km/h.
    pub speed_kmh: f64,
    /// Metres of road for each metre as the crow flies.
    pub detour: f64,
    /// Entrances that are lost when the tech leaves.
    pub lost: usize,
    /// Ids of the entrances that are still lost at the end of the shift.
    pub remains: Vec<String>,
    /// Minutes of lost entrances, added up over the shift, by this order.
    pub entrance_minutes: f64,
    /// The same if nothing is mended.
    pub unmended_minutes: f64,
    /// No order has fewer entrance-minutes than this.
    pub bound: f64,
    /// Whether no order has fewer entrance-minutes than this one.
    pub exact: bool,
    /// Things that are down and whose repair would help to bring a lost entrance back.
    pub jobs: usize,
    /// Things that are down, and no entrance is lost for them.
    pub idle: usize,
    /// Ids of things that are down, and nothing says where they are: the tour leaves them out.
    pub unplaced: Vec<String>,
    /// What the order rests on that nobody has measured.
    #[schema(schema_with = words::assumptions)]
    pub assumptions: Vec<String>,
    /// When this was so, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// One stop of the tour.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RepairStop {
    /// Its place in the tour, from 1.
    pub seq: usize,
    /// What is mended: `camera`, or the kind of the node.
    #[schema(schema_with = words::component_kind)]
    pub job: String,
    /// Its id.
    pub component: String,
    /// Its name.
    pub name: String,
    /// Since when it is down; null where that is not known.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Whether work on it is announced already.
    pub maintenance: bool,
    /// Metres of road from the stop before.
    pub distance_m: f64,
    /// Minutes on the way from the stop before.
    pub travel_min: f64,
    /// Minutes on site.
    pub work_min: f64,
    /// Minutes from the start of the shift until it is mended.
    pub done_min: f64,
    /// Ids of the entrances that stop being lost with it; none where a later stop is needed too.
    pub restores: Vec<String>,
    /// Entrances that are still lost then.
    pub lost_after: usize,
    /// Minutes of lost entrances, added up over the way to it and the work.
    pub entrance_minutes: f64,
    /// Whether its place is a guess: of a camera its area, of a node the middle of its cameras.
    pub place_guessed: bool,
    /// Longitude, WGS 84, degrees.
    pub lon: f64,
    /// Latitude, WGS 84, degrees.
    pub lat: f64,
}

impl RepairOrder {
    /// The best order that is found for a tech who leaves a post now. `effort` must be checked.
    ///
    /// # Errors
    /// When there is no such post.
    pub fn of(snapshot: &Snapshot, period: Period, from: &Start, effort: &Effort) -> Result<RepairOrder, NoPost> {
        let post = RepairPost::find(&snapshot.registry, from)?;
        let order = snapshot.repair_order(period, LonLat { lon: post.lon, lat: post.lat }, effort);
        let items: Vec<RepairStop> =
            order.stops.iter().enumerate().filter_map(|(i, stop)| RepairStop::of(snapshot, i + 1, stop)).collect();
        let guessed = items.iter().any(|stop| stop.place_guessed);
        Ok(RepairOrder {
            from: post,
            period: period.word().to_owned(),
            shift_min: minutes(effort.shift),
            speed_kmh: effort.speed_kmh,
            detour: effort.detour,
            lost: order.lost,
            remains: entrance_ids(snapshot, &order.remains),
            entrance_minutes: minutes(order.entrance_time),
            unmended_minutes: minutes(order.unmended),
            bound: minutes(order.bound),
            exact: order.exact,
            jobs: order.jobs,
            idle: order.idle,
            unplaced: order.unplaced.iter().filter_map(|c| Some(named(snapshot, *c)?.id)).collect(),
            assumptions: ASSUMPTIONS
                .iter()
                .filter(|a| guessed || **a != "places_guessed")
                .map(|a| (*a).into())
                .collect(),
            as_of: stamp(snapshot.at),
            items,
        })
    }
}

impl RepairStop {
    fn of(snapshot: &Snapshot, seq: usize, stop: &plan::Stop) -> Option<RepairStop> {
        let Named { kind, id, name, maintenance, .. } = named(snapshot, stop.component)?;
        Some(RepairStop {
            seq,
            job: kind,
            component: id,
            name,
            since: stamp_since(stop.since),
            maintenance,
            distance_m: stop.metres.round(),
            travel_min: minutes(stop.travel),
            work_min: minutes(stop.work),
            done_min: minutes(stop.done),
            restores: entrance_ids(snapshot, &stop.restores),
            lost_after: stop.lost_after,
            entrance_minutes: minutes(stop.lost),
            place_guessed: stop.guessed,
            lon: stop.at.lon,
            lat: stop.at.lat,
        })
    }
}

/// Minutes to a tenth; what is not above another is not shown above it.
fn minutes(span: Span) -> f64 {
    (span.seconds_f64() / 6.0).round() / 10.0
}
