//! A town of 12 to 40 cameras from a seed: switches, boxes below them, a ring, a feed, villages, cameras without light.

use std::collections::BTreeSet;

use super::super::plan::Plan;
use super::dice::Dice;
use cunkou_core::model::{AreaId, NodeId};
use cunkou_core::registry::{AreaKind, Life, Needs, NightLight, NodeKind};

pub(crate) fn town(seed: u64) -> Plan {
    let mut dice = Dice::new(seed, "town");
    let mut plan = Plan::town(&[]);
    for village in ["V2", "V3"] {
        plan.area(village, Some("T"), AreaKind::Village);
    }
    let leaves = nodes(&mut plan, &mut dice);
    let cameras = 12 + dice.index(29);
    for n in 1..=cameras {
        camera(&mut plan, &mut dice, n, &leaves);
    }
    for e in 1..=cameras * 3 / 4 {
        let watchers: BTreeSet<usize> = (0..=dice.index(3)).map(|_| 1 + dice.index(cameras)).collect();
        let required = if watchers.len() > 1 && dice.one_in(4) { 2 } else { 1 };
        plan.entrance(&format!("E{e:03}"), required, required + u32::from(dice.one_in(3)));
        for c in watchers {
            plan.watch(&format!("C{c:03}"), &format!("E{e:03}"));
        }
    }
    plan
}

/// Nodes; gives those that cameras hang on.
fn nodes(plan: &mut Plan, dice: &mut Dice) -> Vec<String> {
    let mut leaves: Vec<String> = Vec::new();
    let switches = 2 + dice.index(3);
    for s in 1..=switches {
        let id = format!("S{s}");
        plan.node(&id, NodeKind::Switch, !dice.one_in(4), &["up"], Needs::All);
        leaves.push(id);
    }
    for o in 1..=dice.index(3) {
        let (id, parent) = (format!("O{o}"), format!("S{}", 1 + dice.index(switches)));
        plan.node(&id, NodeKind::Onu, !dice.one_in(2), &[&parent], Needs::All);
        leaves.push(id);
    }
    if dice.one_in(2) {
        plan.node("R1", NodeKind::Switch, !dice.one_in(2), &["S1", "S2"], Needs::Any);
        leaves.push("R1".to_owned());
    }
    if dice.one_in(2) {
        plan.node("P1", NodeKind::Power, false, &[], Needs::All);
        for s in ["S1", "S2"] {
            plan.registry.nodes.get_mut(s).unwrap().power.of = vec![NodeId::new("P1").unwrap()];
        }
    }
    leaves
}

fn camera(plan: &mut Plan, dice: &mut Dice, n: usize, leaves: &[String]) {
    let id = format!("C{n:03}");
    let leaf = (!dice.one_in(20)).then(|| dice.pick(leaves).clone());
    plan.camera(&id, leaf.as_deref(), n);
    let village = *dice.pick(&["V", "V2", "V3"]);
    let (dark, pictures, life) = (dice.one_in(6), dice.one_in(8), dice.roll(24));
    let subnet = dice.roll(4);
    plan.edit_camera(&id, |c| {
        c.area = AreaId::new(village).unwrap();
        c.host = Some(format!("10.1.{subnet}.{n}").into());
        if dark {
            c.night = NightLight::None;
        }
        if pictures {
            c.snapshot = Some("http://{host}:8080/snapshot".into());
        }
        c.status = match life {
            0 => Life::Planned,
            1 => Life::Maintenance,
            _ => Life::Active,
        };
    });
}
