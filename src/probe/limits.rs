//! Every bound on what a camera may cost us (pitfalls of other tools: an answer without end took 528 MB in 2.7 s).

use std::time::Duration;

use cunkou_core::model::Check;

/// The bounds, with their defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A whole probe of stream or picture; an answer after it, in a confirming try, is `slow`.
    pub timeout: Duration,
    /// An ordinary probe of reach.
    pub reach_timeout: Duration,
    /// A confirming try of stream or picture.
    pub confirm_timeout: Duration,
    /// A confirming try of reach: packets, and the time over which they are sent; answers are waited for as long as in an
    /// ordinary try.
    pub confirm_packets: u32,
    /// See `confirm_packets`.
    pub confirm_reach: Duration,
    /// The same for a canary.
    pub canary_reach: Duration,
    /// Connections that confirming tries of reach may hold open beside their first, of all probes together. A packet
    /// whose turn it is waits for its place, and is not sent if none comes free in time; the first to each address always
    /// is, and those to a canary are.
    pub more_connects: usize,
    /// The head of an answer, bytes.
    pub head_bytes: usize,
    /// The body of an RTSP answer (an SDP), bytes.
    pub sdp_bytes: usize,
    /// The body of a snapshot, bytes.
    pub picture_bytes: usize,
    /// Everything that is read over one connection, whatever it is, bytes: a device that talks on and on within the
    /// other bounds (interim answers, chunks of one byte) costs no more.
    pub line_bytes: usize,
    /// Redirects that are followed; each is vetted anew.
    pub redirects: usize,
    /// Addresses of one name that are tried.
    pub addresses: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            timeout: Duration::from_secs(3),
            reach_timeout: Duration::from_secs(1),
            confirm_timeout: Duration::from_secs(10),
            confirm_packets: 5,
            confirm_reach: Duration::from_millis(800),
            canary_reach: Duration::from_millis(1_800),
            more_connects: 256,
            head_bytes: 64 * 1024,
            sdp_bytes: 256 * 1024,
            picture_bytes: 4 * 1024 * 1024,
            line_bytes: 6 * 1024 * 1024,
            redirects: 3,
            addresses: 4,
        }
    }
}

/// What the tries of a reach have left to say how they ended, before the deadline ends the whole.
const LAST_WORD: Duration = Duration::from_millis(50);

impl Limits {
    /// How long a whole probe may take. One that shows a password takes a few exchanges (ask, be challenged, answer),
    /// each of which may take the time of one, so that a slow camera is slow and not silent.
    #[must_use]
    pub fn deadline(&self, check: Check, confirming: bool, password: bool) -> Duration {
        let exchanges = match check {
            Check::Stream if password => 3,
            Check::Picture if password => 2,
            _ => 1,
        };
        match (check, confirming) {
            // The tries end it, and say so; a name that is slow to resolve must not be taken for that.
            (Check::Reach, false) => self.reach_timeout + LAST_WORD,
            (Check::Reach, true) => self.confirm_reach.max(self.reach_timeout) + LAST_WORD,
            (_, false) => (self.timeout * exchanges).min(self.confirm_timeout.max(self.timeout)),
            (_, true) => self.confirm_timeout,
        }
    }
}
