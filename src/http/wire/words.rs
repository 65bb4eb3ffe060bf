//! The closed word lists of the core as schemas: the document names every value a field can have.

use cunkou_core::coverage::{EntranceState, GapReason, Level, Scope, Sealed, Why};
use cunkou_core::health::State;
use cunkou_core::model::{Check, FailKind, Language, Period, Phase, Reason, ResultLabel, Severity};
use cunkou_core::plan::{Mode, Proof, Reach, Turn, Unreached};
use cunkou_core::registry::{
    AreaKind, CameraKind, EntranceStatus, Layer, Life, Needs, NightLight, NodeKind, PlaceKind, SiteKind,
};
use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, Object, SchemaFormat};

/// Files of one registry at most.
pub(in crate::http) const MAX_FILES: usize = 32;
/// What a file of a registry may be called: no separators, no dot in front.
const FILE_NAME: &str = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$";
/// Ids that one list of a question holds at most, and cameras that are added or moved.
pub(in crate::http) const MAX_SUPPOSED: usize = 200;
/// Nodes, and feeds, that one added camera names at most.
pub(in crate::http) const MAX_NODES_OF_ONE: usize = 32;
/// Words of what one added camera watches, at most.
pub(in crate::http) const MAX_WATCHED: usize = 100;
/// An id.
const ID: &str = "^[A-Za-z0-9._-]{1,64}$";
/// An id, or one that is not meant.
const WATCH_RULE: &str = "^!?[A-Za-z0-9._-]{1,64}$";
/// Ten minutes to a day.
const SHIFT: &str = "^(([1-9][0-9]|[1-9][0-9]{2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)m|([1-9]|1[0-9]|2[0-4])h)$";
/// A minute to eight hours.
const WORK: &str = "^(([1-9]|[1-9][0-9]|[1-3][0-9]{2}|4[0-7][0-9]|480)m|[1-8]h)$";
/// The states an incident shows.
pub(in crate::http) const INCIDENT_STATUS: [&str; 3] = ["open", "acknowledged", "resolved"];
/// The kinds a cause has.
pub(in crate::http) const CAUSE_KINDS: [&str; 9] = [
    "camera",
    "node",
    "node_partial",
    "common_cause",
    "monitor_blind",
    "monitor_stopped",
    "monitor_stuck",
    "monitor_starting",
    "off_duty",
];

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.into_iter().map(Value::from))).build()
}

fn nullable<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    let values = words.into_iter().map(Value::from).chain([Value::Null]);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(values))
        .build()
}

/// Why an outcome is what it is: a kind of failure, a reason, or why it says nothing.
pub(in crate::http) fn outcome_reasons() -> Vec<&'static str> {
    use cunkou_core::model::Inconclusive as I;
    let silent = [I::Blind, I::OwnFault, I::LoopStalled, I::NotAllowed].map(I::word);
    let fails = FailKind::ALL.into_iter().map(FailKind::word);
    let reasons = Reason::ALL.into_iter().map(Reason::word);
    let mut all: Vec<_> = fails.chain(reasons).chain(silent).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What can fail by itself: a camera, or a node of a kind that is a thing.
fn component_kinds() -> Vec<&'static str> {
    let nodes = NodeKind::ALL.iter().filter(|k| **k != NodeKind::Group);
    std::iter::once("camera").chain(nodes.map(|k| k.word())).collect()
}

macro_rules! schemas {
    ($($name:ident: $list:ident($words:expr);)*) => {$(
        pub(in crate::http) fn $name() -> Object {
            $list($words)
        }
    )*};
}

schemas! {
    format: words(crate::http::params::FORMATS);
    layer: words(Layer::WORDS.iter().copied());
    life: words(Life::WORDS.iter().copied());
    layer_or_null: nullable(Layer::WORDS.iter().copied());
    life_or_null: nullable(Life::WORDS.iter().copied());
    camera_kind_or_null: nullable(CameraKind::WORDS.iter().copied());
    night_light_or_null: nullable(NightLight::WORDS.iter().copied());
    turn: words(Turn::ALL.map(Turn::word));
    camera_kind: words(CameraKind::WORDS.iter().copied());
    node_kind: words(NodeKind::WORDS.iter().copied());
    needs: words(Needs::WORDS.iter().copied());
    area_kind: words(AreaKind::WORDS.iter().copied());
    place_kind: words(PlaceKind::WORDS.iter().copied());
    entrance_status: words(EntranceStatus::WORDS.iter().copied());
    check: words(Check::ALL.map(Check::word));
    phase: words(Phase::ALL.map(Phase::word));
    result: words(ResultLabel::all().into_iter().map(ResultLabel::word));
    outcome_reason: nullable(outcome_reasons());
    language: words(Language::ALL.map(Language::tag));
    period: words(Period::ALL.map(Period::word));
    state: words(State::ALL.map(State::word));
    state_or_null: nullable(State::ALL.map(State::word));
    entrance_state: words(EntranceState::ALL.map(EntranceState::word));
    entrance_state_or_null: nullable(EntranceState::ALL.map(EntranceState::word));
    gap_state: words(super::GAP_STATES.map(EntranceState::word));
    gap_reason: nullable([GapReason::None, GapReason::TooFew, GapReason::OnlyMaybe, GapReason::NoNight, GapReason::OffDuty].map(GapReason::word));
    verdict: words(["no", "maybe", "yes"]);
    outage: nullable(["planned"]);
    duty_reason: words(crate::roster::Reason::ALL.map(crate::roster::Reason::word));
    level: words(["plan", "built", "live"]);
    level_or_null: nullable(Level::ALL.map(Level::word));
    objective_or_null: nullable(["entrances"]);
    place_at: words(["site", "node", "camera", "entrance"]);
    place_depth: words(["required", "target"]);
    place_depth_or_null: nullable(["required", "target"]);
    step_kind: words(["new", "repair"]);
    place_status: words(super::PLACE_STATUS);
    proof: words(Proof::ALL.map(Proof::word));
    site_kind_or_null: nullable(SiteKind::WORDS.iter().copied());
    scope: words(Scope::ALL.map(Scope::word));
    sealed: words(Sealed::ALL.map(Sealed::word));
    seal_why: nullable(Why::ALL.map(Why::word));
    reach: words(Reach::ALL.map(Reach::word));
    unreached: nullable(Unreached::ALL.map(Unreached::word));
    severity: words([Severity::None, Severity::Info, Severity::Warning, Severity::Critical].map(Severity::word));
    incident_status: words(INCIDENT_STATUS);
    cause_kind: words(CAUSE_KINDS);
    witness_kind: words(["camera", "node", "canary"]);
    heard: words(["failed", "trouble", "last_answer", "turns"]);
    objection: words(["answered", "reached", "explains_less"]);
    check_or_null: nullable(Check::ALL.map(Check::word));
    fail_kind_or_null: nullable(FailKind::ALL.map(FailKind::word));
    component_kind: words(component_kinds());
    change_kind: words(crate::engine::CHANGES);
    problem_type: words(["about:blank"]);
}

/// A list of reasons.
pub(in crate::http) fn reasons() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(words(Reason::ALL.map(Reason::word))).build()
}

/// A list of assumptions behind an order of repairs.
pub(in crate::http) fn assumptions() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(words(super::ASSUMPTIONS)).build()
}

/// A list of assumptions behind seals.
pub(in crate::http) fn seal_assumptions() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(words(super::SEAL_ASSUMPTIONS)).build()
}

/// A list of assumptions behind times by road.
pub(in crate::http) fn isochrone_assumptions() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(words(super::ISOCHRONE_ASSUMPTIONS)).build()
}

/// A list of assumptions behind a placement.
pub(in crate::http) fn place_assumptions() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(words(super::PLACE_ASSUMPTIONS)).build()
}

/// Ways of coming in.
pub(in crate::http) fn modes() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(words(Mode::ALL.map(Mode::word))).build()
}

fn list_of(pattern: &str, most: usize) -> utoipa::openapi::schema::Array {
    let item = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build();
    ArrayBuilder::new().items(item).max_items(Some(most)).build()
}

/// Ids of what is supposed to be down or up.
pub(in crate::http) fn supposed_ids() -> utoipa::openapi::schema::Array {
    list_of(ID, MAX_SUPPOSED)
}

/// Nodes or feeds of one camera.
pub(in crate::http) fn nodes_of_one() -> utoipa::openapi::schema::Array {
    list_of(ID, MAX_NODES_OF_ONE)
}

/// What one camera is declared to watch.
pub(in crate::http) fn watch_rules() -> utoipa::openapi::schema::Array {
    list_of(WATCH_RULE, MAX_WATCHED)
}

fn span(pattern: &str, usual: &str) -> Object {
    let span = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    span.default(Some(usual.into())).build()
}

/// How long a tech works.
pub(in crate::http) fn shift() -> Object {
    span(SHIFT, "4h")
}

/// How long the work at a camera takes.
pub(in crate::http) fn work_camera() -> Object {
    span(WORK, "30m")
}

/// How long the work at a node takes.
pub(in crate::http) fn work_node() -> Object {
    span(WORK, "45m")
}

/// A list of states, with null where there is none.
pub(in crate::http) fn states_or_null() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(state_or_null()).build()
}

/// A list of states of entrances, with null where there is none.
pub(in crate::http) fn entrance_states_or_null() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(entrance_state_or_null()).build()
}

/// Names of files to their content.
pub(in crate::http) fn files() -> Object {
    files_of(ObjectBuilder::new().schema_type(Type::String).build())
}

/// Parts of a form, each a file.
pub(in crate::http) fn file_parts() -> Object {
    let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
    files_of(ObjectBuilder::new().schema_type(Type::String).format(Some(binary)).build())
}

fn files_of(content: Object) -> Object {
    let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some(FILE_NAME)).build();
    ObjectBuilder::new()
        .property_names(Some(name))
        .additional_properties(Some(Schema::Object(content)))
        .min_properties(Some(1))
        .max_properties(Some(MAX_FILES))
        .build()
}
