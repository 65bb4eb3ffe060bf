//! The loop, with a carrier that follows a script, under a paused clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cunkou_core::alert::{Alert, MessageKind, Review};
use cunkou_core::model::{Span, Time};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::fixture::{Memory, T0, incident, lost, message, opened, snapshot};
use crate::notify::backoff::Pace;
use crate::notify::counters::Counters;
use crate::notify::delivery::{Carrier, Delivery, Scene, Wires};
use crate::notify::letter::Letter;
use crate::notify::outbox::Received;
use crate::notify::post::Tried;
use crate::notify::review::Reviewing;

/// One call of the carrier: when (milliseconds since the start), what.
pub(super) type Call = (i64, String);

struct Scripted {
    script: Arc<Mutex<VecDeque<Tried>>>,
    calls: mpsc::UnboundedSender<Call>,
    takes: bool,
}

impl Scripted {
    fn call(&self, scene: &Scene, what: String) -> Tried {
        self.calls.send(((scene.now - T0).as_millis(), what)).unwrap();
        self.script.lock().unwrap().pop_front().unwrap_or(Tried::Taken)
    }
}

impl Carrier for Scripted {
    fn takes(&self, _: &Letter) -> bool {
        self.takes
    }

    async fn tell(&mut self, letter: &Letter, key: &str, scene: &Scene) -> Tried {
        let (kind, n) = (letter.message.kind.word(), letter.message.alerts.len());
        self.call(scene, format!("{key} {kind} {n}"))
    }

    async fn aside(&mut self, alert: &Alert, key: &str, scene: &Scene) -> Tried {
        self.call(scene, format!("{key} {}", alert.key.name.word()))
    }

    async fn review(&mut self, review: &Review, key: &str, scene: &Scene) -> Tried {
        let hours = (review.to - review.from).as_millis() / 3_600_000;
        self.call(scene, format!("{key} {hours} h, {} open, {} mended", review.open_in_all, review.mended_in_all))
    }

    async fn pulse(&mut self, scene: &Scene, stuck: Option<&Alert>) -> Tried {
        let at = (scene.now - T0).as_millis();
        self.calls.send((at, format!("pulse{}", if stuck.is_some() { " stuck" } else { "" }))).unwrap();
        Tried::Taken
    }
}

pub(super) struct Rig {
    pub(super) outbox: Arc<Memory>,
    script: Arc<Mutex<VecDeque<Tried>>>,
    calls: mpsc::UnboundedReceiver<Call>,
    wake: Arc<Notify>,
    pub(super) stuck: watch::Sender<Option<Time>>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    metrics: prometheus::Registry,
    _snapshot: watch::Sender<Arc<cunkou_core::world::Snapshot>>,
}

impl Rig {
    /// A loop for the sink `desk` over an outbox; the clock begins at [`T0`].
    fn start(outbox: Memory, script: Vec<Tried>, takes: bool) -> Rig {
        Rig::reviewed(outbox, script, takes, None)
    }

    /// The same for a sink that may want reviews.
    pub(super) fn reviewed(outbox: Memory, script: Vec<Tried>, takes: bool, reviewing: Option<Reviewing>) -> Rig {
        let begin = tokio::time::Instant::now();
        let metrics = prometheus::Registry::new();
        let (outbox, wake) = (Arc::new(outbox), Arc::new(Notify::new()));
        let (stuck, stuck_seen) = watch::channel(None);
        let (published, seen) = watch::channel(snapshot(&[], &[]));
        let (calls_to, calls) = mpsc::unbounded_channel();
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let wires = Wires {
            outbox: outbox.clone(),
            snapshot: seen,
            clock: Arc::new(move || T0 + Span::from(begin.elapsed())),
            wake: wake.clone(),
            stuck: stuck_seen,
            counters: Counters::new(&metrics, ["desk"].into_iter()).unwrap(),
            pace: Pace::default(),
            reviewing,
        };
        let carrier = Scripted { script: script.clone(), calls: calls_to, takes };
        let stop = CancellationToken::new();
        let task = tokio::spawn(Delivery::new("desk".to_owned(), carrier, wires).run(stop.clone()));
        Rig { outbox, script, calls, wake, stuck, stop, task, metrics, _snapshot: published }
    }

    /// The next call that is no pulse.
    pub(super) async fn next(&mut self) -> Call {
        loop {
            let call = self.calls.recv().await.expect("the loop runs");
            if !call.1.starts_with("pulse") {
                return call;
            }
        }
    }

    /// Lets the loop end and gives every call that is no pulse and was not looked at.
    pub(super) async fn rest(mut self) -> Vec<String> {
        self.stop.cancel();
        (&mut self.task).await.unwrap();
        let mut rest = Vec::new();
        while let Ok((_, what)) = self.calls.try_recv() {
            rest.push(what);
        }
        rest.retain(|what| !what.starts_with("pulse"));
        rest
    }

    fn counted(&self, result: &str) -> f64 {
        let families = self.metrics.gather();
        let family = families.iter().find(|f| f.name() == "cunkou_notifications_total").unwrap();
        let has = |m: &&prometheus::proto::Metric| m.get_label().iter().any(|l| l.value() == result);
        family.get_metric().iter().find(has).unwrap().get_counter().get_value()
    }
}

fn away() -> Tried {
    Tried::Failed { why: "no connection".to_owned(), away: true, asked: None, received: Received::No }
}

pub(super) fn refused() -> Tried {
    Tried::Failed { why: "answered 400".to_owned(), away: false, asked: None, received: Received::No }
}

fn with(messages: impl IntoIterator<Item = cunkou_core::alert::Message>) -> Memory {
    let outbox = Memory::default();
    messages.into_iter().for_each(|m| outbox.put("desk", m));
    outbox
}

#[tokio::test(start_paused = true)]
async fn a_row_is_told_once_and_counted() {
    let mut rig = Rig::start(with([]), vec![], true);
    for result in ["delivered", "retried", "dropped"] {
        assert_eq!(rig.counted(result), 0.0, "every label stands at 0 before anything happened");
    }
    rig.outbox.put("desk", opened(1));
    rig.outbox.put("other", opened(2));
    rig.wake.notify_one();
    assert_eq!(rig.next().await, (0, "1/desk/1 opened 1".to_owned()));
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(rig.outbox.delivered(), ["desk 1/1"]);
    assert_eq!((rig.counted("delivered"), rig.counted("retried"), rig.counted("dropped")), (1.0, 0.0, 0.0));
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_away_is_asked_ever_more_rarely_under_the_same_key() {
    let mut rig = Rig::start(with([opened(1)]), vec![away(); 12], true);
    let mut last = 0;
    for failures in 0..12_u32 {
        let (at, what) = rig.next().await;
        assert_eq!(what, "1/desk/1 opened 1");
        if failures > 0 {
            let full = 1_000_i64.saturating_mul(1 << (failures - 1)).min(300_000);
            let waited = at - last;
            assert!(waited >= full / 2 && waited <= full + 1, "after {failures} failures: {waited} ms");
        }
        last = at;
    }
    assert_eq!(rig.next().await.1, "1/desk/1 opened 1");
    assert_eq!(rig.counted("retried"), 12.0);
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_asks_for_time_gets_it() {
    let busy = Tried::Failed {
        why: "answered 429".to_owned(),
        away: true,
        asked: Some(Span::seconds(90)),
        received: Received::No,
    };
    let mut rig = Rig::start(with([opened(1), opened(2)]), vec![busy], true);
    assert_eq!(rig.next().await.0, 0);
    rig.wake.notify_one();
    assert_eq!(rig.next().await.0, 90_000, "being woken changes nothing");
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_back_gets_everything_in_order() {
    let mut rig = Rig::start(with((1..=4).map(opened)), vec![away(); 6], true);
    let mut tried = Vec::new();
    for _ in 0..6 {
        tried.push(rig.next().await.1);
    }
    assert_eq!(
        tried[..4],
        (1..=4).map(|i| format!("{i}/desk/1 opened 1")).collect::<Vec<_>>(),
        "the least tried first"
    );
    let (back, _) = rig.next().await;
    for _ in 0..3 {
        assert_eq!(rig.next().await.0, back, "nothing waits for its own turn any more");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.outbox.delivered().len(), 4);
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_with_a_row_that_found_the_sink_away_is_told_when_it_is_back() {
    let mut rig = Rig::start(with([opened(1), opened(2), opened(3)]), vec![away()], true);
    assert_eq!(rig.next().await, (0, "1/desk/1 opened 1".to_owned()));
    let mut told: Vec<String> = Vec::new();
    for _ in 0..3 {
        told.push(rig.next().await.1);
    }
    told.sort();
    assert_eq!(told, ["1/desk/1 opened 1", "2/desk/1 opened 1", "3/desk/1 opened 1"]);
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_refused_holds_up_no_other_and_is_never_given_up() {
    let mut rig = Rig::start(with([opened(1), opened(2)]), vec![refused()], true);
    assert_eq!(rig.next().await, (0, "1/desk/1 opened 1".to_owned()));
    assert_eq!(rig.next().await, (0, "2/desk/1 opened 1".to_owned()));
    assert_eq!(rig.outbox.waiting("desk").len(), 1, "the refused one waits");
    rig.script.lock().unwrap().extend(vec![refused(); 20]);
    let mut last = rig.next().await.0;
    for refusals in 3..=21 {
        let (at, what) = rig.next().await;
        assert_eq!(what, "1/desk/1 opened 1");
        assert!(at - last <= 300_001, "after {refusals} refusals: {} ms", at - last);
        last = at;
    }
    assert_eq!(rig.next().await.1, "1/desk/1 opened 1");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.outbox.delivered(), ["desk 2/1", "desk 1/1"], "told once it is taken, after 21 refusals");
}

#[tokio::test(start_paused = true)]
async fn a_row_that_tells_several_steps_is_what_they_are_together() {
    use MessageKind as K;
    for (kinds, said) in [
        // Opened and over while nobody listened: one message.
        (vec![K::Opened, K::Updated, K::Resolved], "1/desk/3 resolved 1"),
        // Still going on: the receiver has not heard of it yet, so it is new.
        (vec![K::Opened, K::Updated], "1/desk/3 opened 1"),
        (vec![K::Opened, K::Acknowledged], "1/desk/3 opened 1"),
        (vec![K::Resolved, K::Reopened, K::Updated], "1/desk/3 reopened 1"),
        (vec![K::MoreLost, K::Updated], "1/desk/3 more_lost 1"),
        (vec![K::Opened, K::Merged], "1/desk/3 merged 1"),
    ] {
        let outbox = Memory::default();
        let last = *kinds.last().unwrap();
        outbox.put_steps("desk", message(incident(1), 3, last, vec![lost("E1", None)]), kinds);
        let mut rig = Rig::start(outbox, vec![], true);
        assert_eq!(rig.next().await.1, said);
        assert_eq!(rig.rest().await, [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn steps_that_were_sent_do_not_fold() {
    let mut rig = Rig::start(with([opened(1)]), vec![], true);
    assert_eq!(rig.next().await.1, "1/desk/1 opened 1");
    rig.outbox.put("desk", message(incident(1), 2, MessageKind::MoreLost, vec![lost("E1", None), lost("E2", None)]));
    rig.wake.notify_one();
    assert_eq!(rig.next().await.1, "1/desk/2 more_lost 2");
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_is_not_sent_again_while_the_store_cannot_note_it() {
    let outbox = with([opened(1)]);
    outbox.refuse_writes(true);
    let mut rig = Rig::start(outbox, vec![], true);
    rig.next().await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(rig.outbox.waiting("desk").len(), 1, "the store still has the row");
    rig.outbox.refuse_writes(false);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(rig.outbox.delivered(), ["desk 1/1"]);
    assert_eq!(rig.rest().await, [""; 0], "and it was sent once");
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_tried_again_also_while_the_store_cannot_note_it() {
    let outbox = with([opened(1), opened(2)]);
    outbox.refuse_writes(true);
    let mut rig = Rig::start(outbox, vec![refused(), away(), away()], true);
    let mut tried: Vec<String> = Vec::new();
    for _ in 0..5 {
        tried.push(rig.next().await.1);
    }
    tried.sort();
    let (one, two) = ("1/desk/1 opened 1".to_owned(), "2/desk/1 opened 1".to_owned());
    assert!(tried.iter().filter(|t| **t == one).count() >= 2 && tried.contains(&two), "{tried:?}");
    assert_eq!(rig.counted("delivered"), 2.0);
    tokio::time::sleep(Duration::from_secs(400)).await;
    rig.outbox.refuse_writes(false);
    tokio::time::sleep(Duration::from_secs(120)).await;
    let mut told = rig.outbox.delivered();
    told.sort();
    assert_eq!(told, ["desk 1/1", "desk 2/1"]);
    assert_eq!(rig.rest().await, [""; 0], "each was taken once");
}

#[tokio::test(start_paused = true)]
async fn a_stuck_store_is_told_once_outside_the_outbox_and_so_is_its_end() {
    let mut rig = Rig::start(with([]), vec![away()], true);
    rig.stuck.send(Some(T0)).unwrap();
    let key = format!("stuck-{}", T0.millis());
    assert_eq!(rig.next().await, (0, format!("{key} MonitorStuck")));
    assert_eq!(rig.next().await.1, format!("{key} MonitorStuck"), "tried again under the same key");
    tokio::time::sleep(Duration::from_secs(200)).await;
    let pulses: Vec<Call> = std::iter::from_fn(|| rig.calls.try_recv().ok()).collect();
    assert!(pulses.len() >= 3 && pulses.iter().all(|(_, what)| what == "pulse stuck"), "{pulses:?}");
    rig.stuck.send(None).unwrap();
    assert_eq!(rig.next().await.1, format!("{key}-over MonitorStuck"));
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_pulse_beats_every_minute() {
    let mut rig = Rig::start(with([]), vec![], true);
    tokio::time::sleep(Duration::from_secs(181)).await;
    let beats: Vec<Call> = std::iter::from_fn(|| rig.calls.try_recv().ok()).collect();
    assert_eq!(beats.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 60_000, 120_000, 180_000]);
}

#[tokio::test(start_paused = true)]
async fn what_the_settings_no_longer_take_is_dropped_and_counted() {
    let rig = Rig::start(with([opened(1), opened(2)]), vec![], false);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.outbox.dropped(), ["desk 1/1", "desk 2/1"]);
    assert_eq!(rig.counted("dropped"), 2.0);
    assert_eq!(rig.rest().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_brings_what_is_due_once_more() {
    let rig = Rig::start(with([]), vec![], true);
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.outbox.put("desk", opened(1));
    let outbox = rig.outbox.clone();
    assert_eq!(rig.rest().await, ["1/desk/1 opened 1"]);
    assert_eq!(outbox.delivered(), ["desk 1/1"]);
}
