//! Query parameters: read strictly, so that a typo is told and not ignored.

use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use cunkou_core::model::{Span, Time};
use cunkou_core::registry::Datum;
use utoipa::IntoParams;

use super::Problem;
use super::wire::{GEOJSON, words};

/// Items a page of a list at most.
pub(super) const MAX_LIMIT: usize = 1_000;
/// Items a page of a list where nobody says.
pub(super) const DEFAULT_LIMIT: usize = 100;
/// The longest text of a parameter, in characters.
pub(super) const MAX_TEXT: usize = 200;

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a query string; only these names may stand in it, each once.
    pub(super) fn read(raw: Option<&str>, names: &[&str]) -> Result<Query, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
            let allowed = if names.is_empty() { "no parameter".to_owned() } else { names.join(", ") };
            if !names.contains(&name.as_ref()) {
                return Err(Problem::parameter(&shortened(&name), "this parameter is not known here", allowed));
            }
            if pairs.iter().any(|(n, _)| *n == name) {
                return Err(Problem::parameter(&name, "this parameter is given twice", "once"));
            }
            if value.chars().count() > MAX_TEXT {
                let most = format!("at most {MAX_TEXT} characters");
                return Err(Problem::parameter(&name, "this value is too long", most));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Query { pairs })
    }

    /// The value of a parameter.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// One word of a closed list.
    pub(super) fn word(&self, name: &str, allowed: &[&'static str]) -> Result<Option<&'static str>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let found = allowed.iter().copied().find(|w| *w == text);
        found.map(Some).ok_or_else(|| {
            Problem::parameter(name, format!("{:?} is not a value of it", shortened(text)), allowed.join(", "))
        })
    }

    /// Something that can be read from text.
    fn parsed<T: FromStr>(&self, name: &str, allowed: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let refused = || Problem::parameter(name, format!("{:?} is not a value of it", shortened(text)), allowed);
        text.parse().map(Some).map_err(|_| refused())
    }

    /// `true` or `false`; alone (`?dry_run`) it is true, absent it is false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        if self.text(name) == Some("") {
            return Ok(true);
        }
        Ok(self.word(name, &["true", "false"])? == Some("true"))
    }

    /// A moment.
    pub(super) fn time(&self, name: &str) -> Result<Option<Time>, Problem> {
        let allowed = "a time of RFC 3339 such as 2026-11-24T03:00:00Z";
        Ok(self.parsed::<jiff::Timestamp>(name, allowed)?.map(|t| Time(t.as_millisecond())))
    }

    /// A number of an incident: what the store can hold.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let allowed = "a whole number from 0 to 9223372036854775807";
        let number: Option<u64> = self.parsed(name, allowed)?;
        match number {
            Some(n) if i64::try_from(n).is_err() => Err(Problem::parameter(name, "out of range", allowed)),
            other => Ok(other),
        }
    }

    /// A length of time.
    pub(super) fn span(&self, name: &str) -> Result<Option<Span>, Problem> {
        self.parsed(name, "a length of time such as 30m or 4h")
    }

    /// A number that may have a fraction.
    pub(super) fn decimal(&self, name: &str) -> Result<Option<f64>, Problem> {
        self.parsed(name, "a number")
    }

    /// `limit`.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let allowed = format!("1 to {MAX_LIMIT}");
        let limit: Option<usize> = self.parsed("limit", &allowed)?;
        match limit.unwrap_or(DEFAULT_LIMIT) {
            n @ 1..=MAX_LIMIT => Ok(n),
            _ => Err(Problem::parameter("limit", "out of range", allowed)),
        }
    }
}

/// Enough of a value to recognise it.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The parameter by which lists in the order of keys go on.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct CursorParam {
    /// Where the page begins: `next` of the page before.
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Parameters that every list takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct ListParams {
    /// Items a page at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Part of a name, a code or an id; case does not matter.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// The parameter of lists of things that lie in an area.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct AreaParam {
    /// Id of an area: only what lies in it or in an area below it.
    #[param(max_length = 200)]
    area: Option<String>,
}

/// The parameter of lists that can be drawn on a map.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(super) struct FormatParam {
    /// `geojson` gives a FeatureCollection of the objects with a position, like `Accept: application/geo+json`;
    /// `geojson-gcj02` the same with each position moved to GCJ-02, for the base maps of China.
    #[param(schema_with = words::format)]
    format: Option<String>,
}

/// The words of `format`.
pub(super) const FORMATS: [&str; 3] = ["json", GEOJSON[0].0, GEOJSON[1].0];

/// Whether GeoJSON is wanted, and for the maps of which datum: the parameter, else the header.
pub(super) fn wants_geojson(query: &Query, headers: &HeaderMap) -> Result<Option<Datum>, Problem> {
    if let Some(word) = query.word("format", &FORMATS)? {
        return Ok(GEOJSON.iter().find(|(geojson, _)| *geojson == word).map(|(_, datum)| *datum));
    }
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|v| v.to_str().ok());
    let mut parts = accepted.flat_map(|v| v.split(',')).map(str::trim);
    Ok(parts.any(|part| part.starts_with("application/geo+json")).then_some(Datum::Wgs84))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_strictly() {
        let read = |raw: &str| Query::read(Some(raw), &["limit", "state", "q", "at", "yes"]);
        let query = read("limit=7&state=up&q=%E7%94%98%E6%A3%A0&at=2026-11-24T03:00:00Z&yes").expect("good");
        assert_eq!(query.limit().expect("limit"), 7);
        assert_eq!(query.word("state", &["up", "down"]).expect("word"), Some("up"));
        assert_eq!(query.text("q"), Some("甘棠"));
        assert_eq!(query.time("at").expect("time"), Some(Time(1_795_489_200_000)));
        assert!(query.flag("yes").expect("flag"));
        assert_eq!(read("").expect("empty").limit().expect("limit"), DEFAULT_LIMIT);

        let unknown = read("stat=up").expect_err("unknown");
        assert_eq!(unknown.parameter.as_deref(), Some("stat"));
        assert_eq!(unknown.allowed.as_deref(), Some("limit, state, q, at, yes"));
        assert_eq!(read("q=a&q=b").expect_err("twice").status, 400);
        assert_eq!(read(&format!("q={}", "x".repeat(MAX_TEXT + 1))).expect_err("long").status, 400);
        for bad in ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit="] {
            assert_eq!(read(bad).expect("reads").limit().expect_err(bad).allowed.as_deref(), Some("1 to 1000"));
        }
        let bad = read("state=upp").expect("reads").word("state", &["up", "down"]).expect_err("word");
        assert_eq!(bad.allowed.as_deref(), Some("up, down"));
        assert!(read("at=yesterday").expect("reads").time("at").is_err());
        assert!(read("yes=no").expect("reads").flag("yes").is_err());
    }
}
