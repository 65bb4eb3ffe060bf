//! A short story of faults that shows a newcomer what the monitor does.

use std::collections::{BTreeMap, BTreeSet};

use super::geometry::plane;
use super::{Fault, Town};
use crate::model::{CameraId, CameraIx, EntranceId, NodeId, NodeIx, Span};
use crate::registry::{Intervals, NightLight, NodeKind, Topology};

/// A camera of another entrance that stands nearer, metres, might see this one too: no part in the story for it.
/// Cameras of made-up towns see at most 80 m.
const ALONE_M: f64 = 130.0;
/// The switch of the story bears so many cameras, where the town has such a one.
const SWITCH_CAMERAS: std::ops::RangeInclusive<usize> = 8..=25;
/// When the scenes begin, and when the story ends: each time long enough for the ordinary interval, the confirming
/// tries and a reader.
const AT: [Span; 5] = [Span::seconds(20), Span::seconds(50), Span::seconds(90), Span::seconds(130), Span::seconds(165)];

/// What a fault is done to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StoryTarget {
    /// A camera.
    Camera(CameraId),
    /// A node: everything that then has no path.
    Node(NodeId),
}

/// One thing that is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// To what.
    pub target: StoryTarget,
    /// What goes wrong with it; [`Fault::None`] heals.
    pub fault: Fault,
}

/// A sentence or two in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What the monitor is to say about a scene.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expectation {
    /// The entrance is reduced; no critical incident.
    Reduced(EntranceId),
    /// The entrance is lost: one critical incident with the camera as its cause.
    Lost(EntranceId),
    /// One critical incident with this node as its cause that has at least these entrances.
    NodeDown {
        /// The node.
        node: NodeId,
        /// Entrances that nobody else watches.
        lost: Vec<EntranceId>,
    },
    /// Every incident of the story is resolved.
    AllResolved,
}

/// A scene: what is done when, what is said about it, what is to come of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scene {
    /// After the beginning of the story.
    pub at: Span,
    /// What is done.
    pub actions: Vec<Action>,
    /// What is said to whoever looks on.
    pub said: Said,
    /// What the monitor is to make of it.
    pub expects: Expectation,
}

/// A story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Story {
    /// Its scenes, in order.
    pub scenes: Vec<Scene>,
    /// When it is over, after its beginning; recovery has been told by then.
    pub ends: Span,
}

impl Story {
    /// The story of a town: one of two cameras of an entrance refuses, an entrance's only camera vanishes, a switch
    /// dies, everything is mended. A town too small for a scene does without it.
    #[must_use]
    pub fn for_town(town: &Town) -> Story {
        let stage = Stage::of(town);
        let cast = stage.cast();
        let scenes: Vec<Scene> = [
            cast.pair.map(|(entrance, camera)| stage.one_of_two(entrance, camera)),
            cast.single.map(|(entrance, camera)| stage.only_one(entrance, camera)),
            cast.switch.as_ref().map(|(node, lost)| stage.switch_dies(*node, lost)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mended = mended(&scenes);
        Story { scenes: scenes.into_iter().chain(mended).collect(), ends: AT[4] }
    }
}

/// Who plays what.
#[derive(Default)]
struct Cast<'a> {
    /// An entrance with two cameras, and the one that fails.
    pair: Option<(&'a EntranceId, &'a CameraId)>,
    /// An entrance with one camera that watches nothing else.
    single: Option<(&'a EntranceId, &'a CameraId)>,
    /// A switch, and the entrances that are lost with it.
    switch: Option<(NodeIx, Vec<&'a EntranceId>)>,
}

/// The town as the story looks at it.
struct Stage<'a> {
    town: &'a Town,
    topology: Topology,
    /// Entrances that no camera watches but those put up for them, all of which see by night too.
    clear: Vec<(&'a EntranceId, &'a [CameraId])>,
}

impl<'a> Stage<'a> {
    fn of(town: &'a Town) -> Stage<'a> {
        let topology = Topology::build(&town.registry, &Intervals::default(), None);
        let mut grid = super::geometry::Grid::new(ALONE_M);
        for (i, camera) in town.registry.cameras.values().enumerate() {
            camera.at.into_iter().for_each(|at| grid.add(i, plane(at)));
        }
        let light = |id: &CameraId| town.registry.cameras.get(id).is_some_and(|c| c.night != NightLight::None);
        let alone = |entrance: &EntranceId, cameras: &[CameraId]| {
            let at = town.registry.entrances.get(entrance).and_then(|e| e.at);
            at.is_some_and(|at| grid.within(plane(at), ALONE_M).count() == cameras.len())
        };
        let clear = town.placed.iter().map(|(e, cameras)| (e, cameras.as_slice()));
        let clear = clear.filter(|(e, cameras)| alone(e, cameras) && cameras.iter().all(light)).collect();
        Stage { town, topology, clear }
    }

    /// The first switch in the order of preference that leaves a pair and a single camera elsewhere; where there is
    /// none, the first switch and whatever pair and single camera there are.
    fn cast(&self) -> Cast<'a> {
        let switches = self.switches();
        let elsewhere = |below: &BTreeSet<CameraIx>| (self.pair(below), self.single(below));
        for (node, lost, below) in &switches {
            if let (Some(pair), Some(single)) = elsewhere(below) {
                return Cast { pair: Some(pair), single: Some(single), switch: Some((*node, lost.clone())) };
            }
        }
        let (pair, single) = elsewhere(&BTreeSet::new());
        Cast { pair, single, switch: switches.into_iter().next().map(|(node, lost, _)| (node, lost)) }
    }

    /// Access switches with which entrances are lost, best first: of a good size, more entrances, not alone on its
    /// feed (so that the feed is above suspicion), then by id.
    fn switches(&self) -> Vec<(NodeIx, Vec<&'a EntranceId>, BTreeSet<CameraIx>)> {
        let slots = &self.topology.nodes;
        let mut found = Vec::new();
        for (i, slot) in slots.iter().enumerate() {
            let node = NodeIx::from(i);
            let access = slot.kind == Some(NodeKind::Switch) && slot.child_nodes.iter().all(|c| !self.is_switch(*c));
            let dead: BTreeSet<CameraIx> =
                slot.below.iter().copied().filter(|c| !self.topology.camera_works(*c, &|n| n == node)).collect();
            let is_dead = |c: &CameraId| self.topology.camera(c.as_str()).is_some_and(|c| dead.contains(&c));
            let lost: Vec<&EntranceId> =
                self.clear.iter().filter(|(_, cameras)| cameras.iter().all(is_dead)).map(|(e, _)| *e).collect();
            if !access || dead.len() < 2 || lost.is_empty() {
                continue;
            }
            let bears = |feed: &NodeIx| slots[feed.at()].child_nodes.iter().filter(|c| self.is_switch(**c)).count();
            let shared = slot.gates[1].of.iter().all(|feed| bears(feed) > 1);
            let fits = SWITCH_CAMERAS.contains(&dead.len()) && lost.len() >= 2;
            found.push(((!fits, !shared, usize::MAX - lost.len(), i), (node, lost, dead)));
        }
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, switch)| switch).collect()
    }

    fn is_switch(&self, node: NodeIx) -> bool {
        self.topology.nodes[node.at()].kind == Some(NodeKind::Switch)
    }

    fn outside(&self, below: &BTreeSet<CameraIx>, camera: &CameraId) -> bool {
        self.topology.camera(camera.as_str()).is_some_and(|c| !below.contains(&c))
    }

    fn pair(&self, below: &BTreeSet<CameraIx>) -> Option<(&'a EntranceId, &'a CameraId)> {
        self.clear.iter().find_map(|(entrance, cameras)| match cameras {
            [one, two] if self.outside(below, one) && self.outside(below, two) => Some((*entrance, one)),
            _ => None,
        })
    }

    fn single(&self, below: &BTreeSet<CameraIx>) -> Option<(&'a EntranceId, &'a CameraId)> {
        let mut entrances_of: BTreeMap<&CameraId, usize> = BTreeMap::new();
        self.town.placed.values().flatten().for_each(|c| *entrances_of.entry(c).or_default() += 1);
        self.clear.iter().find_map(|(entrance, cameras)| match cameras {
            [one] if entrances_of.get(one) == Some(&1) && self.outside(below, one) => Some((*entrance, one)),
            _ => None,
        })
    }

    fn entrance_name(&self, id: &EntranceId) -> &str {
        self.town.registry.entrances.get(id).map_or("", |e| &e.name)
    }

    fn one_of_two(&self, entrance: &EntranceId, camera: &CameraId) -> Scene {
        let name = self.entrance_name(entrance);
        Scene {
            at: AT[0],
            actions: vec![Action { target: StoryTarget::Camera(camera.clone()), fault: Fault::Refuse }],
            said: Said {
                zh: format!(
                    "{name}（{entrance}）有两台摄像机，其中 {camera} 停止服务。另一台还在看守：这是一件维修，不是告警，不会有人被叫醒。"
                ),
                en: format!(
                    "Two cameras watch {name} ({entrance}). One of them, {camera}, stops serving. The other still \
                     watches: a repair, no alarm, and nobody is woken up."
                ),
            },
            expects: Expectation::Reduced(entrance.clone()),
        }
    }

    fn only_one(&self, entrance: &EntranceId, camera: &CameraId) -> Scene {
        let name = self.entrance_name(entrance);
        Scene {
            at: AT[1],
            actions: vec![Action { target: StoryTarget::Camera(camera.clone()), fault: Fault::Drop }],
            said: Said {
                zh: format!(
                    "{camera} 断线，它是看守 {name}（{entrance}）的唯一一台。几秒之后：这个村口无人看守，发出一条告警。"
                ),
                en: format!(
                    "{camera} vanishes, the only camera that watches {name} ({entrance}). Within seconds nobody \
                     watches this entrance: one alert."
                ),
            },
            expects: Expectation::Lost(entrance.clone()),
        }
    }

    fn switch_dies(&self, node: NodeIx, lost: &[&EntranceId]) -> Scene {
        let id = &self.topology.nodes[node.at()].id;
        let name = self.town.registry.nodes.get(id).map_or("", |n| &n.name);
        let cameras = self.topology.nodes[node.at()].below.len();
        let entrances = lost.len();
        Scene {
            at: AT[2],
            actions: vec![Action { target: StoryTarget::Node(id.clone()), fault: Fault::Drop }],
            said: Said {
                zh: format!(
                    "{name}（{id}）停机，{cameras} 台摄像机一起失联，至少 {entrances} 个村口无人看守。\
                     不是 {cameras} 条告警，而是一条：先修 {id}。"
                ),
                en: format!(
                    "The switch {name} ({id}) dies and takes {cameras} cameras and at least {entrances} entrances \
                     with it. Not {cameras} alerts but one, and it names what to mend: {id}."
                ),
            },
            expects: Expectation::NodeDown { node: id.clone(), lost: lost.iter().map(|e| (*e).clone()).collect() },
        }
    }
}

/// The last scene: everything that was broken is mended.
fn mended(scenes: &[Scene]) -> Option<Scene> {
    let broken = scenes.iter().flat_map(|s| &s.actions).map(|a| a.target.clone());
    let actions: Vec<Action> = broken.map(|target| Action { target, fault: Fault::None }).collect();
    (!actions.is_empty()).then(|| Scene {
        at: AT[3],
        actions,
        said: Said {
            zh: "全部修好。每一件事故自行结束，并且会说明：持续了多久，恢复了什么。".to_owned(),
            en: "Everything is mended. Each incident ends by itself, and that is said too: how long it lasted, what \
                 came back."
                .to_owned(),
        },
        expects: Expectation::AllResolved,
    })
}
