//! A running daemon, asked over its API. Bounded in time and bytes; no proxy, no redirect: the token goes where it was
//! said to go and nowhere else.

use std::time::Duration;

use anyhow::Context;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::common::note;
use super::exit::wrong_use;
use super::table::plain;
use crate::http::Problem;
use crate::http::wire::Page;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an answer may take in all; a change waits for its commit.
const ANSWER: Duration = Duration::from_secs(130);
/// The longest answer, bytes.
const MAX_ANSWER: usize = 64 << 20;
/// Pages of one list at most, of a thousand items each: more is a daemon that goes in circles.
const MAX_PAGES: usize = 1_000;
/// The variable that holds the token.
const TOKEN: &str = "CUNKOU_TOKEN";

/// Which daemon, and by which token.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Daemon {
    /// Ask this daemon, such as http://127.0.0.1:9778
    #[arg(long, value_name = "URL", help_heading = "The daemon that is asked")]
    server: Option<String>,
    /// Show this token; better in CUNKOU_TOKEN, where other users do not see it
    #[arg(long, value_name = "TOKEN", value_parser = secret, allow_hyphen_values = true, help_heading = "The daemon that is asked")]
    token: Option<SecretString>,
}

fn secret(text: &str) -> Result<SecretString, &'static str> {
    let visible = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if visible { Ok(text.into()) } else { Err("a token is made of letters, digits and signs, without blanks") }
}

impl Daemon {
    /// The daemon that was named; `None` where none was.
    ///
    /// # Errors
    /// Wrong use, when that is no address or the token none.
    pub(super) fn named(&self) -> anyhow::Result<Option<Server>> {
        self.server.as_deref().map(|url| Server::new(url, self.shown_token()?)).transpose()
    }

    /// The daemon that listens at an address.
    ///
    /// # Errors
    /// As [`Daemon::named`].
    pub(super) fn at(&self, listen: &str) -> anyhow::Result<Server> {
        Server::new(&format!("http://{}", reachable(listen)), self.shown_token()?)
    }

    fn shown_token(&self) -> anyhow::Result<Option<SecretString>> {
        let variable = || std::env::var(TOKEN).ok().filter(|t| !t.is_empty());
        match (&self.token, variable()) {
            (Some(token), _) => Ok(Some(token.clone())),
            (None, Some(text)) => secret(&text).map(Some).map_err(|e| wrong_use(format!("{TOKEN}: {e}"))),
            (None, None) => Ok(None),
        }
    }
}

/// An address that listens everywhere is reached on loopback.
fn reachable(listen: &str) -> String {
    match listen.parse::<std::net::SocketAddr>() {
        Ok(addr) if addr.ip().is_unspecified() && addr.is_ipv4() => format!("127.0.0.1:{}", addr.port()),
        Ok(addr) if addr.ip().is_unspecified() => format!("[::1]:{}", addr.port()),
        _ => listen.to_owned(),
    }
}

/// Why a daemon did not answer as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServerError {
    /// It cannot be reached.
    #[error("no daemon answers at {url}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It says no.
    #[error("{}", said(.0))]
    Refused(Box<Problem>),
    /// Whatever answers there is none of ours.
    #[error("what answers at {url} is no cunkou of this version: {why}")]
    Strange {
        /// Where.
        url: String,
        /// What is strange.
        why: String,
    },
}

fn said(problem: &Problem) -> String {
    let mut text = format!("the daemon refuses: {}", plain(&problem.detail));
    if problem.status == 401 || problem.status == 403 {
        text.push_str(" (--token, or CUNKOU_TOKEN)");
    }
    if let Some(allowed) = &problem.allowed {
        text.push_str(&format!("; allowed is {}", plain(allowed)));
    }
    for fault in problem.faults.iter().flatten() {
        text.push('\n');
        text.push_str(&plain(fault));
    }
    text
}

/// A daemon.
#[derive(Debug, Clone)]
pub(super) struct Server {
    base: Url,
    token: Option<SecretString>,
    client: reqwest::Client,
}

impl Server {
    fn new(url: &str, token: Option<SecretString>) -> anyhow::Result<Server> {
        let bad = || wrong_use(format!("{url:?} is no address of a daemon; write http://127.0.0.1:9778"));
        let mut base: Url = url.parse().map_err(|_| bad())?;
        let named = base.host_str().is_some_and(|h| !h.is_empty()) && matches!(base.scheme(), "http" | "https");
        if !named || base.query().is_some() || base.fragment().is_some() || !base.username().is_empty() {
            return Err(bad());
        }
        base.set_path(&format!("{}/", base.path().trim_end_matches('/')));
        if token.is_some() && base.scheme() == "http" && !is_loopback(&base) {
            note("the token goes to that daemon in clear; https through a reverse proxy would hide it");
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .build()
            .context("no HTTP client can be made")?;
        Ok(Server { base, token, client })
    }

    /// Where it is.
    pub(super) fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Whether a token will be shown.
    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Asks for one thing. `path` is below `/api/v1/`, a segment an item.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ServerError> {
        self.send(Method::GET, path, query, None).await
    }

    /// Asks for a whole list, page by page.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        most: usize,
    ) -> Result<Vec<T>, ServerError> {
        let mut items: Vec<T> = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let limit = (most - items.len()).clamp(1, 1_000).to_string();
            let mut query = query.to_vec();
            query.push(("limit", &limit));
            query.extend(cursor.as_deref().map(|c| ("cursor", c)));
            let page: Page<T> = self.get(path, &query).await?;
            items.extend(page.items);
            match page.next {
                Some(next) if items.len() < most && Some(&next) != cursor.as_ref() => cursor = Some(next),
                _ => break,
            }
        }
        items.truncate(most);
        Ok(items)
    }

    /// Changes something.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<T, ServerError> {
        self.send(Method::POST, path, query, Some(body)).await
    }

    /// Takes something away.
    pub(super) async fn delete<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, ServerError> {
        self.send(Method::DELETE, path, &[], None).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Body>,
    ) -> Result<T, ServerError> {
        let url = self.address(path, query);
        let unreachable = |source: reqwest::Error| ServerError::Unreachable {
            url: self.url().to_owned(),
            source: source.without_url(),
        };
        let mut request = self.client.request(method, url).header(ACCEPT, "application/json");
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| self.strange("the token cannot stand in a header"))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, body.kind).body(body.bytes);
        }
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_ANSWER {
                return Err(self.strange("its answer is longer than 64 MiB"));
            }
        }
        self.read(status, &bytes)
    }

    fn read<T: DeserializeOwned>(&self, status: StatusCode, bytes: &[u8]) -> Result<T, ServerError> {
        if status.is_success() {
            return serde_json::from_slice(bytes).map_err(|e| self.strange(&e.to_string()));
        }
        match serde_json::from_slice::<Problem>(bytes) {
            Ok(problem) => Err(ServerError::Refused(Box::new(problem))),
            Err(_) => Err(self.strange(&format!("it answers {status}"))),
        }
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn strange(&self, why: &str) -> ServerError {
        ServerError::Strange { url: self.url().to_owned(), why: plain(why) }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The body of a change.
pub(super) struct Body {
    kind: String,
    bytes: Vec<u8>,
}

impl Body {
    /// JSON.
    ///
    /// # Errors
    /// When the value cannot be written.
    pub(super) fn json<T: Serialize>(value: &T) -> anyhow::Result<Body> {
        let bytes = serde_json::to_vec(value).context("the request cannot be written as JSON")?;
        Ok(Body { kind: "application/json".to_owned(), bytes })
    }

    /// Files byte for byte, as `multipart/form-data` (RFC 7578): a registry in GBK stays in GBK. Names are those of a
    /// registry's files, which need no quoting; `boundary` must stand in none of the files.
    pub(super) fn files(files: &std::collections::BTreeMap<String, Vec<u8>>, boundary: &str) -> Body {
        let mut bytes = Vec::new();
        for (name, content) in files {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(content);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Body { kind: format!("multipart/form-data; boundary={boundary}"), bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_and_paths_are_escaped() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        for bad in ["", "desk", "ftp://a/", "http://", "http://u:p@h/", "http://h/?a=b"] {
            assert!(Server::new(bad, None).is_err(), "{bad}");
        }
        let server = Server::new("http://127.0.0.1:9778/under/", None).unwrap();
        let url = server.address(&["entrances", "../a b"], &[("q", "村 口")]);
        assert_eq!(url.path(), "/under/api/v1/entrances/..%2Fa%20b");
        assert_eq!(url.query(), Some("q=%E6%9D%91+%E5%8F%A3"));
        assert_eq!(server.url(), "http://127.0.0.1:9778/under");
    }

    #[test]
    fn a_daemon_that_listens_everywhere_is_asked_on_loopback() {
        assert_eq!(reachable("0.0.0.0:9778"), "127.0.0.1:9778");
        assert_eq!(reachable("[::]:9778"), "[::1]:9778");
        assert_eq!(reachable("10.0.0.1:80"), "10.0.0.1:80");
    }

    #[test]
    fn a_token_is_never_shown() {
        let daemon = Daemon { server: None, token: Some(secret("hunter2").unwrap()) };
        assert!(!format!("{daemon:?}").contains("hunter2"));
        assert!(secret("").is_err() && secret("a b").is_err() && secret("村").is_err());
    }
}
