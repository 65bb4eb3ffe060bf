//! The past is read from the changes of state.

use cunkou_core::alert::IncidentStatus;
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::{MonitorCause, State};
use cunkou_core::model::{
    CameraIx, Check, FailKind, Outcome, Period, Phase, PhaseTimes, ProbeResult, Reason, ReasonSet, Span, Target,
};
use cunkou_core::world::{Subject, Transition};

use super::*;

fn turn(at: i64, subject: Subject, to: &'static str) -> Transition {
    Transition {
        at: Time(at),
        since: Time(at - 1),
        subject,
        from: "",
        to,
        cause: Some(Cause::Monitor(MonitorCause::Stopped)),
        incident: Some(IncidentId(3)),
        reasons: ReasonSet::EMPTY,
        evidence: None,
    }
}

async fn town(turns: Vec<Transition>) -> Store {
    let store = memory().await;
    commit(&store, &Effects { transitions: turns, ..Effects::default() }, &[]).await;
    store
}

async fn states(store: &Store, period: Period, at: i64) -> Vec<(EntranceId, EntranceState)> {
    store.entrances_at(period, Time(at)).await.unwrap().into_iter().map(|e| (e.id, e.state)).collect()
}

#[tokio::test]
async fn the_last_change_at_or_before_a_moment_holds() {
    use EntranceState::{Covered, Lost, Reduced};
    let now = |n| Subject::Entrance(entrance(n), Period::Now);
    let store = town(vec![
        turn(10, now(1), "covered"),
        turn(20, now(1), "lost"),
        turn(20, now(1), "reduced"),
        turn(30, now(2), "lost"),
        turn(40, now(1), "removed"),
        turn(10, Subject::Entrance(entrance(1), Period::Night), "lost"),
        turn(15, Subject::Camera(camera(1)), "down"),
    ])
    .await;
    let (one, two) = (entrance(1), entrance(2));
    assert_eq!(states(&store, Period::Now, 9).await, [], "no data is not covered");
    assert_eq!(states(&store, Period::Now, 10).await, [(one.clone(), Covered)]);
    assert_eq!(states(&store, Period::Now, 19).await, [(one.clone(), Covered)]);
    assert_eq!(states(&store, Period::Now, 20).await, [(one.clone(), Reduced)], "the later of two at one moment");
    assert_eq!(states(&store, Period::Now, 30).await, [(one.clone(), Reduced), (two.clone(), Lost)]);
    assert_eq!(states(&store, Period::Now, 40).await, [(two, Lost)], "what has left is not named");
    assert_eq!(states(&store, Period::Night, 99).await, [(one, Lost)]);
    assert_eq!(states(&store, Period::Day, 99).await, []);
    let cameras = store.cameras_at(Time(99)).await.unwrap();
    assert_eq!((cameras.len(), cameras[0].state, cameras[0].since), (1, State::Down, Time(14)));
}

#[tokio::test]
async fn turns_of_entrances_come_oldest_first_and_bounded() {
    let now = |n| Subject::Entrance(entrance(n), Period::Now);
    let store = town(vec![
        turn(10, now(1), "covered"),
        turn(20, now(2), "lost"),
        turn(20, now(1), "lost"),
        turn(30, Subject::Entrance(entrance(1), Period::Night), "lost"),
        turn(30, Subject::Camera(camera(1)), "down"),
        turn(40, now(1), "removed"),
    ])
    .await;
    let turns = async |from, to, limit| {
        let turns = store.entrance_turns(Period::Now, Time(from), Time(to), limit).await.unwrap();
        turns.into_iter().map(|t| (t.at.millis(), t.id, t.to.map(EntranceState::word))).collect::<Vec<_>>()
    };
    let (one, two) = (entrance(1), entrance(2));
    assert_eq!(turns(10, 30, 9).await, [(20, two.clone(), Some("lost")), (20, one.clone(), Some("lost"))]);
    assert_eq!(turns(10, 40, 1).await, [(20, two, Some("lost"))]);
    assert_eq!(turns(30, 40, 9).await, [(40, one, None)], "what has left is none any more");
    assert_eq!(turns(40, 99, 9).await, []);
}

/// A stop is written later than it happened; the gap must not be read as what held before.
#[tokio::test]
async fn a_change_that_is_written_later_for_an_earlier_moment_counts_from_that_moment() {
    let now = Subject::Entrance(entrance(1), Period::Now);
    let store = town(vec![turn(10, now.clone(), "covered"), turn(50, Subject::Monitor, "up")]).await;
    let later = vec![turn(20, now.clone(), "unknown"), turn(60, now, "covered")];
    commit(&store, &Effects { transitions: later, ..Effects::default() }, &[]).await;
    assert_eq!(states(&store, Period::Now, 40).await, [(entrance(1), EntranceState::Unknown)]);
    assert_eq!(states(&store, Period::Now, 60).await, [(entrance(1), EntranceState::Covered)]);
    assert_eq!(store.monitor_at(Time(49)).await.unwrap(), None);
    assert_eq!(store.monitor_at(Time(50)).await.unwrap().map(|t| t.to), Some("up".to_owned()));
}

#[tokio::test]
async fn changes_are_paged_and_carry_their_evidence() {
    let mut times = PhaseTimes::default();
    times.add(Phase::Connect, 1_000_000);
    let outcome = Outcome {
        target: Target::Camera(CameraIx(7)),
        check: Check::Stream,
        due: Time(1),
        begun: Time(2),
        ended: Time(3),
        asked: true,
        credential: false,
        result: ProbeResult::Fail(FailKind::Timeout),
        phase: Phase::Connect,
        times,
        rtt: Some(Span(4)),
        note: Some("村口\u{1F4F7} didn't answer".into()),
    };
    let mut down = turn(30, Subject::Camera(camera(1)), "down");
    down.evidence = Some(outcome);
    down.reasons = [Reason::Auth, Reason::Slow].into_iter().collect();
    let effects = Effects {
        transitions: vec![
            turn(10, Subject::Camera(camera(1)), "up"),
            turn(20, Subject::Camera(camera(2)), "up"),
            down.clone(),
        ],
        ..Effects::default()
    };
    let store = memory().await;
    let names = |target: Target| (target == Target::Camera(CameraIx(7))).then(|| "C0001".to_owned());
    store.commit(&Batch { names: &names, ..Batch::new(store.next_batch(), &effects, 4) }).await.unwrap();

    let of_one = TransitionQuery { subject: Some(down.subject.clone()), limit: 10, ..TransitionQuery::default() };
    let rows = store.transitions(&of_one).await.unwrap();
    assert_eq!(rows.iter().map(|r| (r.seq, r.to.as_str())).collect::<Vec<_>>(), [(3, "down"), (1, "up")]);
    let row = &rows[0];
    assert_eq!((row.at, row.since, &row.cause, row.incident), (down.at, down.since, &down.cause, down.incident));
    assert_eq!((row.reasons, row.registry_version), (down.reasons, 4));
    let evidence = row.evidence.as_ref().unwrap();
    assert_eq!(
        (evidence.target.as_str(), evidence.check.as_str(), evidence.result.as_str()),
        ("C0001", "stream", "timeout")
    );
    assert_eq!(evidence.note.as_deref(), Some("村口\u{1F4F7} didn't answer"));
    assert_eq!(evidence.times, [("connect".to_owned(), 1_000_000)]);

    let page = |before, limit| TransitionQuery { before, limit, ..TransitionQuery::default() };
    let seqs = |rows: Vec<TransitionRow>| rows.into_iter().map(|r| r.seq).collect::<Vec<_>>();
    assert_eq!(seqs(store.transitions(&page(None, 2)).await.unwrap()), [3, 2]);
    assert_eq!(seqs(store.transitions(&page(Some(2), 2)).await.unwrap()), [1]);
    let between = TransitionQuery { from: Some(Time(20)), to: Some(Time(30)), limit: 9, ..TransitionQuery::default() };
    assert_eq!(seqs(store.transitions(&between).await.unwrap()), [2]);
    let of_incident = |n| TransitionQuery { incident: Some(IncidentId(n)), limit: 9, ..TransitionQuery::default() };
    assert_eq!(store.transitions(&of_incident(3)).await.unwrap().len(), 3);
    assert_eq!(store.transitions(&of_incident(4)).await.unwrap().len(), 0);
}

#[tokio::test]
async fn incidents_are_listed_by_status_text_and_page() {
    let store = memory().await;
    let mut all: Vec<Incident> = (1..=5).map(incident).collect();
    all[1].status = IncidentStatus::Resolved;
    all[2].status = IncidentStatus::Acknowledged;
    all[4].cause_name = "Switch 7 Ä".into();
    all[4].cameras.clear();
    let effects = Effects { incidents: all.into_iter().map(Arc::new).collect(), ..Effects::default() };
    commit(&store, &effects, &[]).await;
    let ask = async |statuses: &[IncidentStatus], text: &str, before: Option<u64>, limit| {
        let (statuses, before) = (statuses.to_vec(), before.map(IncidentId));
        let query = IncidentQuery { statuses, text: text.to_owned(), before, limit };
        store.incidents(&query).await.unwrap().into_iter().map(|i| i.id.0).collect::<Vec<_>>()
    };
    assert_eq!(ask(&[], "", None, 2).await, [5, 4]);
    assert_eq!(ask(&[], "", Some(4), 9).await, [3, 2, 1]);
    assert_eq!(ask(&[IncidentStatus::Resolved, IncidentStatus::Acknowledged], "", None, 9).await, [3, 2]);
    assert_eq!(ask(&[], "甘棠村口", None, 9).await, [4, 3, 2, 1]);
    assert_eq!(ask(&[], "switch 7 ä", None, 9).await, [5], "case is nothing");
    assert_eq!(ask(&[], "100%_西", None, 9).await, [4, 3, 2, 1]);
    assert_eq!(ask(&[], "1%西", None, 9).await, [0; 0], "% is a sign like any other");
    assert_eq!(ask(&[], "'; DROP TABLE incident; --", None, 9).await, [0; 0]);
    assert_eq!(store.incident(IncidentId(9)).await.unwrap(), None);
}
