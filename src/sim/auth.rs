//! Who may see a fake camera: Digest (RFC 7616, and RFC 2617 without qop as old cameras do) and Basic, server side.
//!
//! Nonces carry their time and a keyed hash, so that no connection is remembered. A nonce may be used again within its
//! life: this guards nothing but made-up pictures.

use std::fmt::Write as _;

use cunkou_core::model::stable_hash_parts;
use md5::Md5;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Seconds for which a nonce holds.
pub(super) const NONCE_LIFE: u64 = 300;
/// Hex digits of the time in a nonce.
const TIME_DIGITS: usize = 12;

/// Which schemes a camera offers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scheme {
    /// Digest with MD5 and without qop, as firmware of ten years ago.
    Md5Legacy,
    /// Digest with MD5.
    Md5,
    /// Digest with SHA-256.
    Sha256,
    /// Digest with MD5, or Basic, each in a header of its own.
    Md5OrBasic,
    /// Basic only.
    Basic,
}

impl Scheme {
    /// The scheme of a camera: by a hash of its id, but Basic only where the entry of the secrets file has `basic` in
    /// its name, because a careful client refuses Basic unless it is told otherwise.
    pub(super) fn of(camera: &str, entry: &str) -> Scheme {
        if entry.to_ascii_lowercase().contains("basic") {
            return Scheme::Basic;
        }
        match stable_hash_parts(&[camera, "scheme"]) % 8 {
            0 | 1 => Scheme::Sha256,
            2 | 3 => Scheme::Md5Legacy,
            4 => Scheme::Md5OrBasic,
            _ => Scheme::Md5,
        }
    }

    const fn has_digest(self) -> bool {
        !matches!(self, Scheme::Basic)
    }

    const fn has_basic(self) -> bool {
        matches!(self, Scheme::Basic | Scheme::Md5OrBasic)
    }

    const fn has_qop(self) -> bool {
        !matches!(self, Scheme::Md5Legacy)
    }

    const fn algorithm(self) -> &'static str {
        if matches!(self, Scheme::Sha256) { "SHA-256" } else { "MD5" }
    }

    fn hash(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        if self == Scheme::Sha256 {
            hex(&<Sha256 as sha2::Digest>::digest(text.as_bytes()))
        } else {
            hex(&<Md5 as md5::Digest>::digest(text.as_bytes()))
        }
    }
}

/// Who knocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Let in.
    Granted,
    /// Right, but with a nonce that has ended: try again with a new one.
    Stale,
    /// No, or nothing offered.
    Refused,
}

/// User and password of one camera.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) user: String,
    pub(super) password: SecretString,
}

/// The guard of one camera.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) realm: String,
    pub(super) scheme: Scheme,
    /// `None`: everybody is let in.
    pub(super) access: Option<Access>,
    /// What nonces are hashed with; drawn anew at each start.
    pub(super) key: [u8; 16],
}

impl Guard {
    /// The values of `WWW-Authenticate`, one a header, at a second since 1970.
    pub(super) fn challenges(&self, now: u64, stale: bool) -> Vec<String> {
        let mut all = Vec::new();
        if self.scheme.has_digest() {
            let mut digest = format!("Digest realm=\"{}\", nonce=\"{}\"", self.realm, self.nonce(now));
            if self.scheme.has_qop() {
                // Writing to a String cannot fail.
                let _ = write!(digest, ", algorithm={}, qop=\"auth\"", self.scheme.algorithm());
            }
            if stale {
                digest.push_str(", stale=true");
            }
            all.push(digest);
        }
        if self.scheme.has_basic() {
            all.push(format!("Basic realm=\"{}\"", self.realm));
        }
        all
    }

    /// Judges the header `Authorization` of a request at a second since 1970.
    pub(super) fn check(&self, method: &str, target: &str, authorization: Option<&str>, now: u64) -> Verdict {
        let Some(access) = &self.access else { return Verdict::Granted };
        let Some(given) = authorization else { return Verdict::Refused };
        let password = access.password.expose_secret();
        if given.get(..6).is_some_and(|s| s.eq_ignore_ascii_case("basic ")) {
            let wanted = http_auth::basic::encode_credentials(&access.user, password);
            let right = self.scheme.has_basic() && same(given[6..].trim(), wanted.get(6..).unwrap_or_default());
            return if right { Verdict::Granted } else { Verdict::Refused };
        }
        // What a client answers has the grammar of a challenge: a scheme, then parameters.
        let Ok(parsed) = http_auth::parse_challenges(given) else { return Verdict::Refused };
        match parsed.first() {
            Some(digest) if self.scheme.has_digest() && digest.scheme.eq_ignore_ascii_case("digest") => {
                self.check_digest(access, (method, target), digest, now)
            }
            _ => Verdict::Refused,
        }
    }

    fn check_digest(
        &self,
        access: &Access,
        (method, target): (&str, &str),
        given: &http_auth::ChallengeRef<'_>,
        now: u64,
    ) -> Verdict {
        let param = |name: &str| {
            let found = given.params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            found.map(|(_, v)| v.to_unescaped()).unwrap_or_default()
        };
        let (nonce, algorithm) = (param("nonce"), param("algorithm"));
        let algorithm_fits = algorithm.is_empty() && self.scheme != Scheme::Sha256
            || algorithm.eq_ignore_ascii_case(self.scheme.algorithm());
        if param("username") != access.user || param("realm") != self.realm || !algorithm_fits {
            return Verdict::Refused;
        }
        if param("uri") != target {
            return Verdict::Refused;
        }
        let who = self.scheme.hash(&[&access.user, &self.realm, access.password.expose_secret()]);
        let what = self.scheme.hash(&[method, target]);
        let wanted = match param("qop").as_str() {
            "" if !self.scheme.has_qop() => self.scheme.hash(&[&who, &nonce, &what]),
            "auth" if self.scheme.has_qop() => {
                self.scheme.hash(&[&who, &nonce, &param("nc"), &param("cnonce"), "auth", &what])
            }
            _ => return Verdict::Refused,
        };
        if !same(&param("response").to_ascii_lowercase(), &wanted) {
            return Verdict::Refused;
        }
        if self.is_fresh(&nonce, now) { Verdict::Granted } else { Verdict::Stale }
    }

    fn nonce(&self, second: u64) -> String {
        let second = format!("{second:0TIME_DIGITS$x}");
        let keyed = [hex(&self.key).as_str(), &second, &self.realm].join(":");
        let mut hash = hex(&<Sha256 as sha2::Digest>::digest(keyed.as_bytes()));
        hash.truncate(32);
        second + &hash
    }

    fn is_fresh(&self, nonce: &str, now: u64) -> bool {
        let told = nonce.get(..TIME_DIGITS).and_then(|t| u64::from_str_radix(t, 16).ok());
        told.is_some_and(|then| now.checked_sub(then).is_some_and(|age| age < NONCE_LIFE) && self.nonce(then) == nonce)
    }
}

fn same(a: &str, b: &str) -> bool {
    bool::from(a.as_bytes().ct_eq(b.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, b| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{b:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use http_auth::{PasswordClient, PasswordParams};

    use super::*;

    const ALL: [Scheme; 5] = [Scheme::Md5Legacy, Scheme::Md5, Scheme::Sha256, Scheme::Md5OrBasic, Scheme::Basic];
    const URI: &str = "rtsp://127.0.0.1:8554/a?b=1";

    fn guard(scheme: Scheme) -> Guard {
        let access = Access { user: "watch".into(), password: "p\"ass, 村:1".into() };
        Guard { realm: "IP Camera(C1)".into(), scheme, access: Some(access), key: [7; 16] }
    }

    fn answer(guard: &Guard, password: &str, challenge: &str) -> String {
        let mut client = PasswordClient::builder().challenges(challenge).build().unwrap();
        assert_eq!(guard.challenges(0, false).len(), if guard.scheme == Scheme::Md5OrBasic { 2 } else { 1 });
        let params = PasswordParams { username: "watch", password, uri: URI, method: "DESCRIBE", body: None };
        client.respond(&params).unwrap()
    }

    #[test]
    fn a_client_of_another_maker_is_let_in_by_every_scheme() {
        for scheme in ALL {
            let guard = guard(scheme);
            for challenge in guard.challenges(1_000, false) {
                let right = answer(&guard, "p\"ass, 村:1", &challenge);
                let check = |method, uri, given: &str, now| guard.check(method, uri, Some(given), now);
                assert_eq!(check("DESCRIBE", URI, &right, 1_000), Verdict::Granted, "{scheme:?}");
                assert_eq!(check("DESCRIBE", URI, &answer(&guard, "wrong", &challenge), 1_000), Verdict::Refused);
                if challenge.starts_with("Digest") {
                    assert_eq!(check("DESCRIBE", URI, &right, 1_000 + NONCE_LIFE), Verdict::Stale, "{scheme:?}");
                    assert_eq!(check("SETUP", URI, &right, 1_000), Verdict::Refused, "{scheme:?}");
                    assert_eq!(check("DESCRIBE", "rtsp://127.0.0.1:8554/b", &right, 1_000), Verdict::Refused);
                    assert_eq!(check("DESCRIBE", URI, &right, 999), Verdict::Stale, "a nonce of the future");
                }
            }
        }
    }

    #[test]
    fn a_nonce_of_somebody_else_is_stale() {
        let (ours, mut other) = (guard(Scheme::Md5), guard(Scheme::Md5));
        other.key = [8; 16];
        let given = answer(&other, "p\"ass, 村:1", &other.challenges(1_000, false)[0]);
        assert_eq!(ours.check("DESCRIBE", URI, Some(&given), 1_000), Verdict::Stale);
    }

    #[test]
    fn nothing_and_nonsense_are_refused() {
        for scheme in ALL {
            let guard = guard(scheme);
            assert_eq!(guard.check("DESCRIBE", URI, None, 0), Verdict::Refused);
            for given in ["", "Basic", "Basic ", "basic  x", "Digest", "Digest =", "Digest nonce=\"", "Bearer x", "村"]
            {
                assert_eq!(guard.check("DESCRIBE", URI, Some(given), 0), Verdict::Refused, "{given:?}");
            }
        }
        let open = Guard { access: None, ..guard(Scheme::Md5) };
        assert_eq!(open.check("DESCRIBE", URI, None, 0), Verdict::Granted);
    }

    #[test]
    fn the_password_is_in_no_debug_text() {
        assert!(!format!("{:?}", guard(Scheme::Md5)).contains("ass,"));
    }

    #[test]
    fn basic_only_is_asked_for_by_name() {
        assert_eq!(Scheme::of("C1", "old-basic"), Scheme::Basic);
        let seen: Vec<Scheme> = (0..200).map(|i| Scheme::of(&format!("C{i}"), "town")).collect();
        assert!(ALL[..4].iter().all(|s| seen.contains(s)) && !seen.contains(&Scheme::Basic));
    }
}
