//! Towns of every size are whole, plausible and always the same.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use geo::{Area as _, Contains, CoordsIter, Geometry};
use proptest::prelude::*;

use super::geometry::{P, between, plane};
use super::*;
use crate::model::{CameraIx, NodeIx, check_id, stable_hash};
use crate::registry::{CameraKind, Intervals, Layer, Life, NodeKind, PlaceKind, Topology};

fn town(seed: u64, cameras: usize) -> Town {
    Town::generate(&Spec { seed, cameras, ..Spec::default() }).unwrap()
}

/// Everything of a town as text that no crate's `Debug` decides: shapes by their coordinates.
fn text(town: &Town) -> String {
    let mut registry = town.registry.clone();
    let mut shapes: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    let coords = |g: Geometry<f64>| g.coords_iter().map(|c| (c.x, c.y)).collect::<Vec<_>>();
    for area in registry.areas.values_mut() {
        if let Some(boundary) = area.boundary.take() {
            shapes.push((area.id.to_string(), coords(boundary.into())));
        }
    }
    for element in registry.elements.values_mut() {
        let shape = std::mem::replace(&mut element.shape, Geometry::Point(geo::Point::new(0.0, 0.0)));
        shapes.push((element.id.to_string(), coords(shape)));
        // geo's own Debug form stays out of the hash.
        shapes.push((format!("{:?} {:?}", element.layer, element.entrances), Vec::new()));
        shapes.push((format!("{:?} {:?} {}", element.parent, element.radius_m, element.name), Vec::new()));
    }
    registry.elements.clear();
    for road in &town.roads {
        let line = road.line.coords_iter().map(|c| (c.x, c.y)).collect();
        shapes.push((format!("{} {} {}", road.id, road.class.word(), road.name), line));
    }
    // It announces no work; that a registry can is younger than the hashes.
    let registry = format!("{registry:?}").replace(", work: {}", "");
    format!("{registry}{shapes:?}{:?}{:?}{}", town.placed, town.survey, town.notes)
}

#[test]
fn the_default_town_has_the_figures_of_liuzhi() {
    let town = town(1, 778);
    let r = &town.registry;
    let areas = |kind| r.areas.values().filter(|a| a.kind == kind).count();
    assert_eq!([AreaKind::Town, AreaKind::Community, AreaKind::Village, AreaKind::Hamlet].map(areas), [1, 2, 58, 531]);
    assert_eq!(r.cameras.len(), 778);
    assert!(r.cameras.values().all(|c| c.status == Life::Active));
    let places = |kind| r.places.values().filter(|p| p.kind == kind).count();
    assert_eq!([PlaceKind::Station, PlaceKind::Liaison, PlaceKind::Team].map(places), [6, 40, 1]);
    assert!((1_550..1_700).contains(&r.entrances.len()), "some three a hamlet: {}", r.entrances.len());
    let kinds = |kind| r.nodes.values().filter(|n| n.kind == kind).count();
    assert_eq!(kinds(NodeKind::Uplink), 1);
    assert!((43..=64).contains(&kinds(NodeKind::Switch)), "{}", kinds(NodeKind::Switch));
    assert!(kinds(NodeKind::Onu) > 10 && kinds(NodeKind::Power) > 20 && kinds(NodeKind::Pole) > 3);
    let any = |gate: fn(&crate::registry::Node) -> &crate::registry::Gate| {
        r.nodes.values().filter(|n| gate(n).needs == crate::registry::Needs::Any && gate(n).of.len() == 2).count()
    };
    assert!(any(|n| &n.parents) > 5, "rings");
    assert!(any(|n| &n.power) > 3, "second feeds");
    let boundary = town.registry.areas[TOWN_ID].boundary.clone().unwrap();
    let km2 = boundary.unsigned_area() * 95.524_188_9 * 110.869_120_6;
    assert!((236.9..237.1).contains(&km2), "{km2}");
}

#[test]
fn villages_have_their_real_names_and_codes() {
    let town = town(1, 778);
    let named = |code: &str| {
        let area = town.registry.areas.values().find(|a| a.code.as_deref() == Some(code)).unwrap();
        (area.kind, area.name.to_string())
    };
    assert_eq!(named("420116006001"), (AreaKind::Community, "什仔铺社区".to_owned()));
    assert_eq!(named("420116006244"), (AreaKind::Village, "甘棠村".to_owned()));
    assert_eq!(named("420116006256"), (AreaKind::Village, "大咀垸村".to_owned()));
    let codes: BTreeSet<_> = town.registry.areas.values().filter_map(|a| a.code.clone()).collect();
    assert_eq!(codes.len(), 61, "60 and the town's own");
}

#[test]
fn the_gaps_are_counted_honestly() {
    let town = town(1, 778);
    let r = &town.registry;
    let only_maybe = town.survey.keys().filter(|e| !town.placed.contains_key(*e)).count();
    let bare = r.entrances.len() - town.placed.len() - only_maybe;
    assert!(town.placed.len() > 650 && only_maybe >= 5 && bare > 700, "{} {only_maybe} {bare}", town.placed.len());
    let twice = town.placed.values().filter(|c| c.len() > 1).count();
    assert!((30..120).contains(&twice), "{twice}");
    let mut of_camera: BTreeMap<&CameraId, usize> = BTreeMap::new();
    town.placed.values().flatten().for_each(|c| *of_camera.entry(c).or_default() += 1);
    assert!(of_camera.values().filter(|n| **n == 2).count() >= 10, "cameras at forks");
    assert!(r.cameras.values().any(|c| !c.watches.is_empty()), "declared");
    let declared = r.cameras.values().flat_map(|c| &c.watches);
    assert!(declared.into_iter().all(|w| r.entrances.contains_key(&*w.id)));
    for (words, count) in [("进出口 entrances | ", r.entrances.len()), ("unwatched, by plan | ", bare)] {
        assert!(town.notes.contains(&format!("{words}{count} |")), "{}", town.notes);
    }
    assert!(town.notes.contains("位置全部为虚构") && town.notes.contains("All positions are made up"));
    let hamlets_watched: BTreeSet<_> = town.placed.keys().map(|e| &r.entrances[e].area).collect();
    let hamlets = r.areas.values().filter(|a| a.kind == AreaKind::Hamlet);
    assert!(hamlets.filter(|h| hamlets_watched.contains(&h.id)).count() > 480, "nearly every hamlet has a camera");
}

#[test]
fn the_town_is_the_same_for_ever() {
    assert_eq!(text(&town(1, 778)), text(&town(1, 778)));
    assert_ne!(text(&town(1, 60)), text(&town(2, 60)));
    // A change here moves the committed registry under config/ and everybody's demo: on purpose only.
    let hashes = [(1, 778), (1, 12), (42, 100)].map(|(seed, n)| format!("{:016x}", stable_hash(&text(&town(seed, n)))));
    assert_eq!(hashes, ["472dce916067e6d5", "3c641d400b18a504", "892ba7d80991ff17"]);
}

#[test]
fn roads_meet_in_hamlets_only() {
    let town = town(1, 778);
    let lines: Vec<Vec<P>> = town
        .roads
        .iter()
        .map(|r| r.line.coords().map(|c| plane(crate::registry::LonLat { lon: c.x, lat: c.y })).collect())
        .collect();
    let stretches = || lines.iter().enumerate().flat_map(|(i, l)| l.windows(2).map(move |s| (i, s[0], s[1])));
    let mut crossings = 0;
    for (i, a, b) in stretches() {
        crossings += stretches().filter(|(j, c, d)| *j > i && geometry::cross((a, b), (*c, *d))).count();
    }
    assert_eq!(crossings, 0);
}

#[test]
fn blocks_share_the_town_out_and_are_complete() {
    let town = town(1, 778);
    let area = |layer: Layer| -> f64 {
        town.registry.elements.values().filter(|e| e.layer == layer).map(|e| e.shape.unsigned_area()).sum()
    };
    let complete = |e: &&crate::registry::Element| {
        let mut of =
            town.registry.entrances.values().filter(|x| x.roles.contains(&e.id) || e.entrances.contains(&x.id));
        of.all(|x| town.placed.contains_key(&x.id))
    };
    let of = |layer| town.registry.elements.values().filter(move |e| e.layer == layer);
    assert_eq!((of(Layer::Circle).filter(complete).count(), of(Layer::Block).filter(complete).count()), (1, 8));
    assert!(of(Layer::Point).filter(complete).count() >= 17);
    assert!((area(Layer::Block) / area(Layer::Circle) - 1.0).abs() < 1e-4);
    let villages = town.registry.areas.values().filter(|a| matches!(a.kind, AreaKind::Village | AreaKind::Community));
    let villages: f64 = villages.map(|a| a.boundary.as_ref().unwrap().unsigned_area()).sum();
    assert!((villages / area(Layer::Circle) - 1.0).abs() < 1e-4);
}

#[test]
fn sizes_out_of_bounds_are_refused() {
    let with = |cameras, net| Town::generate(&Spec { cameras, net, ..Spec::default() });
    assert_eq!(with(0, Net::default()), Err(TownFault::Cameras(0)));
    assert_eq!(with(100_001, Net::default()), Err(TownFault::Cameras(100_001)));
    let small = Net::new(Ipv4Addr::new(127, 30, 1, 0), 24).unwrap();
    assert!(with(12, small).is_ok());
    let full = with(300, small);
    assert!(matches!(full, Err(TownFault::NetTooSmall { room: 253, .. })), "{full:?}");
}

#[test]
fn the_largest_town_is_whole() {
    let town = town(3, 10_000);
    assert_eq!(town.registry.cameras.len(), 10_000);
    whole(&town);
}

/// What holds of every town.
fn whole(town: &Town) {
    ids_are_unique_and_references_resolve(town);
    everything_hangs_on_the_uplink(town);
    cameras_look_at_their_entrances(town);
    addresses_are_unique(town);
    names_are_unique_where_they_must_be(town);
    let r = &town.registry;
    let homes: BTreeSet<_> = r.entrances.values().map(|e| &e.area).collect();
    assert!(r.areas.values().all(|a| a.kind != AreaKind::Hamlet || homes.contains(&a.id)), "a hamlet without a road");
    if r.cameras.len() < 12 {
        return;
    }
    for layer in Layer::ALL {
        assert!(r.cameras.values().any(|c| c.layer == *layer), "{layer:?}");
        assert!(r.elements.values().any(|e| e.layer == *layer), "{layer:?}");
    }
    assert!(town.placed.len() < r.entrances.len(), "unwatched ones");
    assert!(town.placed.values().any(|c| c.len() == 1) && town.placed.values().any(|c| c.len() == 2));
    let topology = Topology::build(r, &Intervals::default(), None);
    let access = topology
        .nodes
        .iter()
        .filter(|n| n.kind == Some(NodeKind::Switch) && !n.id.as_str().starts_with("AGG") && n.below.len() >= 4);
    assert!(access.count() >= 1);
}

fn ids_are_unique_and_references_resolve(town: &Town) {
    let r = &town.registry;
    let mut ids: Vec<&str> = Vec::new();
    ids.extend(r.areas.keys().map(|i| i.as_str()));
    ids.extend(r.nodes.keys().map(|i| i.as_str()));
    ids.extend(r.entrances.keys().map(|i| i.as_str()));
    ids.extend(r.cameras.keys().map(|i| i.as_str()));
    ids.extend(r.elements.keys().map(|i| i.as_str()));
    ids.extend(r.places.keys().map(|i| i.as_str()));
    assert!(ids.iter().all(|i| check_id(i).is_ok()));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let area_or_element = |id: &str| r.areas.contains_key(id) || r.elements.contains_key(id);
    for e in r.entrances.values() {
        assert!(r.areas.contains_key(&e.area) && e.roles.iter().all(|role| area_or_element(role.as_str())), "{e:?}");
        assert!(e.required == 1 && e.target >= 1 && e.target <= 2);
        assert!(r.village_of(&e.area).is_some(), "{e:?}");
    }
    for a in r.areas.values() {
        assert!(a.parent.as_ref().is_none_or(|p| r.areas.contains_key(p)));
    }
    for c in r.cameras.values() {
        assert!(r.areas.contains_key(&c.area) && c.element.as_ref().is_none_or(|e| r.elements.contains_key(e)));
        assert!(c.node.iter().chain(&c.power).all(|n| r.nodes.contains_key(n)) && !c.node.is_empty());
    }
    for n in r.nodes.values() {
        assert!(n.parents.of.iter().chain(&n.power.of).all(|p| r.nodes.contains_key(p)));
    }
    for e in r.elements.values() {
        assert!(e.entrances.iter().all(|id| r.entrances.contains_key(id)));
        assert!(e.parent.as_ref().is_none_or(|p| area_or_element(p.as_str())));
        let by_role = r.entrances.values().any(|entrance| entrance.roles.contains(&e.id));
        assert!(by_role || !e.entrances.is_empty(), "{} has no entrances", e.id);
    }
    assert!(r.places.values().all(|p| p.area.as_ref().is_some_and(|a| r.areas.contains_key(a)) && p.contact.is_none()));
    assert!(town.placed.keys().chain(town.survey.keys()).all(|e| r.entrances.contains_key(e)));
}

fn everything_hangs_on_the_uplink(town: &Town) {
    let topology = Topology::build(&town.registry, &Intervals::default(), None);
    let edges = |r: &Registry| r.nodes.values().map(|n| n.parents.of.len() + n.power.of.len()).sum::<usize>();
    let kept: usize = topology.nodes.iter().flat_map(|n| &n.gates).map(|g| g.of.len()).sum();
    assert_eq!(kept, edges(&town.registry), "no edge was cut: there is no cycle");
    let uplink = topology.node("UP-1").unwrap();
    for i in 0..topology.cameras.len() {
        let camera = CameraIx::from(i);
        assert!(topology.camera_works(camera, &|_| false));
        assert!(!topology.camera_works(camera, &|n| n == uplink));
    }
    let roots = topology.nodes.iter().filter(|n| n.is_root()).count();
    assert_eq!(roots, 1);
}

fn cameras_look_at_their_entrances(town: &Town) {
    let r = &town.registry;
    let boundary = r.areas[TOWN_ID].boundary.as_ref().unwrap();
    for c in r.cameras.values() {
        let at = c.at.unwrap();
        assert!(boundary.contains(&geo::Point::new(at.lon, at.lat)), "{} stands outside", c.id);
        let text = [c.azimuth.map_or(0.0, |a| a.degrees), c.height_m.unwrap(), c.tilt.unwrap()];
        assert!(text.iter().all(|x| x.to_string().split('.').nth(1).is_none_or(|d| d.len() <= 1)), "{text:?}");
        assert!([at.lon, at.lat].iter().all(|x| x.to_string().split('.').nth(1).is_none_or(|d| d.len() <= 7)));
    }
    for (entrance, cameras) in &town.placed {
        let target = plane(r.entrances[entrance].at.unwrap());
        for c in cameras.iter().map(|c| &r.cameras[c]) {
            let from = plane(c.at.unwrap());
            let metres = from.distance(target);
            assert!((8.0..30.0).contains(&metres) && metres + c.position_m < c.range_m.unwrap(), "{} {metres}", c.id);
            if let Some(reach) = c.night_range_m {
                assert!(metres + c.position_m < reach);
            }
            if !c.watches.is_empty() {
                assert!(c.watches.iter().any(|w| *w.id == *entrance.as_str()));
                continue;
            }
            let azimuth = c.azimuth.unwrap();
            let off = between(azimuth.degrees, from.bearing(target));
            let unsure = azimuth.error + (c.position_m / metres).atan().to_degrees();
            assert!(off + unsure < c.hfov.unwrap() / 2.0, "{} looks past {entrance}: {off}", c.id);
            let px = f64::from(c.width_px.unwrap())
                / (2.0 * (metres + c.position_m) * (c.hfov.unwrap() / 2.0).to_radians().tan());
            let need = if r.entrances[entrance].density == Density::Observe { 62.5 } else { 25.0 };
            assert!(px > need, "{} {px}", c.id);
        }
    }
    for (entrance, cameras) in &town.survey {
        let target = plane(r.entrances[entrance].at.unwrap());
        for c in cameras.iter().map(|c| &r.cameras[c]) {
            assert!(c.watches.is_empty() && c.kind == CameraKind::Fixed);
            // Unknown, or so uncertain that no bearing within the field of view is sure.
            let unsure = (c.position_m / plane(c.at.unwrap()).distance(target)).atan().to_degrees();
            assert!(c.azimuth.is_none_or(|a| a.error + unsure > c.hfov.unwrap() / 2.0), "{c:?}");
        }
    }
}

fn addresses_are_unique(town: &Town) {
    let r = &town.registry;
    let mut hosts: Vec<Ipv4Addr> = r.cameras.values().map(|c| c.host.as_deref().unwrap().parse().unwrap()).collect();
    let of_nodes = r.nodes.values().filter_map(|n| n.reach_via()).map(|(host, _)| host.parse().unwrap());
    hosts.extend(of_nodes.collect::<Vec<Ipv4Addr>>());
    assert_eq!(hosts.iter().collect::<BTreeSet<_>>().len(), hosts.len());
    for host in hosts {
        assert!(town.spec.net.contains(host) && host != town.spec.net.canary() && !matches!(host.octets()[3], 0 | 255));
    }
    for c in r.cameras.values() {
        let url = c.resolve_url(c.rtsp.as_deref().unwrap()).unwrap();
        assert_eq!((url.host_str(), url.port()), (c.host.as_deref(), Some(8_554)));
    }
    let probed = |kind| r.nodes.values().filter(|n| n.kind == kind).all(|n| n.address.is_some());
    assert!(probed(NodeKind::Uplink) && probed(NodeKind::Switch));
    assert!(r.nodes.values().all(|n| n.address.is_none() || matches!(n.kind, NodeKind::Uplink | NodeKind::Switch)));
}

fn names_are_unique_where_they_must_be(town: &Town) {
    let r = &town.registry;
    let mut seen = BTreeSet::new();
    assert!(r.areas.values().all(|a| seen.insert((a.parent.clone(), a.name.clone()))), "areas");
    let mut seen = BTreeSet::new();
    assert!(r.entrances.values().all(|e| seen.insert((e.area.clone(), e.name.clone()))), "entrances");
    let codes: BTreeSet<_> = r.cameras.values().filter_map(|c| c.gb_code.clone()).collect();
    assert!(codes.len() == r.cameras.len() && codes.iter().all(|c| c.len() == 20 && c.starts_with("420116")));
}

#[test]
fn cameras_of_a_village_share_a_24() {
    let town = town(1, 778);
    let topology = Topology::build(&town.registry, &Intervals::default(), None);
    let mut nets: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for c in &topology.cameras {
        nets.entry(c.village.clone()).or_default().insert(c.subnet);
    }
    assert!(nets.values().all(|n| n.len() == 1));
}

/// The story holds what it says, by the rule of coverage: fewer live than required is lost.
fn story_is_true(town: &Town, story: &Story) {
    let topology = Topology::build(&town.registry, &Intervals::default(), None);
    let live = |entrance: &EntranceId, dead_camera: Option<&CameraId>, dead_node: Option<NodeIx>| {
        let cameras = town.placed[entrance].iter();
        cameras
            .filter(|c| Some(*c) != dead_camera)
            .filter(|c| topology.camera_works(topology.camera(c.as_str()).unwrap(), &|n| Some(n) == dead_node))
            .count()
    };
    let mut broken = Vec::new();
    let mut before = crate::model::Span::ZERO;
    for scene in &story.scenes {
        assert!(scene.at > before && scene.at < story.ends && !scene.actions.is_empty());
        before = scene.at;
        match (&scene.expects, scene.actions.as_slice()) {
            (Expectation::Reduced(e), [Action { target: StoryTarget::Camera(c), fault: Fault::Refuse }]) => {
                assert_eq!((live(e, None, None), live(e, Some(c), None)), (2, 1));
                assert_eq!(town.registry.entrances[e].target, 2);
            }
            (Expectation::Lost(e), [Action { target: StoryTarget::Camera(c), fault: Fault::Drop }]) => {
                assert_eq!((live(e, None, None), live(e, Some(c), None)), (1, 0));
            }
            (Expectation::NodeDown { node, lost }, [Action { target: StoryTarget::Node(n), fault: Fault::Drop }]) => {
                assert_eq!(node, n);
                let down = topology.node(n.as_str());
                assert!(!lost.is_empty() && lost.iter().all(|e| live(e, None, down) == 0));
                assert!(scene.said.zh.contains(n.as_str()) && scene.said.en.contains(n.as_str()));
            }
            (Expectation::AllResolved, mends) => {
                assert_eq!(mends.iter().map(|a| a.target.clone()).collect::<Vec<_>>(), broken);
                assert!(mends.iter().all(|a| a.fault == Fault::None));
                continue;
            }
            other => panic!("{other:?}"),
        }
        broken.extend(scene.actions.iter().map(|a| a.target.clone()));
    }
}

#[test]
fn the_story_of_the_default_town_has_four_scenes() {
    let town = town(1, 778);
    let story = Story::for_town(&town);
    story_is_true(&town, &story);
    assert_eq!(story, Story::for_town(&town));
    let kinds: Vec<&str> = story
        .scenes
        .iter()
        .map(|s| match s.expects {
            Expectation::Reduced(_) => "reduced",
            Expectation::Lost(_) => "lost",
            Expectation::NodeDown { .. } => "node",
            Expectation::AllResolved => "resolved",
        })
        .collect();
    assert_eq!(kinds, ["reduced", "lost", "node", "resolved"]);
    let Expectation::NodeDown { node, lost } = &story.scenes[2].expects else { unreachable!() };
    let topology = Topology::build(&town.registry, &Intervals::default(), None);
    let slot = &topology.nodes[topology.node(node.as_str()).unwrap().at()];
    assert!((8..=25).contains(&slot.below.len()) && lost.len() >= 2);
    let alone = |c: &CameraId| !slot.below.contains(&topology.camera(c.as_str()).unwrap());
    for scene in &story.scenes[..2] {
        assert!(matches!(&scene.actions[0].target, StoryTarget::Camera(c) if alone(c)));
    }
}

#[test]
fn stories_of_small_towns() {
    for seed in 0..40 {
        let town = town(seed, 12);
        let story = Story::for_town(&town);
        story_is_true(&town, &story);
        assert_eq!(story.scenes.len(), 4, "seed {seed}");
    }
    story_is_true(&town(5, 1), &Story::for_town(&town(5, 1)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn towns_of_every_size_are_whole(seed in any::<u64>(), cameras in 1_usize..200) {
        let town = town(seed, cameras);
        prop_assert_eq!(town.registry.cameras.len(), cameras);
        whole(&town);
        story_is_true(&town, &Story::for_town(&town));
    }
}
