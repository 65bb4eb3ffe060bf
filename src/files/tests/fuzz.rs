//! Whatever bytes a town's files hold: values and faults, never a panic; bounded; faults are words for people; what is
//! sound reads as the same when it is written; what is secret is in no fault.

use std::collections::BTreeMap;
use std::path::Path;

use cunkou_core::model::{Language, Span};
use cunkou_core::registry::{MAX_FAULTS, ObjectKind, tables_of};
use secrecy::SecretString;

use super::*;
use crate::files::read_roads_pbf;
use crate::files::roads::pbf_write::{blob, header};
use crate::files::secrets::{SecretUrl, parse as parse_secrets};
use crate::files::settings::Settings;

use crate::fuzz_recipe::{Corpus, Recipe, assert_told, bounded};

const CELLS: &[&str] = &[
    ",",
    "\"",
    "\n",
    "\r\n",
    ";",
    "\t",
    "\u{feff}",
    "\u{0}",
    "NaN",
    "-1e308",
    "1e999",
    "!E1",
    "E1 E2",
    "C1",
    "N1",
    "all",
    "any",
    "active",
    "planned",
    "wgs84",
    "gcj02",
    "reach=tcp:554/5s stream",
    "/0s",
    "rtsp://{host}:8554/",
    "[::1]:554",
    "village",
    "town",
    "村",
    "=1+1",
    "08:00-18:00",
    "watches",
    "99999999999999999999",
];

/// Every word of a fault can be shown, in each language.
fn assert_faults(faults: &[Fault]) {
    assert!(faults.len() <= 2 * MAX_FAULTS, "{}", faults.len());
    for fault in faults {
        for language in [Language::ZhCn, Language::En] {
            assert_told(&fault.words(language));
        }
    }
}

#[test]
fn whatever_a_registry_holds_it_gives_a_registry_and_faults() {
    let corpus = Corpus::of("tables", CELLS);
    let sound: BTreeMap<String, Vec<u8>> =
        corpus.texts().iter().filter(|(name, _)| !name.contains('-')).cloned().collect();
    let (registry, faults) = from_bytes(&sound).judge();
    assert!(faults.iter().all(|f| !f.is_error()) && registry.cameras.len() > 2, "the corpus is sound: {faults:?}");
    bolero::check!().with_type::<Recipe>().for_each(|recipe| {
        let (name, bytes) = corpus.make(recipe);
        // `cameras-gbk.csv` is another text of `cameras.csv`.
        let (kind, ending) = name.split_once('.').unwrap();
        let name = format!("{}.{ending}", kind.split('-').next().unwrap());
        let mut files = sound.clone();
        files.insert(name, bytes.clone());
        let (registry, faults) = bounded(&bytes, || from_bytes(&files).judge());
        assert_faults(&faults);
        if faults.iter().all(|f| !f.is_error()) {
            let (again, faults) = from_bytes(&files_of(&tables_of(&registry))).judge();
            assert!(faults.iter().all(|f| !f.is_error()), "{faults:?}");
            assert_eq!(again, registry, "what is written reads as the same");
        }
    });
}

#[test]
fn whatever_an_extract_holds_it_gives_roads_or_one_fault() {
    let corpus = Corpus::of(
        "extract",
        &[
            "\u{8}",
            "\u{12}\u{0}",
            "\u{1a}\u{0}",
            "\u{22}",
            "\u{0}\u{0}\u{0}\u{d}",
            "OSMData",
            "highway",
            "\u{7f}",
            "área",
        ],
    );
    bolero::check!().with_type::<Recipe>().for_each(|recipe| {
        let (name, bytes) = corpus.make(recipe);
        // What lies in a block is packed again, so that no length that is wrong hides it; a file is changed as it is.
        let file = match name {
            "file" => bytes,
            "header" => blob("OSMHeader", &bytes, true),
            _ => [header(&["OsmSchema-V0.6"]), blob("OSMData", &bytes, true)].concat(),
        };
        match bounded(&file, || read_roads_pbf(&file)) {
            Ok(roads) => {
                assert!(roads.lines.iter().flat_map(|line| &line.parts).all(|part| part.0.len() > 1));
                assert_faults(&roads.odd);
            }
            Err(faults) => {
                assert_eq!(faults.len(), 1);
                assert_faults(&faults);
            }
        }
    });
}

#[test]
fn whatever_the_database_kept_of_the_registry_it_is_read_or_refused() {
    let corpus =
        Corpus::of("rows", &["\"", ":", ",", "{", "}", "[", "]", "null", "\\u0000", "1e999", "cells", "village"]);
    let kinds = [
        ObjectKind::Area,
        ObjectKind::Node,
        ObjectKind::Entrance,
        ObjectKind::Camera,
        ObjectKind::Element,
        ObjectKind::Place,
    ];
    bolero::check!().with_type::<(Recipe, u8)>().for_each(|(recipe, kind)| {
        let (_, bytes) = corpus.make(recipe);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let _ = bounded(&bytes, || rows::life_of(&text));
        let kind = kinds[usize::from(*kind) % kinds.len()];
        if let Err(error) = bounded(&bytes, || rows::decode(&[((kind, "X1".to_owned()), text)].into())) {
            assert_told(&error.to_string());
        }
    });
}

#[test]
fn whatever_the_settings_are_they_are_read_or_every_fault_has_words() {
    let words = &[
        "[",
        "]",
        "[[sink]]\n",
        "kind = \"http\"\n",
        "url = \"http://x/MARKED\"\n",
        "= ",
        "\"\"\"",
        "'",
        "\n",
        "10s",
        "-1",
        "1e999",
        "true",
        "{ }",
        "[probe]\n",
        "allow = [\"0.0.0.0/0\"]\n",
        "\u{feff}",
        "\u{0}",
        "村",
        "99999999999999999999h",
        "1979-05-27",
        "a.b.c = 1\n",
    ];
    let corpus = Corpus::of("settings", words);
    bolero::check!().with_type::<(Recipe, Recipe)>().for_each(|(recipe, variable)| {
        let (_, bytes) = corpus.make(recipe);
        let text = String::from_utf8_lossy(&bytes);
        let (_, value) = corpus.make(variable);
        let value = String::from_utf8_lossy(&value);
        let value = value.lines().next().unwrap_or_default().to_owned();
        let env =
            [("CUNKOU__HTTP__LISTEN", "127.0.0.1:0"), ("CUNKOU__SINK__0__URL", &value), ("CUNKOU__PROBE", &value)];
        let env =
            env.into_iter().take(usize::from(bytes.len() % 2 == 0) * 3).map(|(k, v)| (k.to_owned(), v.to_owned()));
        let read = bounded(&bytes, || Settings::parse(&text, env, Path::new("/town")));
        let faults = read.err().unwrap_or_default();
        let lines = text.split('\n').count();
        for fault in faults {
            assert_told(&fault.to_string());
            assert!(fault.line().is_none_or(|line| (1..=u32::try_from(lines).unwrap()).contains(&line)), "{fault:?}");
        }
    });
}

#[test]
fn whatever_the_secrets_are_no_fault_repeats_them() {
    let words = &[
        "[a]\n",
        "user = \"MARKED\"\n",
        "password = \"MARKED\"\n",
        "token = \"MARKED\"",
        "basic = true\n",
        "\"",
        "=",
        "\n",
    ];
    let corpus = Corpus::of("secrets", words);
    bolero::check!().with_type::<Recipe>().for_each(|recipe| {
        let (_, bytes) = corpus.make(recipe);
        let text = SecretString::from(String::from_utf8_lossy(&bytes).into_owned());
        let path = Path::new("secrets.toml");
        match bounded(&bytes, || parse_secrets(path, &text)) {
            Ok(entries) => entries.values().for_each(|secret| assert!(!format!("{secret:?}").contains("MARKED"))),
            Err(error) => {
                assert_told(&error.to_string());
                assert!(!format!("{error} {error:?}").contains("MARKED"), "{error:?}");
            }
        }
    });
}

#[test]
fn whatever_a_url_is_no_secret_of_it_is_shown() {
    let words =
        &["http://", "smtp://", "://", "@", ":", "MARKED", "#", "?", "[::1]", "%00", "%4d", "村", ":99999", "xn--"];
    let corpus = Corpus::of("urls", words);
    bolero::check!().with_type::<Recipe>().for_each(|recipe| {
        let (_, bytes) = corpus.make(recipe);
        let text = String::from_utf8_lossy(&bytes);
        for read in [SecretUrl::parse, SecretUrl::parse_mail] {
            let Some(url) = bounded(&bytes, || read(&text)) else { continue };
            assert_told(&url.to_string());
            let shown = url::Url::parse(&url.to_string()).unwrap();
            let whole = url::Url::parse(url.expose()).unwrap();
            assert_eq!((shown.scheme(), shown.host(), shown.port()), (whole.scheme(), whole.host(), whole.port()));
            assert!(shown.username().is_empty() && shown.password().is_none() && shown.query().is_none());
            assert!(matches!(shown.path(), "" | "/") && shown.fragment().is_none(), "{shown}");
        }
    });
}

#[test]
fn whatever_a_span_is_it_reads_as_it_is_written() {
    let corpus = Corpus::of("spans", &["0", "9", "-", ".", "ms", "s", "m", "h", "d", " ", "村", "e", "9999999999"]);
    bolero::check!().with_type::<Recipe>().for_each(|recipe| {
        let (_, bytes) = corpus.make(recipe);
        let text = String::from_utf8_lossy(&bytes);
        match bounded(&bytes, || text.parse::<Span>()) {
            Ok(span) => assert_eq!(span.to_string().parse(), Ok(span), "{text:?}"),
            Err(fault) => assert_told(&fault.to_string()),
        }
    });
}
