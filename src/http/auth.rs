//! Who may come in, and who may do what.
//!
//! The doorkeeper stands before every route: `Host` must name us (else a page of the world could rebind its name to
//! this address), a change must not come from a foreign page, nothing takes for ever. The role of an operation is
//! asked for at its own door.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::attempts::Verdict;
use super::{AppState, HttpSettings, Problem, Role, Token};
use crate::engine::Origin;

/// The longest token that is hashed, in bytes.
const MAX_TOKEN: usize = 512;
/// How long an answer may take to begin, the reading of the request included.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The same for a change, which may carry a registry and waits for its commit.
const TIME_LIMIT_CHANGE: Duration = Duration::from_secs(120);

/// The far end of the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Where a request comes from: the far end of the connection. A proxy on this machine says in its last
/// `X-Forwarded-For` for whom it asks; nobody else is believed. The second is the far end itself, where a proxy spoke.
pub(super) fn remote(request: &Request) -> (IpAddr, Option<IpAddr>) {
    let peer = request.extensions().get::<Peer>().map_or(Ipv4Addr::UNSPECIFIED.into(), |p| p.0.ip().to_canonical());
    let said = request.headers().get_all("x-forwarded-for").iter().next_back();
    let said = said.and_then(|v| v.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    match said.filter(|_| peer.is_loopback()) {
        Some(said) => (said.to_canonical(), Some(peer)),
        None => (peer, None),
    }
}

/// Who wants what, for the audit trail.
fn origin(who: Arc<str>, request: &Request) -> Origin {
    let from = match remote(request) {
        (said, Some(proxy)) => format!("{said} through {proxy}"),
        (peer, None) => peer.to_string(),
    };
    let via = format!("{} {}", request.method(), request.uri().path());
    Origin { who, from: from.into(), via: via.into() }
}

/// Answers a wrong token, late.
pub(super) async fn wrong_token(state: &AppState, from: IpAddr, path: &str) -> Problem {
    match state.attempts.wrong(from, path) {
        Verdict::Held(delay, _hold) => {
            tokio::time::sleep(delay).await;
            Problem::new(StatusCode::UNAUTHORIZED, "this token is not known")
        }
        Verdict::TooMany => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens come from here; try again later")
        }
    }
}

/// Stands before every route.
pub(super) async fn doorkeeper(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let settings = &state.parts.settings;
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let limit = if changes { TIME_LIMIT_CHANGE } else { TIME_LIMIT };
    let refused = host_is_ours(settings, &request)
        .and_then(|host| if changes { origin_is_ours(settings, request.headers(), &host) } else { Ok(()) });
    let mut response = match refused {
        Err(problem) => problem.into_response(),
        Ok(()) => tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
            Problem::new(StatusCode::REQUEST_TIMEOUT, "the request or its answer took too long").into_response()
        }),
    };
    let headers = response.headers_mut();
    set_default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_default(headers, header::REFERRER_POLICY, "no-referrer");
    set_default(headers, header::CACHE_CONTROL, "no-store");
    // Overwritten by the page; whatever else a browser is made to open runs nothing.
    set_default(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    response
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

/// `Host` must be an address literal, `localhost` or a name of the settings.
fn host_is_ours(settings: &HttpSettings, request: &Request) -> Result<Authority, Problem> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "exactly one Host header is needed"));
    };
    let bad = |_| Problem::new(StatusCode::BAD_REQUEST, "the Host header cannot be read");
    let host = Authority::try_from(host.as_bytes()).map_err(bad)?;
    let named = request.uri().authority();
    if [Some(&host), named].into_iter().flatten().all(|a| is_ours(settings, a)) {
        return Ok(host);
    }
    let detail = "this name is not served here; add it to http.hosts, or call by address";
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
}

fn is_ours(settings: &HttpSettings, authority: &Authority) -> bool {
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host().trim_end_matches('.');
    let literal = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    literal.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || settings.hosts.iter().any(|h| h.eq_ignore_ascii_case(host))
}

/// A browser tells where a change comes from; it must come from our own page.
fn origin_is_ours(settings: &HttpSettings, headers: &HeaderMap, host: &Authority) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(|o| url::Url::parse(o).ok());
    let ours = origin.is_some_and(|origin| {
        let same = settings.public_url.as_ref().is_some_and(|u| u.origin() == origin.origin());
        let scheme = origin.scheme();
        let here = url::Url::parse(&format!("{scheme}://{host}")).is_ok_and(|u| u.origin() == origin.origin());
        same || (here && matches!(scheme, "http" | "https"))
    });
    if ours { Ok(()) } else { Err(Problem::new(StatusCode::FORBIDDEN, "a change must not come from a foreign page")) }
}

/// What a door asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Door {
    /// The role that is needed.
    pub(super) role: Role,
    /// Whether it opens without a token.
    pub(super) open: bool,
}

impl Door {
    /// That of a role, as the settings have it.
    pub(super) fn of(settings: &HttpSettings, role: Role) -> Door {
        Door { role, open: role == Role::Read && settings.reads_are_open() }
    }

    /// That of what names people: a token is needed whatever the settings say.
    pub(super) const fn to_people() -> Door {
        Door { role: Role::Read, open: false }
    }
}

/// The role of the token that was shown; `None`: none was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Holder(pub(super) Option<Role>);

/// The door of an operation that needs a role.
pub(super) async fn require(
    State((state, door)): State<(AppState, Door)>,
    mut request: Request,
    next: Next,
) -> Response {
    let role = door.role;
    match identify(&state.parts.settings, door, request.headers()) {
        Ok((who, held)) => {
            let origin = origin(who, &request);
            request.extensions_mut().insert(origin);
            request.extensions_mut().insert(Holder(held));
            next.run(request).await
        }
        Err(Refusal::Missing) => {
            let detail = format!("this needs a token with the role {}: Authorization: Bearer …", role.word());
            Problem::new(StatusCode::UNAUTHORIZED, detail).into_response()
        }
        Err(Refusal::Wrong) => {
            let from = remote(&request).0;
            wrong_token(&state, from, request.uri().path()).await.into_response()
        }
        Err(Refusal::TooLow(who, has)) => {
            let (needs, has) = (role.word(), has.word());
            let from = remote(&request).0;
            tracing::warn!(%from, who = &*who, has, needs, path = request.uri().path(), "a token may not do this");
            let detail = format!("this needs a token with the role {needs}; yours has {has}");
            Problem::new(StatusCode::FORBIDDEN, detail).into_response()
        }
    }
}

/// Why somebody may not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// There is no token.
    Missing,
    /// The token is none of ours.
    Wrong,
    /// The token of this name has this lower role.
    TooLow(Arc<str>, Role),
}

/// Who asks, by the token's name, and its role, if they may. A token that is shown must be right, also where none is
/// needed: a typo is told at once.
pub(super) fn identify(
    settings: &HttpSettings,
    door: Door,
    headers: &HeaderMap,
) -> Result<(Arc<str>, Option<Role>), Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return if door.open { Ok(("anonymous".into(), None)) } else { Err(Refusal::Missing) };
    };
    let token = bearer(value).ok_or(Refusal::Wrong)?;
    let token = find(&settings.tokens, token).ok_or(Refusal::Wrong)?;
    let name = token.name.clone();
    if token.role >= door.role { Ok((name, Some(token.role))) } else { Err(Refusal::TooLow(name, token.role)) }
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= MAX_TOKEN).then_some(token)
}

/// Compares with every token, whatever matches: how long it takes says nothing.
fn find<'a>(tokens: &'a [Token], presented: &str) -> Option<&'a Token> {
    let hash: [u8; 32] = Sha256::digest(presented.as_bytes()).into();
    let mut found = None;
    for token in tokens {
        let same: Choice = token.hash.ct_eq(&hash);
        if bool::from(same) {
            found = Some(token);
        }
    }
    found
}
