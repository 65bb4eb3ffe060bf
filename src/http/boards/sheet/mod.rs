//! The repair sheet of an incident: one page of A4 to take along. What is lost, why, where, who is near, what the last
//! probes heard, and boxes to tick. Lists are capped so that it stays one page; what is left out is counted.
//!
//! Whom to call and the address of a device stand on it only for a token with the role operate. It is a picture of one
//! moment and says of which: it does not renew itself.

mod gather;
mod map;
mod view;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use cunkou_core::alert::{Incident, IncidentStatus};
use cunkou_core::model::{IncidentId, Language};

use super::words::Words;
use super::{Board, admitted, answer, door, head, language, words};
use crate::http::auth::{Door, identify};
use crate::http::page::Html;
use crate::http::{AppState, HistoryError, Role};

const BOARD: Board = Board { style: "sheet.css", script: "sheet.js" };

/// The sheet of an incident; where reading needs a token and none is shown, a door that asks for it.
pub(in crate::http) async fn sheet(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let language = language(request.uri().query(), state.parts.settings.language);
    let words = words::of(language);
    let headers = match admitted(&state, request).await {
        Ok(headers) => headers,
        Err(status) => {
            let mut html = begin(language, words, words.sheet_title);
            door(&mut html, words);
            return end(status, html);
        }
    };
    let found = match number(&id) {
        Some(number) => find(&state, number).await,
        None => Ok(None),
    };
    let incident = match found {
        Ok(Some(incident)) => incident,
        Ok(None) => return sorry(StatusCode::NOT_FOUND, language, words, words.no_such_incident),
        Err(error) => {
            tracing::warn!(%error, "history cannot be read");
            return sorry(StatusCode::SERVICE_UNAVAILABLE, language, words, words.no_history);
        }
    };
    let may_see = identify(&state.parts.settings, Door::of(&state.parts.settings, Role::Operate), &headers).is_ok();
    let sheet = gather::sheet(&state, &incident, language, may_see).await;
    let mut html = begin(language, words, &format!("{} #{}", words.sheet_title, incident.id));
    view::write(&mut html, &sheet, words);
    end(StatusCode::OK, html)
}

/// A number of an incident; numbers beyond what the store can hold are nobody's.
fn number(text: &str) -> Option<IncidentId> {
    text.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok()).map(IncidentId)
}

/// The incident, however old; `None` also while it is not told yet.
async fn find(state: &AppState, id: IncidentId) -> Result<Option<Incident>, HistoryError> {
    let fresh = state.snapshot().incidents.get(&id).map(|i| Incident::clone(i));
    let found = match fresh {
        Some(incident) => Some(incident),
        None => state.parts.history.incident(id).await?,
    };
    Ok(found.filter(|i| i.status != IncidentStatus::Opening))
}

fn begin(language: Language, words: &Words, title: &str) -> Html {
    let mut html = Html::default();
    head(&mut html, &BOARD, language, title);
    // Outside of what the script renews, and not printed.
    html.raw("<nav><button id=\"print\" type=\"button\" hidden>").text(words.to_print).raw("</button></nav>");
    html
}

fn end(status: StatusCode, mut html: Html) -> Response {
    html.raw("</body></html>\n");
    answer(status, html)
}

/// A page that says in one sentence why there is no sheet.
fn sorry(status: StatusCode, language: Language, words: &Words, why: &'static str) -> Response {
    let mut html = begin(language, words, words.sheet_title);
    html.raw("<main id=\"main\"><p>").text(why).raw("</p></main>");
    end(status, html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_store_can_hold_are_nobodys() {
        assert_eq!(number("7"), Some(IncidentId(7)));
        for none in ["", "x", "-1", "7x", "9223372036854775808", "99999999999999999999"] {
            assert_eq!(number(none), None, "{none}");
        }
    }
}
