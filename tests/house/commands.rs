//! The tests that docs/reliability.md names are there: a renamed test would leave a row that nobody can repeat.

use cunkou_core::town::Fault;

use crate::source::{Source, sources, text};

/// Underscores from which on a word between backticks is the name of a test, and not of a setting or a label.
const LONG: usize = 3;

/// The names of the tests of a file, as `cargo test` filters them: `module::name`.
fn tests_of(file: &Source) -> Vec<String> {
    let inner = file.path.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/main");
    let module = match inner.strip_prefix("src/core/").or(inner.strip_prefix("src/")) {
        Some(inside) => format!("{}::", inside.replace('/', "::")),
        // A file of tests is a program of its own, a file in its folder a module of that.
        None => inner.split('/').skip(2).map(|m| format!("{m}::")).collect(),
    };
    let mut found = Vec::new();
    let mut marked = false;
    for line in file.code.lines().map(str::trim) {
        let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ").and_then(|l| l.split('(').next());
        marked |= line == "#[test]" || line.starts_with("#[tokio::test");
        if let Some(name) = name.filter(|_| std::mem::take(&mut marked)) {
            found.push(format!("{module}{name}"));
        }
    }
    found
}

/// The files that a command asks: the library, the core, or the program that it names.
fn asked<'a>(all: &'a [Source], words: &[&str]) -> Vec<&'a Source> {
    let programs: Vec<&str> = words.windows(2).filter(|w| w[0] == "--test").map(|w| w[1]).collect();
    let is_of = |path: &str| {
        let of_core = path.starts_with("src/core/");
        match programs.as_slice() {
            [] if words.contains(&"cunkou-core") => of_core,
            [] => path.starts_with("src/") && !of_core,
            names => names.iter().any(|n| path == format!("tests/{n}.rs") || path.starts_with(&format!("tests/{n}/"))),
        }
    };
    all.iter().filter(|f| is_of(&f.path)).collect()
}

/// What a command filters by, which must each be a part of the name of a test.
fn filters<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut filters = Vec::new();
    let mut words = words.iter().skip(2).take_while(|w| **w != "--");
    while let Some(word) = words.next() {
        match *word {
            "--test" | "-p" => drop(words.next()),
            option if option.starts_with('-') => {}
            filter => filters.push(filter),
        }
    }
    filters
}

#[test]
fn every_test_of_the_reliability_paper_exists() {
    let all: Vec<Source> = sources("src").into_iter().chain(sources("tests")).collect();
    let paper = text("docs/reliability.md").replace('\n', " ");
    let (mut missing, mut commands, mut names) = (Vec::new(), 0, 0);
    for quoted in paper.split('`').skip(1).step_by(2) {
        let words: Vec<&str> = quoted.split_whitespace().collect();
        if quoted.starts_with("cargo test ") {
            commands += 1;
            let files = asked(&all, &words);
            let tests: Vec<String> = files.iter().flat_map(|f| tests_of(f)).collect();
            let lacks = |filter: &&str| !tests.iter().any(|t| t.contains(*filter));
            if tests.is_empty() || filters(&words).iter().any(lacks) {
                missing.push(quoted);
            }
        } else if words.len() == 1 && quoted.matches('_').count() >= LONG && !quoted.contains(|c: char| !is_of_name(c))
        {
            names += 1;
            if !all.iter().any(|f| tests_of(f).iter().any(|t| t.rsplit("::").next() == Some(quoted))) {
                missing.push(quoted);
            }
        }
    }
    assert!(missing.is_empty(), "docs/reliability.md names tests that are not there:\n{}", missing.join("\n"));
    assert!(commands > 30 && names > 50, "it names what it was done by: {commands} commands, {names} tests");
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

/// Each fault that the simulator knows has a row, also those that are not judged.
#[test]
fn every_fault_of_the_simulator_has_a_row() {
    let paper = text("docs/reliability.md");
    let section = paper.split("\n### Faults of the simulator\n").nth(1).expect("its section");
    let section = section.split("\n###").next().unwrap_or_default();
    let lacking = Fault::ALL.map(Fault::word).into_iter().filter(|w| !section.contains(&format!("\n| `{w}` |")));
    assert_eq!(lacking.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn commands_are_read_as_cargo_reads_them() {
    let words: Vec<&str> = "cargo test --release --test crash a_daemon -- --nocapture".split(' ').collect();
    assert_eq!(filters(&words), ["a_daemon"]);
    let words: Vec<&str> = "cargo test --release -p cunkou-core --lib scenarios large".split(' ').collect();
    assert_eq!(filters(&words), ["scenarios", "large"]);
    let file = Source::new("src/store/tests/kill.rs", "#[tokio::test]\nasync fn one() {}\nfn helper() {}\n");
    assert_eq!(tests_of(&file), ["store::tests::kill::one"]);
    assert_eq!(tests_of(&Source::new("tests/house/a.rs", "#[test]\nfn one() {}\n")), ["a::one"]);
    assert_eq!(tests_of(&Source::new("tests/crash.rs", "#[test]\nfn one() {}\n")), ["one"]);
}
