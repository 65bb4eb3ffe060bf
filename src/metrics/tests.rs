//! The names and labels of every family, the rules of their values, and their form.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use cunkou_core::alert::IncidentStatus;
use cunkou_core::health::State;
use cunkou_core::model::{Check, FailKind, Outcome, Phase, PhaseTimes, ProbeResult, Span, Target, Time};
use cunkou_core::registry::{Intervals, Topology};
use cunkou_core::world::Snapshot;

use super::*;
use crate::http::tests::{figures, town};

fn counters() -> Counters {
    let counters = Counters::new("0.1.0", "abc").unwrap();
    counters.outbox(vec![
        Backlog { sink: "desk".into(), messages: 2, oldest: Some(Time(1_500)) },
        Backlog { sink: "mail".into(), messages: 0, oldest: None },
    ]);
    counters
}

fn render(snapshot: &Snapshot, figures: &Figures, options: Options) -> String {
    let (mut cameras, mut others) = (String::new(), String::new());
    write(snapshot, figures, options, |piece| cameras.push_str(&piece), |piece| others.push_str(&piece));
    cameras + &others
}

fn all() -> String {
    let mut text = render(&town::snapshot(), &figures(), Options { per_camera: true, positions: true });
    counters().write(&mut text).unwrap();
    text
}

/// The value of one series, named whole.
fn value(text: &str, series: &str) -> Option<String> {
    text.lines().find_map(|l| l.strip_prefix(series)?.strip_prefix(' ').map(str::to_owned))
}

#[test]
fn names_kinds_and_labels_are_stable() {
    let text = all();
    let mut families: BTreeMap<&str, (&str, BTreeSet<String>)> = BTreeMap::new();
    let mut last = "";
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(families.insert(name, (kind, BTreeSet::new())).is_none(), "{name} is there twice");
            last = name;
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            assert!(name.starts_with(last), "{name} stands under {last}");
            families.get_mut(last).unwrap().1.insert(labels(line));
        }
    }
    let lines = families.iter().filter(|(name, _)| !name.starts_with("process_"));
    let lines = lines.map(|(name, (kind, labels))| format!("{name} {kind} {}", join(labels)));
    insta::assert_snapshot!("families", lines.collect::<Vec<_>>().join("\n"));
    for name in ["cpu_seconds_total", "open_fds", "max_fds", "resident_memory_bytes", "start_time_seconds"] {
        assert!(families.contains_key(format!("process_{name}").as_str()), "{name}");
    }
}

fn join(labels: &BTreeSet<String>) -> String {
    labels.iter().map(|l| format!("{{{l}}}")).collect::<Vec<_>>().join(" ")
}

/// The names of a sample's labels; values may hold anything, so quotes are followed.
fn labels(line: &str) -> String {
    let (mut names, mut name, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    let Some(at) = line.find('{') else { return String::new() };
    for c in line[at + 1..].chars() {
        match (quoted, escaped, c) {
            (true, true, _) => escaped = false,
            (true, false, '\\') => escaped = true,
            (_, _, '"') => quoted = !quoted,
            (true, false, _) => {}
            (false, _, '=') => names.push(std::mem::take(&mut name)),
            (false, _, ',') => {}
            (false, _, '}') => break,
            (false, _, c) => name.push(c),
        }
    }
    names.retain(|n| n != "le");
    names.join(",")
}

#[test]
fn values_follow_what_is_believed() {
    let text = all();
    for (series, wanted) in [
        ("cunkou_camera_up{camera=\"C1\",area=\"H1\",layer=\"circle\"}", Some("1")),
        ("cunkou_camera_up{camera=\"C2\",area=\"H1\",layer=\"point\"}", Some("0")),
        ("cunkou_camera_up{camera=\"C3\",area=\"V1\",layer=\"point\"}", Some("1")),
        ("cunkou_camera_up{camera=\"C4\",area=\"V2\",layer=\"point\"}", None),
        ("cunkou_camera_up{camera=\"C6\",area=\"V2\",layer=\"point\"}", Some("1")),
        ("cunkou_camera_state{camera=\"C6\",state=\"suspect\"}", Some("1")),
        ("cunkou_camera_state{camera=\"C6\",state=\"up\"}", Some("0")),
        ("cunkou_camera_state{camera=\"C5\",state=\"up\"}", None),
        ("cunkou_camera_check_up{camera=\"C2\",check=\"reach\"}", Some("0")),
        ("cunkou_camera_check_up{camera=\"C2\",check=\"picture\"}", None),
        ("cunkou_camera_degraded{camera=\"C3\",reason=\"auth\"}", Some("1")),
        ("cunkou_camera_degraded{camera=\"C1\",reason=\"auth\"}", None),
        ("cunkou_camera_flapping{camera=\"C6\"}", Some("1")),
        ("cunkou_camera_maintenance{camera=\"C3\"}", Some("1")),
        ("cunkou_camera_rtt_seconds{camera=\"C1\"}", Some("0.012")),
        ("cunkou_camera_last_success_timestamp_seconds{camera=\"C1\",check=\"reach\"}", Some("1795489195")),
        ("cunkou_cameras{layer=\"point\",state=\"planned\"}", Some("1")),
        ("cunkou_cameras{layer=\"point\",state=\"retired\"}", Some("1")),
        ("cunkou_cameras{layer=\"line\",state=\"up\"}", Some("0")),
        ("cunkou_node_up{node=\"S1\",kind=\"switch\"}", Some("0")),
        ("cunkou_node_up{node=\"S2\",kind=\"switch\"}", None),
        ("cunkou_node_up{node=\"UP\",kind=\"uplink\"}", Some("1")),
        ("cunkou_camera_node_info{camera=\"C2\",node=\"S1\"}", Some("1")),
        ("cunkou_camera_node_info{camera=\"C2\",node=\"UP\"}", Some("1")),
        ("cunkou_camera_node_info{camera=\"C2\",node=\"S2\"}", None),
        ("cunkou_camera_cause{camera=\"C2\",kind=\"node\",cause=\"S1\"}", Some("1")),
        ("cunkou_camera_cause{camera=\"C6\",kind=\"monitor_starting\",cause=\"\"}", Some("1")),
        ("cunkou_entrance_cause{entrance=\"E2\",kind=\"node\",cause=\"S1\"}", Some("1")),
        ("cunkou_entrance_covered{entrance=\"E1\",area=\"H1\"}", Some("1")),
        ("cunkou_entrance_covered{entrance=\"E2\",area=\"H1\"}", Some("0")),
        ("cunkou_entrance_covered{entrance=\"E3\",area=\"V2\"}", None),
        ("cunkou_entrance_covered{entrance=\"E5\",area=\"V1\"}", Some("1")),
        ("cunkou_entrance_state{entrance=\"E4\",state=\"unwatched\"}", None),
        ("cunkou_entrance_cameras_target{entrance=\"E5\"}", Some("2")),
        ("cunkou_entrances{state=\"lost\",period=\"now\"}", Some("1")),
        ("cunkou_entrances{state=\"planned\",period=\"day\"}", Some("0")),
        ("cunkou_area_entrances{area=\"H1\",state=\"covered\"}", Some("1")),
        ("cunkou_coverage_ratio{layer=\"point\",level=\"live\",period=\"now\"}", Some("0.25")),
        ("cunkou_alerts{alert=\"EntranceLost\",severity=\"critical\"}", Some("1")),
        ("cunkou_alerts{alert=\"MonitorBlind\",severity=\"critical\"}", Some("0")),
        ("cunkou_alerts{alert=\"SealBroken\",severity=\"critical\"}", None),
        ("cunkou_incidents{state=\"open\"}", Some("1")),
        ("cunkou_incidents{state=\"acknowledged\"}", Some("0")),
        ("cunkou_incidents_silenced", Some("0")),
        ("cunkou_incident_oldest_open_timestamp_seconds", Some("1795488610")),
        ("cunkou_monitor_blind", Some("0")),
        ("cunkou_monitor_canary_up{canary=\"127.20.255.254:8023\"}", Some("1")),
        ("cunkou_monitor_canary_up{canary=\"10.0.0.1\"}", None),
        ("cunkou_registry_objects{kind=\"camera\"}", Some("6")),
        ("cunkou_outbox_messages{sink=\"desk\"}", Some("2")),
        ("cunkou_outbox_oldest_message_timestamp_seconds{sink=\"desk\"}", Some("1.5")),
        ("cunkou_outbox_oldest_message_timestamp_seconds{sink=\"mail\"}", None),
    ] {
        assert_eq!(value(&text, series).as_deref(), wanted, "{series}");
    }
    let planned: Vec<_> = text.lines().filter(|l| l.contains("camera=\"C4\"")).collect();
    assert!(planned.len() == 1 && planned[0].starts_with("cunkou_camera_info{"), "{planned:?}");
}

/// Each installed camera is counted once on every node above it, and a node without cameras says so.
#[test]
fn nodes_count_the_cameras_that_hang_on_them() {
    let text = all();
    for node in ["S1", "UP"] {
        for (state, wanted) in [("up", "1"), ("down", "1"), ("degraded", "1"), ("suspect", "1"), ("unknown", "0")] {
            let series = format!("cunkou_node_cameras{{node=\"{node}\",state=\"{state}\"}}");
            assert_eq!(value(&text, &series).as_deref(), Some(wanted), "{series}");
        }
    }
    assert_eq!(value(&text, "cunkou_node_cameras{node=\"S2\",state=\"up\"}").as_deref(), Some("0"));
    let causes = text.lines().filter(|l| l.starts_with("cunkou_camera_cause{"));
    assert_eq!(causes.count(), 2, "what is well has no cause");
}

#[test]
fn a_suspect_shows_its_last_value() {
    for (before, wanted) in
        [(State::Up, Some("1")), (State::Degraded, Some("1")), (State::Down, Some("0")), (State::Unknown, None)]
    {
        let mut snapshot = town::snapshot();
        let view = snapshot.cameras.get_mut(5).unwrap();
        (view.state, view.before) = (State::Suspect, before);
        let text = render(&snapshot, &Figures::default(), Options::default());
        let series = "cunkou_camera_up{camera=\"C6\",area=\"V2\",layer=\"point\"}";
        assert_eq!(value(&text, series).as_deref(), wanted, "{before:?}");
    }
}

#[test]
fn what_left_the_registry_leaves_no_series() {
    let mut snapshot = town::snapshot();
    let mut registry = (*snapshot.registry).clone();
    registry.cameras.retain(|id, _| id.as_str() != "C2");
    registry.entrances.retain(|id, _| id.as_str() != "E2");
    registry.nodes.retain(|id, _| id.as_str() != "S2");
    let topology = Topology::build(&registry, &Intervals::default(), Some(&snapshot.topology));
    (snapshot.registry, snapshot.topology) = (registry.into(), topology.into());
    let text = render(&snapshot, &Figures::default(), Options::default());
    for gone in ["\"C2\"", "\"E2\"", "\"S2\""] {
        assert!(!text.contains(gone), "{gone}");
    }
    assert_eq!(value(&text, "cunkou_entrances{state=\"lost\",period=\"now\"}").as_deref(), Some("0"));
}

#[test]
fn single_cameras_and_positions_are_shown_only_when_wanted() {
    let figures = Figures::default();
    let few = render(&town::snapshot(), &figures, Options { per_camera: false, positions: true });
    assert!(!few.contains("cunkou_camera_") && few.contains("cunkou_cameras{"));
    let hidden = render(&town::snapshot(), &figures, Options::default());
    assert!(!hidden.contains("lat=") && !hidden.contains("114.30") && !hidden.contains(town::CONTACT));
    let shown = render(&town::snapshot(), &figures, Options { per_camera: true, positions: true });
    assert!(shown.contains("lat=\"30.8\",lon=\"114.301\""));
    assert!(shown.contains("lat=\"30.802\",lon=\"114.3\""), "entrances too");
    let causes = |text: &str| text.contains("cunkou_camera_cause{") || text.contains("cunkou_camera_node_info{");
    assert!(causes(&shown) && !causes(&few));
}

#[test]
fn without_an_open_incident_there_is_no_oldest() {
    let mut snapshot = town::snapshot();
    let over = [town::incident(6, IncidentStatus::Resolved), town::incident(7, IncidentStatus::Opening)];
    snapshot.incidents = std::sync::Arc::new(over.into_iter().map(|i| (i.id, i)).collect());
    let text = render(&snapshot, &Figures::default(), Options::default());
    assert_eq!(value(&text, "cunkou_incident_oldest_open_timestamp_seconds"), None);
    assert_eq!(value(&text, "cunkou_incidents{state=\"open\"}").as_deref(), Some("0"), "not told yet");
}

#[test]
fn counters_stand_at_zero_for_every_label_value_and_count() {
    let counters = counters();
    let written = || {
        let mut text = String::new();
        counters.write(&mut text).unwrap();
        text
    };
    let zero = written();
    for result in cunkou_core::model::ResultLabel::all() {
        for check in ["reach", "stream", "picture"] {
            let series = format!("cunkou_probes_total{{check=\"{check}\",result=\"{}\"}}", result.word());
            assert_eq!(value(&zero, &series).as_deref(), Some("0"), "{series}");
        }
    }
    let mut times = PhaseTimes::default();
    times.add(Phase::Connect, 3_000);
    counters.probe(&Outcome {
        target: Target::Camera(0_usize.into()),
        check: Check::Reach,
        due: Time(0),
        begun: Time(0),
        ended: Time(2_000),
        asked: false,
        credential: false,
        result: ProbeResult::Fail(FailKind::Timeout),
        phase: Phase::Connect,
        times,
        rtt: None,
        note: None,
    });
    counters.schedule_lag(Span::millis(-5));
    counters.transaction(std::time::Duration::from_millis(7));
    counters.reload(true, Some(Time(12_500)));
    counters.roster(true);
    let text = written();
    for (series, wanted) in [
        ("cunkou_probes_total{check=\"reach\",result=\"timeout\"}", "1"),
        ("cunkou_probe_duration_seconds_sum{check=\"reach\"}", "2"),
        ("cunkou_probe_phase_duration_seconds_bucket{check=\"reach\",phase=\"connect\",le=\"0.005\"}", "1"),
        ("cunkou_probe_phase_duration_seconds_bucket{check=\"reach\",phase=\"connect\",le=\"0.0025\"}", "0"),
        ("cunkou_probe_schedule_lag_seconds_sum", "0"),
        ("cunkou_store_transaction_duration_seconds_count", "1"),
        ("cunkou_registry_last_reload_successful", "1"),
        ("cunkou_registry_last_reload_success_timestamp_seconds", "12.5"),
        ("cunkou_roster_last_reload_successful", "1"),
        ("cunkou_build_info{revision=\"abc\",version=\"0.1.0\"}", "1"),
    ] {
        assert_eq!(value(&text, series).as_deref(), Some(wanted), "{series}");
    }
}

/// A town of 10 000 cameras: the room that is set aside must do, since growing means copying.
#[test]
fn a_large_town_fits_the_room_that_is_set_aside() {
    let snapshot = large(10_000);
    let text = render(&snapshot, &Figures::default(), Options::default());
    assert_eq!(text.lines().filter(|l| l.starts_with("cunkou_camera_up{")).count(), 10_000);
    let sure = 16_384 + 10_000 * 2_000;
    assert!(text.len() < sure && text.capacity() < 2 * sure, "{} of {}", text.len(), text.capacity());
}

fn large(cameras: usize) -> Snapshot {
    let mut snapshot = town::snapshot();
    let mut registry = (*snapshot.registry).clone();
    let (_, first) = registry.cameras.pop_first().unwrap();
    registry.cameras.clear();
    for n in 0..cameras {
        let id = cunkou_core::model::CameraId::new(&format!("K{n:06}")).unwrap();
        let mut camera = first.clone();
        camera.id = id.clone();
        registry.cameras.insert(id, camera);
    }
    let view = snapshot.cameras.get(0).unwrap().clone();
    let topology = Topology::build(&registry, &Intervals::default(), None);
    snapshot.cameras = (0..cameras).map(|_| view.clone()).collect();
    (snapshot.registry, snapshot.topology) = (registry.into(), topology.into());
    snapshot
}

/// Prometheus' own judge, where it is installed.
#[test]
fn promtool_finds_nothing_to_mend() {
    let Ok(mut child) = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        eprintln!("SKIPPED: promtool is not installed; install the package prometheus to run this test");
        return;
    };
    child.stdin.take().unwrap().write_all(all().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
