//! Cameras that the registry names by host, and a name server that does not answer: that is our own fault and no camera's.
//! A name that does not exist is the fault of its camera. Needs root (port 53, a mount namespace); says so without.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod name_server;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use common::{Control, Daemon, FAST, Program, Town, cunkou, text, wait_for, wait_to_see};
use name_server::{NXDOMAIN, NameServer, REFUSED, Reply, SERVFAIL, resolving_by};
use serde_json::Value;

const CAMERAS: usize = 20;
/// So many of them are named by host.
const NAMED: usize = 14;

/// An address of this process and test, where nobody else looks names up.
fn name_server_at(test: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, u8::try_from(30 + std::process::id() % 220).unwrap(), 81, test)
}

/// What is said to everybody, and to some names in particular.
#[derive(Clone)]
struct Words(Arc<Mutex<Said>>);

/// To all, and by name.
type Said = (Option<Reply>, BTreeMap<String, Reply>);

impl Words {
    fn new() -> Words {
        Words(Arc::default())
    }

    /// To whatever is asked; `None`: by the list.
    fn to_all(&self, reply: Option<Reply>) {
        self.0.lock().unwrap().0 = reply;
    }

    fn to(&self, name: &str, reply: Reply) {
        self.0.lock().unwrap().1.insert(name.to_owned(), reply);
    }

    fn serve(&self, at: Ipv4Addr, test: &str) -> Option<NameServer> {
        let words = self.clone();
        let server = NameServer::start(SocketAddr::new(at.into(), 53), move |name, _| {
            let words = words.0.lock().unwrap();
            words.0.or_else(|| words.1.get(name).copied()).unwrap_or(NXDOMAIN)
        });
        if server.is_err() {
            println!("skipped: {test}: port 53 is not to be had");
        }
        server.ok()
    }
}

fn resolv_conf(folder: &Path, at: Ipv4Addr, options: &str) -> PathBuf {
    let path = folder.join("resolv.conf");
    std::fs::write(&path, format!("nameserver {at}\n{options}")).unwrap();
    path
}

/// Whatever the system's resolver makes of it: silence with its own timeouts and with ours, errors of each kind, and no
/// server at all prove nothing; a name that is not there, or has no address, fails its camera.
#[test]
fn a_name_server_that_does_not_answer_is_our_own_fault_and_a_name_that_is_not_there_is_not() {
    const TEST: &str = "a_name_server_that_does_not_answer_is_our_own_fault_and_a_name_that_is_not_there_is_not";
    let (at, nobody) = (name_server_at(1), name_server_at(2));
    let words = Words::new();
    let Some(_server) = words.serve(at, TEST) else { return };
    let folder = tempfile::tempdir().unwrap();
    let quick = "options timeout:1 attempts:1\n";
    for (server, options, reply, result) in [
        (at, quick, NXDOMAIN, "unreachable"),
        (at, quick, Reply::NoAddress, "unreachable"),
        (at, quick, Reply::Silence, "inconclusive"),
        (at, "", Reply::Silence, "inconclusive"),
        (at, quick, SERVFAIL, "inconclusive"),
        (at, quick, REFUSED, "inconclusive"),
        (nobody, quick, NXDOMAIN, "inconclusive"),
    ] {
        words.to_all(Some(reply));
        let resolv = resolv_conf(folder.path(), server, options);
        for url in ["tcp://gone.cunkou.test:554", "rtsp://gone.cunkou.test/main", "http://gone.cunkou.test/s.jpg"] {
            let mut command = cunkou();
            command.args(["probe", url, "--format", "json"]).current_dir(folder.path());
            let Some(mut command) = resolving_by(&resolv, &command, TEST) else { return };
            let mut program = Program::start(&mut command);
            let ended = program.ended();
            let report: Value = serde_json::from_str(&program.said()).expect("JSON");
            assert_eq!(report[0]["result"], result, "{url} {server} {reply:?} {options:?}: {report:#}");
            assert_eq!(ended, Some(if result == "inconclusive" { 3 } else { 1 }), "{url} {reply:?}");
        }
    }
}

/// A town of which some cameras are named by host, its fake cameras, and the daemon that asks this name server.
struct NamedTown {
    daemon: Daemon,
    control: Control,
    words: Words,
    /// Names of the cameras that have one.
    named: BTreeMap<String, String>,
    _server: NameServer,
    _cameras: Program,
    _town: Town,
}

impl NamedTown {
    fn start(test: &str, number: u8, change: impl FnOnce(String, &Words) -> String) -> Option<NamedTown> {
        let (at, words) = (name_server_at(number), Words::new());
        let server = words.serve(at, test)?;
        let town = Town::new(CAMERAS, FAST);
        // The fake cameras stand on addresses.
        let (cameras, control) = town.simulate();
        let mut named = BTreeMap::new();
        town.edit("registry/cameras.csv", |table| by_name(&table, &words, &mut named));
        town.edit("cunkou.toml", |settings| change(settings, &words));
        let resolv = resolv_conf(town.path("").as_path(), at, "");
        let mut inside = resolving_by(&resolv, &town.run_command(), test)?;
        let daemon = town.run_with(|command| std::mem::swap(command, &mut inside));
        daemon.all_up();
        Some(NamedTown { daemon, control, words, named, _server: server, _cameras: cameras, _town: town })
    }

    /// How many probes of reach ended so.
    fn probes(&self, result: &str) -> f64 {
        let series = format!("cunkou_probes_total{{check=\"reach\",result=\"{result}\"}}");
        self.daemon.metric(&series).unwrap_or_default()
    }

    /// Waits until each camera with a name has been asked in vain often enough to be called down.
    fn asked_in_vain(&self, how: &str) {
        let before = self.probes("inconclusive");
        wait_to_see(how, || {
            let incidents = self.daemon.items("incidents");
            assert!(incidents.is_empty(), "{how}: nothing is broken: {incidents:#?}");
            assert_eq!(self.daemon.api("status")["cameras"]["down"], 0, "{how}");
            let more = self.probes("inconclusive") - before;
            if more >= (NAMED * 5) as f64 { Ok(()) } else { Err(more) }
        });
    }
}

/// Gives the first cameras a host by name.
fn by_name(table: &str, words: &Words, named: &mut BTreeMap<String, String>) -> String {
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    let host = lines[0].split(',').position(|c| c == "host").unwrap();
    for line in &mut lines[1..=NAMED] {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        let name = format!("{}.cunkou.test", cells[0].to_lowercase());
        words.to(&name, Reply::Address(cells[host].parse().unwrap()));
        named.insert(cells[0].clone(), name.clone());
        cells[host] = name;
        *line = cells.join(",");
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_dead_name_server_makes_no_camera_down_and_a_name_that_is_gone_does() {
    const TEST: &str = "a_dead_name_server_makes_no_camera_down_and_a_name_that_is_gone_does";
    let Some(town) = NamedTown::start(TEST, 3, |settings, _| settings) else { return };
    for (reply, how) in [
        (Reply::Silence, "a name server that is silent"),
        (SERVFAIL, "a name server that fails"),
        (REFUSED, "a name server that refuses"),
    ] {
        town.words.to_all(Some(reply));
        town.asked_in_vain(how);
    }
    // Who has an address is watched as ever.
    let cameras = town.daemon.items("cameras");
    let by_address = cameras.iter().map(|c| text(&c["id"])).find(|id| !town.named.contains_key(id)).unwrap();
    town.control.set(&format!("cameras/{by_address}"), "refuse");
    let told = town.daemon.incident("a camera that has an address", |i| i["cause"]["id"] == by_address.as_str());
    town.control.set(&format!("cameras/{by_address}"), "none");
    town.daemon.resolved(told["id"].as_u64().unwrap());

    town.words.to_all(None);
    town.daemon.all_up();
    let (camera, name) = town.named.first_key_value().unwrap();
    let address = town.words.0.lock().unwrap().1[name];
    town.words.to(name, NXDOMAIN);
    let told = town.daemon.incident("a camera whose name is gone", |i| i["cause"]["id"] == camera.as_str());
    town.words.to(name, address);
    town.daemon.resolved(told["id"].as_u64().unwrap());
    town.daemon.all_up();
}

/// The other way round: a canary whose name nobody can look up has not answered, and proves no sight. With our own link
/// gone the name server is gone with it.
#[test]
fn a_canary_whose_name_nobody_looks_up_proves_no_sight() {
    const TEST: &str = "a_canary_whose_name_nobody_looks_up_proves_no_sight";
    let by_name = |settings: String, words: &Words| {
        let (before, rest) = settings.split_once("canaries = [\"").expect("the demo has a canary");
        let (address, rest) = rest.split_once(':').expect("a port");
        words.to("canary.cunkou.test", Reply::Address(address.parse().unwrap()));
        format!("{before}canaries = [\"canary.cunkou.test:{rest}")
    };
    let Some(town) = NamedTown::start(TEST, 4, by_name) else { return };
    let answers = || town.daemon.metric("cunkou_monitor_canary_up").unwrap_or_default() == 1.0;
    wait_for("the canary", || answers().then_some(()));
    town.words.to_all(Some(Reply::Silence));
    town.control.set("nodes/UP-1", "drop");
    let blind = town.daemon.incident("blindness", |i| i["severity"] == "critical");
    assert_eq!(town.daemon.metric("cunkou_monitor_blind"), Some(1.0), "{blind:#}");
    assert_eq!(town.daemon.api("status")["cameras"]["down"], 0);
    town.words.to_all(None);
    town.control.set("nodes/UP-1", "none");
    town.daemon.resolved(blind["id"].as_u64().unwrap());
    town.daemon.all_up();
}
