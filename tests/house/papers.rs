//! The papers say what the code is.

use std::collections::BTreeSet;
use std::process::Command;

use crate::floors::{CORE, SHELL};
use crate::locked::manifest;
use crate::source::{root, sources, text};

/// Rows of every table of a paper, cell by cell, without heads and rules.
fn rows(paper: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = paper.lines().collect();
    let is_rule = |line: &str| line.starts_with("| ---") || line.starts_with("|---");
    let is_row = |at: usize| lines[at].starts_with('|') && !is_rule(lines[at]);
    let is_head = |at: usize| lines.get(at + 1).is_some_and(|next| is_rule(next));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect();
    (0..lines.len()).filter(|at| is_row(*at) && !is_head(*at)).map(|at| cells(lines[at])).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// In docs/architecture.md a row below "Rooms of …" is: room | always, or never | tests. Each room has one, and each
/// test that is named exists.
#[test]
fn every_invariant_has_a_test() {
    let paper = text("docs/architecture.md");
    let sections = paper.split("\n## ").filter(|s| s.starts_with("Rooms of "));
    let rows: Vec<Vec<String>> = sections.flat_map(rows).collect();
    assert!(rows.iter().all(|r| r.len() == 3), "three cells a row");
    let code: String =
        sources("src").iter().chain(&sources("tests")).map(|f| f.code.as_str()).collect::<Vec<_>>().join("\n");
    let mut missing = Vec::new();
    for row in &rows {
        let tests = quoted(&row[2]);
        assert!(!tests.is_empty(), "no test is named for: {}", row[1]);
        missing.extend(tests.into_iter().filter(|t| !code.contains(&format!("fn {t}("))));
    }
    assert!(missing.is_empty(), "docs/architecture.md names tests that are not there: {}", missing.join(", "));
    let named: BTreeSet<&str> = rows.iter().flat_map(|r| quoted(&r[0])).collect();
    let rooms: BTreeSet<&str> = CORE.iter().chain(&SHELL).flat_map(|f| f.iter().copied()).collect();
    assert_eq!(named, rooms, "rooms with invariants in docs/architecture.md");
}

/// In docs/security.md a row is: what could happen | what stands against it | tests. Each test that is named exists.
#[test]
fn every_defence_has_a_test() {
    let rows = rows(&text("docs/security.md"));
    assert!(rows.len() > 20 && rows.iter().all(|r| r.len() == 3), "three cells a row");
    let code: String =
        sources("src").iter().chain(&sources("tests")).map(|f| f.code.as_str()).collect::<Vec<_>>().join("\n");
    let mut missing = Vec::new();
    for row in &rows {
        let tests = quoted(&row[2]);
        assert!(!tests.is_empty(), "no test is named for: {}", row[0]);
        missing.extend(tests.into_iter().filter(|t| !code.contains(&format!("fn {t}("))));
    }
    assert!(missing.is_empty(), "docs/security.md names tests that are not there: {}", missing.join(", "));
}

/// In docs/reliability.md a row below "What people asked other tools for" is: threads | about | tests, or "none" and why.
/// Each test that is named exists.
#[test]
fn every_answer_to_what_people_asked_is_a_test_or_none() {
    let paper = text("docs/reliability.md");
    let section = paper.split("\n## ").find(|s| s.starts_with("What people asked")).expect("the section");
    let rows = rows(section);
    assert!(rows.len() > 20 && rows.iter().all(|r| r.len() == 3), "three cells a row");
    let code: String =
        sources("src").iter().chain(&sources("tests")).map(|f| f.code.as_str()).collect::<Vec<_>>().join("\n");
    let mut missing = Vec::new();
    for row in &rows {
        let tests = quoted(&row[2]);
        assert!(!tests.is_empty() || row[2].starts_with("none: "), "neither a test nor none: {}", row[0]);
        missing.extend(tests.into_iter().filter(|t| !code.contains(&format!("fn {t}("))));
    }
    assert!(missing.is_empty(), "docs/reliability.md names tests that are not there: {}", missing.join(", "));
}

/// docs/dependencies.md says of each direct dependency why it is there, and of none that is not.
#[test]
fn every_dependency_says_why() {
    let (root, core) = (manifest("Cargo.toml"), manifest("src/core/Cargo.toml"));
    let mut wanted = BTreeSet::new();
    for table in [&root, &core] {
        for kind in ["dependencies", "dev-dependencies"] {
            wanted.extend(table.get(kind).and_then(|t| t.as_table()).into_iter().flat_map(|t| t.keys().cloned()));
        }
    }
    wanted.remove("cunkou-core");
    let paper = text("docs/dependencies.md");
    let said: BTreeSet<String> = rows(&paper).iter().flat_map(|r| quoted(&r[0])).map(str::to_owned).collect();
    assert_eq!(said, wanted, "docs/dependencies.md (left) and the manifests (right)");
    assert!(rows(&paper).iter().all(|r| !r[1].is_empty()), "each with a reason");
}

/// The README lists the commands that `cunkou --help` lists.
#[test]
fn the_readme_lists_the_commands_that_there_are() {
    let output = Command::new(env!("CARGO_BIN_EXE_cunkou")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let section = help.split("Commands:\n").nth(1).unwrap_or_else(|| panic!("--help lists no commands:\n{help}"));
    let listed = section.lines().take_while(|l| l.starts_with("  "));
    let commands = listed.filter(|l| !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next());
    let commands: BTreeSet<&str> = commands.filter(|c| *c != "help").collect();
    let readme = text("README.md");
    let section = readme.split("\n## Commands\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let table = rows(section);
    let said = table.iter().flat_map(|r| quoted(&r[0])).filter_map(|c| c.split_whitespace().next());
    assert_eq!(said.collect::<BTreeSet<&str>>(), commands, "README.md (left) and --help (right)");
}

/// Files and folders of this repository that a paper names in backticks, or links to, exist.
#[test]
fn papers_name_files_that_exist() {
    let mut missing = Vec::new();
    for paper in ["README.md", "CHANGELOG.md", "dashboards/README.md", "docs/architecture.md", "docs/dependencies.md"] {
        let text = text(paper);
        let folders = ["src/", "config/", "dashboards/", "docs/", "tests/", "migrations/", ".ci/"];
        let named = quoted(&text).into_iter().filter(|q| folders.iter().any(|f| q.starts_with(f)) && !q.contains(' '));
        let links = text.split("](").skip(1).filter_map(|l| l.split(')').next());
        let links = links.filter(|l| !l.contains("://") && !l.starts_with('#'));
        let base = root().join(paper).parent().unwrap().to_owned();
        missing.extend(named.filter(|p| !root().join(p).exists()).map(|p| format!("{paper}: {p}")));
        missing.extend(links.filter(|p| !base.join(p).exists()).map(|p| format!("{paper}: {p}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
