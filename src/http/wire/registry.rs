//! The registry in force, and what putting another one in force does.

use std::collections::BTreeMap;

use cunkou_core::model::Time;
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::{stamp, words};
use crate::engine::ReloadReport;

/// The registry in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RegistryInForce {
    /// Its version, counting up.
    pub version: u64,
    /// Objects by kind.
    pub objects: BTreeMap<String, usize>,
    /// Whether what was read last is in force.
    pub last_reload_successful: bool,
    /// When a registry was last put in force.
    #[schema(format = DateTime)]
    pub last_reload_success: Option<String>,
}

impl RegistryInForce {
    /// The registry of a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot, successful: bool, at: Option<Time>) -> RegistryInForce {
        let r = &snapshot.registry;
        let objects = [
            ("area", r.areas.len()),
            ("node", r.nodes.len()),
            ("entrance", r.entrances.len()),
            ("camera", r.cameras.len()),
            ("element", r.elements.len()),
            ("place", r.places.len()),
        ];
        RegistryInForce {
            version: snapshot.registry_version,
            objects: objects.map(|(kind, n)| (kind.to_owned(), n)).into(),
            last_reload_successful: successful,
            last_reload_success: at.map(stamp),
        }
    }
}

/// What a reload or an import did, or would do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReloadOutcome {
    /// Only said, not done.
    pub dry_run: bool,
    /// The version in force afterwards.
    pub version: u64,
    /// One line a change; bounded, the last line says how many more there are.
    pub changes: Vec<String>,
    /// Objects that come.
    pub added: usize,
    /// Objects that change.
    pub changed: usize,
    /// Objects that go.
    pub removed: usize,
    /// Warnings of the registry check, one line each.
    pub warnings: Vec<String>,
}

impl ReloadOutcome {
    /// A report of the engine.
    #[must_use]
    pub fn of(report: ReloadReport, dry_run: bool) -> ReloadOutcome {
        ReloadOutcome {
            dry_run,
            version: report.version,
            changes: report.changes,
            added: report.added,
            changed: report.changed,
            removed: report.removed,
            warnings: report.warnings,
        }
    }
}

/// The files of a registry, by name, as text. Files in GBK travel as parts of `multipart/form-data` instead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistryFiles {
    /// Name (such as `cameras.csv`) to content: these files instead of those in the registry folder.
    #[schema(schema_with = words::files)]
    pub files: BTreeMap<String, String>,
}

/// The same as a form: each part is a file, byte for byte, under its file name, else under its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegistryForm;

impl PartialSchema for RegistryForm {
    fn schema() -> RefOr<Schema> {
        RefOr::T(words::file_parts().into())
    }
}

impl ToSchema for RegistryForm {}
