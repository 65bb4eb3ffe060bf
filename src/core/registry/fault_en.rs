//! Faults in English: one sentence each.

use super::fault::{
    CellFault, CheckWordFault, Fault, FaultKind, FileFault, HostHint, NumberHint, ShapeFault, Unbuilt, UrlFault, bare,
    quoted, some,
};
use super::tables::ObjectKind;

/// Words or ids of a list that are shown.
const LISTED: usize = 12;

pub(super) fn place(fault: &Fault) -> String {
    let mut text = bare(&fault.file);
    if let Some(row) = fault.row {
        text.push_str(&format!(" line {row}"));
    }
    if let Some(column) = &fault.column {
        text.push_str(&format!(", {}", bare(column)));
    }
    if text.is_empty() { "registry".to_owned() } else { text }
}

pub(super) fn sentence(fault: &Fault) -> String {
    let value = quoted(&fault.value);
    match &fault.kind {
        FaultKind::File(why) => file(why),
        FaultKind::Cell(why) => cell(why, &value),
        FaultKind::DuplicateId { row: 0, .. } => {
            format!("{value} is an id of the registry in force already; an id is unique over all kinds")
        }
        FaultKind::DuplicateId { file, row } => {
            format!("{value} stands in {} line {row} already; an id is unique over all kinds", file.word())
        }
        FaultKind::Dangling { expected, found, did_you_mean } => {
            let wanted = expected.iter().map(|k| kind(*k)).collect::<Vec<_>>().join(" or ");
            let is = found.map_or("does not exist".to_owned(), |k| format!("is {}", kind(k)));
            format!("{value} {is}; the id of {wanted} is wanted{}", meant(did_you_mean.as_deref()))
        }
        FaultKind::Cycle { path } => {
            let ring = some(path.iter().map(|id| &**id), LISTED, "and");
            format!("{ring} hang on each other in a circle; one of these links must go")
        }
        FaultKind::TooManyLinks { limit } => {
            format!("more than {limit} links lead up from {value}; no network is so deep: is a chain of parents wrong?")
        }
        FaultKind::Crowded { entrances } => format!(
            "{entrances} entrances stand within some 200 m of {value}, and of many cameras beside it; where a position is \
             not known, lon and lat are left empty"
        ),
        FaultKind::CaseTwin { other } => {
            format!("{value} and {other} differ in upper and lower case only; they are two ids")
        }
        FaultKind::NotBuilt { what: Unbuilt::Device, count } => {
            format!("{count} cameras name the check device ({value} is the first); this version does not ask it")
        }
        FaultKind::NoCheck => {
            format!("{value} is in use, but this version asks none of the checks that it names: it is never asked")
        }
        FaultKind::DuplicateAddress { other } => format!("{other} has the same address {value} and stream"),
        FaultKind::DuplicateGbCode { other } => format!("{other} has the same code {value}"),
        FaultKind::OutsideTown { metres, boundary: true } => {
            format!("{value} stands {} outside the boundary of the town", distance(*metres))
        }
        FaultKind::OutsideTown { metres, boundary: false } => {
            format!("{value} stands {} from the centre of the town", distance(*metres))
        }
        FaultKind::UnknownPath { count } => {
            format!("{count} cameras name no node ({value} is the first); when they fail together, no box can be named")
        }
        FaultKind::NeverAsked => format!("{value} is in use, but has neither host nor URL: it is never asked"),
        FaultKind::EntranceUnwatched => format!("no camera watches the entrance {value}"),
        FaultKind::WatchConflict { entrance } => {
            format!("it is said to watch {entrance}, but by its position, direction and range it cannot see it")
        }
        FaultKind::DerivedEntrances { count } => {
            format!("there is no entrances.csv: {count} entrances were derived, one for each pole with cameras")
        }
        FaultKind::Roads(why) => why.en(&value),
        FaultKind::More { count } => format!("{count} more faults are not listed"),
    }
}

fn file(why: &FileFault) -> String {
    match why {
        FileFault::Missing => "the file is missing; a registry has at least its cameras".to_owned(),
        FileFault::Unknown { did_you_mean } => format!("the file is not read; did you mean {did_you_mean:?}?"),
        FileFault::NotRegular => "this is no ordinary file; it is not read".to_owned(),
        FileFault::TooLarge { limit } => format!("the file is larger than {} MiB; it is not read", limit >> 20),
        FileFault::Encoding => "the text is neither UTF-8 nor GBK (GB 18030); save it as UTF-8".to_owned(),
        FileFault::Workbook => "this is a spreadsheet file, not a text; save it as CSV in UTF-8".to_owned(),
        FileFault::Changing => "the file is being written; try again when that has ended".to_owned(),
        FileFault::Title => {
            "the first row has no names of columns; they must stand there (id, name, area, …), without a title above"
                .to_owned()
        }
        FileFault::OpenQuote => {
            "a quotation mark that opens here is never closed, or text stands behind its end; the file is not read"
                .to_owned()
        }
        FileFault::Unreadable { why } => format!("the file cannot be read: {why}"),
        FileFault::Extract { offset, why } => {
            format!("the file cannot be read, in the block at byte {offset}: {}", why.en())
        }
        FileFault::Beside { other } => format!("it lies beside {other}; only one may be there, take the other away"),
        FileFault::CellTooLong { limit } => format!("a cell has at most {limit} bytes"),
        FileFault::TooManyRows { limit } => format!("a file has at most {limit} rows; the rest is not read"),
        FileFault::TooManyColumns { limit } => format!("a file has at most {limit} columns"),
        FileFault::TooManyCells { expected, got } => format!(
            "the row has {got} cells, the header {expected} names; is a separator in a cell that is not in quotes?"
        ),
        FileFault::TooFewCells { expected, got } => {
            format!("the row has {got} cells, the header {expected} names; the rest is taken as empty")
        }
        FileFault::EmptyColumns { count } => format!("{count} empty columns at the end are left out"),
        FileFault::EmptyRows { count } => format!("{count} empty rows are left out"),
        FileFault::UnnamedColumn { number } => format!("column {number} has cells but no name in the first row"),
        FileFault::MissingColumn { did_you_mean } => {
            format!("the column is missing, and its cells may not be empty{}", meant(did_you_mean.as_deref()))
        }
        FileFault::UnknownColumn { did_you_mean } => {
            format!("the column is kept, but means nothing here; did you mean {did_you_mean:?}?")
        }
        FileFault::DuplicateColumn => "the column stands twice in the first row".to_owned(),
        FileFault::SecretColumn => {
            "passwords do not belong into a registry file; put them into the secrets file and name the entry in the \
             column credential"
                .to_owned()
        }
    }
}

fn cell(why: &CellFault, value: &str) -> String {
    match why {
        CellFault::Missing => "the cell may not be empty".to_owned(),
        CellFault::Id { why, in_list, did_you_mean } => {
            let spaces = if *in_list { "; ids are separated by spaces" } else { "" };
            format!("{value} is no id: {why}{spaces}{}", meant(did_you_mean.as_deref()))
        }
        CellFault::Word { allowed, did_you_mean } => {
            format!("{value} is not one of {}{}", some(allowed.iter().copied(), LISTED, "and"), meant(*did_you_mean))
        }
        CellFault::Number(hint) => format!("{value} is no number{}", number(hint)),
        CellFault::NotWhole => format!("{value} is no whole number"),
        CellFault::Range { min, max } => format!("{value} is out of range; from {min} to {max} is possible"),
        CellFault::Azimuth { did_you_mean } => format!(
            "{value} is no direction; degrees clockwise from true north (0 to 360) or one of 北 东北 东 东南 南 西南 西 \
             西北 are{}",
            meant(*did_you_mean)
        ),
        CellFault::HalfPosition { missing } => format!("a position needs lon and lat; {missing} is empty"),
        CellFault::NullIsland => "lon and lat are both 0, which is in the sea off Africa; leave both empty".to_owned(),
        CellFault::Swapped => format!("{value}: lon and lat look exchanged"),
        CellFault::OutsideDatum { datum } => {
            format!("{value} is outside China, where {datum} means nothing; taken as wgs84")
        }
        CellFault::TargetBelowRequired { required } => {
            format!("the target {value} is below what is required ({required})")
        }
        CellFault::Duty => format!("{value} is no time of duty; write it like 08:00-18:00"),
        CellFault::Date => format!("{value} is no day; write it like 2024-05-31"),
        CellFault::Moment => {
            format!("{value} is no moment; write it like 2026-11-24 11:00 (local time) or 2026-11-24T03:00:00Z")
        }
        CellFault::Days => {
            format!("{value} are no days; write daily, or mon tue wed thu fri sat sun, separated by spaces")
        }
        CellFault::Clock => format!("{value} is no time of day; write it like 22:00"),
        CellFault::Length => format!("{value} is no length from 1m to 24h in whole minutes, such as 90m or 4h"),
        CellFault::WorkTimes => {
            "the cell is empty; work that comes once needs from and until, work that recurs days, start and length"
                .to_owned()
        }
        CellFault::EndsFirst => format!("{value} is not after from"),
        CellFault::GbCode => format!("{value} is not the 20 digits of GB/T 28181"),
        CellFault::Host(hint) => format!("{value} is no IP address or host name{}", host(hint)),
        CellFault::Address(hint) => format!("{value} is neither host nor host:port{}", host(hint)),
        CellFault::Url(why) => url(why, value),
        CellFault::Check(why) => check(why, value),
        CellFault::Alone { needs } => format!("{value} means nothing while {needs} is empty; it is not kept"),
        CellFault::Shape(why) => shape(why),
    }
}

fn url(why: &UrlFault, value: &str) -> String {
    match why {
        UrlFault::NotAUrl => format!("{value} is no URL"),
        UrlFault::Scheme { allowed } => format!("{value} does not begin with {}", allowed.join(":// or ") + "://"),
        UrlFault::Credentials => format!(
            "{value} carries a user name or password; put them into the secrets file and name the entry in the column \
             credential"
        ),
        UrlFault::NoHost => format!("{value} asks for {{host}}, but the column host is empty"),
        UrlFault::Placeholder => format!("{value} has a placeholder that is not known; only {{host}} is"),
        UrlFault::Host(hint) => format!("the host of {value} is no IP address or host name{}", host(hint)),
    }
}

fn check(why: &CheckWordFault, value: &str) -> String {
    match why {
        CheckWordFault::Unknown { did_you_mean } => {
            format!("{value} is no check; reach, stream, picture and device are{}", meant(*did_you_mean))
        }
        CheckWordFault::Reach => format!("{value}: reach=icmp, reach=tcp or reach=tcp:554 is possible"),
        CheckWordFault::Interval => {
            format!("{value}: the interval behind / is a whole number and a unit from 1s to 7d, such as 5s or 10m")
        }
        CheckWordFault::Twice => format!("{value}: the check is named twice"),
        CheckWordFault::Needs { column } => format!("{value} cannot be asked while the column {column} is empty"),
    }
}

fn shape(why: &ShapeFault) -> String {
    match why {
        ShapeFault::Missing => "the feature has no geometry".to_owned(),
        ShapeFault::Kind { allowed } => format!("the geometry does not fit; {allowed} is wanted"),
        ShapeFault::TooFewPoints => "a ring needs three corners, a line two points".to_owned(),
        ShapeFault::Coordinate => "a coordinate of the geometry is no place on earth (longitude first)".to_owned(),
    }
}

fn number(hint: &NumberHint) -> String {
    match hint {
        NumberHint::None => String::new(),
        NumberHint::FullWidth(text) => format!(": it has full-width characters; did you mean {}?", quoted(text)),
        NumberHint::Comma => "; decimals stand behind a point".to_owned(),
        NumberHint::Sexagesimal => "; write decimal degrees, such as 114.3056".to_owned(),
    }
}

fn host(hint: &HostHint) -> String {
    match hint {
        HostHint::None => String::new(),
        HostHint::FullWidth(text) => format!(": it has full-width characters; did you mean {}?", quoted(text)),
        HostHint::Url => "; without scheme and path".to_owned(),
        HostHint::Port => "; the port belongs into the URLs".to_owned(),
        HostHint::Numbers => "; four numbers from 0 to 255, without zeros in front".to_owned(),
    }
}

fn meant(word: Option<&str>) -> String {
    word.map_or(String::new(), |w| format!("; did you mean {}?", quoted(w)))
}

fn distance(metres: f64) -> String {
    if metres < 1_000.0 { format!("{metres:.0} m") } else { format!("{:.1} km", metres / 1_000.0) }
}

const fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Area => "an area",
        ObjectKind::Node => "a node",
        ObjectKind::Entrance => "an entrance",
        ObjectKind::Camera => "a camera",
        ObjectKind::Element => "a plan element",
        ObjectKind::Place => "a place",
        ObjectKind::Site => "a site",
        ObjectKind::Work => "announced work",
    }
}
