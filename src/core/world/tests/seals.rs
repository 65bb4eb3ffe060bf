//! Seals that break and hold again: which alert, in which incident, and how many pages.

use std::collections::BTreeSet;
use std::sync::Arc;

use geo::{LineString, Polygon};

use super::harness::{Fault, Plan, Sim};
use crate::alert::{AlertKey, AlertName, AlertObject, EndReason, Leak, MessageKind as K, SayReason, Speaker};
use crate::coverage::tests::{element, place};
use crate::coverage::{Level, Scope, SealAlerts, Sealed};
use crate::model::{AreaId, EntranceId, Language, Period, Span, stable_hash_parts};
use crate::plan::{Mode, RoadLine, Roads};
use crate::registry::{Layer, Life};
use crate::world::{Event, Policy, RoadMap, SealAsk, Window, Works};

fn line(points: &[(f64, f64)]) -> LineString<f64> {
    points.iter().map(|(east, north)| place(*east, *north)).map(|at| geo::Coord { x: at.lon, y: at.lat }).collect()
}

fn roads(all: &[&[(f64, f64)]]) -> Arc<Roads> {
    let road = |(i, points): (usize, &&[(f64, f64)])| RoadLine {
        id: format!("R{i}").into(),
        highway: "unclassified".into(),
        name: format!("{i}号路").into(),
        level: 0,
        parts: vec![line(points)],
    };
    Arc::new(Roads::build(all.iter().enumerate().map(road).collect(), &[Mode::Motor]))
}

/// A road from the west and one from the east meet in the middle, where a third begins that leads nowhere.
fn cross() -> Arc<Roads> {
    roads(&[&[(-900.0, 0.0), (0.0, 0.0)], &[(0.0, 0.0), (900.0, 0.0)], &[(0.0, 0.0), (0.0, 200.0)]])
}

fn rectangle((west, south): (f64, f64), (east, north): (f64, f64)) -> Polygon<f64> {
    Polygon::new(line(&[(west, south), (east, south), (east, north), (west, north), (west, south)]), Vec::new())
}

fn policy() -> Policy {
    let mut policy = Policy { canaries: vec!["gw".into()], ..Policy::default() };
    policy.ways.core_offset_m = 0.0;
    policy
}

/// Puts entrances where they stand, and a ring around the middle.
fn fenced(mut plan: Plan, gates: &[(&str, f64)]) -> Plan {
    for (id, east) in gates {
        plan.registry.entrances.get_mut(&EntranceId::new(id).unwrap()).unwrap().at = Some(place(*east, 0.0));
    }
    let ring = element("RING", Layer::Circle, rectangle((-500.0, -500.0), (500.0, 500.0)), &[]);
    plan.registry.elements.insert(ring.id.clone(), ring);
    plan
}

fn laid(plan: Plan, policy: Policy) -> Sim {
    let mut sim = Sim::with(plan, policy);
    sim.roads = Some(cross());
    sim.apply(Event::Roads(cross().into()));
    sim.run(Span::minutes(2));
    assert!(sim.messages.is_empty(), "a healthy town is silent: {:?}", sim.pages());
    sim
}

/// `E001` in the west and `E002` in the east, each with a camera behind a switch of its own.
fn two_gates() -> Sim {
    laid(fenced(Plan::town(&[1, 1]), &[("E001", -480.0), ("E002", 480.0)]), policy())
}

fn key(area: &str) -> AlertKey {
    AlertKey { name: AlertName::SealBroken, object: AlertObject::Area(AreaId::new(area).unwrap()) }
}

impl Sim {
    fn leak(&self, area: &str) -> Option<Arc<Leak>> {
        self.world.snapshot().alerts.get(&key(area))?.leak.clone()
    }

    /// Cause of the incident to which a broken seal belongs.
    fn blamed_for(&self, area: &str) -> Option<String> {
        let snapshot = self.world.snapshot();
        let incident = snapshot.alerts.get(&key(area))?.incident;
        snapshot.incidents.get(&incident).map(|i| i.cause.to_string())
    }

    /// Why the alert of a seal ended last.
    fn ended(&self, area: &str) -> Option<EndReason> {
        let ended = self.messages.iter().flat_map(|m| &m.alerts).filter(|a| a.key == key(area));
        ended.filter_map(|a| a.ended).next_back().map(|(_, why)| why)
    }

    fn last_text(&self, language: Language) -> String {
        let registry = self.world.snapshot().registry;
        Speaker {
            language,
            registry: &registry,
            local_time: &|_| "12:00".to_owned(),
            link: &|_| None,
            reasons: &|_| Default::default(),
            lost_now: &[],
            open_now: &[],
        }
        .message_description(self.messages.last().unwrap())
    }
}

#[test]
fn an_entrance_and_the_seal_it_kept_are_one_page_that_says_both() {
    let mut sim = two_gates();
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages().len(), 1, "{:?}", sim.pages());
    let page = sim.messages.last().unwrap();
    let (lost, broken) = (&page.incident.entrances_lost, &page.incident.seals_broken);
    assert_eq!((lost.len(), broken.len(), page.kind), (1, 1, K::Opened));
    let leak = sim.leak("RING").unwrap();
    let ids = |all: &[EntranceId]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((leak.scope, ids(&leak.entrances)), (Scope::Town, vec!["E001".to_owned()]));
    assert!((leak.length_m - 900.0).abs() < 5.0 && leak.cameras.len() == 1, "{leak:?}");
    let said = |language| sim.last_text(language).lines().take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        said(Language::ZhCn),
        [
            "失守村口 1 处：甘棠村 E001 村口",
            "封控失效 1 处：RING",
            "可不经任何在看的摄像机进入，最短通道 902 米，经过 甘棠村 E001 村口，通道上失效的摄像机：C001（C001 枪机）",
        ]
    );
    assert_eq!(
        said(Language::En),
        [
            "1 entrance lost: 甘棠村 E001 村口",
            "1 seal broken: RING",
            "a way in of 902 m passes no live camera; it passes 甘棠村 E001 村口; dead cameras on it: C001 (C001 枪机)",
        ]
    );
    sim.heal_all();
    sim.run(Span::minutes(2));
    assert!(sim.everything_is_over() && sim.ended("RING") == Some(EndReason::Recovered));
    let over = sim.last_text(Language::En);
    assert!(over.contains("1 seal was broken before: RING"), "{over}");
    sim.run(Span::hours(1));
    assert_eq!(sim.pages().len(), 1);
}

/// The gate in the east has no light: by night the plan leaves it open.
fn open_by_night() -> Sim {
    let mut plan = fenced(Plan::town(&[1, 1]), &[("E001", -480.0), ("E002", 480.0)]);
    plan.edit_camera("C002", |c| c.night = crate::registry::NightLight::None);
    laid(plan, policy())
}

#[test]
fn what_is_mended_by_night_is_over_though_the_plan_leaves_another_way_open() {
    let mut sim = open_by_night();
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::hours(10));
    assert!(sim.leak("RING").is_some(), "dusk closes nothing");
    sim.restart(Span::seconds(20));
    sim.run(Span::minutes(5));
    assert!(sim.leak("RING").is_some(), "and neither does a restart by night");
    sim.heal_all();
    sim.run(Span::minutes(2));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    assert_eq!(sim.ended("RING"), Some(EndReason::Recovered));
}

/// A road into the ring and the camera at its gate come with one reload: no town in between is judged.
#[test]
fn a_road_and_the_gate_on_it_are_one_change() {
    let mut sim = two_gates();
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::hours(1));
    let mut plan = fenced(Plan::town(&[1, 1, 1]), &[("E001", -480.0), ("E002", 480.0)]);
    plan.registry.entrances.get_mut(&EntranceId::new("E003").unwrap()).unwrap().at = Some(place(0.0, 480.0));
    let longer = roads(&[&[(-900.0, 0.0), (0.0, 0.0)], &[(0.0, 0.0), (900.0, 0.0)], &[(0.0, 0.0), (0.0, 900.0)]]);
    sim.reload_with(plan.registry, Some(longer));
    sim.run(Span::minutes(2));
    assert!(sim.leak("RING").is_some() && sim.ended("RING").is_none());
    sim.heal_all();
    sim.run(Span::minutes(2));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    assert_eq!((sim.pages().len(), sim.ended("RING")), (1, Some(EndReason::Recovered)));
}

#[test]
fn a_seal_is_broken_since_a_failure_broke_it_and_not_since_dusk() {
    let mut sim = open_by_night();
    sim.run(Span::hours(15));
    let failed = sim.now;
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::hours(6));
    let snapshot = sim.world.snapshot();
    let alert = snapshot.alerts.get(&key("RING")).expect("it is broken by day");
    assert!(alert.since >= failed, "{} after noon", alert.since - super::harness::NOON);
}

#[test]
fn whose_failure_was_one_too_many_is_the_cause() {
    let mut plan = fenced(Plan::town(&[1, 1, 1]), &[("E001", -480.0), ("E003", -250.0), ("E002", 480.0)]);
    plan.camera("C009", Some("S3"), 9);
    plan.watch("C009", "E001");
    let mut sim = laid(plan, policy());
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(10));
    sim.break_camera("C009", Fault::Refuse);
    sim.run(Span::minutes(10));
    assert_eq!(sim.blamed_for("RING"), None, "behind the first gate of the west stands another");
    sim.break_camera("C003", Fault::Refuse);
    sim.run(Span::minutes(10));
    assert_eq!(sim.blamed_for("RING").as_deref(), Some("camera:C003"));
    assert_eq!(sim.leak("RING").unwrap().cameras.len(), 3, "all that are dead on the way");
    let pages = sim.pages().len();
    // With the first two mended it holds, though the third entrance stays lost.
    sim.faults.remove("C001");
    sim.run(Span::minutes(2));
    assert_eq!((sim.blamed_for("RING"), sim.ended("RING")), (None, Some(EndReason::Recovered)));
    assert_eq!((sim.entrance("E003"), sim.pages().len()), ("lost", pages));
}

#[test]
fn what_breaks_it_anew_takes_it_over_without_a_page() {
    let mut sim = two_gates();
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(10));
    sim.break_camera("C002", Fault::Refuse);
    sim.run(Span::minutes(10));
    assert_eq!((sim.pages().len(), sim.blamed_for("RING").as_deref()), (2, Some("camera:C001")));
    sim.faults.remove("C001");
    sim.run(Span::minutes(10));
    assert_eq!((sim.pages().len(), sim.blamed_for("RING").as_deref()), (2, Some("camera:C002")));
    assert_eq!(sim.leak("RING").unwrap().entrances[0].as_str(), "E002", "and leads by the other way");
}

/// What the plan never sealed, what nothing is known of, and what is not asked for.
#[test]
fn a_gap_of_the_plan_is_no_broken_seal() {
    let open = || fenced(Plan::town(&[1, 1]), &[("E001", -480.0)]);
    let local = Policy { seal_alerts: SealAlerts { scopes: vec![Scope::Local] }, ..policy() };
    let closed = || fenced(Plan::town(&[1, 1]), &[("E001", -480.0), ("E002", 480.0)]);
    for (plan, policy, why) in [(open(), policy(), "no entrance in the east"), (closed(), local, "not asked for")] {
        let mut sim = laid(plan, policy);
        sim.break_camera("C001", Fault::Refuse);
        sim.run(Span::minutes(10));
        assert_eq!((sim.entrance("E001"), sim.leak("RING")), ("lost", None), "{why}");
        assert_eq!(sim.pages().len(), 1);
    }
}

#[test]
fn blindness_breaks_no_seal() {
    let mut sim = two_gates();
    (sim.cut_off, sim.canary_dead) = (true, true);
    sim.run(Span::minutes(30));
    assert_eq!(sim.open_alerts().get("SealBroken"), None);
    sim.heal_all();
    sim.run(Span::minutes(5));
    assert!(!sim.messages.iter().flat_map(|m| &m.alerts).any(|a| a.key.name == AlertName::SealBroken));
}

#[test]
fn a_restart_in_the_midst_of_a_leak_says_nothing_new() {
    for pause in [Span::seconds(5), Span::minutes(20)] {
        let mut sim = two_gates();
        sim.break_camera("C001", Fault::Drop);
        sim.run(Span::minutes(2));
        let (said, leak) = (sim.messages.len(), sim.leak("RING"));
        assert!(leak.is_some());
        sim.restart(pause);
        sim.run(Span::minutes(5));
        assert_eq!((sim.messages.len(), sim.leak("RING")), (said, leak.clone()), "{pause:?}");
        sim.begin_anew(Span::ZERO);
        sim.run(Span::minutes(5));
        assert_eq!((sim.messages.len(), sim.leak("RING")), (said, leak));
    }
}

/// A start that finds the roads unreadable says nothing of them.
#[test]
fn before_anybody_says_what_roads_there_are_a_broken_seal_stays_broken() {
    let mut sim = two_gates();
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::minutes(2));
    let roads = sim.roads.take();
    sim.restart(Span::seconds(5));
    sim.run(Span::minutes(5));
    assert!(sim.leak("RING").is_some());
    sim.apply(Event::Roads(roads.unwrap().into()));
    sim.run(Span::minutes(5));
    assert!(sim.leak("RING").is_some() && sim.pages().len() == 1);
    sim.apply(Event::Roads(Arc::new(Roads::build(Vec::new(), &[])).into()));
    sim.run(Span::minutes(1));
    assert_eq!((sim.leak("RING"), sim.ended("RING")), (None, Some(EndReason::Removed)), "there are none any more");
}

#[test]
fn when_the_register_opens_it_that_is_no_failure() {
    let mut sim = two_gates();
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(2));
    assert!(sim.leak("RING").is_some());
    let mut registry = (*sim.world.snapshot().registry).clone();
    registry.cameras.values_mut().find(|c| c.id.as_str() == "C002").unwrap().status = Life::Retired;
    sim.reload(registry);
    sim.run(Span::minutes(5));
    assert_eq!((sim.leak("RING"), sim.ended("RING")), (None, Some(EndReason::Removed)));
}

#[test]
fn planned_work_at_a_gate_breaks_no_seal_for_people() {
    let mut sim = two_gates();
    let of = Works::Camera(crate::model::CameraId::new("C001").unwrap());
    sim.apply(Event::Maintenance(vec![Window { from: sim.now, to: sim.now + Span::hours(2), of }]));
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::hours(1));
    assert_eq!(sim.pages(), []);
    assert!(sim.world.snapshot().alerts.get(&key("RING")).is_some_and(|a| a.planned && !a.told), "machines know");
    sim.run(Span::hours(2));
    let page = sim.messages.iter().find(|m| m.kind.pages()).unwrap();
    assert_eq!((page.why, page.incident.seals_broken.len()), (SayReason::MaintenanceEnded, 1));
}

/// Two blocks in the ring, each with a gate to the outside and one to the middle, behind one switch.
fn two_blocks() -> Plan {
    let gates = [("E001", -480.0), ("E002", 480.0), ("E003", -100.0), ("E004", 100.0)];
    let mut plan = fenced(Plan::town(&[4, 1]), &gates);
    for (side, west, east) in [("B1", -450.0, -150.0), ("B2", 150.0, 450.0)] {
        let block = element(side, Layer::Block, rectangle((west, -450.0), (east, 450.0)), &[]);
        plan.registry.elements.insert(block.id.clone(), block);
    }
    plan
}

/// A switch takes both gates, and with them two blocks and the town: one incident, one page.
#[test]
fn nested_seals_that_one_switch_kept_are_one_page() {
    let mut sim = laid(two_blocks(), policy());
    sim.kill_node("S1");
    sim.run(Span::hours(1));
    assert_eq!(sim.pages().len(), 1, "{:?}", sim.pages());
    let page = sim.messages.iter().find(|m| m.kind.pages()).unwrap();
    assert_eq!(page.incident.cause.to_string(), "node:S1");
    let broken = page.alerts.iter().filter(|a| a.key.name == AlertName::SealBroken).count();
    assert_eq!((broken, page.incident.seals_broken.len(), sim.open_alerts()["SealBroken"]), (3, 3, 3));
}

/// Roads of which nobody's entrances are told change no word: a town with roads says what it said without.
#[test]
fn roads_that_seal_nothing_change_no_word() {
    let run = |with: bool| {
        let mut sim = Sim::with(Plan::town(&[3, 3]), policy());
        if with {
            sim.roads = Some(cross());
            sim.apply(Event::Roads(cross().into()));
        }
        sim.run(Span::minutes(2));
        sim.kill_node("S1");
        sim.run(Span::minutes(10));
        sim.heal_all();
        sim.run(Span::minutes(10));
        sim.messages
    };
    assert_eq!(run(false), run(true));
}

/// What is open is what a judgement from nothing says: leaking now, and sealed with every installed camera up.
#[test]
fn what_is_open_is_what_a_judgement_from_nothing_says() {
    let mut broken = 0;
    for seed in 0..40_u64 {
        let dice = |what: &str, i: usize, of: u64| {
            (stable_hash_parts(&["seals", &seed.to_string(), what, &i.to_string()]) % of) as usize
        };
        let at = [("E001", -480.0), ("E002", 480.0), ("E003", -250.0), ("E004", 250.0), ("E005", -700.0)];
        let gates = &at[..2 + dice("gates", 0, 4)];
        let mut plan = fenced(Plan::town(&[2, 2, 2]), gates);
        for (side, west, east) in [("B1", -450.0, -150.0), ("B2", 150.0, 450.0)] {
            let block = element(side, Layer::Block, rectangle((west, -450.0), (east, 450.0)), &[]);
            plan.registry.elements.insert(block.id.clone(), block);
        }
        for n in 0..dice("more", 0, 3) {
            let id = format!("C{:03}", 30 + n);
            plan.camera(&id, Some("S2"), 30 + n);
            plan.watch(&id, gates[dice("gate", n, gates.len() as u64)].0);
        }
        let mut sim = laid(plan, policy());
        let cameras: Vec<String> = sim.world.snapshot().registry.cameras.keys().map(ToString::to_string).collect();
        for step in 0..12 {
            match dice("act", step, 5) {
                0 => sim.heal_all(),
                1 => sim.kill_node(["S1", "S2", "S3"][dice("node", step, 3)]),
                2 => sim.restart(Span::seconds(5)),
                _ => {
                    let fault = [Fault::Refuse, Fault::Drop][dice("fault", step, 2)];
                    sim.break_camera(&cameras[dice("camera", step, cameras.len() as u64)], fault);
                }
            }
            sim.run(Span::minutes(6));
            let snapshot = sim.world.snapshot();
            let cordon = crate::plan::Cordon::build(cross(), &snapshot.registry, &snapshot.topology, 0.0);
            let judged = |level| {
                let ask = SealAsk { level, period: Period::Now, scopes: &Scope::ALL, area: None };
                snapshot.seals(&cordon, &ask).items
            };
            for (live, built) in judged(Level::Live).into_iter().zip(judged(Level::Built)) {
                let meant = live.verdict == Sealed::Leaking && built.verdict == Sealed::Sealed;
                let open = snapshot.alerts.get(&key(&live.area.id));
                assert_eq!(open.is_some(), meant, "seed {seed} step {step} {}: {:?}", live.area.id, live.verdict);
                if let Some(leak) = open.and_then(|a| a.leak.as_ref()) {
                    broken += 1;
                    let shortest = live.route.unwrap();
                    assert!(leak.length_m >= shortest.length_m.round(), "no way is shorter than the shortest");
                }
            }
        }
    }
    assert!(broken > 50, "{broken}");
}

/// Roads that came contracted are taken where they were contracted for this very registry; what was made for another
/// would number its entrances.
#[test]
fn roads_contracted_beside_the_world_are_as_those_that_it_contracts_itself() {
    for renamed in [false, true] {
        let plan = fenced(Plan::town(&[1, 1]), &[("E001", -480.0), ("E002", 480.0)]);
        let mut sim = Sim::with(plan, policy());
        let snapshot = sim.world.snapshot();
        let (registry, topology) = (snapshot.registry, snapshot.topology);
        let map = RoadMap::contracted(cross(), &registry, &topology, 0.0);
        if renamed {
            // Another gate is now the first one.
            let mut other = (*registry).clone();
            let mut gate = other.entrances.remove(&EntranceId::new("E002").unwrap()).unwrap();
            gate.id = EntranceId::new("E000").unwrap();
            other.entrances.insert(gate.id.clone(), gate);
            sim.reload(other);
            assert!(map.cordon(&sim.world.snapshot().registry, &sim.topology, 0.0).is_none());
        }
        assert!(map.cordon(&registry, &topology, 0.0).is_some() && map.cordon(&registry, &topology, 1.0).is_none());
        let made = map.cordon(&registry, &topology, 0.0).unwrap().clone();
        let mut alone = sim.world.clone();
        sim.apply(Event::Roads(map));
        alone.apply(Event::Roads(cross().into()), sim.now);
        let seals = |world: &crate::world::World| world.snapshot().seals.unwrap();
        assert_eq!(Arc::ptr_eq(&seals(&sim.world).cordon, &made), !renamed, "taken as it is");
        let (told, own) = (seals(&sim.world), seals(&alone));
        assert_eq!((&told.cordon.zones, &told.guards, &told.states), (&own.cordon.zones, &own.guards, &own.states));
    }
}

/// In a large town areas are not judged anew at each camera: what changes meanwhile counts when they have rested.
#[test]
fn areas_that_rest_are_judged_when_they_have_rested() {
    let mut sim = laid(two_blocks(), policy());
    let rest = Span::seconds(40);
    sim.world.fence.as_mut().unwrap().rest = rest;
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::seconds(15));
    assert!(sim.leak("B1").is_some() && sim.leak("B2").is_none(), "the first is judged at once");
    let rested = sim.world.fence.as_ref().unwrap().rests_until;
    sim.break_camera("C002", Fault::Refuse);
    sim.run(rested - sim.now - Span(1));
    let down = || sim.world.snapshot().alerts.keys().filter(|k| k.name == AlertName::CameraDown).count();
    assert_eq!((down(), sim.leak("B2")), (2, None));
    sim.run(Span(2));
    assert!(sim.leak("B2").is_some());
    sim.heal_all();
    sim.run(Span::minutes(5));
    assert_eq!((sim.leak("B1"), sim.leak("B2"), sim.leak("RING")), (None, None, None));
}

/// A camera that is back is blamed for no seal, also while areas rest: the switch keeps its incident to its end.
#[test]
fn who_is_back_is_blamed_for_nothing_while_areas_rest() {
    let mut sim = laid(fenced(Plan::town(&[2]), &[("E001", -480.0), ("E002", 480.0)]), policy());
    sim.world.fence.as_mut().unwrap().rest = Span::seconds(40);
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    assert_eq!((sim.blamed_for("RING").as_deref(), sim.pages().len()), (Some("node:S1"), 1));
    sim.heal_all();
    sim.run(Span::minutes(5));
    let causes: BTreeSet<String> = sim.messages.iter().map(|m| m.incident.cause.to_string()).collect();
    assert_eq!(causes, ["node:S1".to_owned()].into());
    assert_eq!((sim.leak("RING"), sim.pages().len()), (None, 1));
}

/// What is lost is told with the seal that it breaks, also where areas rest just then.
#[test]
fn a_page_waits_for_the_areas_that_are_about_to_be_judged() {
    let mut sim = two_gates();
    sim.world.fence.as_mut().unwrap().rests_until = sim.now + Span::hours(1);
    sim.break_camera("C001", Fault::Refuse);
    while !sim.world.fence.as_ref().unwrap().unjudged {
        sim.run(Span::millis(50));
    }
    assert_eq!(sim.pages(), []);
    sim.world.fence.as_mut().unwrap().rests_until = sim.now + Span::seconds(2);
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages().len(), 1, "{:?}", sim.pages());
    let page = sim.messages.iter().find(|m| m.kind.pages()).unwrap();
    assert_eq!((page.incident.entrances_lost.len(), page.incident.seals_broken.len()), (1, 1));
}
