//! Another registry: read and judged beside the loop, compared with the one in force, and only then handed to it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use cunkou_core::coverage;
use cunkou_core::model::Language;
use cunkou_core::plan::Roads;
use cunkou_core::registry::{Diff, Fault, Intervals, ObjectKind, Registry, Topology, diff};
use cunkou_core::world::{RoadMap, Snapshot};
use tokio::sync::oneshot;

use super::passwords::Passwords;
use super::roads::RoadSource;
use super::{Origin, ReloadRefused, ReloadReport, ReloadRequest, ReloadSource};
use crate::files;
use crate::files::secrets::Secrets;
use crate::store::Change;

/// Lines of a report at most; the last says how many more there are.
const LINES: usize = 200;

/// Where the registry comes from, and by which numbers it is judged.
#[derive(Debug, Clone)]
pub struct RegistrySource {
    /// `registry.dir`.
    pub dir: PathBuf,
    /// How often each check is asked.
    pub intervals: Intervals,
    /// Densities, for what sight says of it.
    pub density: coverage::Policy,
    /// The roads beside it.
    pub roads: RoadSource,
    /// How far inside the boundary of the town the part begins that is to be shut off, metres.
    pub core_offset_m: f64,
}

/// A registry that may be put in force.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) registry: Arc<Registry>,
    pub(super) secrets: Secrets,
    pub(super) changes: Vec<Change>,
    pub(super) hashes: BTreeMap<String, String>,
    pub(super) summary: String,
    pub(super) report: ReloadReport,
    pub(super) roads: Option<RoadMap>,
}

/// What came of a wish to reload.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) dry_run: bool,
    pub(super) by: Origin,
    pub(super) reply: oneshot::Sender<Result<ReloadReport, ReloadRefused>>,
    pub(super) result: Result<Accepted, ReloadRefused>,
}

/// Reads and judges beside the loop.
pub(super) async fn prepare(
    source: RegistrySource,
    passwords: Passwords,
    in_force: Arc<Snapshot>,
    request: ReloadRequest,
    reply: oneshot::Sender<Result<ReloadReport, ReloadRefused>>,
) -> Prepared {
    let (dry_run, by) = (request.dry_run, request.by.clone());
    let judged = tokio::task::spawn_blocking(move || accept(&source, &passwords, &in_force, &request)).await;
    let result = judged.unwrap_or(Err(ReloadRefused::Stopping));
    Prepared { dry_run, by, reply, result }
}

fn accept(
    source: &RegistrySource,
    passwords: &Passwords,
    snapshot: &Snapshot,
    request: &ReloadRequest,
) -> Result<Accepted, ReloadRefused> {
    let in_force = &*snapshot.registry;
    let secrets = passwords.read_again().map_err(|e| ReloadRefused::Secrets(chain(&e)))?;
    let loaded = match &request.source {
        ReloadSource::Folder => files::load_still(&source.dir).map_err(|e| ReloadRefused::Folder(chain(&e)))?,
        ReloadSource::Files(bytes) => files::from_bytes(bytes),
    };
    let (registry, faults) = files::judge(&loaded, &source.intervals, &source.density);
    let words = |errors: bool| -> Vec<String> {
        faults.iter().filter(|f| f.is_error() == errors).take(LINES).map(Fault::to_string).collect()
    };
    if faults.iter().any(Fault::is_error) {
        return Err(ReloadRefused::Faults(words(true)));
    }
    let difference = diff(in_force, &registry);
    if difference.removes_too_much() && !request.yes {
        return Err(ReloadRefused::Guard { removed: difference.removed_cameras(), of: in_force.cameras.len() });
    }
    if let (ReloadSource::Files(bytes), false) = (&request.source, request.dry_run) {
        files::replace_files(&source.dir, bytes).map_err(|e| ReloadRefused::Folder(chain(&e)))?;
    }
    let report = ReloadReport {
        version: 0,
        changes: difference.lines(LINES, Language::En),
        added: difference.added(),
        changed: difference.changed(),
        removed: difference.removed(),
        warnings: words(false),
    };
    let summary = format!("{} added, {} changed, {} removed", report.added, report.changed, report.removed);
    let changes = rows_of(&difference, in_force, &registry);
    let registry = Arc::new(registry);
    // Where nothing changed, what is in force stays.
    let next = if changes.is_empty() { &snapshot.registry } else { &registry };
    let roads = source.roads.look().map(|roads| match request.dry_run {
        true => roads.into(),
        false => source.contract(roads, next, snapshot),
    });
    Ok(Accepted { registry, secrets, changes, hashes: loaded.hashes, summary, report, roads })
}

impl RegistrySource {
    /// Contracts roads for a registry that is in force, or follows that of a snapshot, with the slots that it will have.
    pub(super) fn contract(&self, roads: Arc<Roads>, registry: &Arc<Registry>, after: &Snapshot) -> RoadMap {
        let topology = match Arc::ptr_eq(registry, &after.registry) {
            true => after.topology.clone(),
            false => Arc::new(Topology::build(registry, &self.intervals, Some(&after.topology))),
        };
        self.roads.contract(roads, registry, &topology, self.core_offset_m)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// The difference of two registries as rows of the store.
#[must_use]
pub fn registry_rows(old: &Registry, new: &Registry) -> Vec<Change> {
    rows_of(&diff(old, new), old, new)
}

/// Only what differs is written as text: a reload of a large town changes little of it.
fn rows_of(difference: &Diff, old: &Registry, new: &Registry) -> Vec<Change> {
    let row = |change: &cunkou_core::registry::Change| Change {
        kind: change.kind.word().to_owned(),
        id: change.id.to_string(),
        old: files::encode_one(old, change.kind, &change.id),
        new: files::encode_one(new, change.kind, &change.id),
    };
    difference.changes.iter().map(row).collect()
}

/// The registry that the store holds.
///
/// # Errors
/// When a row is not what this program writes.
pub fn restore_registry(rows: Vec<(String, String, String)>) -> Result<Registry, files::RowsError> {
    let kept = rows.into_iter().filter_map(|(kind, id, text)| Some(((ObjectKind::from_word(&kind)?, id), text)));
    files::decode(&kept.collect())
}
