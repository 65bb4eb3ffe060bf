//! What is said of each area: verdict, how strong the seal is, and for a leak a way in and what would close it.

use std::collections::{BTreeMap, BTreeSet};

use geo::Coord;

use super::leak::{Leak, Scratch, Step, Target};
use super::net::Kind;
use super::{AreaKey, Cordon};
use crate::coverage::{Bound, GREY, Guards, Scope, SealStates, Sealed, Why, holds_other};
use crate::model::{CameraIx, EntranceIx};

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Of which scopes.
    pub scopes: &'a [Scope],
    /// Only of this area or element.
    pub area: Option<&'a str>,
    /// The cameras, as they stand.
    pub guards: &'a Guards,
    /// The installed cameras that should watch an entrance and are dead.
    pub dead: &'a dyn Fn(EntranceIx) -> Vec<CameraIx>,
    /// Whether any camera, dead or not, surely watches an entrance.
    pub watched: &'a dyn Fn(EntranceIx) -> bool,
}

/// What is said of an area.
#[derive(Clone, PartialEq, Debug)]
pub struct Seal {
    /// From where it is to be shut off.
    pub scope: Scope,
    /// Which area.
    pub area: AreaKey,
    /// Whether it is.
    pub verdict: Sealed,
    /// Why that is unknown, where it is so whatever the cameras do.
    pub why: Option<Why>,
    /// Fewest failures of cameras that open a way in, at worst and at best; `None`: no failure does.
    pub thickness: (Option<u32>, Option<u32>),
    /// Fewest sites that close every way in, at best and at worst; `None`: no camera does.
    pub width: (Option<u32>, Option<u32>),
    /// Such sites, at worst.
    pub sites: Vec<Site>,
    /// The shortest way in: of a leak one that is surely open, else one that may be.
    pub route: Option<Route>,
    /// What is reached unseen, or may be.
    pub leaked: Leaked,
    /// Road that lies between the border and the core and is judged by nobody, metres; of a town only.
    pub grey_m: Option<f64>,
}

/// Where a camera would close ways in.
#[derive(Clone, PartialEq, Debug)]
pub struct Site {
    /// The entrance, where it is one whose cameras are dead, or none is there.
    pub entrance: Option<EntranceIx>,
    /// The chain, by number, and how far along it, metres.
    pub chain: u32,
    /// Metres from the beginning of the chain.
    pub at_m: f64,
    /// The place, WGS 84, degrees.
    pub place: Coord<f64>,
}

/// A way in.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Route {
    /// How long it is, metres.
    pub length_m: f64,
    /// The roads, by number, from outside in.
    pub roads: Vec<u32>,
    /// Where it runs.
    pub line: Vec<Coord<f64>>,
    /// The entrances on it, in order.
    pub entrances: Vec<EntranceIx>,
    /// Of these, those that no camera was ever meant to watch.
    pub unwatched: Vec<EntranceIx>,
    /// Dead cameras that should watch them.
    pub dead: Vec<CameraIx>,
    /// Suspect gaps on it.
    pub gaps: u32,
}

/// What is reached.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Leaked {
    /// Ids of the hamlets, in their order.
    pub hamlets: Vec<AreaKey>,
    /// Metres of its road.
    pub road_m: f64,
}

impl Cordon {
    /// Judges the areas that are asked for: by scope, then in the order of ids.
    #[must_use]
    pub fn seals(&self, question: &Question<'_>) -> Vec<Seal> {
        let states = self.zones.judge(question.guards);
        let mut scratch = Scratch::of(self);
        let mut seals = Vec::new();
        for (family, outline) in self.layout.outlines.iter().enumerate() {
            let wanted = |key: &AreaKey| question.area.is_none_or(|id| *key.id == *id);
            if !question.scopes.contains(&outline.scope) || !outline.areas.iter().any(wanted) {
                continue;
            }
            let ground = Ground::of(self, family);
            let view = View::of(&ground, question, &states);
            for (area, key) in (0_u32..).zip(&outline.areas).filter(|(_, key)| wanted(key)) {
                seals.push(view.seal(area, key, &mut scratch));
            }
        }
        seals.sort_by(|a, b| (a.scope, &a.area.id).cmp(&(b.scope, &b.area.id)));
        seals
    }

    /// By node of the net: the label of a family.
    fn labels(&self, family: usize) -> Vec<u32> {
        let outlines = &self.layout.outlines;
        let mut labels = vec![GREY; self.net.zone.len()];
        let before: usize = outlines[..family].iter().map(|o| o.marked.len()).sum();
        let first_mark = self.net.first_mark as usize + before;
        labels[..outlines[family].labels.len()].copy_from_slice(&outlines[family].labels);
        for (i, (area, _)) in outlines[family].marked.iter().enumerate() {
            labels[first_mark + i] = *area;
        }
        labels
    }

    /// By area of a family: the nodes of its core.
    fn cores(&self, family: usize) -> Vec<Vec<u32>> {
        let outlines = &self.layout.outlines;
        let before: usize = outlines[..family].iter().map(|o| o.marked.len()).sum();
        outlines[family].cores(self.net.first_mark + u32::try_from(before).unwrap_or(0), &self.net.zone)
    }
}

/// One family on the roads: what no camera changes.
pub(super) struct Ground<'c> {
    cordon: &'c Cordon,
    family: usize,
    labels: Vec<u32>,
    cores: Vec<Vec<u32>>,
    grey_m: Option<f64>,
}

impl<'c> Ground<'c> {
    pub(super) fn of(cordon: &'c Cordon, family: usize) -> Ground<'c> {
        let (labels, cores) = (cordon.labels(family), cordon.cores(family));
        let grey_m = (cordon.layout.outlines[family].scope == Scope::Town).then(|| cordon.grey_m(&labels));
        Ground { cordon, family, labels, cores, grey_m }
    }
}

/// One family as it stands.
pub(super) struct View<'q> {
    cordon: &'q Cordon,
    ground: &'q Ground<'q>,
    question: &'q Question<'q>,
    scope: Scope,
    verdicts: &'q [Sealed],
    /// By area, at worst and at best.
    pub(super) thickness: [Vec<Option<u32>>; 2],
    pub(super) leaked: Vec<Leaked>,
}

impl<'q> View<'q> {
    pub(super) fn of(ground: &'q Ground<'q>, question: &'q Question<'q>, states: &'q SealStates) -> View<'q> {
        let Ground { cordon, family, ref labels, .. } = *ground;
        let guards = question.guards;
        let scope = cordon.layout.outlines[family].scope;
        let thickness = [Bound::Worst, Bound::Best].map(|bound| cordon.zones.thickness(family, guards, bound));
        let leaked = cordon.leaked(family, labels, guards);
        let verdicts = states.areas[family].as_slice();
        View { cordon, ground, question, scope, verdicts, thickness, leaked }
    }

    pub(super) fn seal(&self, area: u32, key: &AreaKey, scratch: &mut Scratch) -> Seal {
        let at = area as usize;
        let verdict = self.verdicts[at];
        let why = self.cordon.zones.why(self.ground.family, at);
        let [worst, best] = [&self.thickness[0], &self.thickness[1]].map(|t| t[at]);
        let mut seal = Seal {
            scope: self.scope,
            area: key.clone(),
            verdict,
            why,
            thickness: (worst, best),
            width: (Some(0), Some(0)),
            sites: Vec::new(),
            route: None,
            leaked: self.leaked[at].clone(),
            grey_m: self.ground.grey_m,
        };
        if why.is_some() || verdict == Sealed::Sealed {
            return seal;
        }
        let target = Target { area, labels: &self.ground.labels, core: &self.ground.cores[at] };
        let mut leak = |bound| Leak::new(self.cordon, &target, self.question.guards, bound, scratch);
        let count = |cut: &Vec<u32>| u32::try_from(cut.len()).unwrap_or(u32::MAX);
        let at_worst = leak(Bound::Worst);
        // Mostly nothing is in doubt, and both are one.
        let at_best = (!at_worst.is_sure()).then(|| leak(Bound::Best));
        let widest = at_worst.cut();
        let least = at_best.as_ref().map_or_else(|| widest.clone(), Leak::cut);
        seal.width = (least.as_ref().map(count), widest.as_ref().map(count));
        seal.sites = widest.unwrap_or_default().into_iter().filter_map(|edge| self.site(edge)).collect();
        let of = if verdict == Sealed::Leaking { at_best.as_ref().unwrap_or(&at_worst) } else { &at_worst };
        let way = of.way();
        seal.route = way.map(|steps| self.cordon.route(self.question, &steps));
        seal
    }

    fn site(&self, edge: u32) -> Option<Site> {
        let (entrance, chain, at_m) = match self.cordon.net.edges[edge as usize].kind {
            Kind::Piece { chain, from_m, to_m } => (None, chain, (from_m + to_m) / 2.0),
            Kind::Gate(i) => {
                let gate = self.cordon.layout.gates.get(i as usize)?;
                (Some(gate.entrance), gate.at.chain, gate.at.at_m)
            }
            Kind::Gap(_) => return None,
        };
        let place = self.cordon.roads.chains.get(chain as usize)?.place(at_m);
        Some(Site { entrance, chain, at_m, place })
    }
}

impl Cordon {
    /// Of areas of a family, by number: the shortest way into each that is surely open; `None` where none is. What is
    /// asked for otherwise (scopes, area) does not count. Costs a look at all junctions, and a search of the roads from
    /// which each is reached unseen.
    #[must_use]
    pub fn ways_in(&self, family: usize, areas: &[u32], question: &Question<'_>) -> Vec<Option<Route>> {
        if family >= self.layout.outlines.len() {
            return vec![None; areas.len()];
        }
        let (labels, cores) = (self.labels(family), self.cores(family));
        let mut scratch = Scratch::of(self);
        let way = |area: &u32| {
            let target = Target { area: *area, labels: &labels, core: cores.get(*area as usize)? };
            let leak = Leak::new(self, &target, question.guards, Bound::Best, &mut scratch);
            leak.way().map(|steps| self.route(question, &steps))
        };
        areas.iter().map(way).collect()
    }

    fn route(&self, question: &Question<'_>, steps: &[Step]) -> Route {
        let mut route = Route::default();
        for step in steps {
            let edge = &self.net.edges[step.edge as usize];
            let (metres, mut line) = self.net.line(&self.roads, edge);
            route.length_m += metres;
            if !step.forward {
                line.reverse();
            }
            route.line.extend(line);
            match edge.kind {
                Kind::Piece { chain, from_m, to_m } => {
                    let chain = self.roads.chains.get(chain as usize);
                    let (from_m, to_m) = if step.forward { (from_m, to_m) } else { (to_m, from_m) };
                    route.roads.extend(chain.map(|c| c.roads_between(from_m, to_m)).unwrap_or_default());
                }
                Kind::Gap(_) => route.gaps += 1,
                Kind::Gate(i) => {
                    let gate = self.layout.gates.get(i as usize);
                    route.entrances.extend(gate.map(|g| g.entrance));
                }
            }
        }
        route.line.dedup();
        route.roads.dedup();
        route.entrances.dedup();
        let watched = |e: &EntranceIx| (question.watched)(*e);
        route.unwatched = route.entrances.iter().copied().filter(|e| !watched(e)).collect();
        for camera in route.entrances.iter().flat_map(|e| (question.dead)(*e)) {
            if !route.dead.contains(&camera) {
                route.dead.push(camera);
            }
        }
        route
    }
}

impl Cordon {
    /// By area of a family: what is reached from outside, at worst.
    fn leaked(&self, family: usize, labels: &[u32], guards: &Guards) -> Vec<Leaked> {
        let of = &self.zones.families[family];
        let components = self.zones.joined_by(guards, Bound::Worst);
        let of_component = self.zones.labels(of, &components);
        let reached = |zone: u32, area: u32| holds_other(of_component[components.of(zone) as usize], area);
        let mut leaked = vec![Leaked::default(); of.cores.len()];
        for (edge, metres) in self.net.pieces() {
            let zone = self.net.zone[edge.a as usize];
            let own = [edge.a, edge.b].map(|node| labels[node as usize]);
            let area = own.into_iter().find(|label| (*label as usize) < leaked.len());
            if let Some(area) = area.filter(|area| reached(zone, *area)) {
                leaked[area as usize].road_m += metres;
            }
        }
        let Some(local) = self.zones.families.iter().position(|f| f.scope == Scope::Local) else { return leaked };
        // What stands for a hamlet on the way of a road bears no label here; then it is of whatever area it is joined to.
        let mut joined: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for (area, cores) in (0_u32..).zip(&of.cores) {
            for core in cores {
                joined.entry(components.of(*core)).or_default().insert(area);
            }
        }
        let none = BTreeSet::new();
        for (key, core) in self.areas(local).iter().zip(self.cores(local)) {
            let mut of_areas: BTreeSet<u32> = BTreeSet::new();
            for node in core {
                let (label, zone) = (labels[node as usize], self.net.zone[node as usize]);
                let grey = if label == GREY { joined.get(&components.of(zone)).unwrap_or(&none) } else { &none };
                let labelled = Some(label).filter(|l| (*l as usize) < leaked.len());
                of_areas.extend(grey.iter().copied().chain(labelled).filter(|area| reached(zone, *area)));
            }
            of_areas.into_iter().for_each(|area| leaked[area as usize].hamlets.push(key.clone()));
        }
        leaked
    }

    /// Metres of road of which an end does not count.
    fn grey_m(&self, labels: &[u32]) -> f64 {
        let roads = self.roads.nodes.len();
        let grey = |node: u32| (node as usize) < roads && labels[node as usize] == GREY;
        let chains = self.roads.chains.iter().filter(|c| grey(c.a) || grey(c.b));
        // From 0, since the sum of nothing is -0.
        chains.map(super::super::roads::Chain::length_m).fold(0.0, |all, one| all + one)
    }
}
