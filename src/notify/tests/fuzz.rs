//! Whatever a town writes as its texts: they are refused with file and line, or every message has a text; bounded.

use std::path::PathBuf;

use cunkou_core::model::Language;

use crate::files::templates::TemplateFiles;
use crate::notify::samples;
use crate::notify::templates::Templates;

use crate::fuzz_recipe::{Corpus, Recipe, assert_told, bounded};

/// Bytes of a text; no sink takes more.
const MOST: usize = 64 * 1024;

#[test]
fn whatever_a_template_is_it_is_refused_or_every_message_has_a_text() {
    let words = &[
        "{{ ",
        " }}",
        "{% for a in alerts %}",
        "{% endfor %}",
        "{% if lost %}",
        "{% endif %}",
        "{% include \"_part.txt\" %}",
        "{% macro m(x) %}",
        "{% endmacro %}",
        "{% set x = x ~ x %}",
        "range(1000000000)",
        "\"x\" * 1000000000",
        "|join",
        "|safe",
        "|replace(\"\", x)",
        "{% raw %}",
        "{# ",
        "loop.index",
        "(((((((((((((((",
        "[[[[[[[[[[[[[[[[",
        "1 // 0",
        "9223372036854775807 + 1",
        "-9223372036854775808 // -1",
        "|batch(0)",
        "|slice(0)",
        "|indent(1000000000)",
        "|round(-999)",
        "{{ caller() }}",
        "{{ self }}",
        "2 ** 63",
        "\u{202e}",
        "村",
    ];
    let corpus = Corpus::of("templates", words);
    bolero::check!().with_type::<Recipe>().for_each(|recipe| {
        let (name, bytes) = corpus.make(recipe);
        let files = [
            (name.to_owned(), String::from_utf8_lossy(&bytes).into_owned()),
            ("_part.txt".to_owned(), "{{ headline }}".to_owned()),
        ];
        let town = TemplateFiles { dir: PathBuf::from("/town"), files: files.into() };
        bounded(&bytes, || match Templates::new(&town, &[]) {
            Ok(templates) => {
                for language in [Language::ZhCn, Language::En] {
                    for (what, facts) in samples::every_kind(language) {
                        let text = templates.text(name, &facts);
                        assert!(!text.is_empty() && text.len() <= MOST, "{what}: {} bytes", text.len());
                    }
                }
            }
            Err(faults) => {
                for fault in &faults {
                    assert_told(&fault.to_string());
                    assert!(fault.file.starts_with("/town/"), "{fault}");
                }
            }
        });
    });
}
