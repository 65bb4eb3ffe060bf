//! Writing HTML: text goes in only escaped.

/// HTML that grows.
#[derive(Default)]
pub(in crate::http) struct Html(String);

impl Html {
    /// Adds markup that this program wrote itself.
    pub(in crate::http) fn raw(&mut self, markup: &'static str) -> &mut Html {
        self.0.push_str(markup);
        self
    }

    /// Adds text from anywhere, escaped for elements and for quoted attributes.
    pub(in crate::http) fn text(&mut self, text: &str) -> &mut Html {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Marks that turn the direction of writing could make one name look like another.
                '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    self.0.push('\u{fffd}')
                }
                c if c.is_control() && c != '\n' => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        self
    }

    /// Adds a number.
    pub(in crate::http) fn number(&mut self, n: impl Into<u64>) -> &mut Html {
        self.0.push_str(&n.into().to_string());
        self
    }

    /// Adds what was written before.
    pub(in crate::http) fn append(&mut self, other: &Html) -> &mut Html {
        self.0.push_str(&other.0);
        self
    }

    /// What has been written.
    pub(in crate::http) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let mut html = Html::default();
        html.raw("<b title=\"").text("\"><script>alert('x')</script>&村口\u{202e}\u{0}").raw("\">").number(3_u32);
        assert_eq!(
            html.into_string(),
            "<b title=\"&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;村口\u{fffd}\u{fffd}\">3"
        );
    }
}
