use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::sites::{Look, useful};
use super::super::{Beside, Candidate, Choice, Costs, Cover, Grounds, Limit, Model, Placing, Unplaced, Wishes};
use super::{Dice, choices, worth};
use crate::coverage::tests::{HERE, camera, entrance, place};
use crate::coverage::{Level, Policy, Standing, Watch, judge_entrance};
use crate::model::{CameraId, CameraIx, EntranceIx, NodeId, NodeIx, SiteId};
use crate::plan::Component;
use crate::registry::{
    Azimuth, Camera, Entrance, Gate, Intervals, Life, NightLight, Node, NodeKind, Registry, Site, SiteKind, Topology,
};

const WISHES: Wishes = Wishes {
    limit: Limit::Count(4),
    to_target: false,
    by_priority: false,
    model: Model { hfov: 84.0, width_px: 2_560, range_m: 55.0, night: NightLight::Ir, night_range_m: 35.0 },
    costs: Costs::CLASSES,
};

/// A town, what is broken in it, and what is dead for its own sake.
struct Town {
    registry: Registry,
    broken: BTreeSet<NodeIx>,
    dead: BTreeSet<CameraIx>,
}

fn site(id: &str, kind: SiteKind, at: crate::registry::LonLat, cost: Option<f64>) -> Site {
    Site { id: SiteId::new(id).unwrap(), kind, at: Some(at), cost, extra: Default::default() }
}

fn switch(id: &str, parents: &[&str], at: Option<crate::registry::LonLat>, kind: NodeKind) -> Node {
    let gate = Gate { of: parents.iter().map(|p| NodeId::new(p).unwrap()).collect(), ..Gate::default() };
    let power = Gate::default();
    Node {
        id: NodeId::new(id).unwrap(),
        kind,
        name: id.into(),
        address: None,
        at,
        parents: gate,
        power,
        extra: Default::default(),
    }
}

impl Town {
    fn of(cameras: Vec<Camera>, entrances: Vec<Entrance>, nodes: Vec<Node>, sites: Vec<Site>) -> Town {
        let registry = Registry {
            cameras: cameras.into_iter().map(|c| (c.id.clone(), c)).collect(),
            entrances: entrances.into_iter().map(|e| (e.id.clone(), e)).collect(),
            nodes: nodes.into_iter().map(|n| (n.id.clone(), n)).collect(),
            sites: sites.into_iter().map(|s| (s.id.clone(), s)).collect(),
            ..Registry::default()
        };
        Town { registry, broken: BTreeSet::new(), dead: BTreeSet::new() }
    }

    fn made(dice: &mut Dice) -> Town {
        let somewhere = |dice: &mut Dice| place(dice.below(201) as f64 - 100.0, dice.below(201) as f64 - 100.0);
        let nodes = vec![
            switch("n0", &[], None, NodeKind::Switch),
            switch("n1", &["n0"], Some(somewhere(dice)), NodeKind::Pole),
            switch("n2", &["n0"], None, NodeKind::Switch),
        ];
        let made = |i: usize, dice: &mut Dice| Camera {
            at: Some(somewhere(dice)),
            azimuth: Some(Azimuth { degrees: dice.below(360) as f64, error: 5.0 }),
            night: [NightLight::None, NightLight::Ir][dice.below(2)],
            status: [Life::Active, Life::Active, Life::Planned, Life::Maintenance][dice.below(4)],
            node: vec![NodeId::new(&format!("n{}", dice.below(3))).unwrap()],
            ..camera(&format!("C{i}"))
        };
        let gate = |i: usize, dice: &mut Dice| {
            let required = 1 + u32::from(dice.below(4) == 0);
            Entrance {
                required,
                target: required + dice.below(2) as u32,
                priority: 1 + dice.below(5) as u8,
                bearing: (dice.below(3) > 0).then(|| dice.below(360) as f64),
                ..entrance(&format!("E{i}"), somewhere(dice))
            }
        };
        let sites = |dice: &mut Dice| {
            (0..dice.below(4))
                .map(|i| site(&format!("S{i}"), SiteKind::Lamp, somewhere(dice), None))
                .collect::<Vec<_>>()
        };
        let (cameras, entrances) = (2 + dice.below(6), 1 + dice.below(8));
        let cameras = (0..cameras).map(|i| made(i, dice)).collect();
        let entrances = (0..entrances).map(|i| gate(i, dice)).collect();
        let mut town = Town::of(cameras, entrances, nodes, sites(dice));
        town.broken = (0..3).filter(|_| dice.below(4) == 0).map(NodeIx::from).collect();
        town.dead = (0..town.registry.cameras.len()).filter(|_| dice.below(4) == 0).map(CameraIx::from).collect();
        town
    }

    fn is_cut(&self, topology: &Topology, camera: CameraIx) -> bool {
        topology.cameras[camera.at()].above.iter().any(|n| self.broken.contains(n))
    }

    fn placing(&self, level: Level, wishes: &Wishes) -> Placing {
        self.try_placing(level, wishes, &mut || true).expect("a small town")
    }

    fn try_placing(
        &self,
        level: Level,
        wishes: &Wishes,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<Placing, Unplaced> {
        let topology = Topology::build(&self.registry, &Intervals::default(), None);
        let (watch, _) = Watch::build(&self.registry, &topology, &Policy::default());
        let standing = |c: CameraIx| self.standing(&topology, c);
        let blamed = |c: CameraIx| {
            let above = topology.cameras[c.at()].above.iter().copied();
            above.into_iter().find(|n| !self.dead.contains(&c) && self.broken.contains(n))
        };
        let grounds = Grounds {
            registry: &self.registry,
            topology: &topology,
            watch: &watch,
            density: &Policy::default(),
            level,
            standing: &standing,
            blamed: &blamed,
            broken: &|n| self.broken.contains(&n),
        };
        Placing::of(&grounds, wishes, keep_going)
    }

    fn standing(&self, topology: &Topology, camera: CameraIx) -> Standing {
        let dead = self.dead.contains(&camera) || self.is_cut(topology, camera);
        if dead { Standing::Dead } else { Standing::Live }
    }

    /// The town when all of it is done: cameras written into the register, repairs made.
    fn after(&self, placing: &Placing, choices: &[Choice], model: &Model) -> Town {
        let mut town = Town { registry: self.registry.clone(), broken: self.broken.clone(), dead: self.dead.clone() };
        for (i, choice) in choices.iter().enumerate() {
            match choice {
                Choice::Mend(Component::Camera(c)) => drop(town.dead.remove(c)),
                Choice::Mend(Component::Node(n)) => drop(town.broken.remove(n)),
                Choice::Buy { spot, azimuth } => {
                    let id = CameraId::new(&format!("Z{i}")).unwrap();
                    let bought = Camera {
                        id: id.clone(),
                        at: Some(placing.spots[*spot].at),
                        position_m: 3.0,
                        azimuth: Some(Azimuth { degrees: *azimuth, error: 5.0 }),
                        hfov: Some(model.hfov),
                        width_px: Some(model.width_px),
                        range_m: Some(model.range_m),
                        night: model.night,
                        night_range_m: Some(model.night_range_m),
                        ..camera("Z")
                    };
                    town.registry.cameras.insert(id, bought);
                }
            }
        }
        town
    }

    /// Entrances that fewer live cameras watch than they need, judged from nothing.
    fn lacking(&self, level: Level, to_target: bool, night: bool) -> usize {
        let topology = Topology::build(&self.registry, &Intervals::default(), None);
        let (watch, _) = Watch::build(&self.registry, &topology, &Policy::default());
        let standing = |c| if level == Level::Live { self.standing(&topology, c) } else { Standing::Live };
        let life = |c: CameraIx| {
            topology.cameras[c.at()]
                .life
                .map(|l| if level == Level::Plan && l == Life::Planned { Life::Active } else { l })
        };
        let lacks = |(i, e): &(usize, &Entrance)| {
            let watchers = watch.watchers(EntranceIx::from(*i));
            let judged = judge_entrance(watchers, night, e.required, e.target, standing, life);
            judged.live < if to_target { e.target } else { e.required }
        };
        self.registry.entrances.values().enumerate().filter(lacks).count()
    }
}

proptest! {
    /// What is placed and mended comes true when it is written into the register and everything is judged anew.
    #[test]
    fn what_is_placed_is_watched_when_it_stands(seed: u64, level in 0..3_usize, to_target: bool, by_priority: bool) {
        let (town, level) = (Town::made(&mut Dice(seed)), Level::ALL[level]);
        let wishes = Wishes { to_target, by_priority, ..WISHES };
        let placing = town.placing(level, &wishes);
        let now = (town.lacking(level, to_target, false), town.lacking(level, to_target, true));
        prop_assert_eq!(placing.lacking(&[]), now);
        let solved = placing.cover.solve(100, &mut || true);
        let steps = placing.steps(&solved.picks);
        prop_assert!(steps.len() == solved.picks.len() && steps.iter().all(|s| !s.day.is_empty() || !s.night.is_empty()));
        let choices: Vec<Choice> = steps.iter().map(|s| s.choice).collect();
        let then = town.after(&placing, &choices, &wishes.model);
        let (day, night) = placing.lacking(&solved.picks);
        let judged = (then.lacking(level, to_target, false), then.lacking(level, to_target, true));
        // Two repairs together may bring a camera back that neither does alone.
        prop_assert!(judged.0 <= day && judged.1 <= night, "{:?} {:?}", judged, (day, night));
        let topology = Topology::build(&town.registry, &Intervals::default(), None);
        let twice = town.dead.iter().any(|c| town.is_cut(&topology, *c)) || town.broken.len() > 1;
        prop_assert!(twice || judged == (day, night), "{:?} {:?} {:?}", judged, (day, night), choices);
    }

    /// What as many other directions of the same spot cover as cameras are lacking there is no candidate.
    #[test]
    fn no_candidate_is_as_good_as_others_of_its_spot(seed: u64, to_target: bool) {
        let placing = Town::made(&mut Dice(seed)).placing(Level::Live, &Wishes { to_target, ..WISHES });
        let bought = |i: usize| match placing.choices[i] { Choice::Buy { spot, .. } => Some(spot), Choice::Mend(_) => None };
        let all = 0..placing.choices.len();
        for a in all.clone().filter(|a| bought(*a).is_some()) {
            let of = |i: usize| &placing.cover.candidates[i].covers;
            let within = |b: &usize| a != *b && bought(a) == bought(*b) && of(a).iter().all(|e| of(*b).contains(e));
            let lacks = of(a).iter().map(|e| placing.needs[*e as usize].lacks as usize).max();
            prop_assert!(all.clone().filter(within).count() < lacks.unwrap_or(0), "{:?}", placing.choices[a]);
        }
    }

    /// The best of what is left of a spot's directions is the best of all of them, however many are bought.
    #[test]
    fn no_choice_is_worse_for_the_directions_that_were_left_out(seed: u64) {
        let mut dice = Dice(seed);
        let lacks: Vec<usize> = (0..3).map(|_| 1 + dice.below(3)).collect();
        let look = |azimuth: u16, dice: &mut Dice| Look {
            azimuth,
            covers: (0..3).filter(|_| dice.below(2) == 0).collect(),
            off_axis: dice.below(3) as f64,
        };
        let looks: Vec<Look> = (0..8).map(|i| look(i, &mut dice)).filter(|l| !l.covers.is_empty()).collect();
        let kept = useful(looks.clone(), &|e| lacks[e as usize]);
        let best = |of: &[Look], most: usize| {
            let cover = Cover {
                elements: lacks.iter().map(|n| vec![1; *n]).collect(),
                candidates: of.iter().map(|l| Candidate { cost: 1.0, covers: l.covers.clone() }).collect(),
                limit: Limit::Count(most),
            };
            choices(&cover).iter().map(|c| worth(&cover, c)).max()
        };
        for most in 1..5 {
            prop_assert_eq!(best(&kept, most), best(&looks, most), "{} of {:?}", most, looks);
        }
    }
}

/// A gate that requires two cameras, and one pole: both may hang there.
#[test]
fn two_cameras_of_one_pole_are_worth_what_two_are() {
    let gates = vec![Entrance { required: 2, target: 2, ..entrance("E1", place(0.0, 20.0)) }];
    let town = Town::of(Vec::new(), gates, Vec::new(), vec![site("S1", SiteKind::Pole, HERE, None)]);
    let placing = town.placing(Level::Live, &Wishes { limit: Limit::Count(2), ..WISHES });
    let solved = placing.cover.solve(100, &mut || true);
    assert_eq!((solved.value, solved.bound), (4, 4), "two by day and two by night");
    assert_eq!(placing.lacking(&solved.picks), (0, 0));
}

#[test]
fn who_stops_it_before_all_is_known_gets_nothing() {
    let sites = (0..3).map(|i| site(&format!("S{i}"), SiteKind::Pole, HERE, None)).collect();
    let town = Town::of(Vec::new(), vec![entrance("E1", place(0.0, 20.0))], Vec::new(), sites);
    let mut spots = 2;
    let mut keep_going = || {
        spots -= 1;
        spots >= 0
    };
    assert_eq!(town.try_placing(Level::Live, &WISHES, &mut keep_going).err(), Some(Unplaced::Stopped));
}

/// One gate 30 m north of a lamp: of the directions that see it the one that looks straight at it is left.
#[test]
fn a_camera_looks_at_what_it_is_there_for() {
    let gates = vec![entrance("E1", place(0.0, 30.0))];
    let town = Town::of(Vec::new(), gates, Vec::new(), vec![site("S1", SiteKind::Lamp, HERE, None)]);
    let placing = town.placing(Level::Live, &WISHES);
    assert_eq!(placing.choices, [Choice::Buy { spot: 0, azimuth: 0.0 }]);
    assert_eq!((placing.cover.candidates[0].cost, &placing.cover.candidates[0].covers[..]), (2.0, &[0, 1][..]));
    let blind = Wishes { model: Model { night: NightLight::None, ..WISHES.model }, ..WISHES };
    assert_eq!(town.placing(Level::Live, &blind).cover.candidates[0].covers, [0], "by night it sees nothing");
}

#[test]
fn sites_cost_what_the_register_says() {
    let sites = vec![
        site("S1", SiteKind::Pole, HERE, None),
        site("S2", SiteKind::New, HERE, Some(7.5)),
        site("S3", SiteKind::New, HERE, Some(0.0)),
    ];
    let town = Town::of(Vec::new(), vec![entrance("E1", place(0.0, 30.0))], Vec::new(), sites);
    let costs: Vec<f64> = town.placing(Level::Live, &WISHES).spots.iter().map(|s| s.cost).collect();
    assert_eq!(costs, [1.0, 7.5, 0.0]);
}

/// Where nobody lists sites: poles that stand, each once, and new ones just inside the gates that lack cameras.
#[test]
fn without_sites_there_are_poles_and_gates() {
    let heading = |id: &str, bearing| Entrance { bearing, ..entrance(id, place(0.0, 200.0)) };
    let cameras = vec![camera("C1"), Camera { status: Life::Planned, at: Some(place(300.0, 0.0)), ..camera("C2") }];
    let nodes = vec![
        switch("P1", &[], Some(HERE), NodeKind::Pole),
        switch("W1", &[], Some(place(50.0, 50.0)), NodeKind::Switch),
    ];
    let watched = Entrance { bearing: Some(0.0), ..entrance("E0", place(0.0, 20.0)) };
    let gates = vec![watched, heading("E1", Some(0.0)), heading("E2", None)];
    let placing = Town::of(cameras, gates, nodes, Vec::new()).placing(Level::Live, &WISHES);
    let beside: Vec<String> = placing.spots.iter().map(|s| format!("{} {}", s.beside.word(), s.beside.id())).collect();
    assert_eq!(beside, ["node P1", "entrance E1"], "the camera hangs on the pole; E0 lacks nothing");
    assert!(matches!(placing.spots[1].beside, Beside::Entrance(_)) && placing.spots[1].kind == SiteKind::New);
    let metres = crate::coverage::offset(placing.spots[1].at, place(0.0, 200.0)).distance_m();
    assert!((metres - 20.0).abs() < 0.2, "{metres}");
}

/// Forty dead cameras behind one switch are one repair, and cheaper than what it brings back.
#[test]
fn a_repair_stands_beside_purchases() {
    let on = |id: &str| Camera { node: vec![NodeId::new("n0").unwrap()], ..camera(id) };
    let gates = vec![entrance("E1", place(0.0, 20.0)), entrance("E2", place(2.0, 25.0))];
    let nodes = vec![switch("n0", &[], None, NodeKind::Switch)];
    let mut town = Town::of(vec![on("C1"), camera("C2")], gates, nodes, Vec::new());
    town.broken = [NodeIx(0)].into();
    town.dead = [CameraIx(1)].into();
    let placing = town.placing(Level::Live, &WISHES);
    let mends: Vec<Choice> = placing.choices.iter().copied().filter(|c| matches!(c, Choice::Mend(_))).collect();
    assert_eq!(mends, [Choice::Mend(Component::Camera(CameraIx(1))), Choice::Mend(Component::Node(NodeIx(0)))]);
    let one = Placing { cover: Cover { limit: Limit::Budget(0.5), ..placing.cover.clone() }, ..placing };
    let solved = one.cover.solve(100, &mut || true);
    assert_eq!((solved.value, solved.bound), (4, 4), "both gates, by day and by night, for the price of one repair");
    assert!(town.placing(Level::Built, &WISHES).choices.is_empty(), "as built nothing is broken and nothing lacks");
}
