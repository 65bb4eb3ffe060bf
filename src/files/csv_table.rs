//! CSV to a table and back: `,` `;` or tab, LF or CRLF, line numbers that are those of the file.

use csv::StringRecord;
use cunkou_core::registry::{FileFault, FileKind, Row, Table};

use super::folder::{MAX_CELL, MAX_COLUMNS, MAX_ROWS};
use super::told::Told;

/// What may stand between cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Cuts a text into rows and cells; `None` where it is no table. Also says what stood between the cells.
pub(super) fn parse(file: FileKind, text: &str, told: &mut Told) -> Option<(Table, u8)> {
    let delimiter = sniff(file, text);
    if let Some(line) = broken_quote(text, delimiter) {
        told.fault(Some(line), None, FileFault::OpenQuote);
        return None;
    }
    let mut reader = reader(text, delimiter);
    let mut record = StringRecord::new();
    let mut table = Table::default();
    let mut loose = Loose::default();
    let mut header_line = None;
    while reader.read_record(&mut record).unwrap_or(false) {
        let line = line_of(text, &record);
        if header_line.is_none() {
            header_line = Some(line);
            if record.len() > MAX_COLUMNS {
                told.fault(Some(line), None, FileFault::TooManyColumns { limit: MAX_COLUMNS });
                return None;
            }
            table.columns = record.iter().map(str::to_owned).collect();
        } else if table.rows.len() == MAX_ROWS {
            told.fault(Some(line), None, FileFault::TooManyRows { limit: MAX_ROWS });
            return None;
        } else {
            row(&record, line, &mut table, &mut loose, told);
        }
    }
    loose.tell(&mut table, header_line, told);
    Some((table, delimiter))
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes())
}

/// The line on which a quote opens that is not closed, or not closed at the end of its cell (RFC 4180). The reader
/// would take it and what follows for one cell, and cameras would be missing without a word.
fn broken_quote(text: &str, delimiter: u8) -> Option<u32> {
    let mut bytes = text.bytes().peekable();
    let mut line = 1;
    let mut cell_begins = true;
    while let Some(byte) = bytes.next() {
        if cell_begins && byte == b'"' {
            let opened = line;
            loop {
                match (bytes.next(), bytes.peek()) {
                    (Some(b'"'), Some(b'"')) => drop(bytes.next()),
                    (Some(b'"'), None | Some(b'\n' | b'\r')) => break,
                    (Some(b'"'), Some(next)) if *next == delimiter => break,
                    (Some(b'"'), Some(_)) | (None, _) => return Some(opened),
                    (Some(b'\n'), _) => line += 1,
                    (Some(_), _) => {}
                }
            }
        }
        line += u32::from(byte == b'\n');
        cell_begins = byte == delimiter || matches!(byte, b'\n' | b'\r');
    }
    None
}

/// The delimiter by which the first row has most known names; of equals that which gives most names, then the comma.
fn sniff(file: FileKind, text: &str) -> u8 {
    let score = |delimiter: u8| {
        let mut record = StringRecord::new();
        let _more = reader(text, delimiter).read_record(&mut record).unwrap_or(false);
        let known = record.iter().filter(|name| file.columns().contains(&name.trim())).count();
        (known, record.len())
    };
    // The last of equals wins, so the comma comes last.
    DELIMITERS.into_iter().rev().max_by_key(|d| score(*d)).unwrap_or(b',')
}

/// The line on which a record begins: that of the reader, which stands before empty lines and the line feed of the
/// record before.
fn line_of(text: &str, record: &StringRecord) -> u32 {
    let Some(position) = record.position() else { return 0 };
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let skipped = text.as_bytes().get(from..).unwrap_or_default().iter().take_while(|b| matches!(b, b'\n' | b'\r'));
    let lines = position.line() + skipped.filter(|b| **b == b'\n').count() as u64;
    u32::try_from(lines).unwrap_or(u32::MAX)
}

/// What spreadsheets leave behind, counted over the file.
#[derive(Default)]
struct Loose {
    rows: usize,
    cells: usize,
}

impl Loose {
    /// Takes away empty columns at the end, and tells what was left out.
    fn tell(&self, table: &mut Table, header_line: Option<u32>, told: &mut Told) {
        let mut columns = self.cells;
        while let Some(last) = table.columns.len().checked_sub(1) {
            if !table.columns[last].trim().is_empty() || table.rows.iter().any(|r| r.cells.len() > last) {
                break;
            }
            table.columns.truncate(last);
            columns += 1;
        }
        if columns > 0 {
            told.fault(header_line, None, FileFault::EmptyColumns { count: columns });
        }
        if self.rows > 0 {
            told.fault(None, None, FileFault::EmptyRows { count: self.rows });
        }
    }
}

fn row(record: &StringRecord, line: u32, table: &mut Table, loose: &mut Loose, told: &mut Told) {
    let expected = table.columns.len();
    let got = record.len();
    if record.iter().all(|cell| cell.trim().is_empty()) {
        loose.rows += 1;
        return;
    }
    if got < expected {
        told.fault(Some(line), None, FileFault::TooFewCells { expected, got });
    } else if record.iter().skip(expected).any(|cell| !cell.is_empty()) {
        told.fault(Some(line), None, FileFault::TooManyCells { expected, got });
    } else {
        loose.cells = loose.cells.max(got - expected);
    }
    let bounded = record.iter().zip(&table.columns).map(|(cell, column)| {
        if cell.len() > MAX_CELL {
            told.fault(Some(line), Some(column), FileFault::CellTooLong { limit: MAX_CELL });
            return "";
        }
        cell
    });
    let cells = bounded.collect();
    table.rows.push(Row { line, cells, shape: None });
}

/// A table as CSV, exactly: what is read from it is the same table.
pub(super) fn write(table: &Table) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // A Vec takes every byte, and all rows are written with the columns of the header: neither can fail.
    let _written = writer.write_record(&table.columns);
    for row in &table.rows {
        let cells = (0..table.columns.len()).map(|i| row.cells.get(i).unwrap_or_default());
        let _written = writer.write_record(cells);
    }
    writer.into_inner().unwrap_or_default()
}
