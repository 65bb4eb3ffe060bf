//! Hosts and URLs: only what can be asked, and never with a password in it.

use std::net::IpAddr;

use url::Url;

use super::number::half_width;
use crate::registry::fault::{HostHint, UrlFault};

/// Parameters that carry a password in the URLs of cameras.
const SECRET_KEYS: [&str; 4] = ["password=", "passwd=", "pwd=", "psw="];

/// A literal IP address or a host name.
///
/// # Errors
/// What may be wrong with it.
pub(super) fn check_host(text: &str) -> Result<(), HostHint> {
    if text.parse::<IpAddr>().is_ok() || is_name(text) {
        return Ok(());
    }
    let folded = half_width(text);
    if folded != text && check_host(folded.trim()).is_ok() {
        return Err(HostHint::FullWidth(folded.trim().into()));
    }
    let port =
        |(host, port): (&str, &str)| !host.contains(':') && parse_port(port).is_some() && check_host(host).is_ok();
    Err(if text.contains('/') {
        HostHint::Url
    } else if text.rsplit_once(':').is_some_and(port) {
        HostHint::Port
    } else if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        HostHint::Numbers
    } else {
        HostHint::None
    })
}

/// A host name (RFC 1123, and `_`), of which the last label is no number, so that a mistyped address is no name.
fn is_name(text: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let numeric = |l: &str| l.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 253 && text.split('.').all(label) && !text.rsplit('.').next().is_some_and(numeric)
}

/// A port from 1 to 65535.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|p| digits && *p > 0)
}

/// The address of a node: `host`, `host:port`, `[v6]:port`.
///
/// # Errors
/// What may be wrong with its host.
pub(super) fn check_address(text: &str) -> Result<(), HostHint> {
    if let Some((v6, tail)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port = tail.is_empty() || tail.strip_prefix(':').and_then(parse_port).is_some();
        let literal = matches!(v6.parse(), Ok(IpAddr::V6(_)));
        return if port && literal { Ok(()) } else { Err(HostHint::None) };
    }
    match text.split_once(':') {
        Some((host, port)) if parse_port(port).is_some() => check_host(host),
        _ => check_host(text),
    }
}

/// A URL for a column: one of its schemes, a host, no credentials. `host` stands for `{host}`.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn check_url(text: &str, schemes: &'static [&'static str], host: Option<&str>) -> Result<(), UrlFault> {
    if has_placeholder(text) {
        return Err(UrlFault::Placeholder);
    }
    if text.contains("{host}") && host.is_none() {
        return Err(UrlFault::NoHost);
    }
    // A host that is faulty by itself is told in its own column; here any will do.
    let host = host.filter(|h| check_host(h).is_ok()).unwrap_or("127.0.0.1");
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let filled = text.replace("{host}", &host);
    if let Some(authority) = filled.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next())
        && authority.contains('@')
    {
        return Err(UrlFault::Credentials);
    }
    if secret_parameter(&filled).is_some() {
        return Err(UrlFault::Credentials);
    }
    let url = Url::parse(&filled).map_err(|_| UrlFault::NotAUrl)?;
    if !schemes.contains(&url.scheme()) {
        return Err(UrlFault::Scheme { allowed: schemes });
    }
    let host = url.host_str().filter(|h| !h.is_empty()).ok_or(UrlFault::NotAUrl)?;
    if url.port() == Some(0) {
        return Err(UrlFault::NotAUrl);
    }
    check_host(host.trim_matches(['[', ']'])).map_err(UrlFault::Host)
}

/// `{word}` other than `{host}`.
fn has_placeholder(text: &str) -> bool {
    text.split('{').skip(1).any(|rest| {
        rest.split_once('}').is_some_and(|(word, _)| {
            word != "host" && !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
    })
}

/// Where the value of a password parameter begins, in query or path, if one is there and not empty.
fn secret_parameter(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let begins = SECRET_KEYS.iter().flat_map(|key| lower.match_indices(key).map(|(at, _)| at + key.len()));
    begins.filter(|at| !matches!(lower.as_bytes().get(*at), None | Some(b'&' | b'_' | b';' | b'/'))).min()
}

/// A URL as it may be shown: without user, password and password parameters, also where it is no URL at all.
pub(super) fn redacted(text: &str) -> String {
    let mut shown = text.to_owned();
    if let Some(at) = secret_parameter(&shown) {
        shown.replace_range(at.., "***");
    }
    if let Some(at) = shown.rfind('@') {
        let from = shown.find("://").map_or(0, |i| i + 3).min(at);
        shown.replace_range(from..at, "***");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in ["10.0.0.1", "fd00::1", "cam-1.lan", "cam_1", "a.b.", "1cam"] {
            assert_eq!(check_host(good), Ok(()), "{good}");
        }
        for (bad, hint) in [
            ("127。20.3.140", HostHint::FullWidth("127.20.3.140".into())),
            ("１２７．２０．１．１９３", HostHint::FullWidth("127.20.1.193".into())),
            ("127.020.009.126", HostHint::Numbers),
            ("256.1.1.1", HostHint::Numbers),
            ("10.0.0", HostHint::Numbers),
            ("10.0.0.1:554", HostHint::Port),
            ("http://10.0.0.1", HostHint::Url),
            ("10.0.0.0/8", HostHint::Url),
            ("村口", HostHint::None),
            ("a b", HostHint::None),
            ("", HostHint::Numbers),
            ("[fd00::1]", HostHint::None),
        ] {
            assert_eq!(check_host(bad), Err(hint), "{bad}");
        }
    }

    #[test]
    fn addresses_of_nodes() {
        for good in ["10.0.0.1", "10.0.0.1:80", "sw.lan:8023", "fd00::1", "[fd00::1]:80", "[fd00::1]"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        for bad in ["10.0.0.1:0", "10.0.0.1:99999", "10.0.0.1:http", "[10.0.0.1]:80", "[fd00::1]80", "a b:80"] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn urls() {
        const RTSP: &[&str] = &["rtsp", "rtsps"];
        let check = |url: &str| check_url(url, RTSP, Some("10.0.0.1"));
        for good in [
            "rtsp://{host}/Streaming/Channels/101",
            "rtsps://cam.lan:322/a?b=c",
            "rtsp://[fd00::1]:554/",
            "rtsp://{host}/user=admin_password=_channel=1",
            "rtsp://{host}/中文?email=a@b",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", UrlFault::NotAUrl),
            ("{host}", UrlFault::NotAUrl),
            ("rtsp:///a", UrlFault::NotAUrl),
            ("rtsp://{host}:0/a", UrlFault::NotAUrl),
            ("rtsp://{host}:99999/a", UrlFault::NotAUrl),
            ("http://{host}/", UrlFault::Scheme { allowed: RTSP }),
            ("rtsp://{ip}/", UrlFault::Placeholder),
            ("rtsp://admin:12345@{host}/", UrlFault::Credentials),
            ("rtsp://admin@{host}/", UrlFault::Credentials),
            ("rtsp://{host}/?user=admin&password=12345", UrlFault::Credentials),
            ("rtsp://{host}/user=admin_password=12345_channel=1", UrlFault::Credentials),
            ("rtsp://10.0.0.300/", UrlFault::Host(HostHint::Numbers)),
        ] {
            assert_eq!(check(bad), Err(why), "{bad}");
        }
        assert_eq!(check_url("rtsp://{host}/", RTSP, None), Err(UrlFault::NoHost));
        assert_eq!(check_url("rtsp://{host}/", RTSP, Some("fd00::1")), Ok(()));
        assert_eq!(check_url("rtsp://{host}/", RTSP, Some("broken host")), Ok(()), "told once, in its own column");
    }

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("rtsp://admin:s3cret@10.0.0.1/x", "rtsp://***@10.0.0.1/x"),
            ("rtsp://admin:s3/cr@et@10.0.0.1/x", "rtsp://***@10.0.0.1/x"),
            ("admin:s3cret@10.0.0.1", "***@10.0.0.1"),
            ("rtsp://10.0.0.1/?user=a&PASSWORD=s3cret&x=y", "rtsp://10.0.0.1/?user=a&PASSWORD=***"),
            ("rtsp://10.0.0.1/a", "rtsp://10.0.0.1/a"),
        ] {
            assert_eq!(redacted(url), shown);
        }
    }
}
