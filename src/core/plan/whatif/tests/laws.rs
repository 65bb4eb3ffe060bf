//! What holds whatever the town is.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::super::repair::tests::Dice;
use super::super::{Component, Suppose, Turn, WhatIf};
use super::town::{Town, made_camera, states};
use crate::coverage::EntranceState;
use crate::model::{CameraIx, NodeIx, Period};
use crate::registry::{Camera, Life};

fn any_component(dice: &mut Dice, town: &Town) -> Component {
    match dice.below(2) {
        0 => Component::Camera(CameraIx::from(dice.below(town.registry.cameras.len()))),
        _ => Component::Node(NodeIx::from(dice.below(town.registry.nodes.len()))),
    }
}

fn worse(answer: &WhatIf) -> usize {
    answer.turned.iter().filter(|t| t.turn == Turn::Worse).count()
}

fn better(answer: &WhatIf) -> usize {
    answer.turned.iter().filter(|t| t.turn == Turn::Better).count()
}

/// Only what is called a change by name: cause and effect of the rest of the question is left out.
fn only(suppose: &Suppose, kept: &BTreeSet<Component>) -> Suppose {
    let of = |set: &BTreeSet<Component>| set.intersection(kept).copied().collect();
    Suppose { down: of(&suppose.down), up: of(&suppose.up), ..Suppose::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn an_empty_question_changes_nothing(seed in any::<u64>()) {
        let town = Town::made(&mut Dice(seed));
        for period in Period::ALL {
            let answer = town.asked(period, &Suppose::default());
            prop_assert!(answer.turned.is_empty() && answer.cut.is_empty() && answer.back.is_empty());
            prop_assert!(answer.states.iter().all(|(_, before, after)| before == after));
        }
    }

    #[test]
    fn down_and_up_of_the_same_changes_nothing(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let town = Town::made(&mut dice);
        let same: BTreeSet<Component> = (0..3).map(|_| any_component(&mut dice, &town)).collect();
        let answer = town.asked(Period::Now, &Suppose { down: same.clone(), up: same, ..Suppose::default() });
        prop_assert_eq!(answer.turned, Vec::new());
    }

    /// A camera that is moved to where it stands, and looks where it looked, changes nothing that its view bears out.
    #[test]
    fn a_camera_that_stays_where_it_is_and_is_believed_changes_nothing(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut town = Town::made(&mut dice);
        town.registry.cameras.values_mut().for_each(|c| c.watches.clear());
        town.registry.entrances.values_mut().for_each(|e| e.derived_from.clear());
        let slot = CameraIx::from(dice.below(town.registry.cameras.len()));
        let moved = [(slot, town.camera(slot).clone())].into();
        let answer = town.asked(Period::Day, &Suppose { moved, ..Suppose::default() });
        prop_assert_eq!(answer.turned, Vec::new());
    }

    #[test]
    fn what_is_down_makes_nothing_better(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let town = Town::made(&mut dice);
        let mut suppose = Suppose::default();
        let mut left: Option<Vec<EntranceState>> = None;
        for _ in 0..3 {
            suppose.down.insert(any_component(&mut dice, &town));
            let answer = town.asked(Period::Now, &suppose);
            prop_assert_eq!(better(&answer), 0);
            // Nor does one more.
            let after: Vec<EntranceState> = states(&answer).into_iter().map(|(_, state)| state).collect();
            let risen = |(b, a): (&EntranceState, &EntranceState)| Turn::of(*b, *a) == Turn::Better;
            prop_assert!(!left.is_some_and(|before| before.iter().zip(&after).any(risen)));
            left = Some(after);
        }
    }

    #[test]
    fn what_is_up_or_added_makes_nothing_worse(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let town = Town::made(&mut dice);
        let up = (0..2).map(|_| any_component(&mut dice, &town)).collect();
        let added = vec![made_camera(&mut dice, "N0", town.registry.nodes.len(), town.registry.entrances.len())];
        for suppose in [Suppose { up, ..Suppose::default() }, Suppose { added, ..Suppose::default() }] {
            for period in Period::ALL {
                prop_assert_eq!(worse(&town.asked(period, &suppose)), 0, "{:?}", suppose);
            }
        }
    }

    #[test]
    fn what_was_down_is_as_it_was_when_it_is_up_again(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut town = Town::made(&mut dice);
        (town.proven, town.dead) = (BTreeSet::new(), BTreeSet::new());
        (town.unknown, town.broken) = (BTreeSet::new(), BTreeSet::new());
        let nodes = town.registry.nodes.values().enumerate().filter(|(_, n)| n.kind != crate::registry::NodeKind::Group);
        let nodes: Vec<usize> = nodes.map(|(i, _)| i).collect();
        prop_assume!(!nodes.is_empty());
        let whole = states(&town.asked(Period::Day, &Suppose::default()));
        // What somebody supposed has come true.
        let node = NodeIx::from(nodes[dice.below(nodes.len())]);
        let down = town.asked(Period::Day, &Suppose { down: [Component::Node(node)].into(), ..Suppose::default() });
        town.broken.insert(node);
        prop_assert_eq!(states(&town.asked(Period::Day, &Suppose::default())), states(&down));
        let up = town.asked(Period::Day, &Suppose { up: [Component::Node(node)].into(), ..Suppose::default() });
        prop_assert_eq!(states(&up), whole);
        prop_assert_eq!(up.back.len(), down.cut.len());
    }

    /// What is named as the reason is reason enough, and without it nothing happens.
    #[test]
    fn what_is_blamed_is_enough_and_nothing_happens_without_it(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let town = Town::made(&mut dice);
        let down: BTreeSet<Component> = (0..4).map(|_| any_component(&mut dice, &town)).collect();
        let suppose = Suppose { down, ..Suppose::default() };
        for turned in town.asked(Period::Now, &suppose).turned {
            let blamed: BTreeSet<Component> = turned.changed_by.iter().copied().collect();
            prop_assert!(!blamed.is_empty() && blamed.is_subset(&suppose.down));
            let alone = town.asked(Period::Now, &only(&suppose, &blamed));
            prop_assert!(states(&alone).contains(&(turned.entrance, turned.after.state)));
        }
    }

    #[test]
    fn the_order_of_what_is_added_does_not_matter(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let town = Town::made(&mut dice);
        let (nodes, entrances) = (town.registry.nodes.len(), town.registry.entrances.len());
        let added: Vec<Camera> = (0..3).map(|i| made_camera(&mut dice, &format!("N{i}"), nodes, entrances)).collect();
        let turned: Vec<Camera> = added.iter().rev().cloned().collect();
        let [one, other] = [added, turned].map(|added| town.asked(Period::Now, &Suppose { added, ..Suppose::default() }));
        prop_assert_eq!(states(&one), states(&other));
        prop_assert_eq!(one.may_watch, other.may_watch);
    }

    /// As many lose their way as the nodes say, if no two of them cut the same camera or one only together.
    #[test]
    fn one_node_alone_cuts_what_it_is_said_to(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let town = Town::made(&mut dice);
        let node = NodeIx::from(dice.below(town.registry.nodes.len()));
        let answer = town.asked(Period::Day, &Suppose { down: [Component::Node(node)].into(), ..Suppose::default() });
        prop_assert_eq!(answer.nodes, [(node, u32::try_from(answer.cut.len()).unwrap())]);
        let lives = |c: &CameraIx| matches!(town.camera(*c).status, Life::Active | Life::Maintenance);
        prop_assert!(answer.cut.iter().all(lives));
    }
}
