//! What is believed after a record.

use super::*;
use crate::health::{Cause, CommonScope};
use crate::model::{CameraId, NodeIx, Span, Time};
use crate::plan::{Estimate, Prior, Rates, Record, Ticket};

/// A switch with three cameras, of which the first two are of one model.
fn town() -> Registry {
    let shape = Shape {
        nodes: vec![(NodeKind::Switch, Needs::All, Vec::new(), Vec::new(), 0.0)],
        cameras: vec![(vec![0], Vec::new(), 0.0); 3],
        entrances: Vec::new(),
    };
    let mut registry = shape.registry();
    for id in ["C00", "C01"] {
        registry.cameras.get_mut(id).unwrap().model = Some("X".into());
    }
    registry
}

fn after(record: &Record) -> Rates {
    let registry = town();
    let topology = Topology::build(&registry, &Intervals::default(), None);
    Rates::of(&registry, &topology, record, &Prior::default())
}

fn camera(rates: &Rates, i: u32) -> Estimate {
    *rates.get(Component::Camera(CameraIx(i))).unwrap()
}

fn switch(rates: &Rates) -> Estimate {
    *rates.get(Component::Node(NodeIx(0))).unwrap()
}

fn ticket(cause: Cause, hours: Option<i64>) -> Ticket {
    Ticket { cause, since: Time(0), ended: hours.map(|h| Time(0) + Span::hours(h)), cameras: 1 }
}

fn own(id: &str) -> Cause {
    Cause::Camera(CameraId::new(id).unwrap())
}

fn watched(all: &[(&str, i64)]) -> Record {
    let up = all.iter().map(|(id, hours)| (CameraId::new(id).unwrap(), Span::hours(*hours)));
    Record { to: Time(0) + Span::hours(100), cameras: up.collect(), ..Record::default() }
}

#[test]
fn before_anything_is_measured_the_prior_stands() {
    let rates = after(&Record::default());
    for estimate in [camera(&rates, 0), switch(&rates)] {
        assert_eq!((estimate.failures, estimate.watched_h), (0, 0.0));
        assert_eq!((estimate.mtbf_h, estimate.mttr_h), (17_520.0, 24.0));
        assert!((estimate.down - 24.0 / 17_544.0).abs() < 1e-15);
        // Half a failure in a year: chi-square of one degree, halved.
        assert!((estimate.mtbf.least - 8_760.0 / (3.841_46 / 2.0)).abs() < 1.0, "{estimate:?}");
        assert!(estimate.mtbf.most > 4e6 && estimate.mttr.least < 24.0 && estimate.mttr.most > 24.0, "{estimate:?}");
    }
}

#[test]
fn failures_and_time_without_any_both_count_and_intervals_hold_what_is_believed() {
    let quiet = camera(&after(&watched(&[("C02", 8_760)])), 2);
    assert_eq!((quiet.mtbf_h, quiet.watched_h), (2.0 * 17_520.0, 8_760.0), "a year without a failure is not nothing");
    let mut record = watched(&[("C02", 8_760)]);
    record.tickets = vec![ticket(own("C02"), Some(2)); 5];
    let bad = camera(&after(&record), 2);
    assert_eq!(bad.failures, 5);
    assert!((bad.mtbf_h - 17_520.0 / 5.5).abs() < 1e-9 && (bad.mttr_h - 34.0 / 6.0).abs() < 1e-9, "{bad:?}");
    for e in [quiet, bad] {
        assert!(e.mtbf.least < e.mtbf_h && e.mtbf_h < e.mtbf.most, "{e:?}");
        assert!(e.mttr.least < e.mttr_h && e.mttr_h < e.mttr.most, "{e:?}");
        assert!(e.down_within.least < e.down && e.down < e.down_within.most, "{e:?}");
    }
    let width = |e: Estimate| e.mtbf.most / e.mtbf.least;
    assert!(width(bad) < width(quiet), "who has seen more is surer");
}

#[test]
fn others_of_the_model_move_the_rate_and_no_others() {
    let mut record = watched(&[("C00", 0), ("C01", 8_760)]);
    record.tickets = vec![ticket(own("C01"), Some(1)); 8];
    let rates = after(&record);
    // (0.5 + 8) failures in two years, weighing a year.
    assert!((camera(&rates, 0).mtbf_h - 8_760.0 / 4.25).abs() < 1e-9);
    assert!((camera(&rates, 1).mtbf_h - 2.0 * 8_760.0 / 8.5).abs() < 1e-9, "its own failures count once");
    assert_eq!(camera(&rates, 2).mtbf_h, 17_520.0, "of another model nothing is known");
}

/// A dead switch is the switch's failure; what failed in part, or in common, is nobody's own.
#[test]
fn a_failure_is_whose_it_is() {
    let mut record = watched(&[("C00", 50), ("C01", 80)]);
    let node = NodeId::new("n000").unwrap();
    let shared = |cause, cameras| Ticket { cameras, ..ticket(cause, Some(3)) };
    record.tickets = vec![
        shared(Cause::Node(node.clone()), 3),
        shared(Cause::Partial(node), 3),
        shared(Cause::Common(CommonScope::Town), 2),
        ticket(own("C00"), Some(1)),
        ticket(own("gone"), Some(1)),
    ];
    let rates = after(&record);
    assert_eq!([0, 1, 2].map(|i| camera(&rates, i).failures), [1, 0, 0]);
    assert_eq!((switch(&rates).failures, switch(&rates).watched_h), (1, 80.0), "it worked while a camera below did");
    assert_eq!((rates.in_common, rates.tickets), ((8, 10), (5, 0)));
    assert!((switch(&rates).mttr_h - 27.0 / 2.0).abs() < 1e-9, "repairs of switches, and not of cameras");
    assert!((camera(&rates, 2).mttr_h - 25.0 / 2.0).abs() < 1e-9, "what has left mends nothing");
}

#[test]
fn what_nobody_has_mended_yet_counts_with_the_hours_it_is_down() {
    let mut record = watched(&[("C00", 8_760)]);
    record.tickets = vec![ticket(own("C00"), None)];
    let rates = after(&record);
    assert_eq!((camera(&rates, 0).failures, rates.tickets), (1, (0, 1)));
    assert!((camera(&rates, 0).mttr_h - 124.0).abs() < 1e-9, "{:?}", camera(&rates, 0));
}
