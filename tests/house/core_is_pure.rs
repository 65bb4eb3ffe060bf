//! The core is a function of what it is given.

use std::collections::BTreeSet;

use crate::locked::{closure, manifest};
use crate::source::{sources, text, words};

/// All that the core may be built on.
const BUILT_ON: [&str; 6] = ["geo", "pathfinding", "petgraph", "rstar", "thiserror", "url"];

/// What none of these may bring along: runtimes, sockets, databases, clocks. Not `getrandom`: Cargo.lock shows it below
/// `rand`, which geo has for an algorithm that is not called here, because others in the lock switch that feature on.
const NEVER_BELOW: [&str; 13] = [
    "tokio",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "hyper",
    "reqwest",
    "axum",
    "sqlx",
    "sqlx-core",
    "libsqlite3-sys",
    "chrono",
    "jiff",
];

#[test]
fn the_core_is_built_on_nothing_that_touches_the_world() {
    let manifest = manifest("src/core/Cargo.toml");
    let names: BTreeSet<&str> = manifest["dependencies"].as_table().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(BUILT_ON), "the core's dependencies");
    assert!(!manifest.contains_key("build-dependencies") && !manifest.contains_key("target"), "nor by another way");
    let below = closure(&BUILT_ON);
    let wrong: Vec<&str> = NEVER_BELOW.into_iter().filter(|name| below.contains(*name)).collect();
    assert!(wrong.is_empty(), "the core's dependencies bring along {wrong:?}");
}

/// Tests that live through many towns, on all processors, as many as the environment says; they are not in the core.
const MANY_TOWNS: [&str; 3] = ["world/tests/broken.rs", "world/tests/lives.rs", "world/tests/life/crowd.rs"];

fn nowhere(needles: &[&str], why: &str) {
    let mut wrong = Vec::new();
    for file in sources("src/core") {
        if MANY_TOWNS.iter().any(|name| file.path.ends_with(name)) {
            continue;
        }
        for needle in needles {
            wrong.extend(words(&file.code, needle).map(|at| format!("{}: {needle}", file.at(at))));
        }
    }
    assert!(wrong.is_empty(), "{why}:\n{}", wrong.join("\n"));
}

#[test]
fn the_core_waits_for_nothing() {
    nowhere(&["async", "await", "sleep", "spawn", "Mutex", "RwLock", "Condvar", "mpsc"], "the core never waits");
}

#[test]
fn the_core_reads_no_clock() {
    nowhere(&["Instant", "SystemTime", "UNIX_EPOCH"], "time is an argument");
}

#[test]
fn the_core_touches_no_file_socket_or_environment() {
    nowhere(
        &["std::fs", "std::env", "std::process", "std::io", "TcpStream", "TcpListener", "UdpSocket", "std::thread"],
        "bytes, settings and answers are brought by the shell",
    );
}

/// The order of a hash map differs from run to run; random numbers come from the seed of `town` and nowhere else.
#[test]
fn nothing_in_the_core_is_left_to_chance() {
    nowhere(&["HashMap", "HashSet", "RandomState", "rand", "getrandom"], "same events, same effects");
}

/// clippy holds the same lines where it runs, with the compiler's knowledge of names.
#[test]
fn clippy_keeps_the_core_pure_too() {
    let lints = text("src/core/clippy.toml");
    for path in ["std::time::Instant::now", "std::time::SystemTime::now", "std::collections::HashMap", "std::fs::read"]
    {
        assert!(lints.contains(&format!("\"{path}\"")), "src/core/clippy.toml does not name {path}");
    }
}

/// One function changes the World and one says when it wants to be woken; the others begin, show and keep it.
#[test]
fn the_world_has_one_door() {
    let world = text("src/core/world/mod.rs");
    let public: BTreeSet<&str> = world.split("pub fn ").skip(1).filter_map(|f| f.split(['(', '<']).next()).collect();
    assert_eq!(public, BTreeSet::from(["apply", "next_wake"]), "in src/core/world/mod.rs");
    let mut elsewhere = BTreeSet::new();
    for file in sources("src/core/world") {
        if file.is_test() || file.path.ends_with("world/mod.rs") {
            continue;
        }
        for implementation in file.code.split("impl World {").skip(1) {
            let end = implementation.find("\n}").unwrap_or(implementation.len());
            let functions = implementation[..end].split("    pub fn ").skip(1);
            elsewhere.extend(functions.filter_map(|f| f.split(['(', '<']).next()).map(str::to_owned));
        }
    }
    assert_eq!(
        elsewhere,
        BTreeSet::from(["cameras", "saved", "snapshot", "start", "topology"].map(str::to_owned)),
        "to begin, to see, to keep"
    );
}
