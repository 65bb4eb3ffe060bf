//! Faults of one file as they are found, bounded: a broken file of a million rows must not fill the memory.

use cunkou_core::registry::{Fault, FaultKind, FileKind};

/// Faults a file that are kept while it is cut into cells; the rest is counted.
const MAX_PER_FILE: usize = 1_000;

/// The faults of one file.
#[derive(Debug)]
pub(super) struct Told {
    name: &'static str,
    list: Vec<Fault>,
    left: usize,
}

impl Told {
    pub(super) fn of(file: FileKind) -> Told {
        Told::named(file.word())
    }

    pub(super) fn named(name: &'static str) -> Told {
        Told { name, list: Vec::new(), left: 0 }
    }

    /// Tells a fault; `row` is the line of the file.
    pub(super) fn fault(&mut self, row: Option<u32>, column: Option<&str>, kind: impl Into<FaultKind>) {
        if self.list.len() < MAX_PER_FILE {
            let column = column.map(Into::into);
            self.list.push(Fault { file: self.name.into(), row, column, value: "".into(), kind: kind.into() });
        } else {
            self.left += 1;
        }
    }

    pub(super) fn finish(mut self) -> Vec<Fault> {
        if self.left > 0 {
            self.list.push(Fault::of_file(self.name, FaultKind::More { count: self.left }));
        }
        self.list
    }
}
