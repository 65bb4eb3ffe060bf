//! What was committed is what a start finds, exactly.

use std::collections::BTreeMap;

use cunkou_core::alert::{Acknowledgement, EndReason, Hold, InDigest, Leak, News};
use cunkou_core::coverage::{EntranceState, Scope};
use cunkou_core::health::{CommonScope, Evidence, Findings, Heard, MonitorCause, Objection, RuledOut, State, Witness};
use cunkou_core::model::{AreaId, Check, FailKind, NodeId, Period, Reason, ReasonSet, Span};
use cunkou_core::world::{Saved, SavedCheck, SavedHealth, SavedTarget, Subject};
use proptest::collection::vec as many;
use proptest::prelude::*;

use super::super::rows::target_key;
use super::*;

fn time() -> impl Strategy<Value = Time> {
    (1_i64..2_000_000_000_000).prop_map(Time)
}

fn some_time() -> impl Strategy<Value = Option<Time>> {
    proptest::option::of(time())
}

fn text() -> impl Strategy<Value = Arc<str>> {
    prop_oneof!["[ -~]{0,8}", "[一-龥]{0,4}", Just("'\"\\{}\n\t💡".to_owned())].prop_map(|t| Arc::from(t.as_str()))
}

fn reasons() -> impl Strategy<Value = ReasonSet> {
    proptest::collection::vec(0..Reason::ALL.len(), 0..5)
        .prop_map(|all| all.into_iter().map(|i| Reason::ALL[i]).collect())
}

fn node() -> impl Strategy<Value = NodeId> {
    (0_u32..5).prop_map(|n| NodeId::new(&format!("N{n}")).unwrap())
}

fn village() -> impl Strategy<Value = AreaId> {
    (0_u32..5).prop_map(|n| AreaId::new(&format!("V{n}")).unwrap())
}

fn cause() -> impl Strategy<Value = Cause> {
    prop_oneof![
        (0_u32..9).prop_map(|n| Cause::Camera(camera(n))),
        node().prop_map(Cause::Node),
        node().prop_map(Cause::Partial),
        village().prop_map(|v| Cause::Common(CommonScope::Village(v))),
        any::<u64>().prop_map(|n| Cause::Common(CommonScope::Subnet(n))),
        Just(Cause::Common(CommonScope::Town)),
        Just(Cause::Monitor(MonitorCause::Blind)),
        Just(Cause::Monitor(MonitorCause::Starting)),
    ]
}

fn check() -> impl Strategy<Value = SavedCheck> {
    (any::<Option<bool>>(), any::<bool>(), some_time(), some_time(), reasons(), some_time()).prop_map(
        |(passes, silent, first_failure, last_pass, reasons, auth_refused)| SavedCheck {
            passes,
            silent,
            first_failure,
            last_pass,
            reasons,
            auth_refused,
        },
    )
}

fn health() -> impl Strategy<Value = SavedHealth> {
    let state = || proptest::sample::select(State::ALL.to_vec());
    let turns = proptest::collection::vec(time(), 0..4);
    let first = (state(), time(), state(), [check(), check(), check(), check()], turns);
    let second = (any::<bool>(), proptest::option::of(node()), proptest::option::of(cause()), some_time(), 0..u64::MAX);
    (first, second).prop_map(|((state, since, before, checks, turns), (flapping, via, cause, inferred_at, changes))| {
        SavedHealth { state, since, before, checks, turns, flapping, via, cause, inferred_at, changes, recorded: None }
    })
}

fn target() -> impl Strategy<Value = SavedTarget> {
    let state = || (proptest::sample::select(EntranceState::ALL.to_vec()), time());
    let gone = prop_oneof![
        (0_u32..4).prop_map(|n| Subject::Camera(camera(n))),
        node().prop_map(Subject::Node),
        (0_u32..4).prop_map(|n| Subject::Entrance(entrance(n), Period::Now)),
    ];
    prop_oneof![
        3 => (0_u32..4, health()).prop_map(|(n, h)| SavedTarget::Camera(camera(n), h)),
        2 => (node(), health()).prop_map(|(n, h)| SavedTarget::Node(n, h)),
        3 => (0_u32..4, [state(), state(), state()], proptest::option::of(cause()))
            .prop_map(|(n, states, cause)| SavedTarget::Entrance(entrance(n), states, cause)),
        1 => some_time().prop_map(SavedTarget::Monitor),
        2 => gone.prop_map(SavedTarget::Gone),
    ]
}

fn entrances() -> impl Strategy<Value = Vec<EntranceId>> {
    proptest::collection::vec((0_u32..9).prop_map(entrance), 0..4)
}

fn cameras() -> impl Strategy<Value = Vec<CameraId>> {
    proptest::collection::vec((0_u32..9).prop_map(camera), 0..4)
}

fn any_alert() -> impl Strategy<Value = Alert> {
    let object = prop_oneof![
        (0_u32..3).prop_map(|n| AlertObject::Entrance(entrance(n))),
        (0_u32..3).prop_map(|n| AlertObject::Camera(camera(n))),
        node().prop_map(AlertObject::Node),
        text().prop_map(AlertObject::Common),
        village().prop_map(AlertObject::Area),
        Just(AlertObject::Monitor),
    ];
    let ended = prop_oneof![
        Just(None),
        (time(), proptest::sample::select(vec![EndReason::Recovered, EndReason::Removed, EndReason::Superseded]))
            .prop_map(Some),
    ];
    let labels = (1_u64..9, 1_u64..9, proptest::option::of(village()), proptest::option::of(village()));
    let way = (proptest::sample::select(Scope::ALL.to_vec()), 0_u32..9_999, entrances(), cameras());
    let leak = way.prop_map(|(scope, metres, entrances, cameras)| {
        Arc::new(Leak { scope, length_m: f64::from(metres), entrances, cameras })
    });
    let leak = proptest::option::of(leak);
    let said = (text(), text(), proptest::option::of(cause()), time(), ended, any::<bool>(), any::<bool>());
    (proptest::sample::select(AlertName::ALL.to_vec()), object, labels, said, leak).prop_map(
        |(
            name,
            object,
            (incident, label, label_area, label_village),
            (display, village_name, cause, since, ended, told, planned),
            leak,
        )| {
            Alert {
                key: AlertKey { name, object },
                incident: IncidentId(incident),
                label_incident: IncidentId(label),
                label_area,
                label_village,
                name: display,
                village_name,
                cause,
                since,
                ended,
                told,
                planned,
                leak,
            }
        },
    )
}

fn any_incident() -> impl Strategy<Value = Incident> {
    use IncidentStatus as S;
    let status = proptest::sample::select(vec![S::Opening, S::Open, S::Acknowledged, S::Resolved, S::Merged]);
    let severity = proptest::sample::select(vec![Severity::Info, Severity::Warning, Severity::Critical]);
    let ack =
        (time(), text(), text(), some_time()).prop_map(|(at, by, note, until)| Acknowledgement { at, by, note, until });
    let hold = || {
        let hold = (time(), text(), text(), time()).prop_map(|(at, by, note, until)| Hold { at, by, note, until });
        proptest::option::of(hold)
    };
    let holds = (hold(), hold(), time(), any::<u8>(), proptest::option::of(findings().prop_map(Arc::new)));
    let what =
        (cause(), text(), proptest::collection::vec(cause(), 0..3), any::<bool>(), proptest::option::of(0_u32..99));
    let who = (
        cameras(),
        entrances(),
        proptest::collection::vec(village(), 0..3),
        entrances(),
        proptest::collection::vec(village(), 0..3),
    );
    let when = (time(), time(), some_time(), some_time(), some_time(), proptest::option::of(ack));
    let counts = (0_u32..9, proptest::option::of((1_u64..9).prop_map(IncidentId)), 0_u32..9, 0_u32..9);
    (1_u64..6, status, severity, what, who, when, counts, holds).prop_map(
        |(id, status, severity, what, who, when, counts, holds)| Incident {
            id: IncidentId(id),
            status,
            severity,
            cause: what.0,
            cause_name: what.1,
            rivals: what.2,
            exact: what.3,
            findings: holds.4,
            cameras_of: what.4,
            cameras: who.0,
            entrances_lost: who.1,
            seals_broken: who.4.clone(),
            villages: who.2.clone(),
            news: News {
                risen: what.3,
                told_over: who.3.clone(),
                worst: severity,
                escalated: !what.3,
                calm_since: when.2,
                seals: who.4,
                seals_over: who.2,
                untold_since: when.3,
            },
            paged_entrances: who.3,
            in_digest: InDigest { by: what.3, from: what.4 },
            since: when.0,
            opened_at: when.1,
            resolved_at: when.2,
            reopened_at: when.3,
            last_page_at: when.4,
            acknowledged: when.5,
            reopenings: counts.0,
            merged_into: counts.1,
            silenced: holds.0,
            lapsed: holds.1,
            waiting_since: holds.2,
            level: holds.3,
            pages: counts.2,
            step: counts.3,
        },
    )
}

fn witness() -> impl Strategy<Value = Witness> {
    prop_oneof![
        (0_u32..9).prop_map(|n| Witness::Camera(camera(n))),
        node().prop_map(Witness::Node),
        text().prop_map(Witness::Canary),
    ]
}

fn findings() -> impl Strategy<Value = Findings> {
    let check = || proptest::sample::select(Check::ALL.to_vec());
    let how = proptest::option::of(proptest::sample::select(FailKind::ALL.to_vec()));
    let heard = prop_oneof![
        (check(), how, some_time()).prop_map(|(check, how, confirmed)| Heard::Failed { check, how, confirmed }),
        (check(), reasons()).prop_map(|(check, reasons)| Heard::Trouble { check, reasons }),
        Just(Heard::LastAnswer),
        any::<u32>().prop_map(Heard::Turns),
    ];
    let evidence = (witness(), heard, time()).prop_map(|(of, heard, at)| Evidence { of, heard, at });
    let by = prop_oneof![
        (witness(), time(), any::<u32>()).prop_map(|(by, at, others)| Objection::Answered { by, at, others }),
        (witness(), time()).prop_map(|(by, at)| Objection::Reached { by, at }),
        (any::<u32>(), any::<u32>()).prop_map(|(explains, of)| Objection::ExplainsLess { explains, of }),
    ];
    let ruled_out = (cause(), by).prop_map(|(rival, by)| RuledOut { rival, by });
    (many(evidence, 0..4), many(ruled_out, 0..4), many(node(), 0..3), any::<u32>(), any::<u32>()).prop_map(
        |(evidence, ruled_out, undecided, failed, inferred)| Findings {
            evidence,
            failed,
            inferred,
            ruled_out,
            undecided,
        },
    )
}

fn effects() -> impl Strategy<Value = Effects> {
    let saved = proptest::collection::vec(target(), 0..8);
    let incidents = proptest::collection::vec(any_incident().prop_map(Arc::new), 0..6);
    let alerts = proptest::collection::vec(any_alert().prop_map(Arc::new), 0..8);
    (saved, incidents, alerts).prop_map(|(saved, incidents, alerts)| Effects {
        saved,
        incidents,
        alerts,
        ..Effects::default()
    })
}

/// Name, kind of object, object.
type Row = (&'static str, &'static str, String);

/// What a start ought to find, kept by hand.
#[derive(Default)]
struct Expected {
    targets: BTreeMap<(&'static str, String), SavedTarget>,
    incidents: BTreeMap<IncidentId, Incident>,
    alerts: BTreeMap<Row, Alert>,
    /// Those that ended, with the moment.
    ended: BTreeMap<(Row, Time), Alert>,
    tick: Option<Time>,
}

impl Expected {
    fn take(&mut self, effects: &Effects, tick: Option<Time>) {
        for target in &effects.saved {
            match target {
                SavedTarget::Gone(_) => self.targets.remove(&target_key(target)),
                kept => self.targets.insert(target_key(target), kept.clone()),
            };
        }
        for incident in &effects.incidents {
            self.incidents.insert(incident.id, (**incident).clone());
        }
        for alert in &effects.alerts {
            let object = &alert.key.object;
            let key = (alert.key.name.word(), super::super::rows::object_kind(object), object.to_string());
            match alert.ended {
                Some((at, _)) => {
                    self.alerts.remove(&key);
                    self.ended.insert((key, at), (**alert).clone());
                }
                None => drop(self.alerts.insert(key, (**alert).clone())),
            }
        }
        self.tick = tick.or(self.tick);
    }

    fn saved(self, now: Time) -> Saved {
        let next_incident = self.incidents.keys().last().map_or(1, |id| id.0 + 1);
        let recent = |i: &Incident| i.status.is_open() || i.resolved_at.is_some_and(|t| t >= now - Span::hours(24));
        let incidents: Vec<Incident> = self.incidents.into_values().filter(recent).collect();
        let waiting =
            incidents.iter().filter(|i| i.status.is_open()).filter_map(|i| Some((i.id, i.news.untold_since?)));
        let untold = waiting.flat_map(|(id, since)| {
            self.ended
                .iter()
                .filter(move |((_, at), alert)| alert.incident == id && *at >= since)
                .map(|(_, a)| a.clone())
        });
        let alerts = self.alerts.into_values().chain(untold).collect();
        Saved {
            last_tick: self.tick,
            registry_version: 0,
            targets: self.targets.into_values().collect(),
            incidents,
            alerts,
            collected: Vec::new(),
            next_incident,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_start_finds_exactly_what_was_committed(
        batches in proptest::collection::vec((effects(), some_time()), 1..5),
        now in time(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (expected, found) = runtime.block_on(async {
            let store = memory().await;
            let mut expected = Expected::default();
            for (effects, tick) in &batches {
                expected.take(effects, *tick);
                store.commit(&Batch { tick: *tick, ..Batch::new(store.next_batch(), effects, 0) }).await.unwrap();
            }
            (expected.saved(now), store.load(now).await.unwrap())
        });
        prop_assert_eq!(expected, found);
    }

    /// Messages have one more form: in the outbox.
    #[test]
    fn a_message_is_told_as_it_was_written(
        of in any_incident(),
        alerts in proptest::collection::vec(any_alert(), 0..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let alerts = alerts.into_iter().map(Arc::new).collect();
        let opened = message(1, 1, MessageKind::Opened, Severity::Critical);
        let told = Message { alerts, incident: Arc::new(of), ..opened };
        let found = runtime.block_on(async {
            let store = memory().await;
            commit(&store, &telling(vec![told.clone()]), &desk()).await;
            store.pending("desk", Time(i64::MAX), Take::Oldest(10)).await.unwrap()
        });
        prop_assert_eq!(found.into_iter().map(|row| row.message).collect::<Vec<_>>(), vec![told]);
    }
}

#[tokio::test]
async fn an_alert_that_ended_and_opened_again_has_both_lives_in_the_story() {
    let store = memory().await;
    let mut first = alert(1, 1);
    first.ended = Some((Time(2_000), EndReason::Recovered));
    let again = Alert { since: Time(3_000), ..alert(1, 1) };
    let effects = Effects {
        incidents: vec![Arc::new(incident(1))],
        alerts: vec![Arc::new(alert(1, 1)), Arc::new(first.clone()), Arc::new(again.clone())],
        ..Effects::default()
    };
    commit(&store, &effects, &[]).await;
    assert_eq!(store.incident(IncidentId(1)).await.unwrap().unwrap().alerts, [again.clone(), first]);
    assert_eq!(store.load(Time(0)).await.unwrap().alerts, [again]);
}
