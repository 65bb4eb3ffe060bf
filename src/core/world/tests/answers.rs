//! How the things of the town answer, with all that is wrong with them at the moment.

use cunkou_core::model::{
    Check, FailKind, Inconclusive, NodeIx, ProbeResult, Reason, Span, Target, Time, stable_hash_parts,
};

use super::harness::Sim;

/// How a camera behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Refuse,
    Drop,
    Auth,
    /// Answers 503 to everything but reach.
    Busy,
    /// Answers reach, but its stream is silent.
    StreamHangs,
    /// Answers after two seconds.
    Slow,
}

impl Sim {
    /// As the engine does it: a refused password is held back.
    pub(crate) fn may_show(&self, target: Target) -> bool {
        let held_until = match target {
            Target::Camera(c) => self.world.cameras().get(c.at()).and_then(|v| v.password_held_until),
            _ => None,
        };
        held_until.is_none_or(|until| self.now >= until)
    }

    pub(crate) fn answer(&mut self, target: Target, check: Check, asked: bool) -> (ProbeResult, Span) {
        let limit = match (check, asked) {
            (Check::Reach, false) => 1_000,
            (Check::Reach, true) => 800,
            (_, false) => 3_000,
            (_, true) => 10_000,
        };
        let silence = (ProbeResult::Fail(FailKind::Timeout), Span(limit));
        let pass = (ProbeResult::Pass { slow: false }, Span(5));
        if self.cut_off || self.is_lost_on_the_way(target, check, asked) {
            return silence;
        }
        let topology = self.topology.clone();
        let dead = |n: NodeIx| self.dead_nodes.contains(topology.nodes[n.at()].id.as_str());
        match target {
            Target::Canary(_) => {
                if self.canary_dead {
                    silence
                } else {
                    pass
                }
            }
            Target::Node(n) => {
                let mute = self.mute_nodes.contains(topology.nodes[n.at()].id.as_str());
                if topology.node_works(n, &dead) && !mute { pass } else { silence }
            }
            Target::Camera(c) if !topology.camera_works(c, &dead) => silence,
            Target::Camera(c) if self.unaskable.contains(topology.cameras[c.at()].id.as_str()) => {
                (ProbeResult::Inconclusive(Inconclusive::OwnFault), Span(1))
            }
            Target::Camera(c) => match self.faults.get(topology.cameras[c.at()].id.as_str()) {
                None => pass,
                Some(Fault::Refuse) => (ProbeResult::Fail(FailKind::Refused), Span(2)),
                Some(Fault::Drop) => silence,
                Some(Fault::Auth) if check == Check::Stream => (ProbeResult::Answered(Reason::Auth), Span(5)),
                Some(Fault::Busy) if check != Check::Reach => (ProbeResult::Answered(Reason::Busy), Span(5)),
                Some(Fault::StreamHangs) if check == Check::Stream => silence,
                Some(Fault::Auth | Fault::Busy | Fault::StreamHangs) => pass,
                // An ordinary try gives up before; a confirming one of reach sends packets for 0.8 s and hears none.
                Some(Fault::Slow) if check == Check::Stream && asked => (ProbeResult::Pass { slow: true }, Span(4_000)),
                Some(Fault::Slow) if check == Check::Stream => (ProbeResult::Pass { slow: false }, Span(2_000)),
                Some(Fault::Slow) => (ProbeResult::Pass { slow: false }, Span(if asked { 700 } else { 900 })),
            },
        }
    }

    /// Whether every packet of a try is lost: one of an ordinary try, five of a confirming one of reach and of every
    /// try of a canary; TCP sends a request again after one, three, seven seconds.
    fn is_lost_on_the_way(&mut self, target: Target, check: Check, asked: bool) -> bool {
        if self.loss.is_empty() {
            return false;
        }
        let topology = self.topology.clone();
        let above: &[NodeIx] = match target {
            Target::Camera(c) => &topology.cameras[c.at()].above,
            Target::Node(n) => &topology.nodes[n.at()].above,
            Target::Canary(_) => &[],
        };
        let node = |n: &NodeIx| topology.nodes[n.at()].id.to_string();
        let on_the_way: Vec<String> = above.iter().map(node).chain([String::new()]).collect();
        let kept: f64 = on_the_way.iter().filter_map(|n| self.loss.get(n)).map(|l| 1.0 - l).product();
        let packets = match (target, check, asked) {
            (Target::Canary(_), ..) | (_, Check::Reach, true) => 5,
            (_, Check::Reach, false) => 1,
            (_, _, false) => 2,
            (_, _, true) => 4,
        };
        self.draw() < (1.0 - kept).powi(packets)
    }

    /// When the first password that was refused may be shown again.
    pub(super) fn password_due(&self) -> Option<Time> {
        let views = self.world.cameras().iter().filter(|v| v.on[Check::Stream.at()]);
        views.filter_map(|v| v.password_held_until).min()
    }

    /// A number from 0 to 1 of the seeded row.
    fn draw(&mut self) -> f64 {
        self.drawn += 1;
        let word = stable_hash_parts(&[&self.seed.to_string(), &self.drawn.to_string()]);
        (word >> 11) as f64 / (1_u64 << 53) as f64
    }
}
