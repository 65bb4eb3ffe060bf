//! `[heartbeat]`: who is told, from outside, that this monitor lives.

use cunkou_core::model::{Span, check_id};
use url::Url;

use super::fault::FaultKind;
use super::read::Table;
use crate::files::secrets::SecretText;

/// What stands in the URL for the token of the secret.
pub const TOKEN: &str = "{token}";

/// `[heartbeat]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeartbeatSettings {
    /// The URL to ask, with [`TOKEN`] where the secret belongs; `None`: nobody is told. Secret as a whole: services put
    /// their token into its path.
    pub url: Option<SecretText>,
    /// The entry of the secrets file whose token stands for [`TOKEN`].
    pub secret: Option<String>,
    /// GET or POST.
    pub method: &'static str,
    /// Between two beats.
    pub every: Span,
}

impl Default for HeartbeatSettings {
    fn default() -> Self {
        HeartbeatSettings { url: None, secret: None, method: "GET", every: Span::minutes(1) }
    }
}

pub(super) fn heartbeat(mut t: Table<'_>) -> HeartbeatSettings {
    let d = HeartbeatSettings::default();
    let allowed = "an http or https URL with a host, with or without {token} behind the host, or nothing";
    let url = t.hidden("url", allowed, |text| match text.trim() {
        "" => Some(None),
        text => usable(text).then(|| Some(SecretText::new(text))),
    });
    let secret = t.text("secret", "the name of an entry of the secrets file", None, |entry| match entry {
        "" => Some(None),
        _ => check_id(entry).ok().map(|()| Some(entry.to_owned())),
    });
    let url = url.flatten();
    let wants_token = url.as_ref().is_some_and(|url| url.expose().contains(TOKEN));
    if wants_token && secret.is_none() {
        t.fault(t.place(), "", "", FaultKind::Missing("secret, the entry whose token stands for {token} in the url"));
    }
    if secret.is_some() && !wants_token {
        t.fault(t.place(), "", "", FaultKind::Missing("{token} in the url, where the token of the secret belongs"));
    }
    let read = HeartbeatSettings {
        url,
        secret,
        method: t.word("method", "GET or POST", &[("GET", "GET"), ("POST", "POST")], d.method),
        every: t.span("every", "a length of time from 1s to 1h", d.every, Span::seconds(1)..=Span::hours(1)),
    };
    t.done();
    read
}

/// Whether it is a URL, and the same host whatever the token: a secret must not choose whom it is shown to.
fn usable(text: &str) -> bool {
    let with = |token: &str| {
        let url = Url::parse(&text.replace(TOKEN, token)).ok()?;
        let good = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty());
        good.then(|| url.origin())
    };
    with("a").is_some_and(|origin| with("b") == Some(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stands_behind_the_host() {
        for good in [
            "https://hc-ping.com/5f0d",
            "https://hc-ping.com/{token}",
            "http://127.0.0.1:3001/api/push/{token}?status=up",
            "https://beats.example/?key={token}",
        ] {
            assert!(usable(good), "{good}");
        }
        for bad in ["", "hc-ping.com/{token}", "ftp://a/", "https://{token}/", "https://{token}.example/", "{token}"] {
            assert!(!usable(bad), "{bad}");
        }
    }
}
