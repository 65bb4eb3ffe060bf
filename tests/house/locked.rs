//! What Cargo.toml and Cargo.lock must hold. cargo-deny (deny.toml) knows more, where it and its list can be had.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::source::text;

/// A Cargo.toml.
pub(crate) fn manifest(path: &str) -> Table {
    text(path).parse().unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Packages of Cargo.lock.
fn packages() -> Vec<Table> {
    let lock = manifest("Cargo.lock");
    lock["package"].as_array().unwrap().iter().map(|p| p.as_table().unwrap().clone()).collect()
}

fn field<'a>(package: &'a Table, name: &str) -> &'a str {
    package.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The versions of a package, none if it is not there.
fn versions(name: &str) -> Vec<Vec<u64>> {
    let parts = |v: &str| v.split(['.', '-', '+']).map_while(|n| n.parse().ok()).collect();
    packages().iter().filter(|p| field(p, "name") == name).map(|p| parts(field(p, "version"))).collect()
}

/// Packages by `name version`, with what each needs in the same words. Cargo.lock writes the version of a need only
/// where there are several.
fn edges() -> BTreeMap<String, Vec<String>> {
    let packages = packages();
    let whole = |p: &Table| format!("{} {}", field(p, "name"), field(p, "version"));
    let only = |name: &str| packages.iter().find(|p| field(p, "name") == name).map(whole);
    let mut edges = BTreeMap::new();
    for package in &packages {
        let needs = package.get("dependencies").and_then(Value::as_array).cloned().unwrap_or_default();
        let needs = needs.iter().filter_map(Value::as_str).filter_map(|need| match need.split_once(' ') {
            Some(_) => Some(need.to_owned()),
            None => only(need),
        });
        edges.insert(whole(package), needs.collect());
    }
    edges
}

/// Names of all packages below these, they themselves included, whatever feature or platform wants them.
pub(crate) fn closure(names: &[&str]) -> BTreeSet<String> {
    let edges = edges();
    let name = |whole: &str| whole.split(' ').next().unwrap_or_default().to_owned();
    let mut open: Vec<String> = edges.keys().filter(|k| names.contains(&name(k).as_str())).cloned().collect();
    assert_eq!(open.len(), names.len(), "each of {names:?} once in Cargo.lock");
    let mut found = BTreeSet::new();
    while let Some(package) = open.pop() {
        if found.insert(package.clone()) {
            open.extend(edges.get(&package).cloned().unwrap_or_default());
        }
    }
    found.iter().map(|whole| name(whole)).collect()
}

fn at_least(name: &str, least: &[u64]) {
    for version in versions(name) {
        assert!(version.as_slice() >= least, "{name} {version:?} is below {least:?}");
    }
}

/// Before SQLite 3.51.3 two connections that write and checkpoint at once can lose pages that were committed; the crate
/// brings that version from 0.37 on. `store` asks the linked library itself as well.
#[test]
fn sqlite_is_one_that_loses_no_commit() {
    assert_eq!(versions("libsqlite3-sys").len(), 1, "one SQLite is linked");
    at_least("libsqlite3-sys", &[0, 37]);
}

/// RUSTSEC-2026-0194 and -0195: time that grows with the square of the attributes. It is not built yet.
#[test]
fn xml_is_read_in_bounded_time() {
    at_least("quick-xml", &[0, 41]);
}

/// Earlier ones lost ICMP errors, and clones of a client stole each other's answers.
#[test]
fn pings_hear_their_own_errors() {
    assert_eq!(versions("surge-ping").len(), 1);
    at_least("surge-ping", &[0, 9, 1]);
}

/// Two providers in one process make rustls panic when it is to choose; aws-lc-rs wants cmake, and each costs a minute.
#[test]
fn there_is_one_tls_provider() {
    assert_eq!((versions("rustls").len(), versions("ring").len()), (1, 1), "one rustls over one ring");
    for other in ["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys", "rustls-openssl", "rustls-rustcrypto", "boring"] {
        assert!(versions(other).is_empty(), "{other} is in Cargo.lock");
    }
}

#[test]
fn there_is_no_openssl() {
    for name in ["openssl", "openssl-sys", "openssl-src", "native-tls"] {
        assert!(versions(name).is_empty(), "{name} is in Cargo.lock");
    }
}

/// Nothing from a mirror, a git repository or a folder beside this one: it builds for everybody as it builds here.
#[test]
fn every_package_comes_from_crates_io() {
    let ours = ["cunkou", "cunkou-core"];
    for package in packages() {
        let source = field(&package, "source");
        let from = if ours.contains(&field(&package, "name")) {
            ""
        } else {
            "registry+https://github.com/rust-lang/crates.io-index"
        };
        assert_eq!(source, from, "{}", field(&package, "name"));
    }
}

/// deny.toml bans what is banned here, so that the two never differ.
#[test]
fn deny_toml_bans_the_same() {
    let deny = manifest("deny.toml");
    let banned = deny["bans"]["deny"].as_array().unwrap();
    let banned: BTreeSet<&str> = banned.iter().filter_map(|b| b["crate"].as_str()).collect();
    assert_eq!(banned, BTreeSet::from(["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"]));
}

/// `unsafe` is forbidden by a lint, and both crates are bound by it; no attribute can lift `forbid`.
#[test]
fn unsafe_is_forbidden_in_both_crates() {
    let root = manifest("Cargo.toml");
    assert_eq!(root["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for path in ["Cargo.toml", "src/core/Cargo.toml"] {
        assert_eq!(manifest(path)["lints"]["workspace"].as_bool(), Some(true), "{path}");
    }
}

/// `cargo test` in the root tests the core too.
#[test]
fn the_core_is_tested_with_the_rest() {
    let members = manifest("Cargo.toml")["workspace"]["default-members"].clone();
    assert_eq!(members, Value::from(vec![".", "src/core"]));
}
