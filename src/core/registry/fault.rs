//! What is wrong with a registry, as values: where it stands, what stands there, what is allowed. Words come last
//! (`fault_en`, `fault_zh`).

use std::fmt;
use std::sync::Arc;

use super::fault_pbf::PbfFault;
use super::fault_roads::RoadFault;
use super::tables::{FileKind, ObjectKind};
use super::{fault_en, fault_zh};
use crate::model::{IdFault, Language};

/// Whether a fault keeps a registry out of force.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FaultSeverity {
    /// Said, and nothing else (`check --strict` fails on it).
    Warning,
    /// The registry is not put in force.
    Error,
}

/// One fault of a registry.
#[derive(Clone, PartialEq, Debug)]
pub struct Fault {
    /// The name of the file.
    pub file: Arc<str>,
    /// The line of the file, from 1; `None` where the file as a whole is meant.
    pub row: Option<u32>,
    /// The column, where one is meant.
    pub column: Option<Arc<str>>,
    /// What stands there; without passwords.
    pub value: Arc<str>,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with a file or its header.
#[derive(Clone, PartialEq, Debug)]
pub enum FileFault {
    /// The file must be there.
    Missing,
    /// The file is none of the registry, but its name is near to one.
    Unknown {
        /// The name that may be meant.
        did_you_mean: &'static str,
    },
    /// A folder, pipe or device in the place of a file.
    NotRegular,
    /// More bytes than are read.
    TooLarge {
        /// The limit, bytes.
        limit: u64,
    },
    /// Neither UTF-8 nor GB 18030.
    Encoding,
    /// A workbook in the place of a text.
    Workbook,
    /// The file was written while it was read.
    Changing,
    /// The first row has a title where the names of the columns belong.
    Title,
    /// A quotation mark is never closed, or text stands behind its end: what follows would be one cell.
    OpenQuote,
    /// No table can be read.
    Unreadable {
        /// What the reader said.
        why: Arc<str>,
    },
    /// An extract of OpenStreetMap that cannot be read.
    Extract {
        /// Where its block begins, bytes from the begin of the file.
        offset: u64,
        /// Why.
        why: PbfFault,
    },
    /// Another file that says the same lies beside it, and nobody says which one counts.
    Beside {
        /// Its name.
        other: &'static str,
    },
    /// A cell with more bytes than are kept.
    CellTooLong {
        /// The limit, bytes.
        limit: usize,
    },
    /// More rows than are read.
    TooManyRows {
        /// The limit.
        limit: usize,
    },
    /// More columns than are read.
    TooManyColumns {
        /// The limit.
        limit: usize,
    },
    /// A row with more filled cells than the header has names.
    TooManyCells {
        /// Names in the header.
        expected: usize,
        /// Cells of the row.
        got: usize,
    },
    /// A row with fewer cells than the header has names; the rest is taken as empty.
    TooFewCells {
        /// Names in the header.
        expected: usize,
        /// Cells of the row.
        got: usize,
    },
    /// Columns without name and cells, as spreadsheets leave them; left out.
    EmptyColumns {
        /// How many.
        count: usize,
    },
    /// Rows without a filled cell, as spreadsheets leave them; left out.
    EmptyRows {
        /// How many.
        count: usize,
    },
    /// A column without a name, but with cells: they cannot be kept.
    UnnamedColumn {
        /// Which, from 1.
        number: usize,
    },
    /// A required column is not there.
    MissingColumn {
        /// A column of the file that may be meant.
        did_you_mean: Option<Arc<str>>,
    },
    /// Kept, but near to a known name: likely a typo.
    UnknownColumn {
        /// The known name.
        did_you_mean: &'static str,
    },
    /// The name stands twice in the header.
    DuplicateColumn,
    /// A column of passwords: they belong into the secrets file.
    SecretColumn,
}

/// Why a text is no number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NumberHint {
    /// No idea.
    None,
    /// Written with full-width characters; this is what is meant.
    FullWidth(Arc<str>),
    /// A comma in the place of the point.
    Comma,
    /// Degrees, minutes and seconds, or a letter for the direction.
    Sexagesimal,
}

/// Why a text is no address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostHint {
    /// No idea.
    None,
    /// Written with full-width characters or a Chinese full stop; this is what is meant.
    FullWidth(Arc<str>),
    /// A URL in the place of a host.
    Url,
    /// A port stands behind it; here it belongs into the URL.
    Port,
    /// Four numbers, but not an IP address (zeros in front, over 255).
    Numbers,
}

/// Why a text is no URL for its column.
#[derive(Clone, PartialEq, Debug)]
pub enum UrlFault {
    /// Not a URL at all, or one without host.
    NotAUrl,
    /// Another scheme than the column takes.
    Scheme {
        /// Those it takes.
        allowed: &'static [&'static str],
    },
    /// A user name or password in it.
    Credentials,
    /// `{host}` in it, but the column host is empty.
    NoHost,
    /// Another placeholder than `{host}`.
    Placeholder,
    /// Its host is none.
    Host(HostHint),
}

/// Why a word of the column `checks` is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckWordFault {
    /// No check has this name.
    Unknown {
        /// One that may be meant.
        did_you_mean: Option<&'static str>,
    },
    /// Behind `reach=` stands neither `icmp` nor `tcp` nor `tcp:port`.
    Reach,
    /// Behind `/` stands no interval from 1 s to 7 d.
    Interval,
    /// The check is named twice.
    Twice,
    /// The check needs a column that is empty.
    Needs {
        /// Which.
        column: &'static str,
    },
}

/// Why a shape is none for its object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShapeFault {
    /// There is none.
    Missing,
    /// It is another one than the layer wants.
    Kind {
        /// Those that fit.
        allowed: &'static str,
    },
    /// A ring of fewer than three corners, or a line of fewer than two points.
    TooFewPoints,
    /// A coordinate that is no place on earth.
    Coordinate,
}

/// What the registry may say before this version acts on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unbuilt {
    /// The device check.
    Device,
}

/// What is wrong with one value by itself.
#[derive(Clone, PartialEq, Debug)]
pub enum CellFault {
    /// The cell may not be empty.
    Missing,
    /// Not an id.
    Id {
        /// Why.
        why: IdFault,
        /// Whether it stands in a list of ids.
        in_list: bool,
        /// The same in half-width characters, where that is an id.
        did_you_mean: Option<Arc<str>>,
    },
    /// A word that the column does not know.
    Word {
        /// Those it knows.
        allowed: &'static [&'static str],
        /// One that may be meant.
        did_you_mean: Option<&'static str>,
    },
    /// Not a number.
    Number(NumberHint),
    /// Not a whole number.
    NotWhole,
    /// A number that cannot be.
    Range {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// Neither degrees nor one of the eight directions.
    Azimuth {
        /// The direction that may be meant.
        did_you_mean: Option<&'static str>,
    },
    /// Only one of lon and lat is there.
    HalfPosition {
        /// The empty one.
        missing: &'static str,
    },
    /// lon and lat are both 0.
    NullIsland,
    /// lon and lat look exchanged.
    Swapped,
    /// The datum is not defined there; taken as WGS 84.
    OutsideDatum {
        /// Which.
        datum: &'static str,
    },
    /// `target` below `required`.
    TargetBelowRequired {
        /// The latter.
        required: u32,
    },
    /// Not `08:00-18:00`.
    Duty,
    /// Not a day.
    Date,
    /// Neither local time nor RFC 3339.
    Moment,
    /// Not days of a week.
    Days,
    /// Not `22:00`.
    Clock,
    /// Not a length from 1 minute to 24 hours.
    Length,
    /// Empty, though what comes once has begin and end, and what recurs has days, start and length.
    WorkTimes,
    /// It would end before it begins.
    EndsFirst,
    /// Not 20 digits.
    GbCode,
    /// Not a host.
    Host(HostHint),
    /// Not a `host` or `host:port`.
    Address(HostHint),
    /// Not a URL for the column.
    Url(UrlFault),
    /// Not a word of `checks`.
    Check(CheckWordFault),
    /// A value that means nothing while another column is empty; not kept.
    Alone {
        /// The other column.
        needs: &'static str,
    },
    /// Not a shape for the object.
    Shape(ShapeFault),
}

/// What is wrong.
#[derive(Clone, PartialEq, Debug)]
pub enum FaultKind {
    /// With the file or its header.
    File(FileFault),
    /// With the value by itself.
    Cell(CellFault),
    /// The id stands elsewhere too; ids are unique over all kinds.
    DuplicateId {
        /// Where it stands first.
        file: FileKind,
        /// On which line; 0: in the registry in force.
        row: u32,
    },
    /// The id that is named here does not exist, or is something else.
    Dangling {
        /// What it should be.
        expected: &'static [ObjectKind],
        /// What it is.
        found: Option<ObjectKind>,
        /// The id that may be meant.
        did_you_mean: Option<Arc<str>>,
    },
    /// Things hang on each other in a circle.
    Cycle {
        /// Their ids, each hanging on the next, the last on the first.
        path: Vec<Arc<str>>,
    },
    /// More links lead up from it than any network has.
    TooManyLinks {
        /// The limit.
        limit: usize,
    },
    /// So many cameras and entrances stand in one place that nobody could reckon who sees what.
    Crowded {
        /// Entrances near the camera that has most.
        entrances: usize,
    },
    /// Another id is equal but for upper and lower case; ids are compared by bytes.
    CaseTwin {
        /// The other.
        other: Arc<str>,
    },
    /// A column says something that this version does not act on.
    NotBuilt {
        /// What.
        what: Unbuilt,
        /// Cameras that say it.
        count: usize,
    },
    /// Another camera or node has the same address (and stream).
    DuplicateAddress {
        /// Its id.
        other: Arc<str>,
    },
    /// Another camera has the same code.
    DuplicateGbCode {
        /// Its id.
        other: Arc<str>,
    },
    /// A camera outside the town.
    OutsideTown {
        /// How far from the boundary or, where there is none, from the centre; metres.
        metres: f64,
        /// Whether there is a boundary.
        boundary: bool,
    },
    /// Cameras whose path is not known: a failure of theirs names no node.
    UnknownPath {
        /// How many.
        count: usize,
    },
    /// A camera in use that has neither host nor URL.
    NeverAsked,
    /// A camera in use whose column `checks` names nothing that this version asks.
    NoCheck,
    /// No camera watches the entrance.
    EntranceUnwatched,
    /// A camera declares that it watches an entrance; its view says that it cannot.
    WatchConflict {
        /// Which.
        entrance: Arc<str>,
    },
    /// There is no entrances.csv: entrances were derived from camera positions.
    DerivedEntrances {
        /// How many.
        count: usize,
    },
    /// With a file of roads.
    Roads(RoadFault),
    /// More faults than are kept.
    More {
        /// How many.
        count: usize,
    },
}

impl From<FileFault> for FaultKind {
    fn from(fault: FileFault) -> FaultKind {
        FaultKind::File(fault)
    }
}
impl From<CellFault> for FaultKind {
    fn from(fault: CellFault) -> FaultKind {
        FaultKind::Cell(fault)
    }
}

impl FaultKind {
    /// Whether it keeps the registry out of force.
    #[must_use]
    pub const fn severity(&self) -> FaultSeverity {
        match self {
            FaultKind::File(
                FileFault::Unknown { .. }
                | FileFault::TooFewCells { .. }
                | FileFault::EmptyColumns { .. }
                | FileFault::EmptyRows { .. }
                | FileFault::UnknownColumn { .. },
            )
            | FaultKind::Cell(CellFault::OutsideDatum { .. } | CellFault::GbCode | CellFault::Alone { .. })
            | FaultKind::DuplicateAddress { .. }
            | FaultKind::DuplicateGbCode { .. }
            | FaultKind::OutsideTown { .. }
            | FaultKind::UnknownPath { .. }
            | FaultKind::NeverAsked
            | FaultKind::NoCheck
            | FaultKind::NotBuilt { .. }
            | FaultKind::CaseTwin { .. }
            | FaultKind::EntranceUnwatched
            | FaultKind::WatchConflict { .. }
            | FaultKind::DerivedEntrances { .. }
            | FaultKind::Roads(_)
            | FaultKind::More { .. } => FaultSeverity::Warning,
            FaultKind::File(_)
            | FaultKind::Cell(_)
            | FaultKind::DuplicateId { .. }
            | FaultKind::Dangling { .. }
            | FaultKind::TooManyLinks { .. }
            | FaultKind::Crowded { .. }
            | FaultKind::Cycle { .. } => FaultSeverity::Error,
        }
    }
}

impl Fault {
    /// A fault of a file as a whole.
    #[must_use]
    pub fn of_file(file: &str, kind: impl Into<FaultKind>) -> Fault {
        Fault { file: file.into(), row: None, column: None, value: "".into(), kind: kind.into() }
    }

    /// Whether it keeps the registry out of force.
    #[must_use]
    pub const fn severity(&self) -> FaultSeverity {
        self.kind.severity()
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity() == FaultSeverity::Error
    }

    /// One sentence: where, what stands there, what is allowed, what may be meant.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        match language {
            Language::En => format!("{}: {}", fault_en::place(self), fault_en::sentence(self)),
            Language::ZhCn => format!("{}：{}", fault_zh::place(self), fault_zh::sentence(self)),
        }
    }

    /// The sentence without the place, for whoever writes the place in a form of their own (`cameras.csv:12`).
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        match language {
            Language::En => fault_en::sentence(self),
            Language::ZhCn => fault_zh::sentence(self),
        }
    }
}

impl fmt::Display for Fault {
    /// The sentence in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Language::En))
    }
}

/// The most faults that are kept: a file of a million broken rows must not fill the memory.
pub const MAX_FAULTS: usize = 10_000;

/// Faults as they are found, bounded. What is left out is never the only error.
#[derive(Debug, Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
    left: usize,
}

impl Faults {
    /// Keeps a fault, or counts it once there are too many. Errors go before warnings: warnings fill half at most.
    pub(super) fn push(&mut self, fault: Fault) {
        let limit = if fault.is_error() { MAX_FAULTS } else { MAX_FAULTS / 2 };
        if self.list.len() < limit { self.list.push(fault) } else { self.left += 1 }
    }

    /// All of them, by file and line; what is left out is told by a last one.
    pub(super) fn finish(mut self) -> Vec<Fault> {
        let file = |f: &Fault| FileKind::from_word(&f.file).map_or(usize::MAX, |k| k as usize);
        self.list.sort_by_key(|f| (file(f), f.row));
        if self.left > 0 {
            self.list.push(Fault::of_file("", FaultKind::More { count: self.left }));
        }
        self.list
    }
}

/// How many characters of a value are shown.
const SHOWN: usize = 60;

/// A value as people are shown it: on one line, in quotes, cut, nothing in it that turns or hides text.
pub(super) fn quoted(value: &str) -> String {
    let mut text: String = value.chars().take(SHOWN).collect();
    if value.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    format!("{text:?}")
}

/// The name of a file or column as people are shown it: like a value, without the quotes.
pub(super) fn bare(name: &str) -> String {
    name.chars().take(SHOWN).flat_map(char::escape_debug).collect()
}

/// A list of ids or words, cut after so many.
pub(super) fn some<'a>(items: impl ExactSizeIterator<Item = &'a str>, most: usize, and_more: &str) -> String {
    let left = items.len().saturating_sub(most);
    let mut text = items.take(most).collect::<Vec<_>>().join(", ");
    if left > 0 {
        text.push_str(&format!(" {and_more} {left}"));
    }
    text
}
