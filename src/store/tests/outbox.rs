//! The outbox over its life: taken, retried, delivered, and over a restart.

use cunkou_core::alert::{EndReason, InDigest, MessageKind as K};
use cunkou_core::model::Severity;

use super::*;

const NOW: Time = Time(1_000_000);

fn key(incident: u64, step: u32) -> OutboxKey {
    OutboxKey { incident: IncidentId(incident), sink: "desk".to_owned(), step }
}

async fn take(store: &Store) -> Vec<OutboxRow> {
    store.pending("desk", NOW, Take::Oldest(10)).await.unwrap()
}

async fn keys(store: &Store) -> Vec<OutboxKey> {
    take(store).await.into_iter().map(|row| row.key).collect()
}

#[tokio::test]
async fn a_message_comes_back_as_it_was_and_only_once() {
    let store = memory().await;
    let told = Message { alerts: vec![Arc::new(alert(1, 1))], ..message(1, 1, K::Opened, Severity::Critical) };
    commit(&store, &telling(vec![told.clone()]), &desk()).await;
    let rows = take(&store).await;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((&row.key, &row.message, row.pages, row.told_before), (&key(1, 1), &told, true, false));
    assert_eq!(row.key.to_string(), "1/desk/1");
    assert!(take(&store).await.is_empty(), "it is on its way");
    assert_eq!(store.next_attempt("desk").await.unwrap(), None);
    store.release(&[key(1, 1)]).await;
    let again = take(&store).await;
    assert_eq!((again.len(), again[0].uncertain), (1, false), "handed out, and not tried");
    store.delivered(&key(1, 1), NOW, Some(200), Some("王强")).await.unwrap();
    assert!(take(&store).await.is_empty(), "it has arrived");
    let story = store.incident(IncidentId(1)).await.unwrap();
    assert!(story.is_none(), "a message makes no incident by itself");
}

#[tokio::test]
async fn an_incident_that_came_and_went_while_a_sink_was_away_is_one_message() {
    let store = memory().await;
    let mut gone = alert(1, 1);
    gone.ended = Some((Time(2_000), EndReason::Recovered));
    let opened = Message { alerts: vec![Arc::new(alert(1, 1))], ..message(1, 1, K::Opened, Severity::Critical) };
    let part = Message { alerts: vec![Arc::new(gone.clone())], ..message(1, 2, K::Updated, Severity::Critical) };
    let resolved = message(1, 3, K::Resolved, Severity::Critical);
    for told in [opened, part, resolved] {
        commit(&store, &telling(vec![told]), &desk()).await;
    }
    let rows = take(&store).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0].key, rows[0].from_step), (&key(1, 3), 1));
    assert_eq!(rows[0].kinds, [K::Opened, K::Updated, K::Resolved]);
    assert!(rows[0].pages, "the page is not lost");
    assert_eq!(rows[0].created_at, Time(1_000));
    assert_eq!(rows[0].message.alerts, [Arc::new(gone)], "what ended in between is still told");
}

#[tokio::test]
async fn steps_of_an_incident_go_out_in_order_and_other_incidents_do_not_wait() {
    let store = memory().await;
    commit(&store, &telling(vec![message(1, 1, K::Opened, Severity::Critical)]), &desk()).await;
    assert_eq!(keys(&store).await, [key(1, 1)]);
    let more = vec![message(1, 2, K::MoreLost, Severity::Critical), message(2, 1, K::Opened, Severity::Critical)];
    commit(&store, &telling(more), &desk()).await;
    assert_eq!(keys(&store).await, [key(2, 1)], "1/2 waits for 1/1, which is on its way");
    store.retry(&key(1, 1), Time(2_000_000), "timed out", Received::Maybe, None).await.unwrap();
    assert!(take(&store).await.is_empty(), "not yet due, and nothing overtakes it");
    assert_eq!(store.next_attempt("desk").await.unwrap(), Some(Time(2_000_000)));
    let rows = store.pending("desk", Time(2_000_000), Take::Oldest(10)).await.unwrap();
    assert_eq!((&rows[0].key, rows[0].attempts, rows[0].uncertain), (&key(1, 1), 1, true));
    store.delivered(&key(1, 1), NOW, None, None).await.unwrap();
    let rows = take(&store).await;
    assert_eq!((&rows[0].key, rows[0].from_step, rows[0].told_before), (&key(1, 2), 2, true));
}

#[tokio::test]
async fn what_was_surely_not_received_joins_the_step_behind_it() {
    let store = memory().await;
    commit(&store, &telling(vec![message(1, 1, K::Opened, Severity::Critical)]), &desk()).await;
    take(&store).await;
    commit(&store, &telling(vec![message(1, 2, K::Updated, Severity::Critical)]), &desk()).await;
    store.retry(&key(1, 1), Time(1_500_000), "refused", Received::No, Some(503)).await.unwrap();
    assert!(take(&store).await.is_empty(), "the pause holds for the joined row");
    let rows = store.pending("desk", Time(1_500_000), Take::Oldest(10)).await.unwrap();
    assert_eq!((&rows[0].key, rows[0].from_step, rows[0].attempts), (&key(1, 2), 1, 1));
    assert!(rows[0].pages && rows[0].created_at == Time(1_000));
}

#[tokio::test]
async fn a_story_tells_what_each_sink_answered_last() {
    let store = memory().await;
    let told = telling(vec![message(1, 1, K::Opened, Severity::Critical)]);
    commit(&store, &Effects { incidents: vec![Arc::new(incident(1))], ..told }, &desk()).await;
    let answered = async || {
        let story = store.incident(cunkou_core::model::IncidentId(1)).await.unwrap().unwrap();
        story.deliveries.iter().map(|d| d.answer_code).collect::<Vec<_>>()
    };
    assert_eq!(answered().await, [None], "nothing went out yet");
    take(&store).await;
    for (code, told) in [(Some(503), Some(503)), (None, None)] {
        store.retry(&key(1, 1), NOW, "refused, or silent", Received::Maybe, code).await.unwrap();
        assert_eq!(answered().await, [told], "of the last try, and of no try before it");
        take(&store).await;
    }
    store.delivered(&key(1, 1), NOW, Some(202), None).await.unwrap();
    assert_eq!(answered().await, [Some(202)]);
}

#[tokio::test]
async fn what_was_handed_out_and_not_tried_is_as_before() {
    let town = Town::new();
    let store = town.open().await;
    let told = (1..=3).map(|id| message(id, 1, K::Opened, Severity::Critical)).collect();
    commit(&store, &telling(told), &desk()).await;
    assert_eq!(store.pending("desk", NOW, Take::Oldest(1)).await.unwrap().len(), 1, "1/1 is tried in this life");
    drop(store);
    let store = town.open().await;
    assert_eq!(keys(&store).await, [key(1, 1), key(2, 1), key(3, 1)]);
    let more = (1..=3).map(|id| message(id, 2, K::Resolved, Severity::Critical)).collect();
    commit(&store, &telling(more), &desk()).await;
    store.release(&[key(1, 1), key(2, 1)]).await;
    let rows = take(&store).await;
    let found: Vec<_> = rows.iter().map(|r| (r.key.clone(), r.from_step, r.uncertain)).collect();
    let expected = [(key(1, 1), 1, true), (key(2, 2), 1, false)];
    assert_eq!(found, expected, "1/1 may have been received in the life before; 3/1 is still with its worker");
}

#[tokio::test]
async fn one_that_asks_whether_a_sink_is_back_is_the_one_tried_least() {
    let store = memory().await;
    let told = (1..=3).map(|id| message(id, 1, K::Opened, Severity::Critical)).collect();
    commit(&store, &telling(told), &desk()).await;
    for id in [1, 2, 3, 1, 2, 3] {
        let rows = store.pending("desk", NOW, Take::LeastTried).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.key.clone()).collect::<Vec<_>>(), [key(id, 1)]);
        store.retry(&key(id, 1), NOW, "no connection", Received::No, None).await.unwrap();
    }
}

#[tokio::test]
async fn each_sink_has_its_own_row_and_its_own_pace() {
    let store = memory().await;
    let mut routes = desk();
    routes.push(SinkRoute { name: "im".to_owned(), min_severity: Severity::Critical, people: false, level: 0 });
    let told = vec![message(1, 1, K::Opened, Severity::Critical), message(2, 1, K::Opened, Severity::Info)];
    commit(&store, &telling(told), &routes).await;
    assert_eq!(keys(&store).await, [key(1, 1), key(2, 1)]);
    let im = store.pending("im", NOW, Take::Oldest(10)).await.unwrap();
    assert_eq!(im.iter().map(|r| r.key.to_string()).collect::<Vec<_>>(), ["1/im/1"]);
    store.dropped(&im[0].key, NOW, "no such robot").await.unwrap();
    let left = store.backlog().await.unwrap();
    assert_eq!(left, [Backlog { sink: "desk".to_owned(), messages: 2, oldest: Time(1_000) }]);
    assert_eq!(store.retire_sinks(&["im"], NOW).await.unwrap(), 2, "desk is no more");
    assert!(store.backlog().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_limit_counts_what_is_handed_out_now() {
    let store = memory().await;
    let told = (1..=5).map(|id| message(id, 1, K::Opened, Severity::Critical)).collect();
    commit(&store, &telling(told), &desk()).await;
    for expected in [vec![key(1, 1), key(2, 1)], vec![key(3, 1), key(4, 1)], vec![key(5, 1)], vec![]] {
        let rows = store.pending("desk", NOW, Take::Oldest(2)).await.unwrap();
        assert_eq!(rows.into_iter().map(|r| r.key).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn the_outbox_outlives_a_crash_and_keeps_the_keys() {
    let town = Town::new();
    let store = town.open().await;
    let told = vec![message(1, 1, K::Opened, Severity::Critical), message(2, 1, K::Opened, Severity::Critical)];
    commit(&store, &telling(told), &desk()).await;
    assert_eq!(store.pending("desk", NOW, Take::Oldest(1)).await.unwrap().len(), 1, "1/1 is on its way");
    drop(store);
    let store = town.open().await;
    let more = vec![message(1, 2, K::Resolved, Severity::Critical), message(2, 2, K::Resolved, Severity::Critical)];
    commit(&store, &telling(more), &desk()).await;
    let rows = take(&store).await;
    let found: Vec<_> = rows.iter().map(|r| (r.key.clone(), r.from_step, r.uncertain)).collect();
    let expected = [(key(1, 1), 1, true), (key(2, 2), 1, false)];
    assert_eq!(found, expected, "1/1 may have been received, so it keeps its key; 2/1 was never sent");
}

#[tokio::test]
async fn what_was_committed_is_handed_out_while_the_store_cannot_write() {
    let town = Town::new();
    let store = town.open().await;
    commit(&store, &telling(vec![message(1, 1, K::Opened, Severity::Critical)]), &desk()).await;
    let fault = "CREATE TRIGGER fault BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'fault'); END";
    run(&store, fault).await;
    assert_eq!(keys(&store).await, [key(1, 1)], "it could not be marked, and goes out all the same");
    assert!(store.delivered(&key(1, 1), NOW, None, None).await.is_err());
    assert!(take(&store).await.is_empty(), "what could not be settled stays with who has it");
    run(&store, "DROP TRIGGER fault").await;
    commit(&store, &telling(vec![message(1, 2, K::Updated, Severity::Critical)]), &desk()).await;
    store.delivered(&key(1, 1), NOW, None, None).await.unwrap();
    let rows = take(&store).await;
    assert_eq!((&rows[0].key, rows[0].from_step), (&key(1, 2), 2), "it did not collapse on its way");
}

#[tokio::test]
async fn errors_are_cut_and_kept_for_the_story() {
    let store = memory().await;
    let effects = Effects {
        incidents: vec![Arc::new(incident(1))],
        messages: vec![message(1, 1, K::Opened, Severity::Critical)],
        ..Effects::default()
    };
    commit(&store, &effects, &desk()).await;
    take(&store).await;
    store.retry(&key(1, 1), Time(5), &"错".repeat(1_000), Received::No, None).await.unwrap();
    let story = store.incident(IncidentId(1)).await.unwrap().unwrap();
    let delivery = &story.deliveries[0];
    assert_eq!(delivery.last_error.as_ref().map(|e| e.chars().count()), Some(500));
    assert_eq!((delivery.state.as_str(), delivery.attempts, delivery.next_attempt_at), ("pending", 1, Time(5)));
    let steps: Vec<_> = story.steps.iter().map(|s| (s.step, s.kind, s.why, s.pages)).collect();
    assert_eq!(steps, [(1, K::Opened, SayReason::FirstWord, true)]);
}

#[tokio::test]
async fn digests_that_wait_are_one_with_all_that_is_in_them_and_what_is_collected_outlives_a_start() {
    let store = memory().await;
    let sink = vec![SinkRoute { people: true, ..desk()[0].clone() }];
    let held = |id: u64, step: u32, kind: K| Message {
        why: SayReason::HeldForDigest,
        ..message(id, step, kind, Severity::Critical)
    };
    let digest = |step: u32, items: Vec<Message>| {
        let digest = items.into_iter().map(Arc::new).collect();
        Message { why: SayReason::Digest, digest, ..message(9, step, K::Digest, Severity::Critical) }
    };
    let waits = Incident { in_digest: InDigest { by: true, from: Some(2) }, ..incident(2) };
    let steps = vec![
        held(1, 1, K::Opened),
        digest(1, vec![held(1, 1, K::Opened), held(2, 1, K::Opened)]),
        held(2, 1, K::Opened),
        held(1, 2, K::Resolved),
        digest(2, vec![held(1, 2, K::Resolved)]),
        held(2, 2, K::MoreLost),
    ];
    let effects = Effects { incidents: vec![Arc::new(incident(1)), Arc::new(waits)], ..telling(steps) };
    commit(&store, &effects, &sink).await;
    let rows = store.pending("desk", Time(i64::MAX), Take::Oldest(10)).await.unwrap();
    let [row] = &rows[..] else { panic!("{rows:#?}") };
    assert_eq!((row.key.to_string().as_str(), row.from_step), ("9/desk/2", 1));
    let items: Vec<(u64, K)> = row.message.digest.iter().map(|m| (m.incident.id.0, m.kind)).collect();
    assert_eq!(items, [(2, K::Opened), (1, K::Resolved)]);

    let saved = store.load(Time(0)).await.unwrap();
    let collected: Vec<(u64, u32)> = saved.collected.iter().map(|m| (m.incident.id.0, m.step)).collect();
    assert_eq!(collected, [(2, 2)], "what is in a digest already is not told again");
    assert_eq!(saved.next_incident, 10, "the number of a digest is not used again");
}
