//! The effective plan in one line: what will be asked, how often, and what that costs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Intervals, ReachVia, Registry};
use crate::model::{Check, Language};

/// CPU time of one probe, microseconds, all in (timer, socket, state, store, metrics), as the bench of a whole town has
/// it on loopback (docs/performance.md): a TCP connect (or echo) and close.
const REACH_MICROS: f64 = 100.0;
/// The same for RTSP OPTIONS and DESCRIBE with Digest.
const STREAM_MICROS: f64 = 250.0;
/// The same for a snapshot of 60 kB with Digest; the device check is taken to cost as much.
const PICTURE_MICROS: f64 = 400.0;

/// What a registry asks of the monitor.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PlanSummary {
    /// Cameras that are installed.
    pub cameras: usize,
    /// Nodes that are probed: those with an address.
    pub nodes: usize,
    /// Distinct checks that are on for any camera.
    pub checks_on: BTreeSet<Check>,
    /// Probes a second in the steady state, those of nodes included.
    pub probes_per_second: f64,
    /// Of these, probes of nodes.
    pub node_probes_per_second: f64,
    /// Part of one core that the probes take, 1.0 for the whole.
    pub core_share: f64,
    /// How reach is asked (`icmp`, `tcp:554`), and of how many cameras.
    pub reach: BTreeMap<String, usize>,
}

/// Ways of asking reach that are listed; the rest is counted together.
const LISTED: usize = 6;

/// Adds up a registry.
#[must_use]
pub fn plan_summary(registry: &Registry, intervals: &Intervals) -> PlanSummary {
    let mut sum = PlanSummary::default();
    for camera in registry.cameras.values().filter(|c| c.status.is_installed()) {
        sum.cameras += 1;
        let plans = camera.check_plans(intervals);
        if plans[Check::Reach.at()].is_some() {
            let via = match camera.reach_via() {
                ReachVia::Icmp => "icmp".to_owned(),
                ReachVia::Tcp(port) => format!("tcp:{port}"),
            };
            *sum.reach.entry(via).or_default() += 1;
        }
        for (check, plan) in Check::ALL.into_iter().zip(plans).filter_map(|(check, plan)| Some((check, plan?))) {
            sum.checks_on.insert(check);
            sum.add(check, 1.0 / plan.interval.seconds_f64().max(0.001));
        }
    }
    for plan in registry.nodes.values().filter_map(|n| n.check_plan(intervals)) {
        let per_second = 1.0 / plan.interval.seconds_f64().max(0.001);
        sum.nodes += 1;
        sum.node_probes_per_second += per_second;
        sum.add(Check::Reach, per_second);
    }
    sum
}

impl PlanSummary {
    fn add(&mut self, check: Check, per_second: f64) {
        let micros = match check {
            Check::Reach => REACH_MICROS,
            Check::Stream => STREAM_MICROS,
            Check::Picture | Check::Device => PICTURE_MICROS,
        };
        self.probes_per_second += per_second;
        self.core_share += per_second * micros / 1e6;
    }

    /// How reach is asked, in one line; `None` where it is asked of no camera.
    #[must_use]
    pub fn reach_words(&self, language: Language) -> Option<String> {
        let mut ways: Vec<(&str, usize)> = self.reach.iter().map(|(via, n)| (via.as_str(), *n)).collect();
        // Stable: of equals the first by name stays in front.
        ways.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let rest: usize = ways.iter().skip(LISTED).map(|(_, n)| n).sum();
        let other = if language == Language::ZhCn { "其他" } else { "other ports" };
        ways.truncate(LISTED);
        ways.extend((rest > 0).then_some((other, rest)));
        let list =
            |one: fn(&(&str, usize)) -> String, between: &str| ways.iter().map(one).collect::<Vec<_>>().join(between);
        (!ways.is_empty()).then(|| match language {
            Language::En => format!("reach is asked by {}", list(|(via, n)| format!("{via} ({n})"), ", ")),
            Language::ZhCn => format!("可达性检查方式：{}", list(|(via, n)| format!("{via}（{n} 台）"), "、")),
        })
    }

    /// The line in a language.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let (cameras, checks, nodes) = (self.cameras, self.checks_on.len(), self.nodes);
        let (all, of_nodes) = (rate(self.probes_per_second), rate(self.node_probes_per_second));
        let percent = self.core_share * 100.0;
        let share = if percent < 9.95 { format!("{percent:.1}") } else { format!("{percent:.0}") };
        match language {
            Language::En => {
                let nodes = if nodes > 0 { format!(" ({of_nodes} of them to {nodes} nodes)") } else { String::new() };
                format!(
                    "{cameras} cameras, {checks} checks, about {all} probes a second{nodes}, about {share} % of a core"
                )
            }
            Language::ZhCn => {
                let nodes = if nodes > 0 {
                    format!("（其中 {of_nodes} 次探测 {nodes} 个设备节点）")
                } else {
                    String::new()
                };
                format!("{cameras} 台摄像机，{checks} 项检查，每秒约 {all} 次探测{nodes}，约占一个核的 {share}%")
            }
        }
    }
}

fn rate(per_second: f64) -> String {
    if per_second < 9.95 { format!("{per_second:.1}") } else { format!("{per_second:.0}") }
}

impl fmt::Display for PlanSummary {
    /// The line in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Language::En))
    }
}
