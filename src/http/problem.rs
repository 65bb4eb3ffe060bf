//! Problem documents (RFC 9457): the one form in which this room says no.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::HistoryError;
use super::wire::words;

/// The media type of problem documents.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// What kind of problem it is, beyond the status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ProblemType {
    /// The status says it all.
    #[serde(rename = "about:blank")]
    AboutBlank,
}

/// Why a request was not answered as asked (RFC 9457).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{title}: {detail}")]
pub struct Problem {
    /// What kind of problem it is.
    #[schema(schema_with = words::problem_type)]
    pub r#type: ProblemType,
    /// The phrase of the status.
    pub title: Box<str>,
    /// The status of HTTP.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong with this request, in English.
    pub detail: String,
    /// The parameter that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parameter: Option<String>,
    /// What it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub allowed: Option<String>,
    /// Faults of a registry, one a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub faults: Option<Vec<String>>,
}

impl Problem {
    /// A problem with a status and a sentence.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            r#type: ProblemType::AboutBlank,
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail: detail.into(),
            parameter: None,
            allowed: None,
            faults: None,
        }
    }

    /// A parameter that is not what it may be.
    pub(super) fn parameter(name: &str, detail: impl Into<String>, allowed: impl Into<String>) -> Problem {
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, detail);
        problem.parameter = Some(name.to_owned());
        problem.allowed = Some(allowed.into());
        problem
    }

    /// The same with another status: where a value is well formed, but names what is not there.
    pub(super) fn with_status(self, status: StatusCode) -> Problem {
        Problem { status: status.as_u16(), title: status.canonical_reason().unwrap_or("Error").into(), ..self }
    }

    /// Nothing has this id.
    pub(super) fn no_such(kind: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("no {kind} has this id"))
    }

    /// A part of the daemon cannot answer at the moment.
    pub(super) fn unavailable(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Problem {
        tracing::warn!(%error, "history cannot be read");
        Problem::unavailable("the history cannot be read at the moment; try again")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"cunkou\""));
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
