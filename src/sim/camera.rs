//! One fake camera: what it answers to a request. It knows no socket.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cunkou_core::model::stable_hash_parts;
use cunkou_core::registry::Camera;
use cunkou_core::town::Fault;

use super::auth::{Access, Guard, Scheme, Verdict};
use super::board::Act;
use super::picture;
use super::sdp::{Codec, Make, Video, describe};
use super::wire::{Answer, Protocol, Request};

const PUBLIC: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER";
/// What busy cameras send with their 503.
const BUSY_BODY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResponseStatus version=\"1.0\">\n\
                         <statusCode>2</statusCode>\n<statusString>Device Busy</statusString>\n</ResponseStatus>\n";
/// The size of a camera whose registry row does not say it, pixels.
const DEFAULT_SIZE: (u32, u32) = (1920, 1080);

/// The last picture drawn: whether it was black, its second, its bytes.
type Drawn = (bool, u64, Arc<[u8]>);

/// A fake camera.
pub(super) struct FakeCamera {
    id: String,
    make: Make,
    codec: Codec,
    size: (u32, u32),
    host: String,
    rtsp_path: Option<String>,
    snapshot_path: Option<String>,
    guard: Guard,
    last: Mutex<Option<Drawn>>,
}

impl FakeCamera {
    /// The fake of a camera of the registry; `access` is what its credential names, `key` hashes its nonces.
    pub(super) fn new(camera: &Camera, access: Option<Access>, key: [u8; 16]) -> FakeCamera {
        let id = camera.id.as_str();
        let make = make_of(camera);
        let path = |template: &Option<Arc<str>>| {
            let url = camera.resolve_url(template.as_deref()?)?;
            let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
            Some(format!("{}{query}", if url.path().is_empty() { "/" } else { url.path() }))
        };
        let serial = stable_hash_parts(&[id, "serial"]);
        let realm = match make {
            Make::Hikvision => format!("IP Camera(C{:04})", serial % 10_000),
            Make::Dahua => format!("Login to {serial:016X}"),
            Make::Live555 => "Streaming Server".to_owned(),
        };
        let entry = camera.credential.as_deref().unwrap_or_default();
        FakeCamera {
            make,
            codec: if stable_hash_parts(&[id, "codec"]).is_multiple_of(3) { Codec::H265 } else { Codec::H264 },
            size: camera.width_px.zip(camera.height_px).unwrap_or(DEFAULT_SIZE),
            host: camera.address().unwrap_or_default(),
            rtsp_path: path(&camera.rtsp),
            snapshot_path: path(&camera.snapshot),
            guard: Guard { realm, scheme: Scheme::of(id, entry), access, key },
            last: Mutex::new(None),
            id: id.to_owned(),
        }
    }

    /// Whether a request is for this camera: the path (with query) of its URL, a slash at the end or not; for RTSP
    /// also `*`, and what lies below the path (its tracks).
    pub(super) fn owns(&self, request: &Request) -> bool {
        let asked = request.path().trim_end_matches('/');
        let (own, below) = match request.protocol {
            Protocol::Rtsp => (&self.rtsp_path, true),
            Protocol::Http => (&self.snapshot_path, false),
        };
        own.as_deref().map(|own| own.trim_end_matches('/')).is_some_and(|own| {
            let rest = asked.strip_prefix(own);
            let track = below && request.method != "DESCRIBE" && rest.is_some_and(|r| r.starts_with('/'));
            rest == Some("") || track || below && asked == "*"
        })
    }

    /// The answer under a fault that lets the camera answer at all, at a time since 1970.
    pub(super) fn answer(&self, request: &Request, act: Act, now: Duration) -> Answer {
        if act.fault == Fault::Busy {
            let busy = Answer::empty(503);
            return match request.protocol {
                Protocol::Rtsp => busy,
                Protocol::Http => busy.body("application/xml", BUSY_BODY.as_bytes()),
            };
        }
        match (request.protocol, request.method.as_str()) {
            (Protocol::Rtsp, _) if request.cseq.is_none() => Answer::empty(400),
            (Protocol::Rtsp, "OPTIONS") => self.signed(Answer::empty(200)).with("Public", PUBLIC),
            (Protocol::Http, method) if method != "GET" && method != "HEAD" => {
                Answer::empty(405).with("Allow", "GET, HEAD")
            }
            _ => match self.judge(request, act, now.as_secs()) {
                Verdict::Granted => self.granted(request, act, now.as_secs()),
                verdict => self.refusal(now.as_secs(), verdict == Verdict::Stale),
            },
        }
    }

    fn judge(&self, request: &Request, act: Act, second: u64) -> Verdict {
        if act.fault == Fault::Auth {
            return Verdict::Refused;
        }
        self.guard.check(&request.method, &request.target, request.authorization.as_deref(), second)
    }

    fn refusal(&self, second: u64, stale: bool) -> Answer {
        let challenges = self.guard.challenges(second, stale);
        challenges.into_iter().fold(self.signed(Answer::empty(401)), |a, c| a.with("WWW-Authenticate", c))
    }

    fn granted(&self, request: &Request, act: Act, second: u64) -> Answer {
        if !self.owns(request) {
            return Answer::empty(404);
        }
        match (request.protocol, request.method.as_str()) {
            (Protocol::Http, _) => self.snapshot(act, second),
            (Protocol::Rtsp, "DESCRIBE") => self.description(request, second),
            (Protocol::Rtsp, "GET_PARAMETER" | "TEARDOWN") => Answer::empty(200),
            // Nobody watches: the stream is described and never sent.
            (Protocol::Rtsp, "SETUP") => Answer::empty(461),
            (Protocol::Rtsp, "PLAY" | "PAUSE") => Answer::empty(454),
            (Protocol::Rtsp, _) => Answer::empty(501).with("Public", PUBLIC),
        }
    }

    fn description(&self, request: &Request, second: u64) -> Answer {
        let (width, height) = self.size;
        let url = request.target.as_str();
        let session = second.wrapping_mul(1_000_000);
        let (make, codec, host) = (self.make, self.codec, self.host.as_str());
        let sdp = describe(&Video { make, codec, width, height, url, host, session });
        let base = format!("{}/", url.trim_end_matches('/'));
        self.signed(Answer::empty(200)).with("Content-Base", base).body("application/sdp", sdp.into_bytes())
    }

    fn snapshot(&self, act: Act, now: u64) -> Answer {
        let black = act.fault == Fault::Black;
        let second = if act.fault == Fault::Frozen { act.since } else { now };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let drawn = match &*last {
            Some((b, s, bytes)) if (*b, *s) == (black, second) => Arc::clone(bytes),
            _ => {
                let size = picture::size(self.size.0, self.size.1);
                let draw = if black { picture::black } else { picture::scene };
                let Ok(bytes) = picture::jpeg(&draw(&self.id, size, second), size) else { return Answer::empty(503) };
                let bytes: Arc<[u8]> = bytes.into();
                *last = Some((black, second, Arc::clone(&bytes)));
                bytes
            }
        };
        drop(last);
        self.signed(Answer::empty(200)).with("Cache-Control", "no-store").body("image/jpeg", drawn)
    }

    /// Adds what the maker signs with.
    fn signed(&self, answer: Answer) -> Answer {
        match self.make {
            Make::Hikvision => answer,
            Make::Dahua => answer.with("Server", "Rtsp Server/3.0"),
            Make::Live555 => answer.with("Server", "IPCamera/1.0"),
        }
    }
}

fn make_of(camera: &Camera) -> Make {
    let vendor = camera.vendor.as_deref().unwrap_or_default().to_lowercase();
    let named = |words: [&str; 2]| words.iter().any(|w| vendor.contains(w));
    if named(["hikvision", "海康"]) {
        return Make::Hikvision;
    }
    if named(["dahua", "大华"]) {
        return Make::Dahua;
    }
    [Make::Hikvision, Make::Dahua, Make::Live555][(stable_hash_parts(&[camera.id.as_str(), "make"]) % 3) as usize]
}
