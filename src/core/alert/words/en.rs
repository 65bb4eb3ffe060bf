//! English.

use super::Tongue;
use crate::alert::{AlertName, EndReason, MessageKind, ReviewEvery};
use crate::health::{MANY_OTHERS, MonitorCause};
use crate::model::{Check, FailKind, IncidentId, Reason};
use crate::registry::NodeKind;

pub(super) struct En;

/// `1 camera`, `40 cameras`.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// What somebody wrote, behind the rest of a line.
fn noted(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(": {note}") }
}

impl Tongue for En {
    fn list(&self, shown: &[String], total: usize) -> String {
        let names = shown.join(", ");
        match total.saturating_sub(shown.len()) {
            0 => names,
            rest => format!("{names}, +{rest} more"),
        }
    }

    fn entrances_lost(&self, n: usize) -> String {
        format!("{} lost", count(n, "entrance", "entrances"))
    }

    fn seals_broken(&self, n: usize) -> String {
        count(n, "seal broken", "seals broken")
    }

    fn cameras_down(&self, n: usize, of: Option<u32>) -> String {
        match of {
            Some(of) => format!("{n} of {} down", count(of as usize, "camera", "cameras")),
            None => format!("{} down", count(n, "camera", "cameras")),
        }
    }

    fn nothing_lost(&self) -> String {
        "no entrance lost".to_owned()
    }

    fn cause(&self, cause: &str) -> String {
        format!("cause: {cause}")
    }

    fn blind(&self) -> String {
        "the monitor is blind: it sees no camera at all; the trouble is on its side and says nothing of the cameras"
            .to_owned()
    }

    fn kind(&self, kind: MessageKind, headline: &str) -> String {
        let word = match kind {
            MessageKind::Opened => "New",
            MessageKind::Updated => "Update",
            MessageKind::MoreLost => "More lost",
            MessageKind::Reopened => "Again",
            MessageKind::Acknowledged => "Taken",
            MessageKind::Silenced => "Silenced",
            MessageKind::Reminded => "Still open",
            MessageKind::Escalated => "Escalated",
            MessageKind::Resolved => "Over",
            MessageKind::Merged => "Merged",
            MessageKind::Digest => "Digest",
        };
        format!("{word}: {headline}")
    }

    fn digest(&self, open: usize, over: usize) -> String {
        let incidents = |n: usize| if n == 1 { "1 incident".to_owned() } else { format!("{n} incidents") };
        match (open, over) {
            (_, 0) => incidents(open),
            (0, _) => format!("{} over", incidents(over)),
            _ => format!("{}, and {over} over", incidents(open)),
        }
    }

    fn check(&self, check: Check) -> &'static str {
        match check {
            Check::Reach => "reach",
            Check::Stream => "stream",
            Check::Picture => "picture",
            Check::Device => "device",
        }
    }

    fn failure(&self, how: Option<FailKind>) -> &'static str {
        match how {
            None => "does not pass",
            Some(FailKind::Timeout) => "no answer",
            Some(FailKind::Unreachable) => "unreachable",
            Some(FailKind::Refused) => "refuses to connect",
            Some(FailKind::Reset) => "resets the connection",
            Some(FailKind::Protocol) => "answers what is not of the protocol",
            Some(FailKind::Tls) => "TLS fails",
            Some(FailKind::Body) => "answers something else",
        }
    }

    fn failed(&self, of: &str, check: &str, how: &str, from: &str, confirmed: Option<&str>) -> String {
        let confirmed = confirmed.map(|at| format!(", confirmed {at}")).unwrap_or_default();
        format!("{of}: {how} since {from} ({check}{confirmed})")
    }

    fn trouble(&self, of: &str, check: &str, reasons: &str, at: &str) -> String {
        format!("{of} answered at {at}, with {reasons} ({check})")
    }

    fn last_answer(&self, of: &str, at: &str) -> String {
        format!("the last answer came from {of} at {at}")
    }

    fn turned(&self, of: &str, times: u32, at: &str) -> String {
        format!("{of} went down {} within an hour, the last at {at}", count(times as usize, "time", "times"))
    }

    fn failed_and_inferred(&self, failed: u32, inferred: u32) -> String {
        let failed = count(failed as usize, "camera failed", "cameras failed");
        if inferred == 0 { failed } else { format!("{failed}, {inferred} more inferred") }
    }

    fn own_sight(&self) -> &'static str {
        "the monitor's own line"
    }

    fn ruled_out_by_answer(&self, rival: &str, by: &str, at: &str, others: u32) -> String {
        let others = match others {
            0 => String::new(),
            1 => ", and 1 other since".to_owned(),
            n if n >= MANY_OTHERS => format!(", and {n} or more others since"),
            n => format!(", and {n} others since"),
        };
        format!("{rival} ({by} answered at {at}{others})")
    }

    fn ruled_out_by_refusal(&self, rival: &str, by: &str, at: &str) -> String {
        format!("{rival} ({by} said something at {at} and so was reached)")
    }

    fn explains_less(&self, rival: &str, explains: u32, of: u32) -> String {
        format!("{rival} (explains {explains} of {})", count(of as usize, "failure", "failures"))
    }

    fn why_line(&self, evidence: &str, ruled_out: Option<&str>) -> String {
        let ruled_out = ruled_out.map(|r| format!(". Ruled out: {r}")).unwrap_or_default();
        format!("evidence: {evidence}{ruled_out}")
    }

    fn review(&self, every: ReviewEvery, headline: &str) -> String {
        match every {
            ReviewEvery::Day => format!("Daily review: {headline}"),
            ReviewEvery::Week => format!("Weekly review: {headline}"),
        }
    }

    fn period_line(&self, from: &str, to: &str) -> String {
        self.lasted_line(from, to)
    }

    fn open_and_mended(&self, open: usize, mended: usize) -> String {
        format!("{} open, {mended} mended", count(open, "incident", "incidents"))
    }

    fn available(&self, percent: &str) -> String {
        format!("cameras available {percent}")
    }

    fn mended_line(&self, id: &str, cause: &str) -> String {
        format!("{id} mended, cause: {cause}")
    }

    fn rest_line(&self, n: usize) -> Option<String> {
        (n > 0).then(|| format!("+{n} more"))
    }

    fn out_for(&self, camera: &str, hours: &str, percent: &str) -> String {
        format!("{camera}: {hours} h, available {percent}")
    }

    fn worst_line(&self, list: &str) -> String {
        format!("out for longest: {list}")
    }

    fn together(&self, facts: &[String]) -> String {
        facts.join("; ")
    }

    fn lost_line(&self, n: usize, list: &str) -> String {
        format!("{}: {list}", self.entrances_lost(n))
    }

    fn was_lost_line(&self, n: usize, list: &str) -> String {
        format!("{} lost before: {list}", count(n, "entrance was", "entrances were"))
    }

    fn seals_line(&self, n: usize, list: &str) -> String {
        format!("{}: {list}", self.seals_broken(n))
    }

    fn was_broken_line(&self, n: usize, list: &str) -> String {
        format!("{} broken before: {list}", count(n, "seal was", "seals were"))
    }

    fn way(&self, length_m: f64) -> String {
        if length_m < 1_000.0 { format!("{length_m:.0} m") } else { format!("{:.1} km", length_m / 1_000.0) }
    }

    fn way_in(&self, length_m: f64, entrances: &str, cameras: &str) -> String {
        let mut parts = vec![format!("a way in of {} passes no live camera", self.way(length_m))];
        if !entrances.is_empty() {
            parts.push(format!("it passes {entrances}"));
        }
        if !cameras.is_empty() {
            parts.push(format!("dead cameras on it: {cameras}"));
        }
        parts.join("; ")
    }

    fn of_area(&self, area: &str, what: &str) -> String {
        format!("{area}: {what}")
    }

    fn villages_line(&self, n: usize, list: &str) -> String {
        format!("in {}: {list}", count(n, "village", "villages"))
    }

    fn cameras_line(&self, n: usize, of: Option<u32>, list: &str) -> String {
        format!("{}: {list}", self.cameras_down(n, of))
    }

    fn rivals_line(&self, list: &str) -> String {
        format!("or: {list}")
    }

    fn since_line(&self, from: &str) -> String {
        format!("since {from}")
    }

    fn lasted_line(&self, from: &str, to: &str) -> String {
        format!("from {from} to {to}")
    }

    fn station_line(&self, name: &str, metres: f64) -> String {
        format!("nearest work station: {name}, {:.1} km as the crow flies", metres / 1_000.0)
    }

    fn link_line(&self, link: &str) -> String {
        format!("more: {link}")
    }

    fn still_lost_line(&self, n: usize, list: &str) -> String {
        format!("{} still lost: {list}", count(n, "entrance is", "entrances are"))
    }

    fn none_lost_line(&self) -> String {
        "no entrance is lost now".to_owned()
    }

    fn others_open_line(&self, n: usize, list: &str) -> String {
        format!("{} open: {list}", count(n, "other incident is", "other incidents are"))
    }

    fn acknowledged_line(&self, by: &str, at: &str, note: &str, until: Option<&str>) -> String {
        let note = if note.is_empty() { String::new() } else { format!(": {note}") };
        let until = until.map(|u| format!(" (until {u})")).unwrap_or_default();
        format!("taken by {by} at {at}{until}{note}")
    }

    fn silenced_line(&self, by: &str, at: &str, note: &str, until: &str) -> String {
        format!("silenced by {by} at {at}: no page until {until}{}", noted(note))
    }

    fn ack_expired_line(&self, by: &str, at: &str, note: &str, until: &str) -> String {
        format!("taken by {by} at {at} until {until}: that is over, and nobody has it now{}", noted(note))
    }

    fn silence_ended_line(&self, by: &str, at: &str, note: &str, until: &str) -> String {
        format!("the silence that {by} set at {at} ended at {until}, and the fault still stands{}", noted(note))
    }

    fn still_open_line(&self) -> String {
        "still open, and nobody has taken it".to_owned()
    }

    fn maintenance_ended_line(&self) -> String {
        "maintenance is over, or does not explain it any more: the fault still stands".to_owned()
    }

    fn escalated_line(&self, level: u8) -> String {
        format!("nobody took it: it goes to level {level}")
    }

    fn merged_line(&self, into: Option<IncidentId>) -> String {
        match into {
            Some(id) => format!("same cause as incident #{id}, which goes on for both; not over"),
            None => "same cause as another incident; not over".to_owned(),
        }
    }

    fn reopened_line(&self, times: u32) -> String {
        format!("it was over and is back (opened again {})", count(times as usize, "time", "times"))
    }

    fn ended_line(&self, at: &str, why: EndReason) -> String {
        match why {
            EndReason::Recovered => format!("recovered at {at}"),
            EndReason::Removed => {
                format!("ended at {at}: removed from the registry or no longer judged, which is no recovery")
            }
            EndReason::Superseded => format!("ended at {at}: another alert says it now, which is no recovery"),
        }
    }

    fn node(&self, kind: Option<NodeKind>) -> &'static str {
        match kind {
            Some(NodeKind::Uplink) => "uplink",
            Some(NodeKind::Switch) => "switch",
            Some(NodeKind::Onu) => "ONU",
            Some(NodeKind::Nvr) => "recorder",
            Some(NodeKind::Power) => "power feed",
            Some(NodeKind::Pole) => "pole",
            Some(NodeKind::Group) => "group",
            None => "node",
        }
    }

    fn camera(&self) -> &'static str {
        "camera"
    }

    fn named(&self, what: &str, id: &str, name: &str) -> String {
        let what = if what.is_empty() { String::new() } else { format!("{what} ") };
        if name.is_empty() || name == id { format!("{what}{id}") } else { format!("{what}{id} ({name})") }
    }

    fn partial(&self, node: &str) -> String {
        format!("{node}, in part")
    }

    fn common_village(&self, village: &str) -> String {
        format!("several cameras of {village} failed together, cause unknown, no node in the registry")
    }

    fn common_subnet(&self, subnet: &str) -> String {
        format!("several cameras of {subnet} failed together, cause unknown, no node in the registry")
    }

    fn common_town(&self) -> String {
        "cameras of several networks of the town failed together, cause unknown, no node in the registry".to_owned()
    }

    fn monitor(&self, cause: MonitorCause) -> &'static str {
        match cause {
            MonitorCause::Blind => "the monitor is blind",
            MonitorCause::Stopped => "the monitor was not running",
            MonitorCause::Stuck => "the monitor cannot write to its database",
            MonitorCause::Starting => "the monitor has just started, no answer yet",
            MonitorCause::OffDuty => "off duty",
        }
    }

    fn alert(&self, name: AlertName, what: &str) -> String {
        match name {
            AlertName::EntranceLost => format!("Entrance lost: {what}, too few live cameras watch it"),
            AlertName::EntranceLostTonight => {
                format!("Entrance lost tonight: {what}, too few cameras will see it after dusk")
            }
            AlertName::EntranceReduced => {
                format!("Entrance reduced: {what} is watched, by fewer cameras than it should be")
            }
            AlertName::EntranceUnknown => format!("Entrance unknown: {what}, no fresh evidence for long"),
            AlertName::SealBroken => format!("Seal broken: {what}, one gets in past no live camera"),
            AlertName::NodeDown => format!("Down: {what}"),
            AlertName::NodePartial => format!("Down in part: {what}"),
            AlertName::CommonCause => format!("Common cause: {what}"),
            AlertName::CameraDown => format!("Camera down: {what}"),
            AlertName::CameraDegraded => format!("Camera degraded: {what} answers, but something is wrong"),
            AlertName::CameraFlapping => format!("Camera flapping: {what} comes and goes"),
            AlertName::CameraUnknown => format!("Camera unknown: {what}, no fresh evidence for long"),
            AlertName::MonitorBlind => format!("Monitor blind: {}", self.blind()),
            AlertName::MonitorStuck => {
                "Monitor stuck: it cannot write to its database; news cannot be told for now".to_owned()
            }
            AlertName::Watchdog => {
                "Watchdog: the monitor is alive; this alert always fires, its absence is the alarm".to_owned()
            }
        }
    }

    fn with_reasons(&self, summary: &str, list: &str) -> String {
        format!("{summary}: {list}")
    }

    fn reason(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::Black => "black picture",
            Reason::Covered => "lens covered",
            Reason::NoSignal => "no signal",
            Reason::Frozen => "frozen picture",
            Reason::Moved => "moved view",
            Reason::Corrupt => "corrupt picture",
            Reason::Auth => "password refused",
            Reason::Busy => "busy",
            Reason::Method => "method refused",
            Reason::Lossy => "many tries lost",
            Reason::Slow => "slow answers",
            Reason::PictureFailed => "no picture",
            Reason::DeviceFailed => "device check fails",
            Reason::Clock => "clock off",
            Reason::Firmware => "unexpected firmware",
            Reason::Certificate => "certificate ends or has ended",
            Reason::TlsTooOld => "TLS too old",
            Reason::LowLight => "too dark",
            Reason::Blur => "blurred",
            Reason::Noise => "noisy picture",
            Reason::Stripes => "stripes",
            Reason::ColourCast => "colour cast",
        }
    }
}
