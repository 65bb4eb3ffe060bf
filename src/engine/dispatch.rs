//! Which probe may go now: bounds in flight, per node too, and one task a probe under way.
//!
//! A probe that finds no room waits in a queue of its own kind; what the World asked for goes first and has a quarter
//! of the room to itself, so that a town full of timeouts cannot hold back a confirmation. Behind a node a quarter of
//! the room is kept for reach, and probes that took long the last time share half of it, so that devices which hang
//! cannot hold back their neighbours. A camera is shown its password by one probe at a time, so that a refusal is known
//! before the next.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use cunkou_core::model::{Check, Inconclusive, NodeIx, Outcome, Phase, PhaseTimes, ProbeResult, Reason, Span, Target};
use cunkou_core::registry::{Registry, Topology};
use tokio::sync::mpsc;

use super::Clock;
use super::passwords::Passwords;
use super::schedule::Due;
use crate::probe::{Prober, Question};

/// A probe that took longer is a long one, and so is its next one until it has been quicker. More than a reach that is
/// not answered takes.
const LONG: Span = Span::millis(1_500);

/// Bounds of what is under way (settings `[probe]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeLimits {
    /// Probes in flight at most; a quarter is kept for those that were asked for.
    pub in_flight: usize,
    /// Of these, behind one node.
    pub per_node: usize,
}

/// A probe that ended.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) outcome: Outcome,
    room: Room,
}

/// What a probe under way takes up.
#[derive(Debug, Clone, Copy)]
struct Room {
    node: Option<NodeIx>,
    long: bool,
    /// It may show the password.
    password: bool,
    /// The life in which it was asked.
    life: u64,
}

/// Probes under way behind one node.
#[derive(Debug, Clone, Copy, Default)]
struct Behind {
    all: usize,
    long: usize,
}

/// Everything that probes need.
pub(super) struct Dispatch {
    prober: Prober,
    passwords: Passwords,
    limits: ProbeLimits,
    clock: Clock,
    canaries: Vec<String>,
    registry: Arc<Registry>,
    topology: Arc<Topology>,
    done: mpsc::Sender<Done>,
    in_flight: usize,
    behind: HashMap<NodeIx, Behind>,
    under_way: HashMap<(Target, Check), u32>,
    /// What took long the last time.
    long: HashSet<(Target, Check)>,
    /// What failed the last time.
    failing: HashSet<(Target, Check)>,
    /// To whom a probe under way may show the password.
    showing: HashSet<Target>,
    /// Who refused the password: known here also while nothing can be kept, and the World is not told.
    refused: HashSet<Target>,
    /// What found no room: wishes that confirm a failure, other wishes, turns. What a confirmation decides is told sooner
    /// than by whom else it was asked: behind a dead switch everybody is, and each takes its time.
    waiting: [Waiting; 3],
    /// Room was given back since what waits was looked through.
    freed: bool,
    /// Counts the starts of this process's Worlds: the first, and one after each step of the clock or long pause.
    life: u64,
}

/// Probes that wait for room, each once.
#[derive(Default)]
struct Waiting {
    order: VecDeque<(Target, Check)>,
    dues: HashMap<(Target, Check), Due>,
}

impl Waiting {
    /// Lets a probe wait. Of one that waits already the place is kept and the time is the later one: what was missed is
    /// not made up for, and its answer does for both.
    fn push(&mut self, due: Due) {
        let key = (due.target, due.check);
        if self.dues.insert(key, due).is_none() {
            self.order.push_back(key);
        }
    }
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Full {
    /// For nothing of this kind.
    All,
    /// Behind this node, or for this camera.
    Here,
}

impl Dispatch {
    pub(super) fn new(
        prober: Prober,
        passwords: Passwords,
        limits: ProbeLimits,
        clock: Clock,
        canaries: Vec<String>,
        done: mpsc::Sender<Done>,
    ) -> Dispatch {
        Dispatch {
            prober,
            passwords,
            limits,
            clock,
            canaries,
            registry: Arc::default(),
            topology: Arc::default(),
            done,
            in_flight: 0,
            behind: HashMap::new(),
            under_way: HashMap::new(),
            long: HashSet::new(),
            failing: HashSet::new(),
            showing: HashSet::new(),
            refused: HashSet::new(),
            waiting: Default::default(),
            freed: false,
            life: 0,
        }
    }

    /// A new life begins: what is under way was asked in the one before, at times of another anchor perhaps. Its
    /// answers give back their room and say nothing; nothing waits for them.
    pub(super) fn begin_anew(&mut self) {
        self.life += 1;
        self.under_way.clear();
        self.waiting = Default::default();
    }

    /// Another registry is in force.
    pub(super) fn put_in_force(&mut self, registry: Arc<Registry>, topology: Arc<Topology>) {
        self.registry = registry;
        self.topology = topology;
    }

    /// Sends a probe, or lets it wait for room. `password` says whether a credential may be shown.
    pub(super) fn send(&mut self, due: Due, password: bool) {
        if self.under_way.contains_key(&(due.target, due.check)) && !due.asked {
            // The one before has not ended: its answer will do for this turn.
            return;
        }
        match self.room_for(&due, password) {
            Ok(room) => self.start(due, room),
            Err(_) => self.wait(due),
        }
    }

    fn wait(&mut self, due: Due) {
        let key = (due.target, due.check);
        let [confirming, wishes, turns] = &mut self.waiting;
        match due.asked {
            true if self.failing.contains(&key) => {
                wishes.dues.remove(&key);
                confirming.push(due);
            }
            true if confirming.dues.contains_key(&key) => confirming.push(due),
            true => wishes.push(due),
            false => turns.push(due),
        }
    }

    /// Gives back the room of a probe that ended; its outcome, which proves nothing if it is of another life.
    pub(super) fn ended(&mut self, done: Done) -> Outcome {
        self.freed = true;
        self.in_flight = self.in_flight.saturating_sub(1);
        let key = (done.outcome.target, done.outcome.check);
        let of_this_life = done.room.life == self.life;
        if let Some(n) = self.under_way.get_mut(&key).filter(|_| of_this_life) {
            *n = n.saturating_sub(1);
            if *n == 0 {
                self.under_way.remove(&key);
            }
        }
        if let Some(behind) = done.room.node.and_then(|node| self.behind.get_mut(&node)) {
            behind.all = behind.all.saturating_sub(1);
            behind.long = behind.long.saturating_sub(usize::from(done.room.long));
        }
        if done.outcome.ended.since(done.outcome.begun) > LONG {
            self.long.insert(key);
        } else {
            self.long.remove(&key);
        }
        if done.outcome.result.is_alive() {
            self.failing.remove(&key);
        } else if !matches!(done.outcome.result, ProbeResult::Inconclusive(_)) {
            self.failing.insert(key);
        }
        if done.room.password {
            self.showing.remove(&done.outcome.target);
        }
        if done.outcome.credential && done.outcome.result == ProbeResult::Answered(Reason::Auth) {
            self.refused.insert(done.outcome.target);
        }
        if of_this_life { done.outcome } else { void(done.outcome) }
    }

    /// Every refusal is known to the World by now: when the password is shown again is its to say.
    pub(super) fn forget_refusals(&mut self) {
        self.refused.clear();
    }

    /// Sends what waited, as far as there is room now; wishes first. `plan` says whether a credential may be shown, and
    /// `None` where the probe is held back by now.
    pub(super) fn send_waiting(&mut self, plan: impl Fn(&Due) -> Option<bool>) {
        if !std::mem::take(&mut self.freed) {
            return;
        }
        for kind in 0..self.waiting.len() {
            let mut waiting = std::mem::take(&mut self.waiting[kind]);
            let mut crowded = VecDeque::new();
            while let Some(key) = waiting.order.pop_front() {
                let Some(due) = waiting.dues.get(&key).copied() else { continue };
                match plan(&due).map(|password| self.room_for(&due, password)) {
                    Some(Ok(room)) => {
                        waiting.dues.remove(&key);
                        self.start(due, room);
                    }
                    None => _ = waiting.dues.remove(&key),
                    Some(Err(Full::Here)) => crowded.push_back(key),
                    Some(Err(Full::All)) => {
                        waiting.order.push_front(key);
                        break;
                    }
                }
            }
            crowded.append(&mut waiting.order);
            waiting.order = crowded;
            self.waiting[kind] = waiting;
        }
    }

    /// Probes under way.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn room_for(&self, due: &Due, password: bool) -> Result<Room, Full> {
        let kept = if due.asked { 0 } else { self.limits.in_flight / 4 };
        if self.in_flight >= self.limits.in_flight - kept {
            return Err(Full::All);
        }
        let password = password && self.may_show(due);
        if password && self.showing.contains(&due.target) {
            return Err(Full::Here);
        }
        let long = self.long.contains(&(due.target, due.check));
        let room = Room { node: self.node_of(due.target), long, password, life: self.life };
        let Some(behind) = room.node.map(|n| self.behind.get(&n).copied().unwrap_or_default()) else { return Ok(room) };
        let most = self.limits.per_node;
        let kept = if due.check == Check::Reach { 0 } else { most / 4 };
        let fits = behind.all < most - kept && (!room.long || behind.long < (most / 2).max(1));
        if fits { Ok(room) } else { Err(Full::Here) }
    }

    fn may_show(&self, due: &Due) -> bool {
        let Target::Camera(c) = due.target else { return false };
        if due.check == Check::Reach || self.refused.contains(&due.target) {
            return false;
        }
        let id = self.topology.cameras.get(c.at()).map(|slot| &slot.id);
        id.and_then(|id| self.registry.cameras.get(id)).is_some_and(|camera| camera.credential.is_some())
    }

    fn node_of(&self, target: Target) -> Option<NodeIx> {
        match target {
            Target::Camera(c) => self.topology.cameras.get(c.at())?.above.first().copied(),
            Target::Node(_) | Target::Canary(_) => None,
        }
    }

    fn start(&mut self, due: Due, room: Room) {
        let Some(question) = self.question(&due, room.password) else { return };
        self.in_flight += 1;
        if room.password {
            self.showing.insert(due.target);
        }
        *self.under_way.entry((due.target, due.check)).or_default() += 1;
        if let Some(node) = room.node {
            let behind = self.behind.entry(node).or_default();
            behind.all += 1;
            behind.long += usize::from(room.long);
        }
        let (prober, clock, done) = (self.prober.clone(), self.clock.clone(), self.done.clone());
        tokio::spawn(async move {
            let begun = clock.now();
            let answer = prober.ask(&question).await;
            let outcome = Outcome {
                target: due.target,
                check: due.check,
                due: due.at,
                begun,
                ended: clock.now(),
                asked: due.asked,
                credential: answer.credential_tried,
                result: answer.result,
                phase: answer.phase,
                times: answer.times,
                rtt: answer.rtt,
                note: answer.note,
            };
            // The engine has stopped when nobody listens: then nobody misses this answer.
            let _ = done.send(Done { outcome, room }).await;
        });
    }

    fn question(&self, due: &Due, password: bool) -> Option<Question> {
        match due.target {
            Target::Camera(c) => {
                let slot = self.topology.cameras.get(c.at())?;
                slot.checks[due.check.at()]?;
                let camera = self.registry.cameras.get(&slot.id)?;
                let entry = camera.credential.as_deref().filter(|_| password);
                let credential = entry.and_then(|name| self.passwords.get(name));
                crate::probe::for_camera(camera, due.check, credential, due.asked)
            }
            Target::Node(n) => {
                let slot = self.topology.nodes.get(n.at())?;
                crate::probe::for_node(self.registry.nodes.get(&slot.id)?, due.asked)
            }
            Target::Canary(c) => crate::probe::for_canary(self.canaries.get(c.at())?),
        }
    }
}

/// What a probe heard while we stood still proves nothing.
pub(super) fn void(mut outcome: Outcome) -> Outcome {
    outcome.result = ProbeResult::Inconclusive(Inconclusive::LoopStalled);
    outcome.phase = Phase::Connect;
    outcome.times = PhaseTimes::default();
    outcome.rtt = None;
    outcome
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::{CameraIx, FailKind, Time};
    use cunkou_core::registry::Intervals;

    use super::*;
    use crate::files::secrets::Secrets;
    use crate::probe::{AllowList, Limits};

    const PER_NODE: usize = 8;

    /// A dispatch over 40 cameras behind one switch, of which none can be dialled, so that what is under way is what
    /// the test has not ended yet; and where answers go that nobody hears.
    fn behind_one_switch(in_flight: usize) -> (Dispatch, mpsc::Receiver<Done>) {
        let mut cameras = "id,name,area,node,host,rtsp,snapshot,credential\n".to_owned();
        for n in 1..=40 {
            let credential = if n == 40 { "town" } else { "" };
            let urls = "rtsp://{host}/,http://{host}/";
            cameras.push_str(&format!("C{n},camera,T,SW,10.0.0.{n},{urls},{credential}\n"));
        }
        let files = [
            ("areas.csv", "id,kind,name\nT,town,T\n".to_owned()),
            ("nodes.csv", "id,kind,name\nSW,switch,SW\n".to_owned()),
            ("cameras.csv", cameras),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), text.into_bytes())).into();
        let (registry, faults) = crate::files::from_bytes(&files).judge();
        assert!(!faults.iter().any(|f| f.is_error()), "{faults:?}");
        let topology = Topology::build(&registry, &Intervals::default(), None);
        let (done, heard) = mpsc::channel(256);
        let limits = ProbeLimits { in_flight, per_node: PER_NODE };
        let prober = Prober::new(Limits::default(), AllowList::default());
        let mut dispatch =
            Dispatch::new(prober, Passwords::new(Secrets::default()), limits, Clock::start(), Vec::new(), done);
        dispatch.put_in_force(Arc::new(registry), Arc::new(topology));
        (dispatch, heard)
    }

    fn due(camera: usize, check: Check, asked: bool, at: i64) -> Due {
        Due { at: Time(at), target: Target::Camera(CameraIx::from(camera)), check, asked }
    }

    /// Every probe under way, as it ends after some milliseconds.
    async fn end_all(
        dispatch: &mut Dispatch,
        heard: &mut mpsc::Receiver<Done>,
        took: i64,
    ) -> Vec<(Target, Check, Time)> {
        let mut ended = Vec::new();
        for _ in 0..dispatch.in_flight() {
            let mut done = heard.recv().await.unwrap();
            done.outcome.ended = done.outcome.begun + Span(took);
            let outcome = dispatch.ended(done);
            ended.push((outcome.target, outcome.check, outcome.due));
        }
        ended
    }

    #[tokio::test]
    async fn a_turn_that_waits_is_not_made_up_for_and_waits_once() {
        let (mut dispatch, mut heard) = behind_one_switch(512);
        for turn in 0..5 {
            for camera in 0..40 {
                dispatch.send(due(camera, Check::Reach, false, turn * 10_000), true);
            }
        }
        assert_eq!((dispatch.in_flight(), dispatch.waiting[2].order.len()), (PER_NODE, 40 - PER_NODE));
        let mut seen = end_all(&mut dispatch, &mut heard, 1).await;
        while seen.len() < 40 {
            dispatch.send_waiting(|_| Some(true));
            assert!((1..=PER_NODE).contains(&dispatch.in_flight()));
            seen.extend(end_all(&mut dispatch, &mut heard, 1).await);
        }
        assert!(
            seen.iter().skip(PER_NODE).all(|(_, _, at)| *at == Time(40_000)),
            "the latest turn is the one that counts"
        );
        seen.sort_unstable();
        seen.dedup_by_key(|(target, ..)| *target);
        assert_eq!((seen.len(), dispatch.waiting[2].dues.len()), (40, 0));
    }

    #[tokio::test]
    async fn what_was_asked_for_goes_first_and_has_a_quarter_to_itself() {
        let (mut dispatch, mut heard) = behind_one_switch(PER_NODE);
        for camera in 0..20 {
            dispatch.send(due(camera, Check::Reach, false, 0), true);
        }
        assert_eq!(dispatch.in_flight(), PER_NODE - PER_NODE / 4);
        for camera in 20..40 {
            dispatch.send(due(camera, Check::Reach, true, 0), true);
        }
        assert_eq!(dispatch.in_flight(), PER_NODE, "the quarter, and behind one node no more than its bound");
        end_all(&mut dispatch, &mut heard, 1).await;
        dispatch.send_waiting(|_| Some(true));
        let ended = end_all(&mut dispatch, &mut heard, 1).await;
        assert_eq!(ended.len(), PER_NODE);
        let asked = |t: &Target| matches!(t, Target::Camera(c) if c.at() >= 20);
        assert!(ended.iter().all(|(target, ..)| asked(target)), "wishes first: {ended:?}");
    }

    #[tokio::test]
    async fn who_confirms_a_failure_goes_before_who_is_only_asked_around() {
        let (mut dispatch, mut heard) = behind_one_switch(512);
        dispatch.send(due(39, Check::Reach, false, 0), true);
        let mut done = heard.recv().await.unwrap();
        done.outcome.result = ProbeResult::Fail(FailKind::Timeout);
        dispatch.ended(done);
        for camera in 0..30 {
            dispatch.send(due(camera, Check::Reach, true, 1_000), true);
        }
        dispatch.send(due(39, Check::Reach, true, 1_000), true);
        // One that is asked around and fails in its turn meanwhile waits once, and no longer at the end.
        dispatch.failing.insert((Target::Camera(CameraIx::from(29)), Check::Reach));
        dispatch.send(due(29, Check::Reach, true, 1_000), true);
        assert_eq!(dispatch.waiting.each_ref().map(|w| w.dues.len()), [2, 30 - PER_NODE - 1, 0]);
        end_all(&mut dispatch, &mut heard, 1).await;
        dispatch.send_waiting(|_| Some(true));
        let ended = end_all(&mut dispatch, &mut heard, 1).await;
        let goes = |n: usize| ended.iter().filter(|(t, ..)| *t == Target::Camera(CameraIx::from(n))).count();
        assert_eq!((ended.len(), goes(39), goes(29)), (PER_NODE, 1, 1), "{ended:?}");
    }

    #[tokio::test]
    async fn devices_that_hang_do_not_hold_back_their_neighbours() {
        let (mut dispatch, mut heard) = behind_one_switch(512);
        for camera in 0..PER_NODE {
            dispatch.send(due(camera, Check::Stream, false, 0), true);
        }
        assert_eq!(dispatch.in_flight(), PER_NODE - PER_NODE / 4, "a quarter is kept for reach");
        dispatch.send(due(30, Check::Reach, false, 0), true);
        assert_eq!(dispatch.in_flight(), PER_NODE - PER_NODE / 4 + 1);
        end_all(&mut dispatch, &mut heard, 9_000).await;
        dispatch.send_waiting(|_| Some(true));
        end_all(&mut dispatch, &mut heard, 9_000).await;

        for camera in 0..PER_NODE {
            dispatch.send(due(camera, Check::Stream, false, 30_000), true);
        }
        assert_eq!(dispatch.in_flight(), PER_NODE / 2, "they share the half");
        dispatch.send(due(20, Check::Stream, false, 30_000), true);
        dispatch.send(due(21, Check::Stream, false, 30_000), true);
        assert_eq!(dispatch.in_flight(), PER_NODE / 2 + 2, "and the others have the other");
        end_all(&mut dispatch, &mut heard, 10).await;
        for camera in 0..PER_NODE / 2 {
            dispatch.send(due(camera, Check::Stream, false, 60_000), true);
        }
        dispatch.send_waiting(|_| None);
        assert_eq!((dispatch.in_flight(), dispatch.behind.values().map(|b| b.long).sum::<usize>()), (PER_NODE / 2, 0));
        assert!(dispatch.waiting.iter().all(|w| w.order.is_empty()), "what is held back by now waits no longer");
    }

    #[tokio::test]
    async fn a_wish_beside_a_turn_under_way_is_sent_and_both_are_counted() {
        let (mut dispatch, mut heard) = behind_one_switch(512);
        dispatch.send(due(0, Check::Reach, false, 0), true);
        dispatch.send(due(0, Check::Reach, true, 0), true);
        assert_eq!(dispatch.in_flight(), 2);
        let first = heard.recv().await.unwrap();
        dispatch.ended(first);
        dispatch.send(due(0, Check::Reach, false, 10_000), true);
        assert_eq!(dispatch.in_flight(), 1, "the other one is still under way, and its answer will do");
    }

    #[tokio::test]
    async fn a_refusal_is_known_before_the_password_is_shown_again() {
        let (mut dispatch, mut heard) = behind_one_switch(512);
        let guarded = dispatch.topology.camera("C40").unwrap().at();
        dispatch.send(due(guarded, Check::Stream, false, 0), true);
        dispatch.send(due(guarded, Check::Picture, false, 0), true);
        dispatch.send(due(guarded, Check::Reach, false, 0), true);
        assert_eq!((dispatch.in_flight(), dispatch.waiting[2].order.len()), (2, 1), "one shows it at a time");
        let refuse = |mut done: Done| {
            done.outcome.credential = done.outcome.check == Check::Stream;
            done.outcome.result = ProbeResult::Answered(Reason::Auth);
            done
        };
        for _ in 0..2 {
            let done = refuse(heard.recv().await.unwrap());
            dispatch.ended(done);
        }
        dispatch.send_waiting(|_| Some(true));
        assert_eq!((dispatch.in_flight(), dispatch.showing.len()), (1, 0), "it goes, without the password");
        let done = heard.recv().await.unwrap();
        dispatch.ended(done);
        dispatch.forget_refusals();
        dispatch.send(due(guarded, Check::Stream, false, 30_000), true);
        assert_eq!(dispatch.showing.len(), 1, "once it is kept, the World says when");
    }
}
