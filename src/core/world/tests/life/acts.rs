//! What happens, done to the town, the monitor, its registry and its people.

use super::super::harness::NOON;
use super::oracle::Verdict;
use super::run::Life;
use super::script::{Act, Change, Crash, What};
use super::truth::CENTRE;
use cunkou_core::coverage::next_change;
use cunkou_core::model::{CameraId, EntranceId, NodeId, Span, Time};
use cunkou_core::registry::{EntranceStatus, Life as InForce};
use cunkou_core::world::Event;

impl Life<'_> {
    /// Everything that goes on is put in place, and the truth looked at.
    pub(super) fn put_in_place(&mut self) -> Verdict {
        let away = self.sim.store_away;
        // What is heard next is another thing: it is asked for one by one.
        self.sim.stirred = self.sim.now;
        let now = self.now();
        self.oracle.unasked.extend(self.sim.unaskable.iter().map(|c| (c.clone(), now)));
        self.sim.heal_all();
        self.sim.store_away = false;
        self.post.away.clear();
        for act in self.going_on.iter().map(|i| self.acts[*i]) {
            match &act.what {
                What::Camera(c, fault) => self.sim.break_camera(c, *fault),
                What::Node(n) => self.sim.kill_node(n),
                What::Mute(n) => {
                    self.sim.mute_nodes.insert(n.clone());
                }
                What::CutOff => self.sim.cut_off = true,
                What::Canary => self.sim.canary_dead = true,
                What::Loss(n) => {
                    self.sim.loss.insert(n.clone(), 0.3);
                }
                What::StoreAway => self.sim.store_away = true,
                What::SinkAway(sink) => {
                    self.post.away.insert(*sink);
                }
                What::Unaskable(c) => {
                    self.sim.unaskable.insert(c.clone());
                }
                _ => {}
            }
        }
        let now = self.now();
        if away && !self.sim.store_away {
            self.oracle.dim = self.oracle.dim.max(now);
        }
        self.oracle.truth.know(&self.sim, now);
        self.darkness(now);
        self.deliver(true)
    }

    /// Whether there is a reason to be blind, by the truth.
    pub(super) fn darkness(&mut self, now: Time) {
        let sees_a_canary = !self.sim.policy.canaries.is_empty() && !self.sim.canary_dead;
        let most = !sees_a_canary && self.oracle.truth.share_broken(&self.sim) >= 0.6;
        if self.sim.cut_off || most {
            self.oracle.dark = Some(now);
        }
        if self.sim.cut_off {
            self.oracle.dim = self.oracle.dim.max(now);
        }
    }

    pub(super) fn happens(&mut self, act: &Act) -> Verdict {
        let lost = self.oracle.truth.entrances.values().any(|g| g.lost);
        match &act.what {
            What::Crash(Crash::Now) => {
                self.dies = Some((Crash::Now, act.lasts));
                self.crash()?;
            }
            What::Crash(how) => {
                self.dies = Some((*how, act.lasts));
                self.sim.dies_at_commit = *how == Crash::BeforeCommit;
            }
            What::Step(step) => {
                self.sometimes(lost && step.0 < 0, "clock stepped back while something is lost");
                self.sometimes(lost && step.0 > 0, "clock stepped forward while something is lost");
                self.skew = self.skew + *step;
                self.sim.begin_anew(*step);
                self.was_away();
                self.light();
            }
            What::Freeze => {
                self.sometimes(lost, "frozen while something is lost");
                self.sim.begin_anew(act.lasts);
                self.was_away();
                self.light();
            }
            What::Reload(change) if !self.sim.is_behind() => {
                self.sometimes(lost, "registry changed while something is lost");
                self.reload(change);
            }
            What::Acknowledge if !self.sim.is_behind() => self.acknowledge(),
            What::Work(of, lasts) if !self.sim.is_behind() => self.announce(of, *lasts),
            What::Silence(span) if !self.sim.is_behind() => self.silence(*span),
            What::StoreAway => {
                self.sometimes(lost, "store away while something is lost");
                self.sometimes(act.lasts > Span::seconds(30), "store away longer than store_grace");
            }
            What::CutOff => {
                let node = !self.sim.dead_nodes.is_empty();
                self.sometimes(node && act.lasts > Span::seconds(20), "blind while a node is down");
                self.sometimes(self.sim.policy.canaries.is_empty(), "blind without canaries");
            }
            What::Canary => {
                let has = !self.sim.policy.canaries.is_empty() && !self.sim.cut_off;
                self.sometimes(has, "a canary dead while we see");
            }
            What::Camera(..) if self.sim.world.snapshot().blind.is_some() => {
                self.oracle.seen.saw("a camera died while blind");
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn sometimes(&mut self, so: bool, what: &str) {
        if so {
            self.oracle.seen.saw(what);
        }
    }

    /// The process dies here and starts again.
    pub(super) fn crash(&mut self) -> Verdict {
        let Some((_, pause)) = self.dies.take() else { return Ok(()) };
        let snapshot = self.sim.world.snapshot();
        self.sometimes(!self.going_on.is_empty(), "crash in the midst of a fault");
        self.sometimes(snapshot.round.is_some(), "crash in a first round");
        self.sometimes(snapshot.blind.is_some(), "crash while blind");
        self.sometimes(self.sim.store_away, "crash while the store is away");
        self.sometimes(self.oracle.hands.collects(), "crash while something is collected");
        let silent = snapshot.incidents.values().any(|i| i.status.is_open() && i.silence_at(self.sim.now).is_some());
        self.sometimes(silent, "crash while something is silenced");
        let planned = self.oracle.truth.entrances.values().any(|g| g.planned);
        self.sometimes(planned, "crash while something is lost by maintenance");
        self.trace.push(format!("{:.3} dies for {pause}", (self.now() - NOON).seconds_f64()));
        self.sim.restart(pause);
        self.was_away();
        self.light();
        self.read()
    }

    pub(super) fn was_away(&mut self) {
        let now = self.now();
        self.oracle.dim = self.oracle.dim.max(now);
        self.oracle.restarted = Some(now);
        self.oracle.begins_anew();
    }

    /// When it becomes night or day next, by the wall clock.
    pub(super) fn light(&mut self) {
        self.next_light = next_change(self.sim.now, CENTRE);
    }

    pub(super) fn acknowledge(&mut self) {
        let snapshot = self.sim.world.snapshot();
        let open: Vec<_> = snapshot.incidents.values().filter(|i| i.status.is_open()).map(|i| i.id).collect();
        for (n, incident) in open.into_iter().enumerate() {
            let until = (n % 2 == 1).then(|| self.sim.now + Span::minutes(20));
            self.sim.apply(Event::Acknowledge { incident, by: "duty".into(), note: "".into(), until });
        }
    }

    /// Somebody silences what is open for so long.
    pub(super) fn silence(&mut self, span: Span) {
        let (snapshot, until) = (self.sim.world.snapshot(), self.sim.now + span);
        for id in snapshot.incidents.values().filter(|i| i.status.is_open()).map(|i| i.id) {
            self.oracle.hands.silence(id, until);
            self.sim.apply(Event::Silence { incident: id, by: "duty".into(), note: "".into(), until });
        }
    }

    /// Somebody lifts the silences that are in force.
    pub(super) fn lift(&mut self) {
        let snapshot = self.sim.world.snapshot();
        let silent = |i: &&std::sync::Arc<cunkou_core::alert::Incident>| i.silence_at(self.sim.now).is_some();
        let all: Vec<_> = snapshot.incidents.values().filter(silent).filter(|i| i.status.is_open()).cloned().collect();
        for incident in &all {
            if self.sim.is_behind() {
                return;
            }
            let until = self.sim.now;
            self.oracle.seen.saw("a silence is lifted");
            self.oracle.hands.lift(incident.id, until);
            self.sim.apply(Event::Silence { incident: incident.id, by: "duty".into(), note: "".into(), until });
        }
    }

    pub(super) fn reload(&mut self, change: &Change) {
        let mut registry = (*self.sim.world.snapshot().registry).clone();
        match change {
            Change::Remove(c) => {
                registry.cameras.remove(&CameraId::new(c).unwrap());
            }
            Change::Rewire(c, node) => {
                if let Some(c) = registry.cameras.get_mut(&CameraId::new(c).unwrap()) {
                    c.node = vec![NodeId::new(node).unwrap()];
                }
            }
            Change::Maintain(c) => {
                if let Some(c) = registry.cameras.get_mut(&CameraId::new(c).unwrap()) {
                    c.status = if c.status == InForce::Active { InForce::Maintenance } else { InForce::Active };
                }
            }
            Change::Require(e, n) => {
                if let Some(e) = registry.entrances.get_mut(&EntranceId::new(e).unwrap()) {
                    (e.required, e.target) = (*n, e.target.max(*n));
                }
            }
            Change::Close(e) => {
                if let Some(e) = registry.entrances.get_mut(&EntranceId::new(e).unwrap()) {
                    e.status = EntranceStatus::Closed;
                }
            }
            Change::Add(id, node) => {
                let id = CameraId::new(id).unwrap();
                let Some(mut like) = registry.cameras.values().next().cloned() else { return };
                (like.id, like.node) = (id.clone(), vec![NodeId::new(node).unwrap()]);
                (like.status, like.host) = (InForce::Active, Some("10.2.0.9".into()));
                registry.cameras.insert(id, like);
            }
        }
        self.oracle.reloaded = Some(self.now());
        self.sim.reload(registry);
    }
}
