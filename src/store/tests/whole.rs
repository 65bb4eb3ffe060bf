//! A commit is whole or nothing, and the same one twice is once.

use cunkou_core::alert::MessageKind as K;
use cunkou_core::model::{Check, Severity};
use cunkou_core::world::{SavedTarget, Subject, Transition};

use super::super::sql::values;
use super::*;

/// One of everything.
fn everything() -> Effects {
    Effects {
        transitions: vec![Transition {
            at: Time(1_000),
            since: Time(900),
            subject: Subject::Camera(camera(1)),
            from: "up",
            to: "down",
            cause: None,
            incident: None,
            reasons: cunkou_core::model::ReasonSet::EMPTY,
            evidence: None,
        }],
        saved: vec![SavedTarget::Camera(camera(1), Default::default())],
        incidents: vec![Arc::new(incident(1))],
        alerts: vec![Arc::new(alert(1, 1))],
        messages: vec![message(1, 1, K::Opened, Severity::Critical)],
        asks: Vec::new(),
    }
}

fn figures() -> Vec<HourlyRow> {
    let row = |probes| HourlyRow {
        hour: 7,
        camera: camera(1),
        check: Check::Reach,
        sums: Sums { probes, failures: 1, rtt: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2] },
    };
    vec![row(3), row(4)]
}

fn entry() -> AuditEntry {
    AuditEntry {
        at: Time(5),
        who: "duty".to_owned(),
        what: "acknowledge".to_owned(),
        object: "1".to_owned(),
        from: "10.0.0.7".to_owned(),
        via: "POST /api/v1/incidents/1/ack".to_owned(),
        old: None,
        new: Some("已派人".to_owned()),
    }
}

/// How many rows there are, in every table that a commit touches.
async fn counts(store: &Store) -> Vec<u64> {
    use super::super::sql::Cells;
    let mut reader = store.inner.connections.read().await.unwrap();
    let sql = "SELECT (SELECT COUNT(*) FROM history) AS a, (SELECT COUNT(*) FROM target) AS b, \
               (SELECT COUNT(*) FROM incident) AS c, (SELECT COUNT(*) FROM alert) AS d, \
               (SELECT COUNT(*) FROM incident_step) AS e, (SELECT COUNT(*) FROM outbox) AS f, \
               (SELECT COUNT(*) FROM audit) AS g, (SELECT COALESCE(SUM(probes), 0) FROM hourly) AS h, \
               (SELECT batch FROM mark) AS i";
    let row = reader.link().unwrap().row(sql, values![]).await.unwrap().unwrap();
    ["a", "b", "c", "d", "e", "f", "g", "h", "i"].iter().map(|c| row.count(c).unwrap()).collect()
}

#[tokio::test]
async fn the_same_batch_twice_is_once() {
    let (effects, routes, hourly, audit) = (everything(), desk(), figures(), [entry()]);
    for store in [memory().await, Town::new().open().await] {
        let batch =
            Batch { routes: &routes, hourly: &hourly, audit: &audit, ..Batch::new(store.next_batch(), &effects, 1) };
        for _ in 0..2 {
            store.commit(&batch).await.unwrap();
            assert_eq!(counts(&store).await, [1, 1, 1, 1, 1, 1, 1, 7, 1]);
        }
    }
}

#[tokio::test]
async fn a_batch_that_comes_too_late_is_refused() {
    let store = memory().await;
    let (first, second) = (store.next_batch(), store.next_batch());
    let effects = everything();
    store.commit(&Batch::new(second, &effects, 1)).await.unwrap();
    let e = store.commit(&Batch::new(first, &effects, 1)).await.unwrap_err();
    assert!(matches!(e, StoreError::Stale { batch: 1, committed: 2 }), "{e}");
}

/// The statement that fails is in turn each table that a commit writes to.
#[tokio::test]
async fn a_commit_that_fails_in_the_middle_leaves_nothing_and_can_be_tried_again() {
    let triggers = [
        "CREATE TRIGGER fault BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'fault'); END",
        "CREATE TRIGGER fault BEFORE INSERT ON target BEGIN SELECT RAISE(ABORT, 'fault'); END",
        "CREATE TRIGGER fault BEFORE INSERT ON incident BEGIN SELECT RAISE(ABORT, 'fault'); END",
        "CREATE TRIGGER fault BEFORE INSERT ON alert BEGIN SELECT RAISE(ROLLBACK, 'fault'); END",
        "CREATE TRIGGER fault BEFORE INSERT ON incident_step BEGIN SELECT RAISE(FAIL, 'fault'); END",
        "CREATE TRIGGER fault BEFORE INSERT ON outbox BEGIN SELECT RAISE(ROLLBACK, 'fault'); END",
        "CREATE TRIGGER fault BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'fault'); END",
        "CREATE TRIGGER fault BEFORE INSERT ON hourly BEGIN SELECT RAISE(ABORT, 'fault'); END",
        "CREATE TRIGGER fault BEFORE UPDATE ON mark BEGIN SELECT RAISE(ABORT, 'fault'); END",
    ];
    let (effects, routes, hourly, audit) = (everything(), desk(), figures(), [entry()]);
    for in_memory in [true, false] {
        for trigger in triggers {
            let town = Town::new();
            let store = if in_memory { memory().await } else { town.open().await };
            run(&store, trigger).await;
            let id = store.next_batch();
            let batch = Batch { routes: &routes, hourly: &hourly, audit: &audit, ..Batch::new(id, &effects, 1) };
            for _ in 0..2 {
                let e = store.commit(&batch).await.unwrap_err();
                assert_eq!(e.word(), "refused", "{trigger}: {e}");
                assert_eq!(counts(&store).await, [0; 9], "{trigger}");
            }
            run(&store, "DROP TRIGGER fault").await;
            store.commit(&batch).await.unwrap();
            assert_eq!(counts(&store).await, [1, 1, 1, 1, 1, 1, 1, 7, 1], "{trigger}");
        }
    }
}

#[tokio::test]
async fn a_transaction_that_is_given_up_half_way_leaves_nothing() {
    for (store, _keep) in [(memory().await, None), {
        let town = Town::new();
        (town.open().await, Some(town))
    }] {
        let mut session = store.inner.connections.write().await.unwrap();
        session.link().unwrap().run("UPDATE mark SET tick_ms = 9", values![]).await.unwrap();
        drop(session);
        store.tick(Time(0)).await.unwrap();
        assert_eq!(store.load(Time(0)).await.unwrap().last_tick, Some(Time(0)));
        store.commit(&Batch::new(store.next_batch(), &everything(), 1)).await.unwrap();
        assert_eq!(store.load(Time(0)).await.unwrap().last_tick, Some(Time(0)), "a batch without a tick keeps it");
    }
}

#[tokio::test]
async fn a_full_database_is_said_to_be_full_and_goes_on_when_there_is_room() {
    let town = Town::new();
    let store = town.open().await;
    let pages = {
        use super::super::sql::Cells;
        let mut session = store.inner.connections.write().await.unwrap();
        let row = session.link().unwrap().row("PRAGMA page_count", values![]).await.unwrap().unwrap();
        let pages = row.int("page_count").unwrap();
        session.finish(Ok(())).await.unwrap();
        pages
    };
    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    let mut raw = store.inner.connections.raw_writer().await.unwrap();
    sqlx::raw_sql(limit).execute(raw.conn().unwrap()).await.unwrap();
    drop(raw);
    let mut effects = everything();
    effects.messages = (1..400).map(|step| message(1, step, K::Updated, Severity::Critical)).collect();
    let batch = Batch::new(store.next_batch(), &effects, 1);
    let e = store.commit(&batch).await.unwrap_err();
    assert_eq!(e.word(), "full", "{e}");
    store.commit(&batch).await.unwrap();
    assert_eq!(store.incident(IncidentId(1)).await.unwrap().unwrap().steps.len(), 399);
}

#[tokio::test]
async fn another_writer_is_said_to_be_busy() {
    let town = Town::new();
    let store = town.open().await;
    let place = super::super::place::Place::parse(&town.url(), Path::new(".")).unwrap();
    let other = Connections::new(place, true).await.unwrap();
    let session = other.write().await.unwrap();
    let mut raw = store.inner.connections.raw_writer().await.unwrap();
    sqlx::raw_sql("PRAGMA busy_timeout = 0").execute(raw.conn().unwrap()).await.unwrap();
    drop(raw);
    let e = store.tick(Time(1)).await.unwrap_err();
    assert_eq!(e.word(), "busy", "{e}");
    drop(session);
    store.tick(Time(1)).await.unwrap();
}

#[tokio::test]
async fn a_file_that_was_taken_away_is_missed_and_not_made_again() {
    let town = Town::new();
    let store = town.open().await;
    let effects = everything();
    let batch = Batch::new(store.next_batch(), &effects, 1);
    let (file, away) = (town.dir.path().join("村口.db"), town.dir.path().join("away.db"));
    std::fs::rename(&file, &away).unwrap();
    for _ in 0..2 {
        let e = store.commit(&batch).await.unwrap_err();
        assert_eq!(e.word(), "gone", "{e}");
        assert!(!file.exists());
    }
    std::fs::rename(&away, &file).unwrap();
    store.commit(&batch).await.unwrap();
    assert_eq!(counts(&store).await[0], 1);
}

#[tokio::test]
async fn a_statement_has_a_deadline() {
    let wait = super::super::sql::within(Some(std::time::Duration::ZERO), std::future::pending::<sqlx::Result<()>>());
    assert_eq!(wait.await.unwrap_err().word(), "deadline");
}

#[tokio::test]
async fn figures_add_up_and_audit_counts_on() {
    let store = memory().await;
    let (effects, hourly, audit) = (Effects::default(), figures(), [entry()]);
    for _ in 0..2 {
        let batch = Batch { hourly: &hourly, audit: &audit, ..Batch::new(store.next_batch(), &effects, 1) };
        store.commit(&batch).await.unwrap();
    }
    let rows = store.hourly((7, 8), Some("C0001"), 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    let sums = &rows[0].sums;
    assert_eq!((sums.probes, sums.failures, sums.rtt[0], sums.rtt[11]), (14, 4, 4, 8));
    assert!(store.hourly((8, 9), None, 10).await.unwrap().is_empty());
    let page = store.audit(&AuditQuery { limit: 1, ..AuditQuery::default() }).await.unwrap();
    assert_eq!((page.len(), page[0].seq, &page[0].entry), (1, 2, &entry()));
}

#[tokio::test]
async fn the_audit_trail_is_found_by_time_name_and_kind() {
    let store = memory().await;
    let by = |at: i64, who: &str, what: &str| AuditEntry {
        at: Time(at),
        who: who.to_owned(),
        what: what.to_owned(),
        ..entry()
    };
    let audit = [by(10, "duty", "acknowledge"), by(20, "chief", "registry"), by(30, "duty", "registry")];
    let effects = Effects::default();
    store.commit(&Batch { audit: &audit, ..Batch::new(store.next_batch(), &effects, 1) }).await.unwrap();
    let all = AuditQuery { limit: 10, ..AuditQuery::default() };
    for (query, wanted) in [
        (all.clone(), vec![3, 2, 1]),
        (AuditQuery { since: Some(Time(20)), ..all.clone() }, vec![3, 2]),
        (AuditQuery { until: Some(Time(20)), ..all.clone() }, vec![1]),
        (AuditQuery { who: Some("duty".to_owned()), ..all.clone() }, vec![3, 1]),
        (AuditQuery { what: Some("registry".to_owned()), who: Some("duty".to_owned()), ..all.clone() }, vec![3]),
        (AuditQuery { before: Some(2), ..all.clone() }, vec![1]),
        (AuditQuery { limit: 1, ..all.clone() }, vec![3]),
        (AuditQuery { who: Some("' OR 1 = 1 --".to_owned()), ..all }, vec![]),
    ] {
        let found: Vec<u64> = store.audit(&query).await.unwrap().iter().map(|r| r.seq).collect();
        assert_eq!(found, wanted, "{query:?}");
    }
}

#[test]
fn round_trips_fall_into_logarithmic_buckets() {
    use cunkou_core::model::Span;
    let buckets: Vec<usize> =
        [-1, 0, 1, 2, 3, 4, 5, 512, 513, 1_024, 1_025, i64::MAX / 2].map(|ms| rtt_bucket(Span(ms))).to_vec();
    assert_eq!(buckets, [0, 0, 0, 1, 2, 2, 3, 9, 10, 10, 11, 11]);
    assert_eq!((hour_of(Time(-1)), hour_of(Time(3_599_999)), hour_of(Time(3_600_000))), (-1, 0, 1));
}
