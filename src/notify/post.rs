//! One POST, bounded in time and bytes, and what its answer means.

use std::time::Duration;

use cunkou_core::model::{Span, Time};
use reqwest::{Client, Response, StatusCode, header, redirect};
use secrecy::ExposeSecret;

use super::outbox::Received;
use crate::files::secrets::{Secret, SecretUrl};

/// Bytes of an answer that are read, to say what the sink found wrong.
const MAX_ANSWER: usize = 2_048;

/// Characters of it that are kept.
const MAX_SAID: usize = 200;

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

/// Where and as whom to post.
pub(super) struct Post {
    pub(super) client: Client,
    pub(super) url: SecretUrl,
    pub(super) secret: Option<Secret>,
    pub(super) timeout: Duration,
}

impl Post {
    /// Posts JSON. `key` is the idempotency key, where there is one.
    pub(super) async fn json(&self, body: Vec<u8>, key: Option<&str>, now: Time) -> Tried {
        let mut request = self
            .client
            .post(self.url.expose())
            .timeout(self.timeout)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        request = match &self.secret {
            Some(Secret::Token(token)) => request.bearer_auth(token.expose_secret()),
            Some(Secret::Login { user, password, .. }) => request.basic_auth(user, Some(password.expose_secret())),
            None => request,
        };
        match request.send().await {
            Ok(response) => self.judge(response, now).await,
            Err(e) => Tried::Failed { why: why(&e), away: true, asked: None, received: reached(&e) },
        }
    }

    async fn judge(&self, response: Response, now: Time) -> Tried {
        let status = response.status();
        if status.is_success() {
            return Tried::Taken;
        }
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
        let said = self.said(response).await;
        let why = format!("answered {}{said}", status.as_u16());
        Tried::Failed { why, away, asked, received: refused(status) }
    }

    /// The beginning of what the sink said, on one line, without our own secret should it be quoted.
    async fn said(&self, mut response: Response) -> String {
        let mut bytes = Vec::new();
        while bytes.len() < MAX_ANSWER {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk[..chunk.len().min(MAX_ANSWER - bytes.len())]),
                _ => break,
            }
        }
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(Secret::Token(secret) | Secret::Login { password: secret, .. }) = &self.secret
            && !secret.expose_secret().is_empty()
        {
            text = text.replace(secret.expose_secret(), "…");
        }
        text = text.replace(self.url.expose(), "…");
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_SAID).collect();
        let text = text.trim();
        if text.is_empty() { String::new() } else { format!(": {text}") }
    }
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
