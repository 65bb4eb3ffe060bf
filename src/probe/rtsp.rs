//! Stream: does the RTSP service answer? OPTIONS, and DESCRIBE where a credential is known (RFC 2326; Digest RFC 7616
//! and 2617). Nothing is set up and nothing plays.

use std::time::Duration;

use cunkou_core::model::{FailKind, Phase, ProbeResult, Reason, Span};
use rtsp_types::{Message, Method, Request, Response, StatusCode, Version, headers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use url::Url;

use super::auth::{Challenge, refused};
use super::dial::{self, Link};
use super::trace::{Stop, Trace};
use super::wire::{Bounds, Inbox};
use super::{Credential, Inner};

/// How we call ourselves.
const AGENT: &str = concat!("cunkou/", env!("CARGO_PKG_VERSION"));
/// Bytes read at a time.
const CHUNK: usize = 4 * 1024;

pub(super) async fn ask(
    inner: &Inner,
    url: &Url,
    credential: Option<&Credential>,
    first: Duration,
    trace: &mut Trace,
) -> Result<(), Stop> {
    let silent = |phase| Stop::new(dial::out_of_time(phase, false), format!("no answer within {}", Span::from(first)));
    let opened = Instant::now();
    let mut talk =
        tokio::time::timeout(first, Talk::open(inner, url, trace)).await.map_err(|_| silent(trace.phase()))??;
    let began = Instant::now();
    let options = talk.request(Method::Options, None, Phase::Protocol, trace);
    let options = tokio::time::timeout(first.saturating_sub(opened.elapsed()), options).await;
    let options = options.map_err(|_| silent(Phase::Protocol))??;
    trace.rtt = Some(Span::from(began.elapsed()));
    judge_options(options.status(), credential.is_some())?;
    match credential {
        Some(credential) => describe(&mut talk, credential, trace).await,
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
        403 if goes_on => Ok(()),
        403 => Err(refused("OPTIONS is forbidden (403)")),
        405 | 501 => Err(Stop::new(ProbeResult::Answered(Reason::Method), format!("OPTIONS is refused: {code}"))),
        453 | 503 => Err(Stop::new(ProbeResult::Answered(Reason::Busy), format!("busy: {code}"))),
        _ => Err(Stop::fail(FailKind::Protocol, format!("OPTIONS is answered by {code}"))),
    }
}

async fn describe(talk: &mut Talk<'_>, credential: &Credential, trace: &mut Trace) -> Result<(), Stop> {
    let mut answer = talk.request(Method::Describe, None, Phase::Protocol, trace).await?;
    // Also over TLS: nobody vouches for a camera's certificate, so whoever stands between could read it.
    let basic_allowed = credential.basic;
    let mut tried = false;
    while answer.status() == StatusCode::Unauthorized {
        trace.enter(Phase::Auth);
        let wanted: Vec<&str> = answer.header(&headers::WWW_AUTHENTICATE).map(|v| v.as_str()).into_iter().collect();
        let mut challenge = Challenge::read(&wanted, basic_allowed)?;
        // A second answer is owed only to a nonce that has ended; any other 401 means no, and guessing locks accounts.
        if tried && !challenge.is_stale() {
            return Err(refused("the password is refused"));
        }
        tried = true;
        let value = challenge.answer(credential, "DESCRIBE", talk.url.as_str(), trace)?;
        answer = talk.request(Method::Describe, Some(value), Phase::Auth, trace).await?;
    }
    judge_describe(&answer, trace)
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
        401 | 403 => Err(refused(format!("DESCRIBE is forbidden ({code})"))),
        405 | 501 => Err(Stop::new(ProbeResult::Answered(Reason::Method), format!("DESCRIBE is refused: {code}"))),
        453 | 503 => Err(Stop::new(ProbeResult::Answered(Reason::Busy), format!("busy: {code}"))),
        _ => Err(Stop::fail(FailKind::Protocol, format!("DESCRIBE is answered by {code}"))),
    }
}

/// One conversation.
struct Talk<'a> {
    inner: &'a Inner,
    link: Box<dyn Link>,
    /// What is asked for, without user, password and fragment.
    url: Url,
    tls: bool,
    cseq: u32,
    inbox: Inbox,
    /// Answers heard over this connection.
    answers: u32,
    /// The device said that it will hang up.
    closing: bool,
    reopened: bool,
}

impl<'a> Talk<'a> {
    async fn open(inner: &'a Inner, url: &Url, trace: &mut Trace) -> Result<Talk<'a>, Stop> {
        let tls = url.scheme() == "rtsps";
        let url = super::question::bare(url);
        let link = dial::open(inner, &url, port(&url), tls, trace).await?;
        let inbox = Inbox::new(Bounds { head: inner.limits.head_bytes, body: inner.limits.sdp_bytes });
        Ok(Talk { inner, link, url, tls, cseq: 0, inbox, answers: 0, closing: false, reopened: false })
    }

    /// Some devices hang up after each answer: then the conversation goes on over a new connection, once.
    async fn reopen(&mut self, trace: &mut Trace) -> Result<(), Stop> {
        self.link = dial::open(self.inner, &self.url, port(&self.url), self.tls, trace).await?;
        self.inbox.clear();
        (self.answers, self.closing, self.reopened) = (0, false, true);
        Ok(())
    }

    async fn request(
        &mut self,
        method: Method,
        authorization: Option<String>,
        phase: Phase,
        trace: &mut Trace,
    ) -> Result<Response<Vec<u8>>, Stop> {
        if self.closing {
            self.reopen(trace).await?;
        }
        trace.enter(phase);
        self.cseq += 1;
        let bytes = self.write(&method, authorization.as_deref(), trace)?;
        let response = match self.exchange(&bytes).await {
            Err(stop) if self.may_ask_again(&stop) && (authorization.is_none() || trace.may_show_password()) => {
                self.reopen(trace).await?;
                trace.enter(phase);
                self.exchange(&bytes).await
            }
            heard => heard,
        }?;
        self.answers += 1;
        let connection = response.header(&headers::CONNECTION);
        self.closing = connection.is_some_and(|v| v.as_str().trim().eq_ignore_ascii_case("close"));
        trace.end_phase();
        trace.step(
            || format!("← {} {}", u16::from(response.status()), response.reason_phrase()),
            || response.headers().map(|(n, v)| format!("{n}: {}\n", v.as_str())).collect(),
        );
        Ok(response)
    }

    /// Whether a device hung up between an answer and the next request, and not upon this one.
    fn may_ask_again(&self, stop: &Stop) -> bool {
        let hung_up = matches!(stop.result, ProbeResult::Fail(FailKind::Reset));
        hung_up && self.answers > 0 && !self.reopened && self.inbox.is_empty()
    }

    /// The bytes of a request; what is shown of it has no password in it.
    fn write(&self, method: &Method, authorization: Option<&str>, trace: &mut Trace) -> Result<Vec<u8>, Stop> {
        let mut builder = Request::builder(method.clone(), Version::V1_0)
            .request_uri(self.url.clone())
            .header(headers::CSEQ, self.cseq.to_string())
            .header(headers::USER_AGENT, AGENT);
        if *method == Method::Describe {
            builder = builder.header(headers::ACCEPT, "application/sdp");
        }
        let shown = builder.clone().empty();
        if let Some(value) = authorization {
            builder = builder.header(headers::AUTHORIZATION, value);
        }
        let mut bytes = Vec::new();
        builder.empty().write(&mut bytes).map_err(|_| Stop::fail(FailKind::Protocol, "no request"))?;
        let method: &str = method.into();
        trace.step(
            || format!("→ {method}{}", if authorization.is_some() { " with the password (not shown)" } else { "" }),
            || {
                let mut text = Vec::new();
                // Writing into memory cannot fail; nothing is shown if it does.
                let _ = shown.write(&mut text);
                String::from_utf8_lossy(&text).into_owned()
            },
        );
        Ok(bytes)
    }

    async fn exchange(&mut self, bytes: &[u8]) -> Result<Response<Vec<u8>>, Stop> {
        self.link.write_all(bytes).await.map_err(|e| Stop::new(dial::from_io(&e), format!("sending: {e}")))?;
        self.response().await
    }

    /// Reads one response to our request; what else comes (requests of the camera, interleaved data) is passed over.
    async fn response(&mut self) -> Result<Response<Vec<u8>>, Stop> {
        loop {
            match self.inbox.next()? {
                Some(Message::Response(r)) if self.is_ours(&r) => return Ok(r),
                Some(other) => self.inbox.pass_over(usize::try_from(other.write_len()).unwrap_or(usize::MAX))?,
                None => self.read().await?,
            }
        }
    }

    /// One request is under way at a time, so a final answer is ours, unless it names an earlier request. Devices that
    /// forget the number, or make one up, are understood as players understand them.
    fn is_ours(&self, response: &Response<Vec<u8>>) -> bool {
        let informational = (100..200).contains(&u16::from(response.status()));
        let cseq = response.header(&headers::CSEQ).and_then(|v| v.as_str().trim().parse::<u32>().ok());
        !informational && !cseq.is_some_and(|n| (1..self.cseq).contains(&n))
    }

    async fn read(&mut self) -> Result<(), Stop> {
        let read = self.link.read_buf(self.inbox.room(CHUNK)).await;
        match read.map_err(|e| Stop::new(dial::from_io(&e), format!("reading: {e}")))? {
            0 => Err(Stop::fail(FailKind::Reset, "it hung up before it had answered")),
            _ => Ok(()),
        }
    }
}

/// The port of an RTSP URL (RFC 2326, RFC 7826).
fn port(url: &Url) -> u16 {
    url.port().unwrap_or(if url.scheme() == "rtsps" { 322 } else { 554 })
}
