//! How often each component fails and how long that lasts, as measured: time between failures (MTBF) and to repair (MTTR).
//!
//! Times up and down are taken as exponential, and what was assumed before anything was measured as if it had been seen
//! too (Gamma-Poisson). What was seen is as much as a monitor saw: time in which nothing was known counts for nothing.

use std::collections::BTreeMap;

use super::super::Component;
use super::HOURS_A_YEAR;
use super::quantile::{beta_odds, gamma};
use crate::health::Cause;
use crate::model::{CameraId, NodeId, Span, Time};
use crate::registry::{NodeKind, Registry, Topology};

/// The ends of an interval that holds nine tenths: a twentieth lies below and above.
const ENDS: (f64, f64) = (0.05, 0.95);
/// Longer times between failures are not told, hours: 1 142 years.
const MOST_HOURS: f64 = 1e7;

/// What is assumed before anything is measured, and how much it weighs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Prior {
    /// Failures of a component a year.
    pub failures_a_year: f64,
    /// Years of watching that this weighs as much as. What all others of the same model (of a node: kind) did moves the
    /// rate of a component before its own failures do, and weighs as much.
    pub years: f64,
    /// Hours that a repair takes.
    pub repair_h: f64,
    /// Repairs that this weighs as much as.
    pub repairs: f64,
}

impl Default for Prior {
    /// One failure in two years, as in a year that was watched (coverage.md §5.2 \[A\]); a repair within a day, as one
    /// repair that was seen \[A\]. To be set with the town.
    fn default() -> Prior {
        Prior { failures_a_year: 0.5, years: 1.0, repair_h: 24.0, repairs: 1.0 }
    }
}

/// An incident as a ticket of repair.
#[derive(Clone, PartialEq, Debug)]
pub struct Ticket {
    /// What failed.
    pub cause: Cause,
    /// Since when.
    pub since: Time,
    /// When it was over; `None`: it is not.
    pub ended: Option<Time>,
    /// Cameras that were down by it.
    pub cameras: u32,
}

/// What was seen of a town in a stretch of time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Record {
    /// From this moment, or when the first camera was seen after it.
    pub from: Time,
    /// Up to this one.
    pub to: Time,
    /// For how long each camera was seen to work.
    pub cameras: BTreeMap<CameraId, Span>,
    /// For how long each node was, by its own checks.
    pub nodes: BTreeMap<NodeId, Span>,
    /// Incidents that opened, of things that were down.
    pub tickets: Vec<Ticket>,
}

/// At least and at most, with a probability of nine tenths.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// At least.
    pub least: f64,
    /// At most.
    pub most: f64,
}

/// What is believed of one component.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// Failures of its own that were seen.
    pub failures: u32,
    /// Hours in which it was seen to work.
    pub watched_h: f64,
    /// Mean time between failures, hours up.
    pub mtbf_h: f64,
    /// Its interval; its end is 10 000 000 where it would be above.
    pub mtbf: Interval,
    /// Mean time to repair, hours, of all things of its kind.
    pub mttr_h: f64,
    /// Its interval.
    pub mttr: Interval,
    /// The share of the time in which it is down by itself: MTTR / (MTBF + MTTR).
    pub down: f64,
    /// Its interval, from those of both rates together.
    pub down_within: Interval,
}

/// What is believed of every component.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rates {
    cameras: Vec<Estimate>,
    nodes: Vec<Estimate>,
    /// Camera failures that others shared, and all.
    pub in_common: (u32, u32),
    /// Tickets of cameras and nodes: closed ones, and those that are open.
    pub tickets: (u32, u32),
}

/// Which components share a rate: cameras of a model, nodes of a kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Like {
    Camera(Option<std::sync::Arc<str>>),
    Node(Option<NodeKind>),
}

/// Failures and hours up, or repairs and hours down.
#[derive(Clone, Copy, Default)]
struct Seen {
    times: f64,
    hours: f64,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.times += other.times;
        self.hours += other.hours;
    }
}

impl Rates {
    /// What is believed after a record.
    #[must_use]
    pub fn of(registry: &Registry, topology: &Topology, record: &Record, prior: &Prior) -> Rates {
        let up = seen_up(topology, record);
        let like = |c: Component| match c {
            Component::Camera(ix) => {
                let camera = topology.cameras.get(ix.at()).and_then(|slot| registry.cameras.get(&slot.id));
                Like::Camera(camera.and_then(|c| c.model.clone()))
            }
            Component::Node(ix) => Like::Node(topology.nodes.get(ix.at()).and_then(|slot| slot.kind)),
        };
        let mut all_up: BTreeMap<Like, Seen> = BTreeMap::new();
        up.iter().for_each(|(c, seen)| all_up.entry(like(*c)).or_default().add(*seen));
        let repairs = seen_down(topology, record);
        let estimate = |c: Component| {
            let own = up.get(&c).copied().unwrap_or_default();
            let all = all_up.get(&like(c)).copied().unwrap_or_default();
            let mttr = repairs.get(&kind(topology, c)).copied().unwrap_or_default();
            Estimate::of(own, all, mttr, prior)
        };
        let common = |t: &&Ticket| !matches!(t.cause, Cause::Camera(_));
        let cameras = |t: &Ticket| t.cameras;
        let closed = record.tickets.iter().filter(|t| t.ended.is_some()).count();
        let open = record.tickets.len() - closed;
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Rates {
            cameras: (0..topology.cameras.len()).map(|i| estimate(Component::Camera(i.into()))).collect(),
            nodes: (0..topology.nodes.len()).map(|i| estimate(Component::Node(i.into()))).collect(),
            in_common: (
                record.tickets.iter().filter(common).map(cameras).sum(),
                record.tickets.iter().map(cameras).sum(),
            ),
            tickets: (small(closed), small(open)),
        }
    }

    /// What is believed of one; `None` where there is none in this slot.
    #[must_use]
    pub fn get(&self, component: Component) -> Option<&Estimate> {
        match component {
            Component::Camera(ix) => self.cameras.get(ix.at()),
            Component::Node(ix) => self.nodes.get(ix.at()),
        }
    }

    /// The share of the time in which one is down by itself; 0 where there is none in this slot.
    #[must_use]
    pub fn down(&self, component: Component) -> f64 {
        self.get(component).map_or(0.0, |e| e.down)
    }
}

/// Failures of its own and hours up of each component. A node that nobody asks is seen to work for as long at least as the
/// camera that was seen longest of those that cannot do without it.
fn seen_up(topology: &Topology, record: &Record) -> BTreeMap<Component, Seen> {
    let mut up: BTreeMap<Component, Seen> = BTreeMap::new();
    for (i, slot) in topology.nodes.iter().enumerate() {
        let hours = record.nodes.get(&slot.id).copied().map_or(0.0, hours);
        up.insert(Component::Node(i.into()), Seen { times: 0.0, hours });
    }
    for (i, slot) in topology.cameras.iter().enumerate() {
        let hours = record.cameras.get(&slot.id).copied().map_or(0.0, hours);
        up.insert(Component::Camera(i.into()), Seen { times: 0.0, hours });
        for node in &slot.required {
            let seen = up.entry(Component::Node(*node)).or_default();
            seen.hours = seen.hours.max(hours);
        }
    }
    for ticket in &record.tickets {
        if let Some(seen) = component(topology, &ticket.cause).and_then(|c| up.get_mut(&c)) {
            seen.times += 1.0;
        }
    }
    up
}

/// Repairs and hours down by kind; `None` is a camera. A ticket that is open adds its hours, and no repair yet: those that
/// nobody mends would not count otherwise.
fn seen_down(topology: &Topology, record: &Record) -> BTreeMap<Option<NodeKind>, Seen> {
    let mut down: BTreeMap<Option<NodeKind>, Seen> = BTreeMap::new();
    for ticket in &record.tickets {
        let Some(component) = component(topology, &ticket.cause) else { continue };
        let hours = hours(ticket.ended.unwrap_or(record.to).since(ticket.since));
        let times = f64::from(u8::from(ticket.ended.is_some()));
        down.entry(kind(topology, component)).or_default().add(Seen { times, hours });
    }
    down
}

/// What a cause says has failed as a whole; what failed in part or in common is nobody's own failure.
fn component(topology: &Topology, cause: &Cause) -> Option<Component> {
    match cause {
        Cause::Camera(id) => topology.camera(id.as_str()).map(Component::Camera),
        Cause::Node(id) => topology.node(id.as_str()).map(Component::Node),
        Cause::Partial(_) | Cause::Common(_) | Cause::Monitor(_) => None,
    }
}

fn kind(topology: &Topology, component: Component) -> Option<NodeKind> {
    match component {
        Component::Camera(_) => None,
        Component::Node(ix) => topology.nodes.get(ix.at()).and_then(|slot| slot.kind),
    }
}

fn hours(span: Span) -> f64 {
    span.seconds_f64().max(0.0) / 3_600.0
}

impl Estimate {
    /// From what was seen of it, of all that are like it (itself among them), and of the repairs of its kind.
    fn of(own: Seen, all: Seen, repairs: Seen, prior: &Prior) -> Estimate {
        let weight_h = prior.years * HOURS_A_YEAR;
        let assumed = Seen { times: prior.failures_a_year * prior.years, hours: weight_h };
        // Its own are left out of what others did, or they would count twice.
        let others = Seen { times: (all.times - own.times).max(0.0), hours: (all.hours - own.hours).max(0.0) };
        let rate = (assumed.times + others.times) / (assumed.hours + others.hours);
        let fails = Seen { times: rate * weight_h + own.times, hours: weight_h + own.hours };
        let mends =
            Seen { times: prior.repairs + repairs.times, hours: prior.repairs * prior.repair_h + repairs.hours };
        let (mtbf_h, mttr_h) = (fails.hours / fails.times, mends.hours / mends.times);
        // λ/μ is the odds of a Beta variable, stretched: both are Gamma variables.
        let down_at = |p: f64| {
            let ratio = beta_odds(fails.times, mends.times, p) * mends.hours / fails.hours;
            ratio / (1.0 + ratio)
        };
        Estimate {
            // Counted up from whole failures, so nothing is cut off.
            failures: own.times as u32,
            watched_h: own.hours,
            mtbf_h,
            mtbf: time_within(fails),
            mttr_h,
            mttr: time_within(mends),
            down: mttr_h / (mtbf_h + mttr_h),
            down_within: Interval { least: down_at(ENDS.0), most: down_at(ENDS.1) },
        }
    }
}

/// The interval of a mean time, of which so much was seen.
fn time_within(seen: Seen) -> Interval {
    let time = |p: f64| (seen.hours / gamma(seen.times, p)).min(MOST_HOURS);
    Interval { least: time(ENDS.1), most: time(ENDS.0) }
}
