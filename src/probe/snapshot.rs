//! Picture: is there a JPEG behind the snapshot URL? One GET, Digest where it is asked for, a few redirects, each
//! vetted anew. The picture is looked at in memory and dropped.
//!
//! hyper over our own connection and not reqwest: what is dialled is then exactly what was vetted, without a resolver,
//! a proxy or a pool in between.

use cunkou_core::model::{FailKind, Phase, ProbeResult, Reason, Span};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HOST, LOCATION, USER_AGENT, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use url::Url;

use super::trace::{Stop, Trace};
use super::{Credential, Inner, dial, jpeg, rtsp};

const AGENT: &str = concat!("cunkou/", env!("CARGO_PKG_VERSION"));

pub(super) async fn ask(
    inner: &Inner,
    url: &Url,
    credential: Option<&Credential>,
    trace: &mut Trace,
) -> Result<(), Stop> {
    let mut url = url.clone();
    for _ in 0..=inner.limits.redirects {
        match fetch(inner, &url, credential, trace).await? {
            Fetched::Picture(body) => return judge(&body, trace),
            Fetched::Elsewhere(next) => {
                trace.step(|| format!("goes on to {next}"), String::new);
                url = next;
            }
        }
    }
    Err(Stop::fail(FailKind::Protocol, "too many redirects"))
}

enum Fetched {
    Picture(Bytes),
    Elsewhere(Url),
}

async fn fetch(inner: &Inner, url: &Url, credential: Option<&Credential>, trace: &mut Trace) -> Result<Fetched, Stop> {
    let (first, _driver) = get(inner, url, None, Phase::Protocol, trace).await?;
    if first.status() != StatusCode::UNAUTHORIZED {
        return read(inner, url, first, trace).await;
    }
    let Some(credential) = credential else {
        return Err(Stop::new(ProbeResult::Answered(Reason::Auth), "wants a password and none is known"));
    };
    let challenges: Vec<&str> =
        first.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|v| v.to_str().ok()).collect();
    let mut client = rtsp::password_client(&challenges, url.scheme() == "https" || credential.basic)?;
    let target = target(url);
    let authorization = rtsp::respond(&mut client, credential, "GET", &target)?;
    trace.credential_tried = true;
    let (second, _driver) = get(inner, url, Some(authorization), Phase::Auth, trace).await?;
    if second.status() == StatusCode::UNAUTHORIZED {
        return Err(Stop::new(ProbeResult::Answered(Reason::Auth), "the password is refused"));
    }
    read(inner, url, second, trace).await
}

fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

async fn get(
    inner: &Inner,
    url: &Url,
    authorization: Option<String>,
    phase: Phase,
    trace: &mut Trace,
) -> Result<(Response<Incoming>, Abort), Stop> {
    let port = url.port_or_known_default().unwrap_or(80);
    let link = dial::open(inner, url, port, url.scheme() == "https", trace).await?;
    trace.enter(phase);
    let began = Instant::now();
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(inner.limits.head_bytes.max(8 * 1024)).max_headers(100);
    let (mut sender, connection) = builder.handshake(TokioIo::new(link)).await.map_err(|e| from_hyper(&e))?;
    let driver = Abort(tokio::spawn(connection).abort_handle());
    let authority = url.host_str().map_or(String::new(), |h| match url.port() {
        Some(port) => format!("{h}:{port}"),
        None => h.to_owned(),
    });
    let with_password = authorization.is_some();
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(target(url))
        .header(HOST, authority)
        .header(USER_AGENT, AGENT)
        .header("accept", "image/jpeg, */*;q=0.1");
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    let request =
        request.body(Empty::<Bytes>::new()).map_err(|_| Stop::fail(FailKind::Protocol, "the URL is no HTTP target"))?;
    trace.step(
        || format!("→ GET {}{}", url.path(), if with_password { " with the password (not shown)" } else { "" }),
        String::new,
    );
    let response = sender.send_request(request).await.map_err(|e| from_hyper(&e))?;
    trace.rtt = Some(Span::from(began.elapsed()));
    trace.end_phase();
    trace.step(
        || format!("← {}", response.status()),
        || {
            response
                .headers()
                .iter()
                .map(|(n, v)| format!("{n}: {}\n", String::from_utf8_lossy(v.as_bytes())))
                .collect()
        },
    );
    Ok((response, driver))
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
        403 => return Err(Stop::new(ProbeResult::Answered(Reason::Auth), "the picture is forbidden (403)")),
        405 | 501 => return Err(Stop::new(ProbeResult::Answered(Reason::Method), format!("GET is refused: {code}"))),
        429 | 503 => return Err(Stop::new(ProbeResult::Answered(Reason::Busy), format!("busy: {code}"))),
        _ => return Err(Stop::fail(FailKind::Protocol, format!("answered by {code}"))),
    }
    trace.enter(Phase::Body);
    let mut body: Vec<u8> = Vec::new();
    while let Some(frame) = response.frame().await {
        let frame = frame.map_err(|e| from_hyper(&e))?;
        if let Some(data) = frame.data_ref() {
            if body.len() + data.len() > inner.limits.picture_bytes {
                return Err(Stop::fail(FailKind::Body, "the picture does not end"));
            }
            body.extend_from_slice(data);
        }
    }
    Ok(Fetched::Picture(Bytes::from(body)))
}

fn redirect(url: &Url, response: &Response<Incoming>) -> Result<Fetched, Stop> {
    let to = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| url.join(l).ok());
    match to {
        Some(next) if matches!(next.scheme(), "http" | "https") && next.username().is_empty() => {
            Ok(Fetched::Elsewhere(next))
        }
        _ => Err(Stop::fail(FailKind::Protocol, "it sends us nowhere")),
    }
}

fn judge(body: &[u8], trace: &mut Trace) -> Result<(), Stop> {
    let header = jpeg::header(body).map_err(|e| Stop::fail(FailKind::Body, e.to_string()))?;
    trace
        .step(|| format!("a JPEG of {} x {}, {} bytes; dropped", header.width, header.height, body.len()), String::new);
    Ok(())
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
