//! What a challenge is answered with: Digest (RFC 7616, 2617, 2069), and Basic (RFC 7617) only over TLS or where the
//! town allows it. RTSP and HTTP alike. Decides nothing about when a password may be shown; [`Trace`] counts how often.
//!
//! [`Trace`]: super::trace::Trace

use cunkou_core::model::{ProbeResult, Reason};
use http_auth::{ChallengeRef, PasswordClient, PasswordParams};
use secrecy::ExposeSecret;

use super::Credential;
use super::trace::{Stop, Trace};

/// Challenges of one answer that are read; real ones hold one to four.
const MOST_CHALLENGES: usize = 16;

/// The end of a probe by a password that is missing, refused or may not be shown.
pub(super) fn refused(note: impl Into<String>) -> Stop {
    Stop::new(ProbeResult::Answered(Reason::Auth), note)
}

/// A challenge that can be answered.
pub(super) struct Challenge {
    client: PasswordClient,
}

impl Challenge {
    /// The strongest challenge of some `WWW-Authenticate` values that may be answered here.
    pub(super) fn read(headers: &[&str], basic_allowed: bool) -> Result<Challenge, Stop> {
        let all = headers.iter().flat_map(|h| http_auth::ChallengeParser::new(h).map_while(Result::ok));
        let mut all: Vec<ChallengeRef<'_>> = all.take(MOST_CHALLENGES).collect();
        let basic = all.iter().any(is_basic);
        all.retain(|c| c.scheme.eq_ignore_ascii_case("digest") || (basic_allowed && is_basic(c)));
        all.sort_by_key(|c| std::cmp::Reverse(strength(c)));
        if all.is_empty() {
            return Err(refused(if basic {
                "wants Basic over a line that anybody can read; allow it in the secrets (basic = true)"
            } else {
                "wants a password and names no scheme that is known"
            }));
        }
        let client = all.iter().find_map(|c| PasswordClient::try_from(c).ok());
        client.map(|client| Challenge { client }).ok_or_else(|| refused("its challenge cannot be answered"))
    }

    /// Whether it says that the password was right and only the nonce has ended.
    pub(super) fn is_stale(&self) -> bool {
        matches!(&self.client, PasswordClient::Digest(digest) if digest.stale())
    }

    /// The value of `Authorization` for a request. Whoever calls this shows the password: it is counted and hidden.
    pub(super) fn answer(
        &mut self,
        credential: &Credential,
        method: &str,
        uri: &str,
        trace: &mut Trace,
    ) -> Result<String, Stop> {
        let password = credential.password.expose_secret();
        let params = |body| PasswordParams { username: &credential.user, password, uri, method, body };
        // Without a body only `auth` is answered: devices that offer `auth-int` beside it seldom understand it.
        let plain = self.client.respond(&params(None));
        let value = plain.or_else(|_| self.client.respond(&params(Some(&[]))));
        let value = value.map_err(|_| refused("its challenge cannot be answered"))?;
        if !trace.may_show_password() {
            return Err(refused("wants the password again and again"));
        }
        trace.hide(password);
        if let PasswordClient::Basic(_) = self.client {
            trace.hide(value.trim_start_matches("Basic "));
        }
        Ok(value)
    }
}

fn is_basic(challenge: &ChallengeRef<'_>) -> bool {
    challenge.scheme.eq_ignore_ascii_case("basic")
}

fn strength(challenge: &ChallengeRef<'_>) -> u8 {
    if is_basic(challenge) {
        return 0;
    }
    let algorithm = challenge.params.iter().find(|(name, _)| name.eq_ignore_ascii_case("algorithm"));
    let algorithm = algorithm.map(|(_, value)| value.to_unescaped().to_ascii_uppercase()).unwrap_or_default();
    match algorithm.strip_suffix("-SESS").unwrap_or(&algorithm) {
        "SHA-512-256" => 3,
        "SHA-256" => 2,
        _ => 1,
    }
}
