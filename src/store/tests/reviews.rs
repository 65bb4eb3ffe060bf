//! Reviews: what a sink has taken is known after a start, and the past has what a review tells.

use cunkou_core::model::ReasonSet;
use cunkou_core::world::{Subject, Transition};

use super::*;

#[tokio::test]
async fn what_a_sink_has_taken_is_known_after_a_start() {
    let town = Town::new();
    let store = town.open().await;
    assert_eq!(store.last_review("mail").await.unwrap(), None);
    store.reviewed("mail", Time(5)).await.unwrap();
    store.reviewed("desk", Time(7)).await.unwrap();
    store.reviewed("mail", Time(9)).await.unwrap();
    store.close().await;
    let store = town.open().await;
    assert_eq!(store.last_review("mail").await.unwrap(), Some(Time(9)));
    assert_eq!(store.last_review("desk").await.unwrap(), Some(Time(7)));
}

fn over(id: u64, at: i64, severity: Severity, pages: u32) -> Arc<Incident> {
    Arc::new(Incident {
        status: IncidentStatus::Resolved,
        severity,
        resolved_at: Some(Time(at)),
        pages,
        ..incident(id)
    })
}

#[tokio::test]
async fn a_review_knows_what_was_mended_in_its_time() {
    let store = memory().await;
    let incidents = vec![
        over(1, 100, Severity::Critical, 1),
        over(2, 101, Severity::Critical, 1),
        over(3, 150, Severity::Info, 1),
        over(4, 160, Severity::Warning, 0),
        over(5, 200, Severity::Warning, 1),
        over(6, 201, Severity::Critical, 1),
        Arc::new(incident(7)),
    ];
    commit(&store, &Effects { incidents, ..Effects::default() }, &[]).await;
    let between = (Time(100), Time(200));
    let (latest, all) = store.mended(Severity::Warning, between, 9).await.unwrap();
    assert_eq!((latest.iter().map(|i| i.id.0).collect::<Vec<_>>(), all), (vec![5, 2], 2));
    let (latest, all) = store.mended(Severity::Info, between, 1).await.unwrap();
    assert_eq!((latest.len(), all), (1, 3), "cut, and counted");
}

#[tokio::test]
async fn a_review_knows_how_each_camera_stood_and_what_became_of_it() {
    let store = memory().await;
    let turn = |n: u32, at: i64, to: &'static str| Transition {
        at: Time(at),
        since: Time(at - 1),
        subject: Subject::Camera(camera(n)),
        from: "",
        to,
        cause: None,
        incident: None,
        reasons: ReasonSet::EMPTY,
        evidence: None,
    };
    let transitions =
        vec![turn(1, 50, "up"), turn(2, 60, "down"), turn(1, 120, "down"), turn(3, 130, "up"), turn(1, 210, "up")];
    commit(&store, &Effects { transitions, ..Effects::default() }, &[]).await;
    let turns = store.camera_turns((Time(100), Time(200))).await.unwrap().unwrap();
    let words = |n: u32| turns[&camera(n)].iter().map(|t| (t.at.0.min(120), t.to.as_str())).collect::<Vec<_>>();
    assert_eq!(words(1), [(49, "up"), (120, "down")], "how it stood at the beginning, then what changed");
    assert_eq!(words(2), [(59, "down")]);
    assert_eq!(turns[&camera(3)].len(), 1);
}
