//! Worked vectors, and what nobody may get wrong.

use super::*;
use crate::model::{EntranceIx, NodeIx};
use crate::plan::{HOURS_A_YEAR, Share};

/// The network of coverage.md §5.2: a feed, two switches under it, two cameras on each.
fn worked() -> Shape {
    let switch = |q| (NodeKind::Switch, Needs::All, vec![0], Vec::new(), q);
    Shape {
        nodes: vec![(NodeKind::Power, Needs::All, Vec::new(), Vec::new(), 0.01), switch(0.02), switch(0.03)],
        cameras: [(1, 0.05), (1, 0.05), (2, 0.08), (2, 0.10)].map(|(n, q)| (vec![n], Vec::new(), q)).to_vec(),
        entrances: vec![(1, vec![0]), (1, vec![0, 1]), (1, vec![0, 2]), (2, vec![1, 2, 3])],
    }
}

fn exact(year: &Annual) -> Vec<f64> {
    let share = |(_, share): &(EntranceIx, Share)| match share {
        Share::Exact(u) => *u,
        Share::Between(..) => panic!("{share:?}"),
    };
    year.entrances.iter().map(share).collect()
}

#[test]
fn the_worked_vectors() {
    let year = worked().year();
    let expected = [0.078_310_00, 0.032_225_50, 0.017_350_16, 0.058_249_15];
    for (found, expected) in exact(&year).iter().zip(expected) {
        assert!((found - expected).abs() < 5e-9, "{found} {expected}");
    }
    for (found, expected) in exact(&year).iter().zip([685.996, 282.295, 151.987, 510.263]) {
        assert!((found * HOURS_A_YEAR - expected).abs() < 5e-4, "{found} {expected}");
    }
    let (node, camera) = (|i: u32| Component::Node(NodeIx(i)), |i: u32| Component::Camera(CameraIx(i)));
    for (component, expected) in [
        (node(0), 3.852_389),
        (node(1), 2.178_838),
        (node(2), 1.033_722),
        (camera(0), 1.123_104),
        (camera(1), 0.202_849),
        (camera(2), 0.215_299),
        (camera(3), 0.132_483),
    ] {
        let found = year.components.iter().find(|c| c.component == component).unwrap();
        assert!((found.birnbaum - expected).abs() < 5e-7, "{found:?} {expected}");
        let hours = HOURS_A_YEAR * worked().down(component) * found.birnbaum;
        assert!((found.hours - hours).abs() < 1e-9, "{found:?}");
    }
    assert!(year.components.windows(2).all(|w| w[0].hours >= w[1].hours), "worst first");
    assert_eq!(year.components.iter().map(|c| c.entrances).max(), Some(4), "all hang on the feed");
}

/// Both feeds of two switches each, crosswise: no tree, and gone through state by state.
#[test]
fn feeds_that_cross_switches() {
    let root = |kind, q| (kind, Needs::All, Vec::new(), Vec::new(), q);
    let shape = Shape {
        nodes: vec![
            root(NodeKind::Power, 0.1),
            root(NodeKind::Power, 0.2),
            root(NodeKind::Switch, 0.05),
            root(NodeKind::Switch, 0.04),
        ],
        cameras: vec![
            (vec![2], vec![0], 0.0),
            (vec![2], vec![1], 0.0),
            (vec![3], vec![0], 0.0),
            (vec![3], vec![1], 0.0),
        ],
        entrances: vec![(1, vec![0, 1, 2, 3])],
    };
    // Lost when both feeds or both switches are down.
    let expected = 1.0 - (1.0 - 0.1 * 0.2) * (1.0 - 0.05 * 0.04);
    assert!((exact(&shape.year())[0] - expected).abs() < 1e-12);
}

#[test]
fn what_too_few_are_installed_for_is_a_gap_and_no_failure() {
    let mut shape = worked();
    shape.entrances = vec![(3, vec![0, 1]), (1, Vec::new()), (1, vec![0])];
    let year = shape.year();
    assert_eq!(year.unwatched, [EntranceIx(0), EntranceIx(1)]);
    assert_eq!(year.entrances.len(), 1);
    let watching: Vec<Component> = year.components.iter().map(|c| c.component).collect();
    assert!(!watching.contains(&Component::Camera(CameraIx(1))), "it watches nothing that it could lose");
}

/// Twelve ways to go, any of which is enough: too many to be gone through, so bounds, and nobody's importance.
#[test]
fn too_many_ways_are_bounds_and_no_figure() {
    let mut shape = Shape {
        nodes: (0..12)
            .map(|i| (NodeKind::Switch, Needs::All, Vec::new(), Vec::new(), 0.5 + f64::from(i) / 100.0))
            .collect(),
        cameras: vec![(vec![12], Vec::new(), 0.1)],
        entrances: vec![(1, vec![0])],
    };
    shape.nodes.push((NodeKind::Group, Needs::Any, (0..12).collect(), Vec::new(), 1.0));
    let year = shape.year();
    let all: f64 = shape.nodes.iter().take(12).map(|n| n.4).product();
    let truth = 1.0 - (1.0 - 0.1) * (1.0 - all);
    let Share::Between(least, most) = year.entrances[0].1 else { panic!("{year:?}") };
    assert!(least <= truth && truth <= most && most < 1.0, "{least} {truth} {most}");
    assert_eq!(year.components, []);
    shape.nodes.truncate(10);
    shape.nodes.push((NodeKind::Group, Needs::Any, (0..10).collect(), Vec::new(), 1.0));
    shape.cameras[0].0 = vec![10];
    let all: f64 = shape.nodes.iter().take(10).map(|n| n.4).product();
    assert!((exact(&shape.year())[0] - (1.0 - (1.0 - 0.1) * (1.0 - all))).abs() < 1e-12, "ten are exact");
}
