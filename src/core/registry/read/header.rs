//! The first row of a file: which column is where.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::registry::fault::{Fault, Faults, FileFault};
use crate::registry::guess::nearest;
use crate::registry::tables::{DATUM, FileKind, Table};

/// Names of columns that hold passwords: those are not kept (names.md: no password stands in a registry file).
const SECRETS: [&str; 8] = ["password", "passwd", "pwd", "pass", "secret", "token", "密码", "口令"];

/// Which column is where.
#[derive(Debug)]
pub(super) struct Header {
    known: BTreeMap<&'static str, usize>,
    /// Columns that names.md does not know: kept.
    pub(super) extra: Vec<(usize, Arc<str>)>,
}

impl Header {
    /// Reads the names of the columns, with every fault of theirs.
    pub(super) fn of(file: FileKind, table: &Table, faults: &mut Faults) -> Header {
        let mut header = Header { known: BTreeMap::new(), extra: Vec::new() };
        let row = (!file.is_geojson()).then_some(1);
        let mut fault = |column: &str, kind: FileFault| {
            let column = (!column.is_empty()).then(|| column.into());
            faults.push(Fault { file: file.word().into(), row, column, value: "".into(), kind: kind.into() });
        };
        let names: Vec<&str> = table.columns.iter().map(|c| c.trim()).collect();
        let filled = |at: usize| table.rows.iter().any(|r| r.cells.get(at).is_some_and(|c| !c.is_empty()));
        let known = || file.columns().iter().copied().chain([DATUM]);
        // A title in the first cell and nothing beside it: to tell of each column that it has no name helps nobody.
        if !file.is_geojson()
            && names.len() > 1
            && names[1..].iter().all(|n| n.is_empty())
            && !known().any(|k| k == names[0])
        {
            fault("", FileFault::Title);
            return header;
        }
        for (at, name) in names.iter().copied().enumerate() {
            if name.is_empty() {
                if filled(at) {
                    fault("", FileFault::UnnamedColumn { number: at + 1 });
                }
            } else if names[..at].contains(&name) {
                fault(name, FileFault::DuplicateColumn);
            } else if let Some(known) = known().find(|k| *k == name) {
                header.known.insert(known, at);
            } else if SECRETS.contains(&name.to_lowercase().as_str()) {
                if filled(at) {
                    fault(name, FileFault::SecretColumn);
                }
            } else {
                header.extra.push((at, name.into()));
                if let Some(did_you_mean) = nearest(name, known().filter(|k| !names.contains(k))) {
                    fault(name, FileFault::UnknownColumn { did_you_mean });
                }
            }
        }
        let nothing_at_all = file.is_geojson() && table.rows.is_empty();
        for required in file.required().iter().filter(|c| !header.known.contains_key(*c) && !nothing_at_all) {
            let did_you_mean = nearest(required, header.extra.iter().map(|(_, name)| &**name)).map(Arc::from);
            fault(required, FileFault::MissingColumn { did_you_mean });
        }
        header
    }

    /// The place of a known column, where the file has it.
    pub(super) fn at(&self, column: &str) -> Option<usize> {
        self.known.get(column).copied()
    }
}
