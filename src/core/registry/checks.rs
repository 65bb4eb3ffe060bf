//! Which checks a camera or node gets, how reach is asked and when: the effective plan.

use url::Url;

use super::camera::ReachWord;
use super::{Camera, CheckPlan, Node, ReachVia};
use crate::model::{Check, Span, Time, stable_hash_parts};

/// How often each check is asked where the registry does not say (settings `[checks]`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Intervals {
    /// Reach.
    pub reach: Span,
    /// Stream.
    pub stream: Span,
    /// Picture.
    pub picture: Span,
    /// Device.
    pub device: Span,
}

impl Default for Intervals {
    fn default() -> Self {
        Intervals {
            reach: Span::seconds(10),
            stream: Span::seconds(30),
            picture: Span::minutes(10),
            device: Span::hours(6),
        }
    }
}

impl Intervals {
    /// The interval of a check.
    #[must_use]
    pub const fn of(&self, check: Check) -> Span {
        match check {
            Check::Reach => self.reach,
            Check::Stream => self.stream,
            Check::Picture => self.picture,
            Check::Device => self.device,
        }
    }
}

/// The checks that this version can ask; a word of the registry for another one is kept and not acted on.
const BUILT: [Check; 3] = [Check::Reach, Check::Stream, Check::Picture];

impl Camera {
    /// A URL of the registry with `{host}` filled in; `None` where it cannot be read as a URL with a host.
    #[must_use]
    pub fn resolve_url(&self, template: &str) -> Option<Url> {
        let host = self.host.as_deref().unwrap_or_default();
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        Url::parse(&template.replace("{host}", &host)).ok().filter(|u| u.host_str().is_some_and(|h| !h.is_empty()))
    }

    /// The address reach is asked of: the column `host`, else the host of the RTSP, else of the snapshot URL.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        if let Some(host) = &self.host {
            return Some(host.to_string());
        }
        [&self.rtsp, &self.snapshot].into_iter().flatten().find_map(|u| {
            let url = self.resolve_url(u)?;
            Some(url.host_str()?.trim_matches(['[', ']']).to_owned())
        })
    }

    /// How reach is asked (names.md, column `checks`): as the column says, else by TCP on the RTSP port, else on the
    /// snapshot port, else by ICMP.
    #[must_use]
    pub fn reach_via(&self) -> ReachVia {
        let said = self.checks.iter().find(|c| c.check == Check::Reach).and_then(|c| c.reach);
        let port = || self.stream_port().or_else(|| self.snapshot_port());
        match said {
            Some((ReachWord::Icmp, _)) => ReachVia::Icmp,
            Some((ReachWord::Tcp, Some(p))) => ReachVia::Tcp(p),
            Some((ReachWord::Tcp, None)) | None => port().map_or(ReachVia::Icmp, ReachVia::Tcp),
        }
    }

    fn stream_port(&self) -> Option<u16> {
        let url = self.resolve_url(self.rtsp.as_deref()?)?;
        Some(url.port().unwrap_or(if url.scheme() == "rtsps" { 322 } else { 554 }))
    }

    fn snapshot_port(&self) -> Option<u16> {
        self.resolve_url(self.snapshot.as_deref()?)?.port_or_known_default()
    }

    /// Whether a check can be asked at all: there is an address, and a URL where the check needs one.
    #[must_use]
    pub fn can_ask(&self, check: Check) -> bool {
        match check {
            Check::Reach => self.address().is_some(),
            Check::Stream => self.rtsp.is_some(),
            Check::Picture => self.snapshot.is_some(),
            Check::Device => self.onvif.is_some(),
        }
    }

    /// The checks in force, by [`Check::at`]: those the column names, or, where it is empty, all that can be asked.
    /// None for a camera that is not installed.
    #[must_use]
    pub fn check_plans(&self, intervals: &Intervals) -> [Option<CheckPlan>; 4] {
        let mut plans = [None; 4];
        for check in BUILT {
            let word = self.checks.iter().find(|c| c.check == check);
            let on = self.status.is_installed() && self.can_ask(check) && (self.checks.is_empty() || word.is_some());
            if on {
                let interval = word.and_then(|w| w.interval).unwrap_or_else(|| intervals.of(check));
                plans[check.at()] = Some(CheckPlan { interval });
            }
        }
        plans
    }
}

impl Node {
    /// A node with an address is asked like a camera: reach only.
    #[must_use]
    pub fn check_plan(&self, intervals: &Intervals) -> Option<CheckPlan> {
        self.address.as_ref().map(|_| CheckPlan { interval: intervals.reach })
    }

    /// How reach is asked: `host:port` by TCP, `host` by ICMP. An IPv6 address with a port stands in brackets.
    #[must_use]
    pub fn reach_via(&self) -> Option<(String, ReachVia)> {
        let address = self.address.as_deref()?;
        if let Some(rest) = address.strip_prefix('[') {
            let (host, tail) = rest.split_once(']')?;
            let via = tail.strip_prefix(':').and_then(|p| p.parse().ok()).map_or(ReachVia::Icmp, ReachVia::Tcp);
            return Some((host.to_owned(), via));
        }
        match address.split_once(':') {
            Some((host, port)) if !port.contains(':') => Some((host.to_owned(), ReachVia::Tcp(port.parse().ok()?))),
            _ => Some((address.to_owned(), ReachVia::Icmp)),
        }
    }
}

/// Waking costs more than asking: a town of 778 cameras is asked by 10 wakings a second, not by 110, and one of
/// 10 000, each every 10 s, sends some 100 questions at once.
const STEP: Span = Span::millis(100);

/// The first due time of a check at or after `from`: each thing and check has its own phase within the interval, a
/// hash of its id, stable over restarts, so that no herd forms (as Prometheus spreads its targets). Phases of intervals
/// of a second and more are whole [`STEP`]s: what is asked together is asked in one turn of the loop.
#[must_use]
pub fn next_due(id: &str, check: Check, interval: Span, from: Time) -> Time {
    let every = interval.as_millis().max(1);
    let hash = stable_hash_parts(&[id, check.word()]);
    let phase = i64::try_from(hash % every.unsigned_abs()).unwrap_or(0);
    let step = if every < 1_000 { 1 } else { STEP.as_millis() };
    let phase = phase - phase % step;
    let late = (from.millis() - phase).rem_euclid(every);
    if late == 0 { from } else { from + Span::millis(every - late) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_times_have_a_phase_of_their_own_and_never_drift() {
        let every = Span::seconds(10);
        let first = next_due("C1", Check::Reach, every, Time(1_000_000));
        for n in 0..50 {
            let t = first + every * n;
            assert_eq!(next_due("C1", Check::Reach, every, t), t, "a due time is its own next");
            assert_eq!(next_due("C1", Check::Reach, every, t + Span(1)), t + every);
        }
        assert_ne!(next_due("C2", Check::Reach, every, Time(0)), next_due("C1", Check::Reach, every, Time(0)));
        assert_ne!(next_due("C1", Check::Stream, every, Time(0)), next_due("C1", Check::Reach, every, Time(0)));
    }

    #[test]
    fn phases_are_whole_steps_where_the_interval_is_long_enough_for_that() {
        let phase = |every: i64, i: i32| next_due(&format!("C{i}"), Check::Reach, Span(every), Time(0)).millis();
        assert!((0..100).all(|i| phase(10_000, i) % 100 == 0));
        assert!((0..100).any(|i| phase(200, i) % 100 != 0));
    }

    #[test]
    fn a_thousand_cameras_are_spread_over_the_interval() {
        let mut per_second = [0; 10];
        for i in 0..1_000 {
            let t = next_due(&format!("C{i:04}"), Check::Reach, Span::seconds(10), Time(0));
            per_second[(t.millis() / 1_000) as usize] += 1;
        }
        assert!(per_second.iter().all(|n| (60..150).contains(n)), "{per_second:?}");
    }

    #[test]
    fn node_addresses_say_how_they_are_asked() {
        use crate::registry::{Gate, NodeKind};
        let node = |address: &str| Node {
            id: crate::model::NodeId::new("N").unwrap(),
            kind: NodeKind::Switch,
            name: "N".into(),
            address: Some(address.into()),
            at: None,
            parents: Gate::default(),
            power: Gate::default(),
            extra: Default::default(),
        };
        for (address, host, via) in [
            ("10.0.0.1", "10.0.0.1", ReachVia::Icmp),
            ("10.0.0.1:8023", "10.0.0.1", ReachVia::Tcp(8023)),
            ("sw.local:80", "sw.local", ReachVia::Tcp(80)),
            ("fd00::1", "fd00::1", ReachVia::Icmp),
            ("[fd00::1]:80", "fd00::1", ReachVia::Tcp(80)),
        ] {
            assert_eq!(node(address).reach_via(), Some((host.to_owned(), via)), "{address}");
        }
        assert_eq!(node("10.0.0.1:http").reach_via(), None);
    }
}
