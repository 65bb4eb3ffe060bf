//! What people write into the body of a change: read strictly, and refused with what is allowed.

use axum::http::StatusCode;
use cunkou_core::model::Time;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{AppState, Problem};

/// The longest note, in characters.
const MAX_NOTE: usize = 500;

/// A JSON object; `None` for null. `allowed` says what it may hold.
pub(super) fn read_body<T: DeserializeOwned>(body: &[u8], allowed: &'static str) -> Result<Option<T>, Problem> {
    let refused = |detail: String| Problem::parameter("body", detail, allowed);
    let value: Value = serde_json::from_slice(body).map_err(|e| refused(e.to_string()))?;
    // A list would be taken for the fields in their order.
    match value {
        Value::Null => Ok(None),
        Value::Object(_) => serde_json::from_value(value).map(Some).map_err(|e| refused(e.to_string())),
        _ => Err(refused("this is no object".to_owned())),
    }
}

/// A note of a length that others read.
pub(super) fn check_note(note: &str) -> Result<(), Problem> {
    if note.chars().count() > MAX_NOTE {
        return Err(Problem::parameter("note", "this note is too long", format!("at most {MAX_NOTE} characters")));
    }
    Ok(())
}

/// A moment.
pub(super) fn time(name: &'static str, text: &str) -> Result<Time, Problem> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    let at = at.map_err(|_| Problem::parameter(name, "this is not a time", "a time of RFC 3339"))?;
    Ok(Time(at.as_millisecond()))
}

/// A moment of the parameter `until` that is still to come.
pub(super) fn until(state: &AppState, text: &str) -> Result<Time, Problem> {
    let refused = |detail: &str| Problem::parameter("until", detail, "a time of RFC 3339 that is still to come");
    let at = time("until", text)?;
    if at > state.now() {
        return Ok(at);
    }
    // Not a fault of the request's form: a moment ago it would have been taken.
    Err(refused("this moment has passed").with_status(StatusCode::CONFLICT))
}
