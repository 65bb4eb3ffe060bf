//! Things that stand in one place only.

use std::collections::BTreeSet;

use crate::source::{Source, root, shell, sources, walk, words};

/// Lines of the shell, tests left out, that name one of these outside the rooms or files that may.
fn outside(may: &[&str], needles: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in shell().iter().filter(|f| !may.iter().any(|m| f.path.starts_with(m))) {
        for needle in needles {
            wrong.extend(words(file.shipped(), needle).map(|at| format!("{}: {needle}", file.at(at))));
        }
    }
    wrong
}

fn nowhere_else(may: &[&str], needles: &[&str], why: &str) {
    for needle in needles {
        let used = shell()
            .iter()
            .any(|f| may.iter().any(|m| f.path.starts_with(m)) && words(f.shipped(), needle).next().is_some());
        assert!(used || needles.len() > 1, "{needle} is not even used in {may:?}: the rule guards nothing");
    }
    let wrong = outside(may, needles);
    assert!(wrong.is_empty(), "{why}:\n{}", wrong.join("\n"));
}

/// What SQL begins with, as we write it.
const SQL: [&str; 8] = [
    "SELECT ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "ALTER TABLE ",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
];

fn sql_in(file: &Source) -> Vec<String> {
    let texts = file.texts.iter().filter(|(_, text)| SQL.iter().any(|word| text.contains(word)));
    texts.map(|(line, text)| format!("{}:{line}: {text}", file.path)).collect()
}

#[test]
fn sql_stands_in_the_store_only() {
    let (store, others): (Vec<Source>, Vec<Source>) =
        sources("src").into_iter().partition(|f| f.path.starts_with("src/store/"));
    assert!(store.iter().any(|f| !sql_in(f).is_empty()), "no SQL is found even in the store");
    let wrong: Vec<String> = others.iter().flat_map(sql_in).collect();
    assert!(wrong.is_empty(), "SQL outside src/store:\n{}", wrong.join("\n"));
    nowhere_else(&["src/store/"], &["sqlx"], "only the store speaks to a database");
}

/// API, page and sinks see the past and the outbox through traits of their own; the wiring joins them.
#[test]
fn only_the_wiring_joins_the_store_with_others() {
    let allowed = BTreeSet::from(["store", "engine", "daemon", "cli"]);
    let mut wrong = Vec::new();
    for file in shell().iter().filter(|f| !allowed.contains(f.room("src").unwrap_or_default())) {
        wrong.extend(file.shipped().match_indices("crate::store").map(|(at, _)| file.at(at)));
    }
    assert!(wrong.is_empty(), "these know the store:\n{}", wrong.join("\n"));
}

/// One task owns the World; everybody else has the snapshot.
#[test]
fn the_writer_alone_owns_the_world() {
    nowhere_else(&["src/engine/writer"], &["World"], "the World is the writer's");
}

/// An address becomes [`Vetted`] in allow.rs, and two files dial: what is not vetted cannot be reached from here.
#[test]
fn cameras_are_dialled_in_two_files_only() {
    let dials = ["TcpStream::connect", "TcpSocket", "UdpSocket", "surge_ping", "connect_timeout"];
    // allow.rs binds a socket to learn whether an address is this host's; nothing is sent from it.
    let dialling = ["src/probe/dial.rs", "src/probe/reach.rs", "src/probe/allow.rs", "src/sim/"];
    let wrong: Vec<String> =
        outside(&dialling, &dials).into_iter().filter(|line| line.starts_with("src/probe/")).collect();
    assert!(wrong.is_empty(), "these dial too:\n{}", wrong.join("\n"));
    let makes: Vec<String> = outside(&["src/probe/allow.rs"], &["Vetted("]);
    assert!(makes.is_empty(), "only allow.rs makes a vetted address:\n{}", makes.join("\n"));
}

/// reqwest follows names, proxies and redirects by itself: good for sinks and servers, never for a camera.
#[test]
fn no_general_http_client_speaks_to_cameras() {
    nowhere_else(&["src/notify/", "src/cli/", "src/daemon/"], &["reqwest"], "only sinks and commands use reqwest");
}

/// What is printed, read from the command line or ends the process, is in one room.
#[test]
fn only_the_command_line_prints_and_exits() {
    let needles = ["println", "eprintln", "print", "eprint", "process::exit", "env::args"];
    nowhere_else(&["src/cli/"], &needles, "rooms return values and errors; cli prints them");
}

/// Fake cameras belong to `demo` and `simulate`. What raises the limit on open files is shared with the daemon.
#[test]
fn fake_cameras_are_never_part_of_a_running_town() {
    let mut wrong = Vec::new();
    for file in shell().iter().filter(|f| !matches!(f.room("src"), Some("sim" | "cli"))) {
        let uses = file.shipped().match_indices("crate::sim");
        let foreign = uses.filter(|(at, _)| !file.shipped()[*at..].starts_with("crate::sim::raise_open_files"));
        wrong.extend(foreign.map(|(at, _)| file.at(at)));
    }
    assert!(wrong.is_empty(), "these know the fake cameras:\n{}", wrong.join("\n"));
}

/// Types of the core have no JSON shape: what is sent is a type of the room that sends it.
#[test]
fn the_core_has_no_wire_types() {
    let wrong: Vec<String> = sources("src/core")
        .iter()
        .flat_map(|f| words(&f.code, "Serialize").map(|at| f.at(at)).collect::<Vec<_>>())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pictures are judged and dropped: nothing writes one, nothing serves one.
#[test]
fn no_room_writes_files_but_files_and_the_command_line() {
    let needles = ["fs::write", "File::create", "OpenOptions", "fs::rename"];
    nowhere_else(&["src/files/", "src/store/", "src/cli/"], &needles, "pictures and answers stay in memory");
}

/// Names of one machine, and settings that bind cargo to a registry of one's own.
#[test]
fn nothing_names_the_machine_it_was_written_on() {
    // In parts, so that this file does not name them either.
    let needles = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["spar", "se+"],
        ["arti", "factory"],
        ["CARGO_REGI", "STRIES"],
    ];
    let needles: Vec<String> = needles.iter().map(|n| n.concat()).collect();
    let (root, mut wrong) = (root(), Vec::new());
    walk(&root, &mut |path| {
        let Ok(text) = std::fs::read_to_string(path) else { return };
        for (at, line) in text.lines().enumerate() {
            if needles.iter().any(|n| line.contains(n.as_str())) {
                wrong.push(format!("{}:{}: {line}", path.display(), at + 1));
            }
        }
    });
    wrong.retain(|line| !line.starts_with(&root.join(".git").display().to_string()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!root.join(".cargo").exists() && !root.join("rust-toolchain.toml").exists(), "settings of one machine");
}

/// English and Chinese stand in pairs of files that know the same things; where a macro or a trait lists the words
/// (`http/page/words.rs`, `alert/words.rs`), the compiler keeps them equal besides.
#[test]
fn both_languages_know_the_same() {
    let files = sources("src");
    let mut pairs = 0;
    for zh in files.iter().filter(|f| f.path.ends_with("/zh.rs") || f.path.ends_with("_zh.rs")) {
        let other = zh.path.replace("zh.rs", "en.rs");
        let en = files.iter().find(|f| f.path == other).unwrap_or_else(|| panic!("{} has no {other}", zh.path));
        pairs += 1;
        assert_eq!(keys(zh), keys(en), "{} and {other}", zh.path);
    }
    let english = files.iter().filter(|f| f.path.ends_with("/en.rs") || f.path.ends_with("_en.rs")).count();
    assert_eq!(english, pairs, "every English file has a Chinese one");
    assert!(pairs >= 2, "only {pairs} pairs are found");
}

/// What a catalogue answers to: the functions that others call, and the variants that its matches name.
fn keys(file: &Source) -> BTreeSet<String> {
    let code = file.shipped();
    let name = |from: usize| code[from..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let functions = words(code, "fn").filter(|at| code[..*at].trim_end().ends_with(')'));
    let functions = functions.map(|at| format!("fn {}", name(at + 3)));
    let variants = code.match_indices("::").filter_map(|(at, _)| {
        let variant = name(at + 2);
        let of: String = code[..at].chars().rev().take_while(|c| c.is_alphanumeric()).collect();
        let of: String = of.chars().rev().collect();
        let capital = |t: &str| t.starts_with(char::is_uppercase);
        (capital(&variant) && capital(&of)).then(|| format!("{of}::{variant}"))
    });
    functions.chain(variants).collect()
}
