//! Cameras.

use std::sync::Arc;

use super::cells::Cells;
use super::net::{check_host, check_url, parse_port, redacted};
use super::number::{parse_date, parse_duty, parse_number};
use super::objects::MAX_METRES;
use crate::model::{AreaId, CameraId, Check, ElementId, NodeId, Span, check_id};
use crate::registry::fault::{CellFault, CheckWordFault};
use crate::registry::guess::nearest;
use crate::registry::{Azimuth, Camera, CameraKind, ChecksSpec, Layer, Life, NightLight, ReachWord, WatchRule};

/// The eight directions and their degrees clockwise from north.
const DIRECTIONS: [(&str, f64); 8] = [
    ("北", 0.0),
    ("东北", 45.0),
    ("东", 90.0),
    ("东南", 135.0),
    ("南", 180.0),
    ("西南", 225.0),
    ("西", 270.0),
    ("西北", 315.0),
];
/// What a direction leaves open to either side, degrees.
const DIRECTION_ERROR: f64 = 22.5;
/// Error of positions and azimuths that are given without one: metres, degrees.
const DEFAULT_ERROR: f64 = 10.0;
/// The intervals that a camera may ask for itself.
const INTERVALS: std::ops::RangeInclusive<Span> = Span::seconds(1)..=Span::hours(7 * 24);
/// More pixels a side than any camera has.
const MAX_PIXELS: u32 = 100_000;

impl Cells<'_> {
    pub(super) fn camera(&mut self) -> Option<Camera> {
        let id = self.id("id", CameraId::new);
        let area = self.id("area", AreaId::new);
        let azimuth = self.azimuth();
        let host = self.host();
        Some(Camera {
            gb_code: self.gb_code(),
            name: self.name(),
            layer: self.word("layer", Layer::WORDS, Layer::from_word, Layer::Point),
            element: self.id("element", ElementId::new),
            kind: self.word("kind", CameraKind::WORDS, CameraKind::from_word, CameraKind::Fixed),
            at: self.position(),
            position_m: self.number("position_m", 0.0, MAX_METRES).unwrap_or(DEFAULT_ERROR),
            height_m: self.number("height_m", 0.0, 500.0),
            azimuth,
            tilt: self.number("tilt", -90.0, 90.0),
            hfov: self.number("hfov", 1.0, 360.0),
            range_m: self.number("range_m", 1.0, MAX_METRES),
            width_px: self.whole("width_px", 1, MAX_PIXELS),
            height_px: self.whole("height_px", 1, MAX_PIXELS),
            night: self.word("night", NightLight::WORDS, NightLight::from_word, NightLight::None),
            night_range_m: self.number("night_range_m", 0.0, MAX_METRES),
            duty: self.parsed("duty", parse_duty, CellFault::Duty),
            node: self.ids("node", NodeId::new),
            power: self.ids("power", NodeId::new),
            status: self.word("status", Life::WORDS, Life::from_word, Life::Active),
            rtsp: self.url("rtsp", &["rtsp", "rtsps"]),
            snapshot: self.url("snapshot", &["http", "https"]),
            onvif: self.url("onvif", &["http", "https"]),
            host,
            credential: self.credential(),
            checks: self.checks(),
            vendor: self.text("vendor"),
            model: self.text("model"),
            installed_on: self.parsed("installed_on", parse_date, CellFault::Date).map(Arc::from),
            watches: self.watches(),
            note: self.text("note"),
            extra: self.extra(),
            // Last, so that the faults of all other cells are told before a row is given up.
            id: id?,
            area: area?,
        })
    }

    pub(super) fn parsed<T>(&mut self, column: &str, parse: fn(&str) -> Option<T>, fault: CellFault) -> Option<T> {
        let value = self.value(column)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.fault(column, value, fault);
        }
        parsed
    }

    fn gb_code(&mut self) -> Option<Arc<str>> {
        let code = self.value("gb_code")?;
        if code.len() != 20 || !code.bytes().all(|b| b.is_ascii_digit()) {
            self.fault("gb_code", code, CellFault::GbCode);
        }
        Some(code.into())
    }

    fn azimuth(&mut self) -> Option<Azimuth> {
        let error = self.number("azimuth_error", 0.0, 180.0);
        let Some(value) = self.value("azimuth") else {
            if let Some(error) = self.value("azimuth_error") {
                self.fault("azimuth_error", error, CellFault::Alone { needs: "azimuth" });
            }
            return None;
        };
        if let Some((_, degrees)) = DIRECTIONS.iter().find(|(word, _)| *word == value) {
            return Some(Azimuth { degrees: *degrees, error: error.unwrap_or(DIRECTION_ERROR) });
        }
        match parse_number(value) {
            Ok(degrees) if (0.0..=360.0).contains(&degrees) => {
                return Some(Azimuth { degrees, error: error.unwrap_or(DEFAULT_ERROR) });
            }
            Ok(_) => self.fault("azimuth", value, CellFault::Range { min: 0.0, max: 360.0 }),
            Err(_) => {
                let did_you_mean = nearest(value, DIRECTIONS.map(|(word, _)| word));
                self.fault("azimuth", value, CellFault::Azimuth { did_you_mean });
            }
        }
        None
    }

    fn host(&mut self) -> Option<Arc<str>> {
        let host = self.value("host")?;
        match check_host(host) {
            Ok(()) => Some(host.into()),
            Err(hint) => {
                self.fault("host", &redacted(host), CellFault::Host(hint));
                None
            }
        }
    }

    fn url(&mut self, column: &str, schemes: &'static [&'static str]) -> Option<Arc<str>> {
        let text = self.value(column)?;
        let host = Some(self.trimmed("host")).filter(|h| !h.is_empty());
        match check_url(text, schemes, host) {
            Ok(()) => Some(text.into()),
            Err(why) => {
                self.fault(column, &redacted(text), CellFault::Url(why));
                None
            }
        }
    }

    fn credential(&mut self) -> Option<Arc<str>> {
        let entry = self.value("credential")?;
        match check_id(entry) {
            Ok(()) => Some(entry.into()),
            Err(why) => {
                // Whatever stands there may be a password by mistake: it is not shown.
                self.fault("credential", "***", CellFault::Id { why, in_list: false, did_you_mean: None });
                None
            }
        }
    }

    fn checks(&mut self) -> Vec<ChecksSpec> {
        let mut specs: Vec<ChecksSpec> = Vec::new();
        for word in self.raw("checks").split_whitespace() {
            let fault = match parse_check(word) {
                Ok(spec) if specs.iter().any(|s| s.check == spec.check) => Some(CheckWordFault::Twice),
                Ok(spec) => {
                    let needs = self.lacks(spec.check);
                    specs.push(spec);
                    needs.map(|column| CheckWordFault::Needs { column })
                }
                Err(why) => Some(why),
            };
            if let Some(why) = fault {
                self.fault("checks", word, CellFault::Check(why));
            }
        }
        specs
    }

    /// The empty column without which a check cannot be asked.
    fn lacks(&self, check: Check) -> Option<&'static str> {
        let empty = |column: &str| self.trimmed(column).is_empty();
        match check {
            Check::Reach => (empty("host") && empty("rtsp") && empty("snapshot")).then_some("host"),
            Check::Stream => empty("rtsp").then_some("rtsp"),
            Check::Picture => empty("snapshot").then_some("snapshot"),
            Check::Device => empty("onvif").then_some("onvif"),
        }
    }

    fn watches(&mut self) -> Vec<WatchRule> {
        let mut rules = Vec::new();
        for word in self.raw("watches").split_whitespace() {
            let id = word.strip_prefix('!').unwrap_or(word);
            match check_id(id) {
                Ok(()) => rules.push(WatchRule { id: id.into(), watches: id.len() == word.len() }),
                Err(why) => self.no_id("watches", word, why, true),
            }
        }
        rules
    }
}

/// One word of the column `checks`: `reach=tcp:554/5s`.
fn parse_check(word: &str) -> Result<ChecksSpec, CheckWordFault> {
    let (body, interval) = match word.split_once('/') {
        Some((body, interval)) => {
            let interval = interval.parse().ok().filter(|i| INTERVALS.contains(i));
            (body, Some(interval.ok_or(CheckWordFault::Interval)?))
        }
        None => (word, None),
    };
    let (name, how) = body.split_once('=').map_or((body, None), |(name, how)| (name, Some(how)));
    let check = Check::from_word(name)
        .ok_or_else(|| CheckWordFault::Unknown { did_you_mean: nearest(name, Check::ALL.map(Check::word)) })?;
    let reach = match how {
        None => None,
        Some(_) if check != Check::Reach => return Err(CheckWordFault::Unknown { did_you_mean: Some(check.word()) }),
        Some(how) => Some(parse_reach(how).ok_or(CheckWordFault::Reach)?),
    };
    Ok(ChecksSpec { check, reach, interval })
}

fn parse_reach(how: &str) -> Option<(ReachWord, Option<u16>)> {
    match how.split_once(':') {
        None => ReachWord::from_word(how).map(|word| (word, None)),
        Some(("tcp", port)) => Some((ReachWord::Tcp, Some(parse_port(port)?))),
        Some(_) => None,
    }
}
