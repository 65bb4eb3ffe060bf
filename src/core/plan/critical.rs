//! Which single failure would lose most, now.
//!
//! Deterministic: no rate of failure is guessed. An entrance counts while enough of its cameras are live; what is lost
//! already is not lost again.

use std::collections::BTreeMap;

use super::blame::is_thing;
use crate::coverage::{Standing, Verdict, Watch};
use crate::model::{CameraIx, EntranceIx, NodeIx};
use crate::registry::{Life, Topology};

/// What can fail by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Component {
    /// A camera.
    Camera(CameraIx),
    /// A node; never a group, which only says all or any.
    Node(NodeIx),
}

/// What failing would do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Critical {
    /// What fails.
    pub component: Component,
    /// Entrances that would surely be lost: too few of those that watch them would be live, or could be.
    pub loses: Vec<EntranceIx>,
    /// Entrances that may be lost with it: as many of their cameras as are known to be live would be too few, and the
    /// others are unknown.
    pub may_lose: Vec<EntranceIx>,
    /// Live cameras that would fail with it; 1 for a camera.
    pub cameras: u32,
}

/// What stands at the moment of the question.
#[derive(Clone, Copy)]
pub struct Stand<'a> {
    /// The graph.
    pub topology: &'a Topology,
    /// Who watches what.
    pub watch: &'a Watch,
    /// Whether it is judged by night.
    pub night: bool,
    /// Live cameras that an entrance needs; `None` where it is not judged.
    pub required: &'a dyn Fn(EntranceIx) -> Option<u32>,
    /// How a camera stands towards what it watches.
    pub standing: &'a dyn Fn(CameraIx) -> Standing,
    /// Whether a node is judged down already.
    pub down: &'a dyn Fn(NodeIx) -> bool,
}

/// Every component whose failure alone would lose an entrance, or may: most surely lost first, then most in danger, then
/// most cameras, then cameras before nodes, by slot. Cost: entrances × nodes above their cameras × their cameras.
#[must_use]
pub fn critical(stand: &Stand<'_>) -> Vec<Critical> {
    let mut found: BTreeMap<Component, (Vec<EntranceIx>, Vec<EntranceIx>)> = BTreeMap::new();
    for entrance in (0..stand.topology.entrances.len()).map(EntranceIx::from) {
        let Some(required) = (stand.required)(entrance) else { continue };
        stand.entrance(entrance, required.max(1), &mut found);
    }
    let mut all: Vec<Critical> = found
        .into_iter()
        .map(|(component, (loses, may_lose))| Critical {
            cameras: stand.cameras(component),
            component,
            loses,
            may_lose,
        })
        .collect();
    all.sort_by(|a, b| {
        let rank = |c: &Critical| std::cmp::Reverse((c.loses.len(), c.may_lose.len(), c.cameras));
        rank(a).cmp(&rank(b)).then_with(|| a.component.cmp(&b.component))
    });
    all
}

impl Stand<'_> {
    fn entrance(
        &self,
        entrance: EntranceIx,
        required: u32,
        found: &mut BTreeMap<Component, (Vec<EntranceIx>, Vec<EntranceIx>)>,
    ) {
        let (live, unknown) = self.watchers(entrance);
        if count(&live) < required {
            return;
        }
        for component in self.components(live.iter().chain(&unknown)) {
            let left = |of: &[CameraIx]| count_if(of, |c| self.survives(c, component));
            let (live, unknown) = (left(&live), left(&unknown));
            if live >= required {
                continue;
            }
            let (loses, may_lose) = found.entry(component).or_default();
            if live + unknown < required { loses.push(entrance) } else { may_lose.push(entrance) }
        }
    }

    /// The installed cameras that surely watch an entrance: live ones, and those of which nothing is known.
    fn watchers(&self, entrance: EntranceIx) -> (Vec<CameraIx>, Vec<CameraIx>) {
        let watchers = self.watch.of_entrance.get(entrance.at()).map_or(&[][..], Vec::as_slice);
        let sure = watchers.iter().filter(|w| w.verdict(self.night) == Verdict::Yes).map(|w| w.camera);
        let installed = sure.filter(|c| self.is_installed(*c));
        let (mut live, mut unknown) = (Vec::new(), Vec::new());
        for camera in installed {
            match (self.standing)(camera) {
                Standing::Live => live.push(camera),
                Standing::Unknown => unknown.push(camera),
                Standing::Dead => {}
            }
        }
        (live, unknown)
    }

    fn is_installed(&self, camera: CameraIx) -> bool {
        let life = self.topology.cameras.get(camera.at()).and_then(|c| c.life);
        life.is_some_and(Life::is_installed)
    }

    /// The cameras themselves, and all above them that can fail and has not.
    fn components<'c>(&self, cameras: impl Iterator<Item = &'c CameraIx>) -> Vec<Component> {
        let mut all = Vec::new();
        for camera in cameras {
            all.push(Component::Camera(*camera));
            let above = self.topology.cameras.get(camera.at()).map_or(&[][..], |c| &c.above);
            all.extend(above.iter().filter(|n| self.can_fail(**n)).map(|n| Component::Node(*n)));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    fn can_fail(&self, node: NodeIx) -> bool {
        is_thing(self.topology, node) && !(self.down)(node)
    }

    /// Whether a camera would work without this.
    fn survives(&self, camera: CameraIx, failing: Component) -> bool {
        match failing {
            Component::Camera(c) => c != camera,
            Component::Node(node) => self.topology.camera_survives(camera, self.down, &|n| n == node),
        }
    }

    fn cameras(&self, component: Component) -> u32 {
        match component {
            Component::Camera(_) => 1,
            Component::Node(n) => {
                let below = self.topology.nodes.get(n.at()).map_or(&[][..], |slot| &slot.below);
                let live = |c: CameraIx| self.is_installed(c) && (self.standing)(c) == Standing::Live;
                count_if(below, |c| live(c) && !self.survives(c, component))
            }
        }
    }
}

fn count(of: &[CameraIx]) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}

fn count_if(of: &[CameraIx], fits: impl Fn(CameraIx) -> bool) -> u32 {
    u32::try_from(of.iter().filter(|c| fits(**c)).count()).unwrap_or(u32::MAX)
}
