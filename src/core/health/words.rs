//! States and causes, as values.

use std::fmt;

use crate::model::{AreaId, CameraId, NodeId};

/// What is believed of a camera or a probed node (semantics.md §1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum State {
    /// No fresh evidence.
    #[default]
    Unknown,
    /// Answers.
    Up,
    /// Failing, not confirmed.
    Suspect,
    /// Answers, but something is wrong.
    Degraded,
    /// Confirmed failing.
    Down,
}

impl State {
    /// Every state.
    pub const ALL: [State; 5] = [State::Unknown, State::Up, State::Suspect, State::Degraded, State::Down];

    /// The word users see: label `state`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            State::Unknown => "unknown",
            State::Up => "up",
            State::Suspect => "suspect",
            State::Degraded => "degraded",
            State::Down => "down",
        }
    }

    /// The state a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// What unites failures that no node of the registry explains (semantics.md §2, common cause).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CommonScope {
    /// Cameras of one village or community.
    Village(AreaId),
    /// Cameras of one /24.
    Subnet(u64),
    /// Half of the cameras of three or more /24s.
    Town,
}

/// Causes that lie with the monitor itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MonitorCause {
    /// It cannot see.
    Blind,
    /// It was not running.
    Stopped,
    /// It cannot commit.
    Stuck,
    /// No answer yet since this camera was registered or since the start.
    Starting,
    /// It does not ask: the camera is off duty.
    OffDuty,
}

/// Why something is down, lost or unknown. Ids, not slots: a cause outlives a restart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// The camera itself.
    Camera(CameraId),
    /// A node.
    Node(NodeId),
    /// A node that fails in part.
    Partial(NodeId),
    /// Something in common that the registry does not know.
    Common(CommonScope),
    /// The monitor.
    Monitor(MonitorCause),
}

impl Cause {
    /// The word users see: `cause.kind`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Cause::Camera(_) => "camera",
            Cause::Node(_) => "node",
            Cause::Partial(_) => "node_partial",
            Cause::Common(_) => "common_cause",
            Cause::Monitor(MonitorCause::Blind) => "monitor_blind",
            Cause::Monitor(MonitorCause::Stopped) => "monitor_stopped",
            Cause::Monitor(MonitorCause::Stuck) => "monitor_stuck",
            Cause::Monitor(MonitorCause::Starting) => "monitor_starting",
            Cause::Monitor(MonitorCause::OffDuty) => "off_duty",
        }
    }

    /// The id of the thing to blame, as users see it: `cause.id`; empty where there is none.
    #[must_use]
    pub fn object(&self) -> String {
        match self {
            Cause::Camera(id) => id.to_string(),
            Cause::Node(id) | Cause::Partial(id) => id.to_string(),
            Cause::Common(CommonScope::Village(id)) => id.to_string(),
            Cause::Common(CommonScope::Subnet(n)) => subnet_text(*n),
            Cause::Common(CommonScope::Town) => "town".to_owned(),
            Cause::Monitor(_) => String::new(),
        }
    }

    /// Reads what [`Cause`]'s `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Cause> {
        let (kind, object) = text.split_once(':').unwrap_or((text, ""));
        Some(match kind {
            "camera" => Cause::Camera(CameraId::new(object).ok()?),
            "node" => Cause::Node(NodeId::new(object).ok()?),
            "node_partial" => Cause::Partial(NodeId::new(object).ok()?),
            "common_village" => Cause::Common(CommonScope::Village(AreaId::new(object).ok()?)),
            "common_subnet" => Cause::Common(CommonScope::Subnet(object.parse().ok()?)),
            "common_town" => Cause::Common(CommonScope::Town),
            "monitor_blind" => Cause::Monitor(MonitorCause::Blind),
            "monitor_stopped" => Cause::Monitor(MonitorCause::Stopped),
            "monitor_stuck" => Cause::Monitor(MonitorCause::Stuck),
            "monitor_starting" => Cause::Monitor(MonitorCause::Starting),
            "off_duty" => Cause::Monitor(MonitorCause::OffDuty),
            _ => return None,
        })
    }
}

impl fmt::Display for Cause {
    /// The form in which it is stored; [`Cause::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Common(CommonScope::Village(id)) => write!(f, "common_village:{id}"),
            Cause::Common(CommonScope::Subnet(n)) => write!(f, "common_subnet:{n}"),
            Cause::Common(CommonScope::Town) => f.write_str("common_town"),
            Cause::Monitor(_) => f.write_str(self.kind()),
            _ => write!(f, "{}:{}", self.kind(), self.object()),
        }
    }
}

/// A subnet as people write it.
fn subnet_text(n: u64) -> String {
    if n >> 63 == 0 {
        let [_, a, b, c] = u32::try_from(n).unwrap_or(0).to_be_bytes();
        format!("{a}.{b}.{c}.0/24")
    } else {
        let h = n & !(1 << 63);
        format!("{:x}:{:x}:{:x}::/48", h >> 32 & 0xffff, h >> 16 & 0xffff, h & 0xffff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_is_written_as_people_write_it() {
        assert_eq!(subnet_text(0x0a_01_02), "10.1.2.0/24");
        assert_eq!(subnet_text(1 << 63 | 0x2001_0db8_0001), "2001:db8:1::/48");
    }

    #[test]
    fn causes_read_what_they_write() {
        let causes = [
            Cause::Camera(CameraId::new("C1").unwrap()),
            Cause::Node(NodeId::new("S-1.a").unwrap()),
            Cause::Partial(NodeId::new("S1").unwrap()),
            Cause::Common(CommonScope::Village(AreaId::new("V1").unwrap())),
            Cause::Common(CommonScope::Subnet(0x7f_14_01)),
            Cause::Common(CommonScope::Town),
            Cause::Monitor(MonitorCause::Blind),
            Cause::Monitor(MonitorCause::Stopped),
            Cause::Monitor(MonitorCause::Stuck),
            Cause::Monitor(MonitorCause::Starting),
            Cause::Monitor(MonitorCause::OffDuty),
        ];
        for cause in causes {
            assert_eq!(Cause::parse(&cause.to_string()), Some(cause.clone()), "{cause}");
        }
        assert_eq!(Cause::Common(CommonScope::Subnet(0x7f_14_01)).object(), "127.20.1.0/24");
        assert_eq!(Cause::parse("nonsense"), None);
        assert_eq!(Cause::parse("camera:"), None);
    }
}
