//! Questions and answers, as values; and what the registry makes of them.

use cunkou_core::model::{Check, Phase, PhaseTimes, ProbeResult, Span};
use cunkou_core::registry::{Camera, Node, ReachVia};
use secrecy::SecretString;
use url::Url;

use super::trace::Step;

/// Port on which reach is asked by TCP where ICMP is not to be had and the registry names no other.
const FALLBACK_PORT: u16 = 80;

/// A user and a password. `Debug` shows neither.
#[derive(Clone)]
pub struct Credential {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
    /// Whether Basic may be used without TLS: the password then goes over the wire in clear.
    pub basic: bool,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// What is asked, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// A TCP connect.
    Tcp {
        /// Address or name.
        host: String,
        /// Port.
        port: u16,
    },
    /// An ICMP echo; a TCP connect to `fallback` where ICMP is not to be had.
    Icmp {
        /// Address or name.
        host: String,
        /// See above.
        fallback: u16,
    },
    /// RTSP OPTIONS, and DESCRIBE with a credential.
    Stream {
        /// `rtsp:` or `rtsps:`.
        url: Url,
    },
    /// An HTTP snapshot.
    Picture {
        /// `http:` or `https:`.
        url: Url,
    },
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked, and where.
    pub how: How,
    /// A confirming try: five packets, or more time.
    pub confirming: bool,
    /// It is asked of a canary: over more time, and allowed by being named in the settings.
    pub canary: bool,
    /// Shown only when it is asked for.
    pub credential: Option<Credential>,
}

impl Question {
    /// Which check it is.
    #[must_use]
    pub fn check(&self) -> Check {
        match self.how {
            How::Tcp { .. } | How::Icmp { .. } => Check::Reach,
            How::Stream { .. } => Check::Stream,
            How::Picture { .. } => Check::Picture,
        }
    }
}

/// What was heard.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it says.
    pub result: ProbeResult,
    /// The phase in which it ended.
    pub phase: Phase,
    /// How long each phase took.
    pub times: PhaseTimes,
    /// The round trip of the first definite answer.
    pub rtt: Option<Span>,
    /// Whether the credential was shown.
    pub credential_tried: bool,
    /// What the thing said, for people: one line, without secrets.
    pub note: Option<Box<str>>,
    /// Every step, where it was asked aloud.
    pub steps: Vec<Step>,
}

/// The question that a check of a camera asks; `None` where the registry gives no address for it.
#[must_use]
pub fn for_camera(camera: &Camera, check: Check, credential: Option<Credential>, confirming: bool) -> Option<Question> {
    let how = match check {
        Check::Reach => {
            let host = camera.address()?;
            match camera.reach_via() {
                ReachVia::Tcp(port) => How::Tcp { host, port },
                ReachVia::Icmp => How::Icmp { host, fallback: FALLBACK_PORT },
            }
        }
        Check::Stream => How::Stream { url: bare(&camera.resolve_url(camera.rtsp.as_deref()?)?) },
        Check::Picture => How::Picture { url: bare(&camera.resolve_url(camera.snapshot.as_deref()?)?) },
        Check::Device => return None,
    };
    Some(Question { how, confirming, canary: false, credential })
}

/// A URL without user, password and fragment: credentials come from the secrets and never stand in what is shown.
pub(super) fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    // Only a URL without a host refuses this, and it holds neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url
}

/// The question that a node with an address is asked.
#[must_use]
pub fn for_node(node: &Node, confirming: bool) -> Option<Question> {
    let (host, via) = node.reach_via()?;
    let how = match via {
        ReachVia::Tcp(port) => How::Tcp { host, port },
        ReachVia::Icmp => How::Icmp { host, fallback: FALLBACK_PORT },
    };
    Some(Question { how, confirming, canary: false, credential: None })
}

/// The question that a canary is asked, always like a confirming try, but over more time; `name` is `host` or
/// `host:port`, an IPv6 address with a port in brackets.
#[must_use]
pub fn for_canary(name: &str) -> Option<Question> {
    let (host, port) = match name.strip_prefix('[') {
        Some(rest) => match rest.split_once(']')? {
            (host, "") => (host, None),
            (host, tail) => (host, Some(tail.strip_prefix(':')?)),
        },
        None => match name.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (name, None),
        },
    };
    let host = Some(host.to_owned()).filter(|h| !h.is_empty())?;
    let how = match port {
        Some(port) => How::Tcp { host, port: port.parse().ok().filter(|p| *p > 0)? },
        None => How::Icmp { host, fallback: FALLBACK_PORT },
    };
    Some(Question { how, confirming: true, canary: true, credential: None })
}

/// The question that a URL stands for, for `cunkou probe`: `rtsp`, `rtsps`, `http`, `https`, `tcp://host:port`,
/// `icmp://host`; `None` for any other. User and password in it are left out.
#[must_use]
pub fn for_url(url: &Url, credential: Option<Credential>) -> Option<Question> {
    let host = Some(url.host_str()?.trim_matches(['[', ']']).to_owned()).filter(|h| !h.is_empty())?;
    let how = match url.scheme() {
        "rtsp" | "rtsps" => How::Stream { url: bare(url) },
        "http" | "https" => How::Picture { url: bare(url) },
        "tcp" => How::Tcp { host, port: url.port()? },
        "icmp" => How::Icmp { host, fallback: FALLBACK_PORT },
        _ => return None,
    };
    Some(Question { how, confirming: false, canary: false, credential })
}
