//! Answers as tables for people and as CSV for spreadsheets. What stands in the registry was typed by others: nothing
//! of it may turn a terminal, or run in a spreadsheet.

use comfy_table::{ContentArrangement, LineStyle, Table, presets};

/// A table without frame lines that get in the way of copying; columns are as wide as they are, CJK counted as two.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    // One line an entry: a list of a thousand is read by eye, and by grep.
    table.load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()));
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|h| (*h).to_owned()).collect::<Vec<String>>());
    table
}

/// A table as text, a line end behind it; no blanks at the ends of lines.
pub(super) fn text(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|l| l.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// A text that may stand on a terminal: on one line, without control, direction and invisible characters.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect()
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Name and id of a thing, the id alone where it has no name.
pub(super) fn named(name: &str, id: &str) -> String {
    if name.is_empty() { plain(id) } else { format!("{} ({})", plain(name), plain(id)) }
}

/// A cell of CSV.
pub(super) enum Cell {
    /// Text, guarded.
    Text(String),
    /// A number, never guarded: -1 is -1.
    Number(String),
}

impl Cell {
    /// Text; empty where there is none.
    pub(super) fn text(text: Option<&str>) -> Cell {
        Cell::Text(text.unwrap_or_default().to_owned())
    }

    /// A number; empty where there is none.
    pub(super) fn number<T: ToString>(number: Option<T>) -> Cell {
        Cell::Number(number.map(|n| n.to_string()).unwrap_or_default())
    }
}

/// An answer as CSV: UTF-8, CR LF as RFC 4180 says, a byte order mark if wanted (Excel takes UTF-8 only with it), an
/// apostrophe before text that a spreadsheet would take for a formula.
pub(super) fn csv(header: &[&str], rows: impl Iterator<Item = Vec<Cell>>, bom: bool) -> String {
    let mut out = String::from(if bom { "\u{feff}" } else { "" });
    out.push_str(&header.join(","));
    out.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = row.into_iter().map(cell).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

fn cell(cell: Cell) -> String {
    match cell {
        Cell::Number(number) => number,
        Cell::Text(text) => {
            let guarded = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
            if guarded.contains(['"', ',', '\n', '\r']) {
                format!("\"{}\"", guarded.replace('"', "\"\""))
            } else {
                guarded
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_under_chinese() {
        let mut t = table(&["进出口", "state"]);
        t.add_row(vec!["甘棠东口", "lost"]);
        t.add_row(vec!["E1", "lost"]);
        let text = text(&t);
        let starts: Vec<usize> = text
            .lines()
            .filter_map(|l| l.find("lost").map(|at| l[..at].chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()))
            .collect();
        assert_eq!(starts.len(), 2, "{text}");
        assert_eq!(starts[0], starts[1], "{text}");
        assert!(text.lines().all(|l| l.trim_end() == l));
    }

    #[test]
    fn nothing_of_a_name_turns_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc\u{202e}d\t村"), "a[31mb cd 村");
        assert_eq!(named("", "C1"), "C1");
        assert_eq!(named("东门", "C1"), "东门 (C1)");
    }

    #[test]
    fn csv_is_guarded_quoted_and_round_trips() {
        let row = |text: &str| vec![Cell::text(Some(text)), Cell::number(Some(-1.5)), Cell::number::<i32>(None)];
        let texts = ["=1+1", "+86", "-1", "@x", "a,b", "say \"hi\"", "two\nlines", "村口"];
        let out = csv(&["a", "b", "c"], texts.iter().map(|t| row(t)), true);
        assert!(out.starts_with("\u{feff}a,b,c\r\n"));
        let body = out.trim_start_matches('\u{feff}');
        let mut reader = ::csv::Reader::from_reader(body.as_bytes());
        let read: Vec<String> = reader.records().map(|r| r.unwrap()[0].to_owned()).collect();
        let guarded = ["'=1+1", "'+86", "'-1", "'@x", "a,b", "say \"hi\"", "two\nlines", "村口"];
        assert_eq!(read, guarded);
        assert!(out.contains("'-1,-1.5,\r\n"), "numbers stay numbers: {out}");
    }
}
