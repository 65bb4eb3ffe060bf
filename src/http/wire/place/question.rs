//! What may be asked: how many cameras or for how much, which camera, and what counts.

use std::borrow::Cow;
use std::time::Duration;

use cunkou_core::coverage::Level;
use cunkou_core::plan::{Costs, Limit, Model, Wishes};
use cunkou_core::registry::NightLight;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::words;

/// So many are placed at most: more is a plan of its own.
pub const MAX_COUNT: u32 = 1_000;
/// So many are placed where nobody says.
const COUNT: u32 = 10;
/// Seconds of a search where nobody says.
const TIME_S: f64 = 10.0;

/// A question about what to buy or to mend next. What is null or left out is as usual.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlaceBody {
    /// What is to be closed: `entrances`, gaps of coverage. What closes a leak is a cut: see `width_sites` of seals.
    #[schema(schema_with = words::objective_or_null)]
    pub objective: Option<String>,
    /// How many; without count and budget 10. Not together with a budget.
    #[schema(minimum = 1, maximum = 1000)]
    #[serde(deserialize_with = "whole")]
    pub count: Option<u32>,
    /// For how much, in the unit of the costs. Not together with a count.
    #[schema(minimum = 0, maximum = 1_000_000_000_000i64)]
    pub budget: Option<f64>,
    /// Which cameras count already: planned and installed ones, installed ones, or (without it) installed ones that are
    /// not dead; then repairs are candidates too.
    #[schema(schema_with = words::level_or_null)]
    pub level: Option<String>,
    /// How many cameras an entrance is to have: those that it requires (without it), or its target.
    #[schema(schema_with = words::place_depth_or_null)]
    pub depth: Option<String>,
    /// Whether entrances count by their priority: five times for 1, once for 5.
    pub by_priority: bool,
    /// The camera that is bought.
    #[serde(deserialize_with = "object")]
    pub model: PlaceModel,
    /// What a repair costs; 0.5 without it. A camera on a pole costs 1, on a lamp 2, on a new pole 3, where sites.csv does
    /// not say.
    #[schema(minimum = 0, maximum = 1_000_000_000_000i64)]
    pub repair_cost: Option<f64>,
    /// Seconds after which the search ends with what it has found; 10 without it.
    #[schema(minimum = 0.1, maximum = 60)]
    pub time_limit_s: Option<f64>,
}

/// The body as it is described: a count or a budget, not both.
pub struct PlaceQuestion;

impl PartialSchema for PlaceQuestion {
    fn schema() -> RefOr<Schema> {
        let without = |field: &str| match PlaceBody::schema() {
            RefOr::T(Schema::Object(mut body)) => {
                let null = ObjectBuilder::new().schema_type(SchemaType::new(Type::Null)).build();
                body.properties.insert(field.to_owned(), null.into());
                body.into()
            }
            other => other,
        };
        RefOr::T(Schema::AnyOf(AnyOfBuilder::new().item(without("budget")).item(without("count")).build()))
    }
}

impl ToSchema for PlaceQuestion {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PlaceQuestion")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PlaceBody::schemas(schemas);
    }
}

/// A list would be taken for the fields in their order.
fn object<'de, D: Deserializer<'de>>(from: D) -> Result<PlaceModel, D::Error> {
    let fields = serde_json::Map::deserialize(from)?;
    serde_json::from_value(fields.into()).map_err(D::Error::custom)
}

/// To JSON 1.0 is as whole as 1.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    match Option::<f64>::deserialize(from)? {
        None => Ok(None),
        Some(n) if n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&n) => Ok(Some(n as u32)),
        Some(n) => Err(D::Error::custom(format!("{n} is no whole number that can be meant"))),
    }
}

/// The camera that is bought. What is null or left out is that of a common dome of four megapixels.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlaceModel {
    /// Horizontal field of view, degrees; 84 without it.
    #[schema(minimum = 1, maximum = 179)]
    pub hfov: Option<f64>,
    /// Picture width, pixels; 2560 without it.
    #[schema(minimum = 1, maximum = 100_000)]
    #[serde(deserialize_with = "whole")]
    pub width_px: Option<u32>,
    /// How far it sees by day, metres; 55 without it.
    #[schema(minimum = 1, maximum = 2000)]
    pub range_m: Option<f64>,
    /// Its light by night; infrared without it.
    #[schema(schema_with = words::night_light_or_null)]
    pub night: Option<String>,
    /// How far that light reaches, metres; 35 without it.
    #[schema(minimum = 1, maximum = 2000)]
    pub night_range_m: Option<f64>,
}

/// The question is none; what of it is wrong, and what it may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {allowed}")]
pub struct NoPlacing {
    /// Which part.
    pub part: &'static str,
    /// What is allowed.
    pub allowed: &'static str,
}

/// A question that was read.
pub(super) struct Question {
    pub(super) level: Level,
    pub(super) wishes: Wishes,
    pub(super) time: Duration,
}

fn in_range(part: &'static str, value: f64, least: f64, most: f64, allowed: &'static str) -> Result<f64, NoPlacing> {
    if (least..=most).contains(&value) { Ok(value) } else { Err(NoPlacing { part, allowed }) }
}

impl PlaceBody {
    /// Whether it is a question.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn check(&self) -> Result<(), NoPlacing> {
        self.read().map(drop)
    }

    pub(super) fn read(&self) -> Result<Question, NoPlacing> {
        let refuse = |part, allowed| Err(NoPlacing { part, allowed });
        if self.objective.as_deref().is_some_and(|o| o != "entrances") {
            return refuse("objective", "entrances; the sites that close a leak are the width_sites of seals");
        }
        let Some(level) = self.level.as_deref().map_or(Some(Level::Live), Level::from_word) else {
            return refuse("level", "plan, built, live");
        };
        let to_target = match self.depth.as_deref() {
            None | Some("required") => false,
            Some("target") => true,
            Some(_) => return refuse("depth", "required, target"),
        };
        const MONEY: &str = "0 to 1e12";
        let repair = in_range("repair_cost", self.repair_cost.unwrap_or(Costs::CLASSES.repair), 0.0, 1e12, MONEY)?;
        let time = in_range("time_limit_s", self.time_limit_s.unwrap_or(TIME_S), 0.1, 60.0, "0.1 to 60 seconds")?;
        Ok(Question {
            level,
            wishes: Wishes {
                limit: self.limit()?,
                to_target,
                by_priority: self.by_priority,
                model: self.model.read()?,
                costs: Costs { repair, ..Costs::CLASSES },
            },
            time: Duration::from_secs_f64(time),
        })
    }

    fn limit(&self) -> Result<Limit, NoPlacing> {
        match (self.count, self.budget) {
            (Some(_), Some(_)) => Err(NoPlacing { part: "budget", allowed: "a count or a budget, not both" }),
            (_, Some(budget)) => Ok(Limit::Budget(in_range("budget", budget, 0.0, 1e12, "0 to 1e12")?)),
            (count, None) => match count.unwrap_or(COUNT) {
                most @ 1..=MAX_COUNT => Ok(Limit::Count(most as usize)),
                _ => Err(NoPlacing { part: "count", allowed: "1 to 1000" }),
            },
        }
    }
}

impl PlaceModel {
    /// A model with all that is known of it.
    #[must_use]
    pub fn of(model: &Model) -> PlaceModel {
        PlaceModel {
            hfov: Some(model.hfov),
            width_px: Some(model.width_px),
            range_m: Some(model.range_m),
            night: Some(model.night.word().to_owned()),
            night_range_m: Some(model.night_range_m),
        }
    }

    fn read(&self) -> Result<Model, NoPlacing> {
        let usual = Model::default();
        let Some(night) = self.night.as_deref().map_or(Some(usual.night), NightLight::from_word) else {
            return Err(NoPlacing { part: "night", allowed: "none, ir, white" });
        };
        let width_px = self.width_px.unwrap_or(usual.width_px);
        if !(1..=100_000).contains(&width_px) {
            return Err(NoPlacing { part: "width_px", allowed: "1 to 100000 pixels" });
        }
        let metres =
            |part, value: Option<f64>, usual| in_range(part, value.unwrap_or(usual), 1.0, 2_000.0, "1 to 2000 metres");
        Ok(Model {
            hfov: in_range("hfov", self.hfov.unwrap_or(usual.hfov), 1.0, 179.0, "1 to 179 degrees")?,
            width_px,
            range_m: metres("range_m", self.range_m, usual.range_m)?,
            night,
            night_range_m: metres("night_range_m", self.night_range_m, usual.night_range_m)?,
        })
    }
}
