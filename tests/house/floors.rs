//! Who may know whom.

use std::collections::BTreeSet;

use crate::source::{Source, shell, sources, text, words};

/// The floors of the core, lowest first.
pub(crate) const CORE: [&[&str]; 7] =
    [&["model"], &["registry"], &["health"], &["coverage"], &["alert", "plan"], &["world"], &["town"]];

/// The floors of the shell, lowest first.
pub(crate) const SHELL: [&[&str]; 6] = [
    &["roster"],
    &["files", "store", "probe", "solver"],
    &["engine", "notify", "metrics", "report", "sim"],
    &["http"],
    &["daemon"],
    &["cli"],
];

/// Files that may look up, at which room, and why. An entry that is no longer needed fails the test.
const EXCEPTIONS: [(&str, &str, &str); 1] =
    [("src/metrics/tests.rs", "http", "its town of made-up snapshots is that of the tests of http; no shipped code")];

/// Floors as docs/architecture.md and the crates' own papers write them: `a` < `b`, `c` < `d`.
pub(crate) fn written(floors: &[&[&str]]) -> String {
    let floor = |rooms: &&[&str]| rooms.iter().map(|r| format!("`{r}`")).collect::<Vec<_>>().join(", ");
    floors.iter().map(floor).collect::<Vec<_>>().join(" < ")
}

fn height(floors: &[&[&str]], room: &str) -> Option<usize> {
    floors.iter().position(|rooms| rooms.contains(&room))
}

/// Rooms that a file names by `crate::`, with the place in its code; `crate::{a, b::c}` names two.
fn named(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in words(&source.code, "crate") {
        let rest = source.code[at + "crate".len()..].trim_start();
        let Some(rest) = rest.strip_prefix("::") else { continue };
        let rest = rest.trim_start();
        let heads = match rest.strip_prefix('{') {
            Some(group) => group_heads(group),
            None => vec![rest],
        };
        for head in heads {
            let name: String = head.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push((at, name));
        }
    }
    found
}

/// What stands at the first depth of an import group, from just behind its brace.
fn group_heads(group: &str) -> Vec<&str> {
    let (mut depth, mut from, mut heads) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(&group[from..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(&group[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    heads.retain(|h| !h.trim().is_empty());
    heads
}

/// Imports of other rooms on the same floor or above, as `path:line: room -> room`.
fn looking_up(files: &[Source], below: &str, floors: &[&[&str]]) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for file in files {
        let room = file.room(below).unwrap_or_default();
        let Some(own) = height(floors, room) else { continue };
        for (at, other) in named(file) {
            let up = height(floors, &other).is_some_and(|h| h >= own);
            if other != room && up {
                found.push((file.path.clone(), other.clone(), format!("{}: {room} -> {other}", file.at(at))));
            }
        }
    }
    found
}

fn assert_floors(files: &[Source], below: &str, floors: &[&[&str]]) {
    let excepted = |path: &str, room: &str| EXCEPTIONS.iter().any(|(p, r, _)| *p == path && *r == room);
    let found = looking_up(files, below, floors);
    let wrong: Vec<&str> = found.iter().filter(|(p, r, _)| !excepted(p, r)).map(|(_, _, line)| line.as_str()).collect();
    assert!(wrong.is_empty(), "a room imports from lower floors only:\n{}", wrong.join("\n"));
    for (path, room, _) in EXCEPTIONS.iter().filter(|(p, _, _)| p.starts_with(&format!("{below}/"))) {
        assert!(found.iter().any(|(p, r, _)| p == path && r == room), "{path} -> {room}: the exception is not needed");
    }
}

#[test]
fn rooms_of_the_core_import_from_lower_floors_only() {
    let files = sources("src/core");
    let wrong = looking_up(&files, "src/core", &CORE);
    let lines: Vec<_> = wrong.iter().map(|(_, _, line)| line.as_str()).collect();
    assert!(wrong.is_empty(), "a room imports from lower floors only:\n{}", lines.join("\n"));
}

#[test]
fn rooms_of_the_shell_import_from_lower_floors_only() {
    assert_floors(&shell(), "src", &SHELL);
}

/// Every room has a floor, and every floor is a room: nothing stands beside the house.
#[test]
fn every_room_has_a_floor() {
    for (files, below, floors) in [(sources("src/core"), "src/core", &CORE[..]), (shell(), "src", &SHELL[..])] {
        let rooms: BTreeSet<&str> = files.iter().filter_map(|f| f.room(below)).collect();
        let rooms: BTreeSet<&str> = rooms.into_iter().filter(|r| !matches!(*r, "lib" | "main")).collect();
        let built: BTreeSet<&str> = floors.iter().flat_map(|f| f.iter().copied()).collect();
        assert_eq!(rooms, built, "{below}");
    }
}

/// The papers show the floors that are tested here.
#[test]
fn the_floors_are_those_of_the_papers() {
    let flat = |t: String| t.replace("//!", "").split_whitespace().collect::<Vec<_>>().join(" ");
    let papers = [("docs/architecture.md", &CORE[..]), ("docs/architecture.md", &SHELL[..])];
    let crates = [("src/core/lib.rs", &CORE[..]), ("src/lib.rs", &SHELL[..])];
    for (path, floors) in papers.into_iter().chain(crates) {
        let floors = written(floors);
        assert!(flat(text(path)).contains(&floors), "{path} does not say: {floors}");
    }
}

/// `super::` never leads out of a room, so that `crate::` tells everything.
#[test]
fn no_path_climbs_out_of_its_room() {
    let mut wrong = Vec::new();
    for (files, below) in [(sources("src/core"), "src/core"), (shell(), "src")] {
        for file in &files {
            let rest = &file.path[below.len() + 1..];
            let folders = rest.matches('/').count();
            // mod.rs is the module of its folder, any other file one below it; lib.rs and main.rs are the roots.
            let depth = if rest.ends_with("/mod.rs") { folders } else { folders + 1 };
            for at in words(&file.code, "super") {
                let climbs = |code: &str| code.trim_end().ends_with("super::");
                if climbs(&file.code[..at]) {
                    continue;
                }
                let chain = file.code[at..].split("::").take_while(|part| part.trim() == "super").count();
                let inside = modules_open(&file.code[..at]);
                if chain >= depth + inside && !matches!(rest, "lib.rs" | "main.rs") {
                    wrong.push(format!("{}: {chain} times super", file.at(at)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "these leave their room; write crate:: instead:\n{}", wrong.join("\n"));
}

/// Modules with a body that are still open at the end of this code.
fn modules_open(code: &str) -> usize {
    let (mut open, mut modules) = (0_usize, Vec::new());
    for (at, c) in code.char_indices() {
        match c {
            '{' => {
                let before = code[..at].trim_end();
                let head = before.rsplit([';', '}', '{', ']']).next().unwrap_or_default();
                if head.split_whitespace().any(|w| w == "mod") {
                    modules.push(open);
                }
                open += 1;
            }
            '}' => {
                open = open.saturating_sub(1);
                if modules.last() == Some(&open) {
                    modules.pop();
                }
            }
            _ => {}
        }
    }
    modules.len()
}

#[test]
fn imports_are_read_in_every_form() {
    let code = "use crate::{a::{b, c}, d, e as f};\nuse crate::g;\n// crate::h\nfn x() { crate ::i::j(); \"crate::k\" }\npub(crate) fn y() {}";
    let rooms: Vec<String> = named(&Source::new("src/z.rs", code)).into_iter().map(|(_, r)| r).collect();
    assert_eq!(rooms, ["a", "d", "e", "g", "i"]);
    let files = [Source::new("src/store/x.rs", "use crate::engine::Handle;\nuse crate::probe;")];
    let up: Vec<String> = looking_up(&files, "src", &SHELL).into_iter().map(|(_, _, line)| line).collect();
    assert_eq!(up, ["src/store/x.rs:1: store -> engine", "src/store/x.rs:2: store -> probe"]);
    assert_eq!(modules_open("mod a { fn b() { } #[cfg(test)] mod c { use super"), 2);
    assert_eq!(modules_open("mod a { fn b() { } } fn c() { if x {"), 0);
}
