//! Picture: is there a JPEG behind the snapshot URL? One GET, Digest where it is asked for, a few redirects, each
//! vetted anew. The picture is looked at in memory and dropped.
//!
//! hyper over our own connection and not reqwest: what is dialled is then exactly what was vetted, without a resolver,
//! a proxy or a pool in between.

use cunkou_core::model::{FailKind, Inconclusive, Phase, ProbeResult, Reason, Span};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{AUTHORIZATION, HOST, LOCATION, USER_AGENT, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use url::Url;

use super::auth::{Challenge, refused};
use super::jpeg::{self, JpegFault};
use super::trace::{Stop, Trace};
use super::{Credential, Inner, dial};

const AGENT: &str = concat!("cunkou/", env!("CARGO_PKG_VERSION"));
/// Headers of an answer.
const MOST_HEADERS: usize = 100;
/// hyper takes no smaller buffer for a head, bytes.
const LEAST_HEAD: usize = 8 * 1024;

pub(super) async fn ask(
    inner: &Inner,
    url: &Url,
    credential: Option<&Credential>,
    trace: &mut Trace,
) -> Result<(), Stop> {
    let home = super::question::bare(url);
    let mut url = home.clone();
    for hop in 0..=inner.limits.redirects {
        // The password is that of one device; wherever it sends us, nobody else is shown it.
        let access = match credential {
            Some(credential) if url.host_str() == home.host_str() => Access::Known(credential),
            Some(_) => Access::Elsewhere,
            None => Access::Unknown,
        };
        match fetch(inner, &url, access, trace).await.map_err(|stop| led_astray(stop, hop))? {
            Fetched::Picture => return Ok(()),
            Fetched::Elsewhere(next) => {
                trace.step(|| format!("goes on to {next}"), String::new);
                url = next;
            }
        }
    }
    Err(Stop::fail(FailKind::Protocol, "too many redirects"))
}

/// That the registry names an address which may not be probed is our own fault; that a device sends us to one is its.
fn led_astray(stop: Stop, hop: usize) -> Stop {
    match stop.result {
        ProbeResult::Inconclusive(Inconclusive::NotAllowed) if hop > 0 => {
            Stop::fail(FailKind::Protocol, format!("it sends us elsewhere: {}", stop.note))
        }
        _ => stop,
    }
}

enum Fetched {
    /// It was a picture, and is gone.
    Picture,
    Elsewhere(Url),
}

#[derive(Clone, Copy)]
enum Access<'a> {
    Known(&'a Credential),
    /// Known, but for another host than this.
    Elsewhere,
    Unknown,
}

async fn fetch(inner: &Inner, url: &Url, access: Access<'_>, trace: &mut Trace) -> Result<Fetched, Stop> {
    let mut line = Line::open(inner, url, trace).await?;
    let mut answer = line.get(url, None, Phase::Protocol, trace).await?;
    let mut tried = false;
    while answer.status() == StatusCode::UNAUTHORIZED {
        let credential = match access {
            Access::Known(credential) => credential,
            Access::Elsewhere => return Err(refused("another host wants a password, and is not shown the camera's")),
            Access::Unknown => return Err(refused("wants a password and none is known")),
        };
        trace.enter(Phase::Auth);
        let wanted: Vec<String> = answer.headers().get_all(WWW_AUTHENTICATE).iter().map(text).collect();
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let mut challenge = Challenge::read(&wanted, credential.basic)?;
        // A second answer is owed only to a nonce that has ended; any other 401 means no, and guessing locks accounts.
        if tried && !challenge.is_stale() {
            return Err(refused("the password is refused"));
        }
        tried = true;
        let value = challenge.answer(credential, "GET", &target(url), trace)?;
        // The same connection where that goes: some devices tie a nonce to it, many bear only a few.
        if !line.takes_another(answer, inner.limits.head_bytes).await {
            drop(line);
            line = Line::open(inner, url, trace).await?;
        }
        answer = line.get(url, Some(value), Phase::Auth, trace).await?;
    }
    read(inner, url, answer, trace).await
}

fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

fn text(value: &hyper::header::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// One connection.
struct Line {
    sender: SendRequest<Empty<Bytes>>,
    _driver: Abort,
}

impl Line {
    async fn open(inner: &Inner, url: &Url, trace: &mut Trace) -> Result<Line, Stop> {
        let port = url.port_or_known_default().unwrap_or(80);
        let link = dial::open(inner, url, port, url.scheme() == "https", trace).await?;
        let head = inner.limits.head_bytes.max(LEAST_HEAD);
        let mut builder = Builder::new();
        builder.max_buf_size(head).max_headers(MOST_HEADERS);
        let (sender, connection) = builder.handshake(TokioIo::new(link)).await.map_err(|e| from_hyper(&e))?;
        Ok(Line { sender, _driver: Abort(tokio::spawn(connection).abort_handle()) })
    }

    /// Whether another request may go over it: what was answered is read to its end, if that is near.
    async fn takes_another(&mut self, answer: Response<Incoming>, most: usize) -> bool {
        let mut body = answer.into_body();
        let mut read = 0_usize;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            read = read.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if read > most {
                return false;
            }
        }
        self.sender.ready().await.is_ok()
    }

    async fn get(
        &mut self,
        url: &Url,
        authorization: Option<String>,
        phase: Phase,
        trace: &mut Trace,
    ) -> Result<Response<Incoming>, Stop> {
        trace.enter(phase);
        let began = Instant::now();
        let shows = if authorization.is_some() { " with the password (not shown)" } else { "" };
        let request = request(url, authorization)?;
        trace.step(|| format!("→ GET {}{shows}", url.path()), String::new);
        let response = self.sender.send_request(request).await.map_err(|e| from_hyper(&e))?;
        trace.rtt = Some(Span::from(began.elapsed()));
        trace.end_phase();
        trace.step(
            || format!("← {}", response.status()),
            || response.headers().iter().map(|(n, v)| format!("{n}: {}\n", text(v))).collect(),
        );
        Ok(response)
    }
}

fn request(url: &Url, authorization: Option<String>) -> Result<Request<Empty<Bytes>>, Stop> {
    let authority = url.host_str().map_or(String::new(), |h| match url.port() {
        Some(port) => format!("{h}:{port}"),
        None => h.to_owned(),
    });
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(target(url))
        .header(HOST, authority)
        .header(USER_AGENT, AGENT)
        .header("accept", "image/jpeg, */*;q=0.1");
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Empty::new()).map_err(|_| Stop::fail(FailKind::Protocol, "the URL is no HTTP target"))
}

/// Ends the connection's driver with the request, also when a deadline drops us: nothing is left behind.
struct Abort(tokio::task::AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn read(inner: &Inner, url: &Url, mut response: Response<Incoming>, trace: &mut Trace) -> Result<Fetched, Stop> {
    let code = response.status().as_u16();
    match code {
        200 => {}
        301 | 302 | 303 | 307 | 308 => return redirect(url, &response),
        403 => return Err(refused("the picture is forbidden (403)")),
        405 | 501 => return Err(Stop::new(ProbeResult::Answered(Reason::Method), format!("GET is refused: {code}"))),
        429 | 503 => return Err(Stop::new(ProbeResult::Answered(Reason::Busy), format!("busy: {code}"))),
        _ => return Err(Stop::fail(FailKind::Protocol, format!("answered by {code}"))),
    }
    trace.enter(Phase::Body);
    let most = inner.limits.picture_bytes;
    let declared = response.body().size_hint().lower();
    if declared > most as u64 {
        return Err(Stop::fail(FailKind::Body, format!("it announces a picture of {declared} bytes")));
    }
    let (mut reader, mut left) = (jpeg::Reader::new(), most);
    let faulty = |e: JpegFault| Stop::fail(FailKind::Body, e.to_string());
    while let Some(frame) = response.frame().await {
        let frame = frame.map_err(|e| from_hyper(&e))?;
        let data = frame.data_ref().map_or(&[][..], |data| data);
        left = left.checked_sub(data.len()).ok_or_else(|| Stop::fail(FailKind::Body, "the picture does not end"))?;
        reader.take(data).map_err(faulty)?;
    }
    let header = reader.finish().map_err(faulty)?;
    let (width, height, bytes) = (header.width, header.height, header.bytes);
    trace.step(|| format!("a JPEG of {width} x {height}, {bytes} bytes; dropped"), String::new);
    Ok(Fetched::Picture)
}

fn redirect(url: &Url, response: &Response<Incoming>) -> Result<Fetched, Stop> {
    let to = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| url.join(l).ok());
    let plain = |u: &Url| u.username().is_empty() && u.password().is_none();
    match to {
        Some(next) if matches!(next.scheme(), "http" | "https") && plain(&next) => Ok(Fetched::Elsewhere(next)),
        _ => Err(Stop::fail(FailKind::Protocol, "it sends us nowhere")),
    }
}

fn from_hyper(e: &hyper::Error) -> Stop {
    let mut source = std::error::Error::source(e);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return Stop::new(dial::from_io(io), format!("{e}: {io}"));
        }
        source = inner.source();
    }
    if e.is_incomplete_message() || e.is_canceled() || e.is_closed() {
        return Stop::fail(FailKind::Reset, "it hung up before it had answered");
    }
    Stop::fail(FailKind::Protocol, format!("what it says is no HTTP: {e}"))
}
