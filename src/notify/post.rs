//! One POST, bounded in time and bytes, and what its answer means.

use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use cunkou_core::model::{Span, Time};
use reqwest::{Client, Method, Response, StatusCode, header, redirect};
use secrecy::ExposeSecret;
use url::Url;

use super::outbox::Received;
use super::tap::Tap;
use crate::files::secrets::{Secret, SecretUrl};

/// Bytes of an answer that are read: robots say there whether they took it.
const MAX_ANSWER: usize = 8_192;

/// Characters of it that are kept.
const MAX_SAID: usize = 200;

/// Characters of a part of a URL that may be a secret: shorter ones are words such as `send`.
const MIN_SECRET: usize = 8;

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tried {
    /// The sink took it.
    Taken,
    /// It did not.
    Failed {
        /// Why, without secrets.
        why: String,
        /// The sink as a whole is away (no connection, no answer, busy), not only this message refused.
        away: bool,
        /// The wait it asked for.
        asked: Option<Span>,
        /// Whether it may have taken it all the same.
        received: Received,
    },
}

/// What the last try was answered with: a status of HTTP or SMTP. It stands beside [`Tried`], since whoever reads an answer
/// knows only its body.
#[derive(Debug, Default)]
pub(super) struct Answered(AtomicU16);

impl Answered {
    /// This came back.
    pub(super) fn with(&self, code: u16) {
        self.0.store(code, Ordering::Relaxed);
    }

    /// The next try begins: nothing has come back of it.
    pub(super) fn forget(&self) {
        self.with(0);
    }

    /// What came back; `None`: nothing did, or nothing went out.
    pub(super) fn code(&self) -> Option<u16> {
        Some(self.0.load(Ordering::Relaxed)).filter(|code| *code != 0)
    }
}

/// The client for sinks could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no client for HTTP could be made")]
pub struct ClientError(#[source] reqwest::Error);

/// A client for sinks: follows no redirect (a token must not wander), takes no proxy from the environment.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client() -> Result<Client, ClientError> {
    // Somebody else in this process may have chosen it before: the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || Client::builder().redirect(redirect::Policy::none()).no_proxy().user_agent("cunkou");
    builder().build().or_else(|e| {
        // A bare machine has no list of authorities; plain http must work there all the same.
        tracing::warn!(error = %e, "the system has no usable list of certificate authorities: https sinks will fail");
        builder().tls_certs_only([]).build().map_err(ClientError)
    })
}

/// What is sent in one try.
pub(super) struct Request<'a> {
    /// The method.
    pub(super) method: Method,
    /// Where, where it is not the sink's own URL: signed for this try alone.
    pub(super) url: Option<Url>,
    /// The type of the body.
    pub(super) content_type: &'a str,
    /// The body.
    pub(super) body: Vec<u8>,
    /// The idempotency key.
    pub(super) key: Option<&'a str>,
    /// Reads an answer of success: what its body says may be that it is none.
    pub(super) verdict: Verdict<'a>,
    /// What of the body must not be shown: a signature opens the door for an hour.
    pub(super) conceal: Option<String>,
}

/// How a sink reads an answer of success.
pub(super) type Verdict<'a> = &'a (dyn Fn(&str) -> Tried + Sync);

impl<'a> Request<'a> {
    /// JSON to the sink's own URL, where every answer of success is one.
    pub(super) fn json(body: Vec<u8>, key: Option<&'a str>) -> Request<'a> {
        let content_type = "application/json";
        Request { method: Method::POST, url: None, content_type, body, key, verdict: &|_| Tried::Taken, conceal: None }
    }
}

/// Where and as whom to post.
pub(super) struct Post {
    pub(super) client: Client,
    pub(super) url: SecretUrl,
    pub(super) secret: Option<Secret>,
    /// Whether the secret is shown to the sink (Bearer, Basic). Robots get a signature instead.
    pub(super) shown: bool,
    pub(super) timeout: Duration,
    /// Who listens to what goes out and comes back, in a test of the sink.
    pub(super) tap: Option<Tap>,
    pub(super) answered: Answered,
}

impl Post {
    /// Posts JSON. `key` is the idempotency key, where there is one.
    pub(super) async fn json(&self, body: Vec<u8>, key: Option<&str>, now: Time) -> Tried {
        self.send(Request::json(body, key), now).await
    }

    /// One request.
    pub(super) async fn send(&self, what: Request<'_>, now: Time) -> Tried {
        let url = what.url.as_ref().map_or(self.url.expose(), Url::as_str);
        let mut request = self.client.request(what.method.clone(), url).timeout(self.timeout);
        if let Some(tap) = &self.tap {
            let body = self.hide(&String::from_utf8_lossy(&what.body));
            let body = what.conceal.as_ref().map_or(body.clone(), |secret| body.replace(secret, "…"));
            tap.sent(&heading(&what, url), &body);
        }
        if what.method != Method::GET {
            request = request.header(header::CONTENT_TYPE, what.content_type).body(what.body);
        }
        if let Some(key) = what.key {
            request = request.header("Idempotency-Key", key);
        }
        request = match self.secret.as_ref().filter(|_| self.shown) {
            Some(Secret::Token(token)) => request.bearer_auth(token.expose_secret()),
            Some(Secret::Login { user, password, .. }) => request.basic_auth(user, Some(password.expose_secret())),
            None => request,
        };
        match request.send().await {
            Ok(response) => self.judge(response, what.verdict, now).await,
            Err(e) => {
                let why = self.hide(&why(&e));
                if let Some(tap) = &self.tap {
                    tap.answered(&why);
                }
                Tried::Failed { why, away: true, asked: None, received: reached(&e) }
            }
        }
    }

    async fn judge(&self, response: Response, verdict: Verdict<'_>, now: Time) -> Tried {
        let status = response.status();
        self.answered.with(status.as_u16());
        let away = matches!(
            status,
            StatusCode::REQUEST_TIMEOUT
                | StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        let asked = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|v| retry_after(v.to_str().ok()?, now))
            .filter(|_| away);
        let body = answer(response).await;
        let said = self.one_line(&body);
        if let Some(tap) = &self.tap {
            tap.answered(&format!("{}\n{}", status, self.hide(&body)));
        }
        if !status.is_success() {
            let said = if said.is_empty() { said } else { format!(": {said}") };
            let why = format!("answered {}{said}", status.as_u16());
            return Tried::Failed { why, away, asked, received: refused(status) };
        }
        match verdict(&body) {
            // What it says is its answer's, and may quote what it was shown.
            Tried::Failed { why, away, asked, received } => {
                Tried::Failed { why: self.one_line(&why), away, asked, received }
            }
            Tried::Taken => Tried::Taken,
        }
    }

    /// A text without our own secrets, should it quote them: the secret, the URL, and what of the URL may be one.
    fn hide(&self, text: &str) -> String {
        let mut text = text.replace(self.url.expose(), "…");
        if let Some(Secret::Token(secret) | Secret::Login { password: secret, .. }) = &self.secret
            && !secret.expose_secret().is_empty()
        {
            text = text.replace(secret.expose_secret(), "…");
        }
        for part in secret_parts(self.url.expose()) {
            text = text.replace(&part, "…");
        }
        text
    }

    /// The beginning of what was said, on one line and without secrets.
    fn one_line(&self, text: &str) -> String {
        let text = self.hide(text);
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_SAID).collect();
        text.trim().to_owned()
    }
}

/// Method, host and type of a request, as its head would begin; the rest of the URL may hold secrets.
fn heading(what: &Request<'_>, url: &str) -> String {
    let key = what.key.map(|key| format!("\nIdempotency-Key: {key}")).unwrap_or_default();
    let host = SecretUrl::parse(url).map_or_else(|| "…".to_owned(), |url| url.to_string());
    format!("{} {host}/…\nContent-Type: {}{key}", what.method, what.content_type)
}

/// What of a URL may be a secret: values of its query, its password, and the parts of its path that are long enough.
fn secret_parts(url: &str) -> Vec<String> {
    let Ok(url) = Url::parse(url) else { return Vec::new() };
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    let path = url.path_segments().into_iter().flatten().map(str::to_owned);
    let password = url.password().map(str::to_owned);
    let raw =
        url.query().into_iter().flat_map(|q| q.split('&')).filter_map(|pair| Some(pair.split_once('=')?.1.to_owned()));
    let long = |part: &String| part.len() >= MIN_SECRET;
    let mut parts: Vec<String> = values.chain(raw).chain(path).chain(password).filter(long).collect();
    // The longest first: a part must not hide only a piece of another.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts
}

/// The beginning of an answer.
async fn answer(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < MAX_ANSWER {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk[..chunk.len().min(MAX_ANSWER - bytes.len())]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a request of which no answer came may have arrived: not where there was no connection for it.
fn reached(error: &reqwest::Error) -> Received {
    if error.is_connect() || error.is_builder() { Received::No } else { Received::Maybe }
}

/// Whether what was answered with this status may have been taken: not where the answer refuses it, or sends it away. A
/// gateway that gave up waiting (408, 502, 504), and a receiver that broke on it (500), may have it.
fn refused(status: StatusCode) -> Received {
    let sent_away = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let says_no = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT;
    if sent_away || says_no || status.is_redirection() { Received::No } else { Received::Maybe }
}

/// An error without its URL, with its causes.
fn why(error: &reqwest::Error) -> String {
    let what = match error {
        e if e.is_timeout() => "no answer in time",
        e if e.is_connect() => "no connection",
        e if e.is_builder() => "the address cannot be used",
        _ => "the connection broke",
    };
    // The causes of a reqwest error name addresses and system errors; only its own text carries the URL.
    let mut text = what.to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(e) = cause {
        if e.source().is_none() {
            text = format!("{what}: {e}");
        }
        cause = e.source();
    }
    text
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
fn retry_after(text: &str, now: Time) -> Option<Span> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(Span::seconds(i64::from(seconds)));
    }
    let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp().as_millisecond();
    Some(Time(at).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Time(1_445_412_470_000);
        assert_eq!(retry_after("120", now), Some(Span::seconds(120)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(Span::seconds(10)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:27:00 GMT", now), Some(Span::ZERO));
        for bad in ["", "-1", "soon", "1e9", "99999999999"] {
            assert_eq!(retry_after(bad, now), None, "{bad}");
        }
    }

    #[test]
    fn parts_of_a_url_that_may_be_secrets() {
        let parts = secret_parts("https://u:hunter22@h/open-apis/bot/v2/hook/0123456789ab?key=a%2Fb-hunter2&x=1");
        assert_eq!(parts, ["a%2Fb-hunter2", "0123456789ab", "a/b-hunter2", "open-apis", "hunter22"]);
        assert!(secret_parts("https://h/robot/send?a=1").is_empty());
    }

    #[test]
    fn only_an_answer_that_refuses_says_that_nothing_was_taken() {
        for (status, received) in [
            (302, Received::No),
            (400, Received::No),
            (401, Received::No),
            (404, Received::No),
            (408, Received::Maybe),
            (429, Received::No),
            (500, Received::Maybe),
            (502, Received::Maybe),
            (503, Received::No),
            (504, Received::Maybe),
        ] {
            assert_eq!(refused(StatusCode::from_u16(status).unwrap()), received, "{status}");
        }
    }
}
