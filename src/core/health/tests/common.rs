//! What is common to failures, and the short way round looking for it.

use proptest::prelude::*;

use crate::health::cause::{Failure, Item, commons, may_be_common};
use crate::model::{AreaId, CameraId, CameraIx, Time};
use crate::registry::{CameraSlot, DenseGate, Needs, Topology};

/// A town without a known node: of each camera its village and its /24.
fn town(places: &[(usize, u64)]) -> Topology {
    let mut topology = Topology::default();
    for (i, (village, subnet)) in places.iter().enumerate() {
        let gate = || DenseGate { needs: Needs::All, of: Vec::new() };
        let village = AreaId::new(&format!("V{village}")).ok();
        topology.cameras.push(CameraSlot {
            id: CameraId::new(&format!("C{i}")).expect("an id"),
            life: None,
            gates: [gate(), gate()],
            above: Vec::new(),
            required: Vec::new(),
            village: village.clone(),
            subnet: Some(*subnet),
            checks: [None; 4],
        });
        let ix = CameraIx::from(i);
        topology.subnets.entry(*subnet).or_default().push(ix);
        village.into_iter().for_each(|v| topology.villages.entry(v).or_default().push(ix));
    }
    topology
}

fn failed(cameras: impl IntoIterator<Item = usize>) -> Vec<Failure> {
    let failure = |i| Failure { item: Item::Camera(CameraIx::from(i)), since: Time(0), silent: true };
    cameras.into_iter().map(failure).collect()
}

#[test]
fn one_more_in_a_village_that_is_well_is_nothing_in_common() {
    let town = town(&[(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 6), (1, 7), (1, 8), (1, 9)]);
    let two = failed([0, 1]);
    assert!(!may_be_common(&town, &two, &failed([1])), "two of six, each alone in its /24 of one: {two:?}");
    assert!(may_be_common(&town, &failed([0, 1, 2]), &failed([2])), "three of six");
    assert!(!may_be_common(&town, &failed([0, 1, 2, 6]), &failed([6])), "one of four, whatever happened elsewhere");
}

proptest! {
    #[test]
    fn what_is_new_is_in_nothing_that_the_short_way_leaves_out(
        places in prop::collection::vec((0..4_usize, 0..6_u64), 1..40),
        fell in prop::collection::btree_set(0..40_usize, 1..30),
        at in 0..30_usize,
    ) {
        let town = town(&places);
        let fell: Vec<usize> = fell.into_iter().filter(|i| *i < places.len()).collect();
        prop_assume!(!fell.is_empty());
        let new = CameraIx::from(fell[at % fell.len()]);
        let failures = failed(fell.iter().copied());
        let found = commons(&town, &failures);
        let with_it = found.iter().any(|g| g.members.contains(&new));
        let may = may_be_common(&town, &failures, &failed([new.at()]));
        prop_assert!(may || !with_it, "{found:?}");
        // And what is left out was there before the new one failed.
        if !may {
            let before = commons(&town, &failed(fell.iter().copied().filter(|i| *i != new.at())));
            prop_assert_eq!(found, before);
        }
    }
}
