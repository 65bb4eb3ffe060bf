//! Recovery in any order, and faults in any order: what is over is told as over, and nothing is told twice.

use super::harness::{Fault, Plan, Sim};
use crate::model::Span;

const EVENTS: [&str; 4] = ["C001", "S1", "C015", "S2"];

fn permutations(of: &[&'static str]) -> Vec<Vec<&'static str>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (i, first) in of.iter().enumerate() {
        let rest: Vec<&str> = of.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, x)| *x).collect();
        for mut tail in permutations(&rest) {
            tail.insert(0, first);
            all.push(tail);
        }
    }
    all
}

fn start(sim: &mut Sim, what: &str) {
    if what.starts_with('S') { sim.kill_node(what) } else { sim.break_camera(what, Fault::Drop) }
}

fn heal(sim: &mut Sim, what: &str) {
    sim.faults.remove(what);
    sim.dead_nodes.remove(what);
}

/// Which entrances have no camera, by the plain truth.
fn truth(sim: &Sim) -> Vec<String> {
    let of_switch = |n: usize| if n <= 10 { "S1" } else { "S2" };
    let lost = |n: &usize| sim.dead_nodes.contains(of_switch(*n)) || sim.faults.contains_key(&format!("C{n:03}"));
    (1..=20).filter(lost).map(|n| format!("E{n:03}")).collect()
}

#[test]
fn faults_and_recoveries_in_any_order_end_well() {
    for (i, breaking) in permutations(&EVENTS).into_iter().enumerate() {
        for (j, healing) in permutations(&EVENTS).into_iter().enumerate() {
            // All pairs of orders would take long and tell little more.
            if (i + j) % 6 != 0 {
                continue;
            }
            let gap = [Span::seconds(4), Span::seconds(50), Span::minutes(7)][(i + j / 6) % 3];
            let mut sim = Sim::new(Plan::town(&[10, 10]));
            sim.run(Span::minutes(2));
            let how = format!("broken {breaking:?}, healed {healing:?}, {gap} apart");
            for what in &breaking {
                start(&mut sim, what);
                sim.run(gap);
            }
            sim.run(Span::minutes(1));
            assert_eq!(sim.believed_lost(), truth(&sim), "{how}");
            for what in &healing {
                heal(&mut sim, what);
                sim.run(gap);
                sim.run(Span::minutes(1));
                assert_eq!(sim.believed_lost(), truth(&sim), "{how}, after {what}");
            }
            sim.run(Span::minutes(1));
            assert!(sim.everything_is_over(), "{how}: {:?}", sim.open_alerts());
            // Two switches and two cameras: never more than one page each, and one word for what outlived its switch.
            assert!(sim.pages().len() <= 6, "{how}: {:#?}", sim.pages());
            steps_have_no_holes(&sim, &how);
        }
    }
}

fn steps_have_no_holes(sim: &Sim, how: &str) {
    let mut last: std::collections::BTreeMap<u64, u32> = std::collections::BTreeMap::new();
    for message in &sim.messages {
        let step = last.entry(message.incident.id.0).or_default();
        assert_eq!(message.step, *step + 1, "{how}: a hole in the steps of incident {}", message.incident.id);
        *step = message.step;
    }
}
