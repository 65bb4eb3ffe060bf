//! What was asked, and what came back: the outcome of one probe as a value.

use super::{Reason, Span, Target, Time};

/// One kind of question to a camera, in the order in which a later pass includes the earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Check {
    /// Does the address answer: TCP connect or ICMP echo.
    Reach,
    /// Does the stream service answer: RTSP OPTIONS, DESCRIBE where a credential is known.
    Stream,
    /// Is there a usable picture: an HTTP snapshot.
    Picture,
    /// Is the device in order: clock, firmware, certificate.
    Device,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Check; 4] = [Check::Reach, Check::Stream, Check::Picture, Check::Device];

    /// The word users see: column `checks`, label `check`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Check::Reach => "reach",
            Check::Stream => "stream",
            Check::Picture => "picture",
            Check::Device => "device",
        }
    }

    /// The check a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Check> {
        Check::ALL.into_iter().find(|c| c.word() == word)
    }

    /// Its place in [`Check::ALL`].
    #[must_use]
    pub const fn at(self) -> usize {
        self as usize
    }

    /// Whether a confirmed failure of this check makes a camera `down` (semantics.md §1); the others only degrade.
    #[must_use]
    pub const fn decides_down(self) -> bool {
        matches!(self, Check::Reach | Check::Stream)
    }
}

/// A step of a probe, as a tech knows them from other tools.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// A name to an address.
    Resolve,
    /// TCP connect, or the echo of ICMP.
    Connect,
    /// The TLS handshake.
    Tls,
    /// A second request with credentials.
    Auth,
    /// The first line and head of the answer.
    Protocol,
    /// The body of the answer.
    Body,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Phase; 6] = [Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Auth, Phase::Protocol, Phase::Body];

    /// The word users see: label `phase`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Phase::Resolve => "resolve",
            Phase::Connect => "connect",
            Phase::Tls => "tls",
            Phase::Auth => "auth",
            Phase::Protocol => "protocol",
            Phase::Body => "body",
        }
    }
}

/// How long each phase took, in microseconds; `None` where a probe has not come so far or does not have the phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PhaseTimes([Option<u32>; 6]);

impl PhaseTimes {
    /// Adds time spent in a phase (a probe may enter one twice, by a redirect or a challenge).
    pub fn add(&mut self, phase: Phase, micros: u64) {
        let slot = &mut self.0[phase as usize];
        let sum = u64::from(slot.unwrap_or(0)).saturating_add(micros);
        *slot = Some(u32::try_from(sum).unwrap_or(u32::MAX));
    }

    /// Microseconds spent in a phase.
    #[must_use]
    pub fn get(&self, phase: Phase) -> Option<u32> {
        self.0[phase as usize]
    }

    /// The phases that were entered, in order, with their microseconds.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, u32)> {
        Phase::ALL.into_iter().filter_map(|p| self.get(p).map(|t| (p, t)))
    }
}

/// How a check failed: the closed list of semantics.md §1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FailKind {
    /// No answer in time.
    Timeout,
    /// The network says that there is no way there.
    Unreachable,
    /// The port is closed: the host answered, so the path up to it is sound.
    Refused,
    /// The connection was torn down.
    Reset,
    /// The answer is not of the protocol, or breaks its bounds.
    Protocol,
    /// TLS failed for another reason than age.
    Tls,
    /// The body is not what was asked for, or breaks its bounds.
    Body,
}

impl FailKind {
    /// Every kind.
    pub const ALL: [FailKind; 7] = [
        FailKind::Timeout,
        FailKind::Unreachable,
        FailKind::Refused,
        FailKind::Reset,
        FailKind::Protocol,
        FailKind::Tls,
        FailKind::Body,
    ];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            FailKind::Timeout => "timeout",
            FailKind::Unreachable => "unreachable",
            FailKind::Refused => "refused",
            FailKind::Reset => "reset",
            FailKind::Protocol => "protocol",
            FailKind::Tls => "tls",
            FailKind::Body => "body",
        }
    }

    /// The kind a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<FailKind> {
        FailKind::ALL.into_iter().find(|k| k.word() == word)
    }

    /// Whether a node above could be to blame: only silence is; everything else was said by the camera itself, so the
    /// path up to it has answered (semantics.md §1 and §2).
    #[must_use]
    pub const fn is_silence(self) -> bool {
        matches!(self, FailKind::Timeout | FailKind::Unreachable)
    }
}

/// Why an outcome proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Inconclusive {
    /// Got while the monitor was blind.
    Blind,
    /// A fault of our own: no file handles, no memory, no source port.
    OwnFault,
    /// The loop stood still for more than 500 ms while the probe was under way.
    LoopStalled,
    /// The address is not one that may be probed.
    NotAllowed,
}

impl Inconclusive {
    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Inconclusive::Blind => "blind",
            Inconclusive::OwnFault => "own_fault",
            Inconclusive::LoopStalled => "loop_stalled",
            Inconclusive::NotAllowed => "not_allowed",
        }
    }
}

/// What a probe says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProbeResult {
    /// The check passed; `slow`: a confirming try that answered after the ordinary timeout.
    Pass {
        /// Answered, but later than the ordinary timeout.
        slow: bool,
    },
    /// The check failed.
    Fail(FailKind),
    /// Reached and not dead, but not as it should be: wrong password, busy, method refused, TLS too old.
    Answered(Reason),
    /// Neither: the probe says nothing about the camera.
    Inconclusive(Inconclusive),
}

/// The closed values of the label `result` (names.md, metrics).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ResultLabel {
    /// See [`ProbeResult::Pass`].
    Pass,
    /// See [`ProbeResult::Fail`].
    Fail(FailKind),
    /// See [`ProbeResult::Answered`].
    Answered,
    /// See [`ProbeResult::Inconclusive`].
    Inconclusive,
}

impl ResultLabel {
    /// Every value of the label.
    #[must_use]
    pub fn all() -> Vec<ResultLabel> {
        let fails = FailKind::ALL.into_iter().map(ResultLabel::Fail);
        [ResultLabel::Pass].into_iter().chain(fails).chain([ResultLabel::Answered, ResultLabel::Inconclusive]).collect()
    }

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            ResultLabel::Pass => "pass",
            ResultLabel::Fail(kind) => kind.word(),
            ResultLabel::Answered => "answered",
            ResultLabel::Inconclusive => "inconclusive",
        }
    }
}

impl ProbeResult {
    /// The label under which it is counted.
    #[must_use]
    pub const fn label(self) -> ResultLabel {
        match self {
            ProbeResult::Pass { .. } => ResultLabel::Pass,
            ProbeResult::Fail(kind) => ResultLabel::Fail(kind),
            ProbeResult::Answered(_) => ResultLabel::Answered,
            ProbeResult::Inconclusive(_) => ResultLabel::Inconclusive,
        }
    }

    /// Whether nothing came back, which can be the fault of a node on the way.
    #[must_use]
    pub const fn is_silence(self) -> bool {
        matches!(self, ProbeResult::Fail(kind) if kind.is_silence())
    }

    /// Whether the thing is alive by this answer: a pass, or an answer that is not as it should be.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        matches!(self, ProbeResult::Pass { .. } | ProbeResult::Answered(_))
    }
}

/// The outcome of one probe: what was asked of whom, when, and what came back.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Who was asked.
    pub target: Target,
    /// What was asked.
    pub check: Check,
    /// When the check was due; evidence ages from here, so that a late scheduler is not the camera's trouble.
    pub due: Time,
    /// When the probe began.
    pub begun: Time,
    /// When it ended.
    pub ended: Time,
    /// Asked for out of turn (confirming, asking around): such tries do not count for `lossy`.
    pub asked: bool,
    /// Whether a credential was shown; a refused one is not tried again for a while.
    pub credential: bool,
    /// What it says.
    pub result: ProbeResult,
    /// The phase in which it ended.
    pub phase: Phase,
    /// How long each phase took.
    pub times: PhaseTimes,
    /// The round trip: connect or echo, first definite answer; `None` where nothing answered.
    pub rtt: Option<Span>,
    /// What the thing said, for people: bounded, one line, without secrets or control characters.
    pub note: Option<Box<str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_closed_and_distinct() {
        let mut words: Vec<&str> = ResultLabel::all().into_iter().map(ResultLabel::word).collect();
        let n = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!((n, words.len()), (10, 10));
        for check in Check::ALL {
            assert_eq!(Check::from_word(check.word()), Some(check));
            assert_eq!(Check::ALL[check.at()], check);
        }
        assert_eq!(Check::from_word("Reach"), None);
    }

    #[test]
    fn a_phase_entered_twice_adds_up() {
        let mut times = PhaseTimes::default();
        times.add(Phase::Connect, 10);
        times.add(Phase::Connect, u64::MAX);
        times.add(Phase::Body, 3);
        assert_eq!(times.iter().collect::<Vec<_>>(), [(Phase::Connect, u32::MAX), (Phase::Body, 3)]);
        assert_eq!(times.get(Phase::Tls), None);
    }

    #[test]
    fn only_silence_can_be_blamed_on_a_node() {
        let silent: Vec<_> = FailKind::ALL.into_iter().filter(|k| k.is_silence()).collect();
        assert_eq!(silent, [FailKind::Timeout, FailKind::Unreachable]);
    }
}
