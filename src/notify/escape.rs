//! What came from a camera or a register is text and never markup: one escape for each kind of text, chosen by the end of
//! a template's name.
//!
//! Names have no control and bidirectional characters any more (the core takes them out). Robots read dialects of
//! Markdown that differ in what a backslash does, so markup is not escaped there but replaced by its wide form, which no
//! dialect knows and people read as the same.

use std::fmt::Write as _;

/// How a value is written into a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Escape {
    /// Plain text: one line stays one line.
    Text,
    /// HTML and XML: text and attributes in quotes.
    Html,
    /// Markdown of robots.
    Markdown,
    /// Inside a JSON string; the quotes are the template's.
    Json,
    /// A value of `application/x-www-form-urlencoded`.
    Form,
}

impl Escape {
    pub(super) const ALL: [Escape; 5] = [Escape::Text, Escape::Html, Escape::Markdown, Escape::Json, Escape::Form];

    /// The escape that a template has by the end of its name.
    pub(super) fn of_name(name: &str) -> Option<Escape> {
        match name.rsplit_once('.')?.1 {
            "txt" => Some(Escape::Text),
            "html" | "xml" => Some(Escape::Html),
            "md" => Some(Escape::Markdown),
            "json" => Some(Escape::Json),
            "form" => Some(Escape::Form),
            _ => None,
        }
    }

    /// The end of a template's name for a body of this type.
    pub(super) fn ending_of(content_type: &str) -> &'static str {
        let of = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match of.as_str() {
            "application/x-www-form-urlencoded" => "form",
            t if t.ends_with("/json") || t.ends_with("+json") => "json",
            t if t.ends_with("/xml") || t.ends_with("+xml") => "xml",
            "text/html" => "html",
            "text/markdown" => "md",
            _ => "txt",
        }
    }

    /// A text as it may stand there.
    pub(super) fn text(self, text: &str) -> String {
        match self {
            Escape::Text => text.chars().map(one_line).collect(),
            Escape::Html => html(text),
            Escape::Markdown => markdown(text),
            Escape::Json => json(text),
            Escape::Form => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        }
    }
}

fn one_line(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().map(one_line) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// An underscore between letters or digits is part of an id, such as `SW_01`, and no markup in any of the dialects.
fn markdown(text: &str) -> String {
    let chars: Vec<char> = text.chars().map(one_line).collect();
    let inside = |at: usize| {
        let beside = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
        beside(at.checked_sub(1).and_then(|before| chars.get(before))) && beside(chars.get(at + 1))
    };
    let wide = |(at, c): (usize, &char)| match c {
        '_' if inside(at) => '_',
        '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#' | '@' | '~' | '|' | '\\' | '&' => wide(*c),
        c => *c,
    };
    chars.iter().enumerate().map(wide).collect()
}

/// The wide form of a character of ASCII (U+FF01 to U+FF5E).
fn wide(c: char) -> char {
    char::from_u32(u32::from(c) + 0xfee0).unwrap_or(' ')
}

fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Also those that end a line in JavaScript and not in JSON.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A text in which no reader finds a link: those that are in messages are ours.
pub(super) fn without_links(text: &str) -> String {
    text.replace("://", "：//")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOSTILE: &str = "<b>\"A\" & 'B'</b> [x](http://evil) @all **_b_** `c` #h |~\\ SW_01";

    #[test]
    fn each_kind_of_text_has_its_escape() {
        for (escape, expected) in [
            (Escape::Text, HOSTILE.to_owned()),
            (
                Escape::Html,
                "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt; [x](http://evil) @all **_b_** `c` #h |~\\ SW_01"
                    .to_owned(),
            ),
            (
                Escape::Markdown,
                "＜b＞\"A\" ＆ 'B'＜/b＞ ［x］(http://evil) ＠all ＊＊＿b＿＊＊ ｀c｀ ＃h ｜～＼ SW_01".to_owned(),
            ),
            (Escape::Json, "<b>\\\"A\\\" & 'B'</b> [x](http://evil) @all **_b_** `c` #h |~\\\\ SW_01".to_owned()),
            (Escape::Form, url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect()),
        ] {
            assert_eq!(escape.text(HOSTILE), expected, "{escape:?}");
        }
        assert_eq!(without_links("x http://evil y"), "x http：//evil y");
    }

    #[test]
    fn the_end_of_a_name_says_which() {
        for (name, escape) in [
            ("email.zh-CN.html", Some(Escape::Html)),
            ("email.en.txt", Some(Escape::Text)),
            ("dingtalk.en.md", Some(Escape::Markdown)),
            ("http/sms.json", Some(Escape::Json)),
            ("x.exe", None),
            ("x", None),
        ] {
            assert_eq!(Escape::of_name(name), escape, "{name}");
        }
        for (content_type, ending) in [
            ("application/json", "json"),
            ("Application/Problem+JSON; charset=utf-8", "json"),
            ("application/x-www-form-urlencoded", "form"),
            ("text/xml", "xml"),
            ("application/soap+xml", "xml"),
            ("text/plain; charset=gbk", "txt"),
        ] {
            assert_eq!(Escape::ending_of(content_type), ending, "{content_type}");
            assert!(Escape::of_name(&format!("x.{ending}")).is_some());
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_out(text in any::<String>()) {
            let quoted = format!("\"{}\"", Escape::Json.text(&text));
            prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text.clone());
            prop_assert!(!Escape::Html.text(&text).contains(['<', '>', '"', '\'', '\n']));
            prop_assert!(!Escape::Markdown.text(&text).contains(['<', '>', '[', ']', '*', '`', '@', '#', '\\', '\n']));
            prop_assert!(!Escape::Text.text(&text).contains(['\n', '\r']));
            let form = Escape::Form.text(&text);
            prop_assert!(form.is_ascii() && !form.contains(['&', '=', ' ']));
        }
    }
}
