//! One life of one town: the script against the World, from change to change, and the oracle beside it.

use std::collections::BTreeSet;

use super::super::harness::{Careless, NOON, Sim};
use super::super::kept::{Keeper, Kept};
use super::counters::Seen;
use super::dice::Dice;
use super::oracle::{Figures, Oracle, Verdict};
use super::plain::Plain;
use super::post::Post;
use super::script::{Act, Crash, Scene, What};
use super::town::town;
use cunkou_core::model::{CameraId, EntranceId, Span, Time, stable_hash};
use cunkou_core::world::{Policy, Subject, Window};

/// After it last stirred it is asked one by one for so long before a stretch is taken at once.
const CALM_AFTER: Span = Span::seconds(40);
/// What is asked one by one is looked at this often.
const SLICE: Span = Span::seconds(5);
/// More turns than this in a slice are a loop without an end.
const MOST_TURNS: u32 = 200_000;
/// The healed world is watched for so long.
const HEALED: Span = Span::minutes(6 * 60 + 70);

/// What a life left.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) hash: u64,
    #[allow(dead_code, reason = "the shell shows it")]
    pub(crate) trace: Vec<String>,
    pub(crate) seen: Seen,
    pub(crate) figures: Figures,
    pub(crate) lived: Span,
    /// How much of it was heard one by one.
    pub(crate) one_by_one: Span,
}

/// What went wrong, with the words before it.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) why: String,
    /// What the scene was about that had begun last.
    pub(crate) about: &'static str,
    pub(crate) trace: Vec<String>,
}

pub(crate) struct Life<'a> {
    pub(super) sim: Sim,
    pub(super) scenes: &'a [Scene],
    pub(super) oracle: Oracle,
    pub(super) post: Post,
    /// Starts and ends of acts that have not come, latest first.
    pub(super) edges: Vec<(Time, bool, usize)>,
    pub(super) acts: Vec<&'a Act>,
    pub(super) going_on: BTreeSet<usize>,
    /// How far the wall clock is ahead of the clock of the truth.
    pub(super) skew: Span,
    pub(super) next_light: Option<Time>,
    pub(super) dies: Option<(Crash, Span)>,
    pub(super) about: &'static str,
    pub(super) plain: Option<Plain>,
    pub(super) next_scene: usize,
    pub(super) trace: Vec<String>,
    pub(super) hash: u64,
    pub(super) last_words: std::collections::BTreeMap<Subject, &'static str>,
    pub(super) one_by_one: Span,
    /// Maintenance that is under way.
    pub(super) at_work: Vec<Window>,
}

pub(crate) fn policy(seed: u64) -> Policy {
    let mut dice = Dice::new(seed, "policy");
    let canaries = if dice.one_in(3) { Vec::new() } else { vec!["gw".into()] };
    let mut policy = Policy { canaries, ..Policy::default() };
    policy.alert.levels = u8::try_from(dice.roll(3)).unwrap_or(0);
    if dice.one_in(2) {
        policy.alert.storm_messages = 3;
    }
    policy
}

/// Lives through a script.
pub(crate) fn live(seed: u64, scenes: &[Scene], days: i64) -> Result<Report, Failure> {
    live_with(seed, scenes, days, policy(seed), Box::new(Kept::default()), None)
}

pub(crate) fn live_with(
    seed: u64,
    scenes: &[Scene],
    days: i64,
    policy: Policy,
    store: Box<dyn Keeper>,
    careless: Option<Careless>,
) -> Result<Report, Failure> {
    let mut sim = Sim::kept_by(town(seed), policy, store);
    (sim.seed, sim.careless) = (seed, careless);
    let mut life = Life::new(sim, scenes);
    match life.all_of_it(Span::hours(24 * days)) {
        Ok(()) => Ok(life.report()),
        Err(why) => Err(Failure { why, about: life.about, trace: life.trace }),
    }
}

impl<'a> Life<'a> {
    fn new(sim: Sim, scenes: &'a [Scene]) -> Life<'a> {
        let acts: Vec<&Act> = scenes.iter().flat_map(|s| &s.acts).collect();
        let ends = |(i, act): (usize, &&Act)| {
            let at = NOON + act.at;
            [(at, true, i), (at + act.lasts.max(Span(1)), false, i)]
        };
        let mut edges: Vec<(Time, bool, usize)> = acts.iter().enumerate().flat_map(ends).collect();
        edges.sort_by_key(|e| std::cmp::Reverse(*e));
        Life {
            oracle: Oracle::from(NOON + Span::seconds(30)),
            sim,
            scenes,
            post: Post::default(),
            edges,
            acts,
            going_on: BTreeSet::new(),
            skew: Span::ZERO,
            next_light: None,
            dies: None,
            about: "",
            plain: None,
            next_scene: 0,
            trace: Vec::new(),
            hash: 0,
            last_words: Default::default(),
            one_by_one: Span::ZERO,
            at_work: Vec::new(),
        }
    }

    /// The clock that nobody steps.
    pub(super) fn now(&self) -> Time {
        self.sim.now - self.skew
    }

    fn all_of_it(&mut self, days: Span) -> Verdict {
        let last = self.acts.iter().map(|a| a.at + a.lasts).max().unwrap_or(Span::ZERO);
        self.light();
        self.oracle.truth.know(&self.sim, self.now());
        self.until(NOON + days.max(last))?;
        self.edges.clear();
        self.going_on.clear();
        self.put_in_place()?;
        self.until(self.now() + HEALED)?;
        // What the plan leaves unwatched by night ends with its day.
        if let (true, Some(dawn)) = (self.oracle.truth.night, self.next_light) {
            self.until(dawn - self.skew + HEALED)?;
        }
        self.all_is_over()
    }

    fn until(&mut self, end: Time) -> Verdict {
        while self.now() < end {
            self.edges_that_are_due()?;
            let now = self.now();
            let edge = self.edges.last().map(|e| e.0);
            let light = self.next_light.map(|t| t - self.skew);
            let plain = self.plain.as_ref().map(|p| p.over);
            let next = [edge, light, self.next_work(), self.oracle.next_deadline(now), plain];
            let next = next.into_iter().flatten().filter(|t| *t > now).min().unwrap_or(end).min(end);
            self.advance(next)?;
            self.look()?;
        }
        Ok(())
    }

    /// Goes on to a moment at most: at once where nothing new would be heard, else a little at a time.
    pub(super) fn advance(&mut self, to: Time) -> Verdict {
        let (now, until) = (self.sim.now, to + self.skew);
        let calm = now - self.sim.stirred > CALM_AFTER && self.dies.is_none();
        if calm && until - now > Span::seconds(12) {
            let skipped = self.sim.skip(until - Span::seconds(2));
            self.read()?;
            if skipped {
                return Ok(());
            }
        }
        let slice = until.min(self.sim.now + SLICE);
        let (began, mut turns) = (self.sim.now, 0);
        while self.sim.turn(slice) {
            turns += 1;
            if turns > MOST_TURNS {
                return Err(format!("it turns without an end at {:?}", self.now()));
            }
            if self.sim.died || !self.sim.messages.is_empty() || !self.sim.transitions.is_empty() {
                self.one_by_one = self.one_by_one + (self.sim.now - began);
                return self.read();
            }
        }
        self.sim.now = self.sim.now.max(slice);
        self.one_by_one = self.one_by_one + (self.sim.now - began);
        // The last turn may have committed what waited.
        self.read()
    }

    /// What was committed is held against the truth, and told; or the process dies on the way.
    pub(super) fn read(&mut self) -> Verdict {
        let messages = std::mem::take(&mut self.sim.messages);
        for transition in std::mem::take(&mut self.sim.transitions) {
            let last = self.last_words.insert(transition.subject.clone(), transition.to).unwrap_or("");
            // Of the monitor only what is not sight is told: it begins with sight, and with each start.
            // A thing without a row is unknown.
            let begins = transition.subject == Subject::Monitor && transition.from == "up";
            let begins = begins || (last.is_empty() && transition.from == "unknown");
            if last != transition.from && !begins && !(last == "removed" && transition.from.is_empty()) {
                let (subject, from) = (&transition.subject, transition.from);
                return Err(format!("history of {subject:?} goes from {from:?}, and was at {last:?}"));
            }
            self.hash = stable_hash(&format!("{}{transition:?}", self.hash));
        }
        for message in &messages {
            self.light_changes(message.at);
            self.work_changes();
            let at = message.at - self.skew;
            self.tell(message, at);
            self.hash = stable_hash(&format!("{}{message:?}", self.hash));
            self.oracle.hear(message, at, &self.sim)?;
            self.post.committed(message);
            self.count_plain(message);
        }
        if self.sim.died {
            self.oracle.seen.saw("crash before a commit of words");
            return self.crash();
        }
        match self.dies.map(|d| d.0).filter(|_| !messages.is_empty()) {
            Some(Crash::BeforeSend) => {
                self.oracle.seen.saw("crash between commit and send");
                return self.crash();
            }
            Some(Crash::AfterSend) => {
                self.deliver(false)?;
                self.oracle.seen.saw("crash between send and mark");
                return self.crash();
            }
            _ => {}
        }
        self.deliver(true)
    }

    pub(super) fn deliver(&mut self, marks: bool) -> Verdict {
        let now = self.sim.now;
        self.post.deliver(&mut *self.sim.store, now, marks, &mut self.oracle.seen)
    }

    fn tell(&mut self, message: &cunkou_core::alert::Message, at: Time) {
        let i = &message.incident;
        let lost: Vec<&str> = i.entrances_lost.iter().map(|e| e.as_str()).collect();
        let after = (at - NOON).seconds_f64();
        let kind = (message.kind, message.why);
        let (over, on): (Vec<_>, Vec<_>) = message.alerts.iter().partition(|a| a.ended.is_some());
        let over: Vec<String> = over.iter().map(|a| format!("{:?} {}", a.key.name, a.key.object)).collect();
        let items: Vec<String> = message.digest.iter().map(|m| format!("#{} {:?}", m.incident.id, m.kind)).collect();
        let (step, on) = (message.step, on.len());
        self.trace.push(format!(
            "{after:.3} #{} step {step} {kind:?} {} lost {lost:?}, {on} alerts, over {over:?} {items:?}",
            i.id, i.cause
        ));
    }

    pub(super) fn edges_that_are_due(&mut self) -> Verdict {
        while let Some((at, begins, i)) = self.edges.last().copied().filter(|(at, ..)| *at <= self.now()) {
            self.edges.pop();
            let act = self.acts[i];
            if begins {
                self.begin_scene(i);
                self.trace.push(format!("{:.3} begins {:?} for {}", (at - NOON).seconds_f64(), act.what, act.lasts));
                self.going_on.insert(i);
                self.happens(act)?;
                self.oracle.truth.know(&self.sim, self.now());
                self.read()?;
            } else {
                self.trace.push(format!("{:.3} is over: {:?}", (at - NOON).seconds_f64(), act.what));
                self.going_on.remove(&i);
                match &act.what {
                    What::Crash(_) if self.dies.is_some() => self.crash()?,
                    What::Work(of, _) => self.end_work(of),
                    What::Silence(span) if act.lasts < *span => self.lift(),
                    _ => {}
                }
                self.read()?;
            }
            self.put_in_place()?;
        }
        Ok(())
    }

    /// Dusk or dawn, if it has come by this moment of the wall clock.
    pub(super) fn light_changes(&mut self, wall: Time) {
        if self.next_light.is_none_or(|t| wall < t) {
            return;
        }
        self.light();
        let was = self.oracle.truth.night;
        self.oracle.truth.know(&self.sim, self.now());
        let lost = self.oracle.truth.entrances.values().any(|g| g.lost);
        self.sometimes(lost && !was, "dusk while something is lost");
        self.sometimes(lost && was, "dawn while something is lost");
        if let Some(plain) = &mut self.plain {
            plain.light = true;
        }
    }

    /// What must hold now.
    pub(super) fn look(&mut self) -> Verdict {
        let now = self.now();
        self.light_changes(self.sim.now);
        self.work_changes();
        self.darkness(now);
        if !self.sim.loss.is_empty() {
            self.oracle.truth.lossy = Some(now);
        }
        if self.sim.store_away {
            self.oracle.dim = self.oracle.dim.max(now);
        }
        if !self.sim.unaskable.is_empty() {
            let asked = |c: &CameraId| !self.sim.unaskable.contains(c.as_str());
            let all = self.oracle.truth.entrances.iter();
            let dim: Vec<EntranceId> =
                all.filter(|(_, g)| !g.watchers.iter().all(asked)).map(|(id, _)| id.clone()).collect();
            self.oracle.dim_of.extend(dim.into_iter().map(|id| (id, now)));
        }
        self.deliver(true)?;
        self.post.all_is_told()?;
        self.oracle.check(now, &self.sim)?;
        self.end_of_plain(now)
    }

    /// The world is healed: nothing is open, nobody waits, everything is believed to be well.
    fn all_is_over(&mut self) -> Verdict {
        self.post.all_is_told()?;
        let open: Vec<String> = self.oracle.open.keys().map(|k| format!("{:?} {}", k.name, k.object)).collect();
        if !open.is_empty() || !self.sim.everything_is_over() {
            return Err(format!("all is healed, and open are {open:?} {:?}", self.sim.open_alerts()));
        }
        let (lost, held) = (self.sim.believed_lost(), self.post.open());
        if !lost.is_empty() || !held.is_empty() {
            return Err(format!("all is healed, and lost are {lost:?}, open at sinks {held:?}"));
        }
        let now = self.sim.now;
        let kept = self.sim.store.load(now);
        let left = kept.incidents.iter().filter(|i| i.status.is_open()).count();
        if left + kept.alerts.len() > 0 {
            return Err(format!("all is healed, and the store holds {left} open incidents, {:?}", kept.alerts));
        }
        Ok(())
    }

    fn report(self) -> Report {
        let saved = self.sim.world.saved(self.sim.now);
        let hash = stable_hash(&format!("{}{saved:?}", self.hash));
        let lived = self.now() - NOON;
        Report {
            hash,
            trace: self.trace,
            lived,
            seen: self.oracle.seen,
            figures: self.oracle.figures,
            one_by_one: self.one_by_one,
        }
    }
}

/// Kept for the reader of a failure: the town in a line.
pub(crate) fn in_a_line(seed: u64) -> String {
    let plan = town(seed);
    let nodes: Vec<String> = plan.registry.nodes.keys().map(ToString::to_string).collect();
    let (cameras, entrances) = (plan.registry.cameras.len(), plan.registry.entrances.len());
    let canaries = policy(seed).canaries.len();
    format!("{cameras} cameras, {entrances} entrances, nodes {nodes:?}, {canaries} canaries")
}
