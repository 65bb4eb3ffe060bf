//! Who may come in, and who may do what.
//!
//! The doorkeeper stands before every route: `Host` must name us (else a page of the world could rebind its name to
//! this address), a change must not come from a foreign page, nothing takes for ever. The role of an operation is
//! asked for at its own door.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{AppState, HttpSettings, Problem, Role, Token};

/// How long a wrong token waits for its answer, so that guessing through one connection is slow. The tokens have 256
/// random bits; this is for the log more than for them.
pub(super) const WRONG_TOKEN_DELAY: Duration = Duration::from_millis(400);
/// The longest token that is hashed, in bytes.
const MAX_TOKEN: usize = 512;
/// How long an answer may take to begin, the reading of the request included.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The same for a change, which may carry a registry and waits for its commit.
const TIME_LIMIT_CHANGE: Duration = Duration::from_secs(120);

/// The far end of the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Who asks: the name of the token.
#[derive(Clone, Debug)]
pub(super) struct Who(pub(super) Arc<str>);

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

/// The door of an operation that needs a role.
pub(super) async fn require(
    State((state, role)): State<(AppState, Role)>,
    mut request: Request,
    next: Next,
) -> Response {
    match identify(&state.parts.settings, role, request.headers()) {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(refusal) => {
            if refusal == Refusal::Wrong {
                let peer = request.extensions().get::<Peer>().map(|p| p.0.to_string());
                tracing::warn!(peer, path = request.uri().path(), "a wrong token was refused");
                tokio::time::sleep(WRONG_TOKEN_DELAY).await;
            }
            refusal.problem(role).into_response()
        }
    }
}

/// Why somebody may not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// There is no token.
    Missing,
    /// The token is none of ours.
    Wrong,
    /// The token has this lower role.
    TooLow(Role),
}

impl Refusal {
    fn problem(self, role: Role) -> Problem {
        let needs = role.word();
        match self {
            Refusal::Missing => {
                let detail = format!("this needs a token with the role {needs}: Authorization: Bearer …");
                Problem::new(StatusCode::UNAUTHORIZED, detail)
            }
            Refusal::Wrong => Problem::new(StatusCode::UNAUTHORIZED, "this token is not known"),
            Refusal::TooLow(has) => {
                let detail = format!("this needs a token with the role {needs}; yours has {}", has.word());
                Problem::new(StatusCode::FORBIDDEN, detail)
            }
        }
    }
}

/// Who asks, if they may. A token that is shown must be right, also where none is needed: a typo is told at once.
pub(super) fn identify(settings: &HttpSettings, role: Role, headers: &HeaderMap) -> Result<Who, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        let open = role == Role::Read && settings.reads_are_open();
        return if open { Ok(Who("anonymous".into())) } else { Err(Refusal::Missing) };
    };
    let token = bearer(value).ok_or(Refusal::Wrong)?;
    let token = find(&settings.tokens, token).ok_or(Refusal::Wrong)?;
    if token.role >= role { Ok(Who(token.name.clone())) } else { Err(Refusal::TooLow(token.role)) }
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
