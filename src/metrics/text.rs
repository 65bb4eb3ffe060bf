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

/// A text that grows family by family.
pub(super) struct Text {
    out: String,
    name: &'static str,
}

impl Text {
    /// An empty text with room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Text {
        Text { out: String::with_capacity(bytes), name: "" }
    }

    /// What has been written.
    pub(super) fn into_string(self) -> String {
        self.out
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
    }

    /// One sample that is 0 or 1.
    pub(super) fn flag(&mut self, labels: &[(&str, &str)], value: bool) {
        self.sample(labels, if value { 1.0 } else { 0.0 });
    }
}

/// Label values: backslash, quote and line feed are escaped, everything else goes through.
fn escape_into(out: &mut String, value: &str) {
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
    } else {
        let _ = write!(out, "{value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped_and_chinese_goes_through() {
        let mut text = Text::with_capacity(0);
        text.family("x", Kind::Gauge, "h");
        text.sample(&[("name", "村\\口\"\n北")], 2.5);
        text.sample(&[], f64::INFINITY);
        text.flag(&[("a", ""), ("b", "c")], true);
        assert_eq!(
            text.into_string(),
            "# HELP x h\n# TYPE x gauge\nx{name=\"村\\\\口\\\"\\n北\"} 2.5\nx +Inf\nx{a=\"\",b=\"c\"} 1\n"
        );
    }
}
