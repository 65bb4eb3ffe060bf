//! Stream: does the RTSP service answer? OPTIONS, and DESCRIBE where a credential is known (RFC 2326; Digest RFC 7616
//! and 2617). Nothing is set up and nothing plays.

use cunkou_core::model::{FailKind, Phase, ProbeResult, Reason, Span};
use http_auth::{PasswordClient, PasswordParams};
use rtsp_types::{Message, Method, ParseError, Request, Response, StatusCode, Version, headers};
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use url::Url;

use super::dial::{self, Link};
use super::trace::{Stop, Trace};
use super::{Credential, Inner};

/// How we call ourselves.
const AGENT: &str = concat!("cunkou/", env!("CARGO_PKG_VERSION"));
/// Bytes read at a time.
const CHUNK: usize = 4 * 1024;

pub(super) async fn ask(
    inner: &Inner,
    url: &Url,
    credential: Option<&Credential>,
    trace: &mut Trace,
) -> Result<(), Stop> {
    let tls = url.scheme() == "rtsps";
    let port = url.port().unwrap_or(if tls { 322 } else { 554 });
    let link = dial::open(inner, url, port, tls, trace).await?;
    let mut talk = Talk { inner, link, url, cseq: 0, heard: Vec::new() };
    let began = Instant::now();
    let options = talk.request(Method::Options, None, Phase::Protocol, trace).await?;
    trace.rtt = Some(Span::from(began.elapsed()));
    judge_options(options.status(), credential.is_some())?;
    match credential {
        Some(credential) => describe(&mut talk, credential, tls, trace).await,
        None => Ok(()),
    }
}

fn judge_options(status: StatusCode, goes_on: bool) -> Result<(), Stop> {
    let code = u16::from(status);
    match code {
        200..=299 => Ok(()),
        // It answers and wants a password first: alive; with one, DESCRIBE will tell.
        401 => Ok(()),
        // Old devices do not know OPTIONS; DESCRIBE will tell where it can be asked.
        405 | 501 if goes_on => Ok(()),
        405 | 501 => Err(Stop::new(ProbeResult::Answered(Reason::Method), format!("OPTIONS is refused: {code}"))),
        453 | 503 => Err(Stop::new(ProbeResult::Answered(Reason::Busy), format!("busy: {code}"))),
        _ => Err(Stop::fail(FailKind::Protocol, format!("OPTIONS is answered by {code}"))),
    }
}

async fn describe(talk: &mut Talk<'_>, credential: &Credential, tls: bool, trace: &mut Trace) -> Result<(), Stop> {
    let first = talk.request(Method::Describe, None, Phase::Protocol, trace).await?;
    if first.status() != StatusCode::Unauthorized {
        return judge_describe(&first, trace);
    }
    trace.enter(Phase::Auth);
    let challenges: Vec<&str> = first
        .headers()
        .filter(|(name, _)| **name == headers::WWW_AUTHENTICATE)
        .map(|(_, value)| value.as_str())
        .collect();
    let mut client = password_client(&challenges, tls || credential.basic)?;
    let uri = talk.url.as_str().to_owned();
    let authorization = respond(&mut client, credential, "DESCRIBE", &uri)?;
    trace.credential_tried = true;
    let second = talk.request(Method::Describe, Some(authorization), Phase::Auth, trace).await?;
    if second.status() == StatusCode::Unauthorized {
        return Err(Stop::new(ProbeResult::Answered(Reason::Auth), "the password is refused"));
    }
    judge_describe(&second, trace)
}

fn judge_describe(response: &Response<Vec<u8>>, trace: &mut Trace) -> Result<(), Stop> {
    let code = u16::from(response.status());
    match code {
        200..=299 => {
            trace.enter(Phase::Body);
            let sdp = String::from_utf8_lossy(response.body());
            let lines = || sdp.lines().map(str::trim);
            if lines().any(|l| l.starts_with("v=")) && lines().any(|l| l.starts_with("m=video")) {
                Ok(())
            } else {
                Err(Stop::fail(FailKind::Body, "the description names no video"))
            }
        }
        401 | 403 => Err(Stop::new(ProbeResult::Answered(Reason::Auth), format!("DESCRIBE is answered by {code}"))),
        405 | 501 => Err(Stop::new(ProbeResult::Answered(Reason::Method), format!("DESCRIBE is refused: {code}"))),
        453 | 503 => Err(Stop::new(ProbeResult::Answered(Reason::Busy), format!("busy: {code}"))),
        _ => Err(Stop::fail(FailKind::Protocol, format!("DESCRIBE is answered by {code}"))),
    }
}

/// The strongest scheme of some challenges that may be used here; Basic only over TLS or where the town allows it.
pub(super) fn password_client(challenges: &[&str], basic_allowed: bool) -> Result<PasswordClient, Stop> {
    let mut builder = PasswordClient::builder();
    let (mut usable, mut basic) = (false, false);
    for header in challenges {
        for challenge in http_auth::parse_challenges(header).unwrap_or_default() {
            let is_basic = challenge.scheme.eq_ignore_ascii_case("basic");
            basic |= is_basic;
            if challenge.scheme.eq_ignore_ascii_case("digest") || (is_basic && basic_allowed) {
                builder = builder.challenge(&challenge);
                usable = true;
            }
        }
    }
    if !usable {
        let note = if basic {
            "wants Basic over a line that anybody can read; allow it in the secrets (basic = true) or use TLS"
        } else {
            "wants a password and names no scheme that is known"
        };
        return Err(Stop::new(ProbeResult::Answered(Reason::Auth), note));
    }
    builder.build().map_err(|_| Stop::new(ProbeResult::Answered(Reason::Auth), "its challenge cannot be answered"))
}

/// The value of `Authorization` for a request.
pub(super) fn respond(
    client: &mut PasswordClient,
    credential: &Credential,
    method: &str,
    uri: &str,
) -> Result<String, Stop> {
    let params = PasswordParams {
        username: &credential.user,
        password: credential.password.expose_secret(),
        uri,
        method,
        body: Some(&[]),
    };
    client
        .respond(&params)
        .map_err(|_| Stop::new(ProbeResult::Answered(Reason::Auth), "its challenge cannot be answered"))
}

/// One conversation.
struct Talk<'a> {
    inner: &'a Inner,
    link: Box<dyn Link>,
    url: &'a Url,
    cseq: u32,
    heard: Vec<u8>,
}

impl Talk<'_> {
    async fn request(
        &mut self,
        method: Method,
        authorization: Option<String>,
        phase: Phase,
        trace: &mut Trace,
    ) -> Result<Response<Vec<u8>>, Stop> {
        trace.enter(phase);
        self.cseq += 1;
        let mut bytes = Vec::new();
        let url = rtsp_types::Url::parse(self.url.as_str()).map_err(|_| Stop::fail(FailKind::Protocol, "no URL"))?;
        let mut builder = Request::builder(method.clone(), Version::V1_0)
            .request_uri(url)
            .header(headers::CSEQ, self.cseq.to_string())
            .header(headers::USER_AGENT, AGENT);
        if method == Method::Describe {
            builder = builder.header(headers::ACCEPT, "application/sdp");
        }
        let shown = builder.clone().empty();
        if let Some(value) = &authorization {
            builder = builder.header(headers::AUTHORIZATION, value.as_str());
        }
        builder.empty().write(&mut bytes).map_err(|_| Stop::fail(FailKind::Protocol, "no request"))?;
        let method: &str = (&method).into();
        trace.step(
            || format!("→ {method}{}", if authorization.is_some() { " with the password (not shown)" } else { "" }),
            || {
                let mut text = Vec::new();
                let _ = shown.write(&mut text);
                String::from_utf8_lossy(&text).into_owned()
            },
        );
        self.link
            .write_all(&bytes)
            .await
            .map_err(|e| Stop::new(dial::from_io(&e), format!("sending {method}: {e}")))?;
        let response = self.response().await?;
        trace.end_phase();
        trace.step(
            || format!("← {} {}", u16::from(response.status()), response.reason_phrase()),
            || response.headers().map(|(n, v)| format!("{n}: {}\n", v.as_str())).collect(),
        );
        Ok(response)
    }

    /// Reads one response to our request; what else comes (requests of the camera, interleaved data) is passed over.
    async fn response(&mut self) -> Result<Response<Vec<u8>>, Stop> {
        loop {
            match next_message(&self.heard, self.inner.limits.head_bytes, self.inner.limits.sdp_bytes)? {
                Parsed::Message(message, used) => {
                    self.heard.drain(..used);
                    match message {
                        Message::Response(r) if self.is_ours(&r) => return Ok(r),
                        _ => continue,
                    }
                }
                Parsed::More => self.read().await?,
            }
        }
    }

    fn is_ours(&self, response: &Response<Vec<u8>>) -> bool {
        let informational = (100..200).contains(&u16::from(response.status()));
        let cseq = response.header(&headers::CSEQ).and_then(|v| v.as_str().trim().parse::<u32>().ok());
        !informational && cseq.is_none_or(|n| n == self.cseq)
    }

    async fn read(&mut self) -> Result<(), Stop> {
        let mut chunk = [0_u8; CHUNK];
        let n = self.link.read(&mut chunk).await.map_err(|e| Stop::new(dial::from_io(&e), format!("reading: {e}")))?;
        match chunk.get(..n) {
            Some(read) if n > 0 => self.heard.extend_from_slice(read),
            _ => return Err(Stop::fail(FailKind::Reset, "it hung up before it had answered")),
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) enum Parsed {
    Message(Message<Vec<u8>>, usize),
    More,
}

/// The first whole message in what was heard; bounded before it is whole.
pub(super) fn next_message(heard: &[u8], head: usize, body: usize) -> Result<Parsed, Stop> {
    // Some devices end their answer with one line too many.
    let blank = heard.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let rest = heard.get(blank..).unwrap_or_default();
    if rest.is_empty() {
        return if blank > head { Err(too_long()) } else { Ok(Parsed::More) };
    }
    if let Some(first) = rest.first().filter(|b| !b.is_ascii_alphabetic() && **b != b'$') {
        return Err(Stop::fail(FailKind::Protocol, format!("what it says is no RTSP (first byte 0x{first:02x})")));
    }
    let head_end =
        rest.windows(4).position(|w| w == b"\r\n\r\n").or_else(|| rest.windows(2).position(|w| w == b"\n\n"));
    if head_end.unwrap_or(rest.len()) > head {
        return Err(too_long());
    }
    if let Some(declared) = head_end.and_then(|end| content_length(rest.get(..end).unwrap_or_default())) {
        match declared {
            Ok(n) if n <= body => {}
            Ok(n) => return Err(Stop::fail(FailKind::Body, format!("it announces a body of {n} bytes"))),
            Err(()) => return Err(Stop::fail(FailKind::Protocol, "its Content-Length is no number")),
        }
    }
    match Message::<Vec<u8>>::parse(rest) {
        Ok((message, used)) => Ok(Parsed::Message(message, blank + used)),
        Err(ParseError::Incomplete(_)) if rest.len() > head + body => Err(too_long()),
        Err(ParseError::Incomplete(_)) => Ok(Parsed::More),
        Err(ParseError::Error) => Err(Stop::fail(FailKind::Protocol, "what it says is no RTSP")),
    }
}

fn too_long() -> Stop {
    Stop::fail(FailKind::Protocol, "its answer does not end")
}

/// The declared length; an error where it is no number or declared twice with different values.
fn content_length(head: &[u8]) -> Option<Result<usize, ()>> {
    let text = String::from_utf8_lossy(head);
    let mut declared = text.lines().filter_map(|l| {
        let (name, value) = l.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().map_err(|_| ()))
    });
    let first = declared.next()?;
    Some(if declared.all(|other| other == first) { first } else { Err(()) })
}
