//! The text exposition format: `# HELP`, `# TYPE`, samples, escaping.

use std::fmt::Write as _;

/// What a family is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Gauge,
    Counter,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        }
    }
}

/// A piece is handed on when it is so long, bytes: large enough that handing it on costs nothing, small enough to be
/// written where the processor still holds it.
const PIECE: usize = 128 * 1024;
/// Room for the line with which a piece becomes too long.
const LAST_LINE: usize = 4 * 1024;

/// A text that grows family by family, and is handed on piece by piece.
pub(super) struct Text<'a> {
    out: String,
    name: &'static str,
    head: String,
    take: &'a mut dyn FnMut(String),
}

impl<'a> Text<'a> {
    /// An empty text; `take` is given its pieces in order, each of whole lines.
    pub(super) fn new(take: &'a mut dyn FnMut(String)) -> Text<'a> {
        Text { out: String::with_capacity(PIECE + LAST_LINE), name: "", head: String::new(), take }
    }

    /// Hands on what is left.
    pub(super) fn end(self) {
        if !self.out.is_empty() {
            (self.take)(self.out);
        }
    }

    /// A line has ended.
    fn end_line(&mut self) {
        if self.out.len() >= PIECE {
            let full = std::mem::replace(&mut self.out, String::with_capacity(PIECE + LAST_LINE));
            (self.take)(full);
        }
    }

    /// Begins a family; samples that follow belong to it.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        self.name = name;
        // Writing to a String never fails.
        let _ = writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} {}", kind.word());
    }

    /// One sample of the family that was begun last.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        self.out.push_str(self.name);
        for (i, (name, value)) in labels.iter().enumerate() {
            self.out.push(if i == 0 { '{' } else { ',' });
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape_into(&mut self.out, value);
            self.out.push('"');
        }
        self.out.push_str(if labels.is_empty() { " " } else { "} " });
        number_into(&mut self.out, value);
        self.out.push('\n');
        self.end_line();
    }

    /// A sample of 1 for each of the values of a second label: what stands before them is written once and copied.
    pub(super) fn ones<'v>(&mut self, first: (&str, &str), second: &str, values: impl Iterator<Item = &'v str>) {
        self.head.clear();
        for part in [self.name, "{", first.0, "=\""] {
            self.head.push_str(part);
        }
        escape_into(&mut self.head, first.1);
        for part in ["\",", second, "=\""] {
            self.head.push_str(part);
        }
        for value in values {
            self.out.push_str(&self.head);
            escape_into(&mut self.out, value);
            self.out.push_str("\"} 1\n");
            self.end_line();
        }
    }

    /// One sample that is 0 or 1.
    pub(super) fn flag(&mut self, labels: &[(&str, &str)], value: bool) {
        self.sample(labels, if value { 1.0 } else { 0.0 });
    }
}

/// Label values: backslash, quote and line feed are escaped, everything else goes through.
fn escape_into(out: &mut String, value: &str) {
    // Nearly every value is an id, in which nothing is escaped: one look at its bytes.
    if !value.bytes().any(|b| matches!(b, b'\\' | b'"' | b'\n')) {
        out.push_str(value);
        return;
    }
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'"' => "\\\"",
            _ => "\\n",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Most values are 0 or 1, and the general way of writing a float is slow.
fn number_into(out: &mut String, value: f64) {
    if value == 0.0 {
        out.push('0');
    } else if value == 1.0 {
        out.push('1');
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else if let Some(thousandths) = thousandths(value) {
        thousandths_into(out, thousandths);
    } else {
        let _ = write!(out, "{value}");
    }
}

/// Counts, and times to the millisecond, as whole thousandths; `None` for what is none.
fn thousandths(value: f64) -> Option<u64> {
    // Up to 15 digits a number has one shortest form, and it is this one.
    let n = (value * 1e3).round();
    (value > 0.0 && n < 1e15 && n / 1e3 == value).then_some(n as u64)
}

fn thousandths_into(out: &mut String, n: u64) {
    let (mut whole, mut part) = (n / 1_000, n % 1_000);
    // Filled from the end: at most 12 digits, the point and three more.
    let mut digits = [0_u8; 16];
    let mut at = digits.len();
    let mut put = |c: u8| {
        at -= 1;
        digits[at] = c;
    };
    let mut places = 3;
    while places > 0 && part.is_multiple_of(10) {
        (part, places) = (part / 10, places - 1);
    }
    if places > 0 {
        for _ in 0..places {
            put(b'0' + (part % 10) as u8);
            part /= 10;
        }
        put(b'.');
    }
    loop {
        put(b'0' + (whole % 10) as u8);
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_shortest_that_reads_the_same() {
        let same = |value: f64| {
            let mut out = String::new();
            number_into(&mut out, value);
            assert_eq!(out, value.to_string(), "{value:?}");
            assert_eq!(out.parse::<f64>().unwrap(), value);
        };
        for value in [
            0.0,
            1.0,
            2.0,
            10.0,
            100.0,
            778.0,
            0.001,
            0.01,
            0.1,
            0.012,
            0.5,
            1.5,
            2.25,
            0.1234,
            1e-9,
            0.1 + 0.2,
            -1.0,
            -0.5,
            1_795_489_200.0,
            1_795_489_195.123,
            1_795_489_195.12,
            999_999_999_999.999,
            1e12,
            1e15,
            1e21,
            f64::from(u32::MAX),
            f64::MAX,
            1.0 / 3.0,
            0.0005,
            0.999_5,
            123_456.789_1,
        ] {
            same(value);
        }
        let mut seed = 7_u64;
        for _ in 0..100_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            same((seed >> 20) as f64 / 1e3);
            same((seed >> 40) as f64 / 1e3);
            same(f64::from_bits(seed >> 2));
        }
    }

    #[test]
    fn a_long_text_is_handed_on_in_pieces_of_whole_lines() {
        let mut pieces = Vec::new();
        let mut take = |piece: String| pieces.push(piece);
        let mut text = Text::new(&mut take);
        text.family("x", Kind::Gauge, "h");
        for n in 0..20_000 {
            text.sample(&[("n", &n.to_string())], 1.0);
        }
        text.ones(("a", "b"), "n", ["1"; 20_000].into_iter());
        text.end();
        assert!(pieces.len() > 3 && pieces.iter().all(|p| p.ends_with('\n') && p.capacity() == PIECE + LAST_LINE));
        assert_eq!(pieces.concat().lines().count(), 40_002);
    }

    #[test]
    fn label_values_are_escaped_and_chinese_goes_through() {
        let mut whole = String::new();
        let mut take = |piece: String| whole.push_str(&piece);
        let mut text = Text::new(&mut take);
        text.family("x", Kind::Gauge, "h");
        text.sample(&[("name", "村\\口\"\n北")], 2.5);
        text.sample(&[], f64::INFINITY);
        text.flag(&[("a", ""), ("b", "c")], true);
        text.ones(("a", "\"1"), "b", ["2", "\\3"].into_iter());
        text.end();
        assert_eq!(
            whole,
            "# HELP x h\n# TYPE x gauge\nx{name=\"村\\\\口\\\"\\n北\"} 2.5\nx +Inf\nx{a=\"\",b=\"c\"} 1\n\
             x{a=\"\\\"1\",b=\"2\"} 1\nx{a=\"\\\"1\",b=\"\\\\3\"} 1\n"
        );
    }
}
