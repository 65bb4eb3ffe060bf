//! A town on real networks: namespaces with cables, switches, a gateway and hosts of their own, the fake cameras on
//! addresses that are not loopback, and the built daemon behind the gateway. Cables are cut, packets dropped and delayed,
//! hosts exchange their addresses: one page a fault, with its cause, no false one, and its end is told.
//!
//! Needs root and network namespaces; says so where it has none.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;
mod net;
mod site;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Program, text, texts, wait_for, wait_to_see};
use net::Net;
use rustix::process::Signal;
use serde_json::Value;
use site::{SWITCHES, Site, address, is_healthy, lay_cables};

fn entrances(cameras: &[&str]) -> BTreeSet<String> {
    cameras.iter().map(|c| c.replace('C', "E")).collect()
}

/// The incident is of this cause and took all of these entrances, and was paged once.
fn is_of(incident: &Value, kind: &str, id: &str, lost: &BTreeSet<String>) -> bool {
    let cause = &incident["cause"];
    cause["kind"] == kind && cause["id"] == id && texts(&incident["entrances_lost"]) == *lost
}

#[track_caller]
fn assert_one_page(site: &Site, incident: &Value) {
    assert_eq!(incident["severity"], "critical", "{incident:#}");
    let now = site.daemon.api(&format!("incidents/{}", incident["id"]));
    assert_eq!((&now["pages"], &now["merged_into"]), (&1.into(), &Value::Null), "one page: {now:#}");
}

#[test]
fn each_cut_cable_is_one_page_that_names_what_it_cut_off() {
    let Some(mut net) = Net::for_test("each_cut_cable_is_one_page_that_names_what_it_cut_off", &["ip"]) else { return };
    lay_cables(&mut net, false);
    let site = Site::start(net);
    let all: Vec<&str> = SWITCHES.iter().flat_map(|(_, cameras)| *cameras).collect();
    let cuts: [(&str, &str, &str, &str, &[&str]); 3] = [
        ("S1", "C11", "camera", "C11", &["C11"]),
        ("UP", "S2", "node", "S2", &SWITCHES[1].1),
        ("gateway", "town", "node", "UP", &all),
    ];
    for (known, (host, port, kind, id, cameras)) in cuts.into_iter().enumerate() {
        site.net.at(host, &format!("link set dev {port} down"));
        let lost = entrances(cameras);
        let incident = site.told(known, &format!("{id} is cut off"), |i| is_of(i, kind, id, &lost));
        assert_one_page(&site, &incident);
        site.net.at(host, &format!("link set dev {port} up"));
        site.repaired(&incident);
        assert_one_page(&site, &incident);
    }
    assert_eq!(site.incidents().len(), cuts.len(), "{:#?}", site.incidents());
}

#[test]
fn the_monitors_own_cable_cut_is_one_monitor_blind_and_no_loss() {
    let test = "the_monitors_own_cable_cut_is_one_monitor_blind_and_no_loss";
    // At the far end, so that packets get lost; then its own interface, so that the kernel refuses to send. A network of its
    // own for each: blindness that comes back soon is the same incident.
    for (host, down, up) in [
        ("gateway", "link set dev monitor down", "link set dev monitor up"),
        ("monitor", "link set dev eth0 down", "link set dev eth0 up\nroute add default via 10.77.0.1"),
    ] {
        let Some(mut net) = Net::for_test(test, &["ip"]) else { return };
        lay_cables(&mut net, false);
        let site = Site::start(net);
        site.net.at(host, down);
        let blind = site.told(0, "blindness", |i| i["severity"] == "critical");
        let before = asked(&site);
        wait_for("two rounds of probes in the dark", || {
            assert_eq!(site.incidents().len(), 1, "{:#?}", site.incidents());
            (asked(&site) >= before + 12.0).then_some(())
        });
        assert_eq!(texts(&blind["entrances_lost"]), BTreeSet::new());
        assert_one_page(&site, &blind);
        assert_eq!(site.daemon.metric("cunkou_monitor_blind"), Some(1.0));
        site.net.at(host, up);
        site.repaired(&blind);
        assert_one_page(&site, &blind);
        assert_eq!(site.alerts_heard(), BTreeSet::from(["MonitorBlind".to_owned()]));
    }
}

/// How often reach was asked.
fn asked(site: &Site) -> f64 {
    ["pass", "timeout", "unreachable"].map(|result| site.counts("reach", result)).iter().sum()
}

/// Waits until reach has been asked so many times more, and nothing worse than a hint was told meanwhile.
#[track_caller]
fn nothing_is_lost_for(site: &Site, tries: f64) {
    let before = asked(site);
    wait_to_see("probes enough", || {
        let worse: Vec<Value> = site.incidents().into_iter().filter(|i| i["severity"] != "info").collect();
        assert!(worse.is_empty(), "nothing is lost: {worse:#?}");
        let more = asked(site) - before;
        if more >= tries { Ok(()) } else { Err(more) }
    });
    assert!(is_healthy(site));
}

/// The chain that drops 30 of 100 packets that one of these rules fits.
fn loss(rules: &[&str]) -> String {
    let rules: String = rules.iter().map(|r| format!("{r} numgen random mod 100 < 30 counter drop\n")).collect();
    format!(
        "table bridge loss {{\nchain forward {{\ntype filter hook forward priority 0; policy accept;\n{rules}}}\n}}\n"
    )
}

#[test]
fn a_cable_that_loses_thirty_of_a_hundred_packets_each_way_pages_nobody() {
    let test = "a_cable_that_loses_thirty_of_a_hundred_packets_each_way_pages_nobody";
    let Some(mut net) = Net::for_test(test, &["ip", "nft"]) else { return };
    lay_cables(&mut net, false);
    let site = Site::start(net);
    site.net.nft("S1", &loss(&["iifname \"C11\"", "oifname \"C11\""]));
    let lossy = site.told(0, "a camera that loses packets", |i| i["cause"]["id"] == "C11");
    assert_eq!(lossy["severity"], "info", "a hint for who looks: {lossy:#}");
    // What is sent again after a second makes it slow before enough tries have failed to call it lossy.
    wait_for("loss, by its name", || texts(&site.daemon.api("cameras/C11")["reasons"]).contains("lossy").then_some(()));
    nothing_is_lost_for(&site, 60.0);
    site.net.nft("S1", "delete table bridge loss\n");
    site.repaired(&lossy);
    assert_eq!(site.incidents().len(), 1);
}

#[test]
fn a_network_that_loses_thirty_of_a_hundred_packets_pages_nobody() {
    let test = "a_network_that_loses_thirty_of_a_hundred_packets_pages_nobody";
    let Some(mut net) = Net::for_test(test, &["ip", "nft"]) else { return };
    lay_cables(&mut net, false);
    let site = Site::start(net);
    // On their way to switches and cameras alike.
    site.net.nft("UP", &loss(&["iifname \"gateway\""]));
    nothing_is_lost_for(&site, 150.0);
    // Each fifth or tenth try, as the dice fall; that there are any shows that the network did lose packets.
    assert!(site.counts("reach", "timeout") > 0.0, "no packet was dropped");
    site.net.nft("UP", "delete table bridge loss\n");
    site.daemon.all_up();
    assert!(site.incidents().iter().all(|i| i["severity"] == "info"), "{:#?}", site.incidents());
}

#[test]
fn answers_that_take_eight_hundred_milliseconds_page_nobody() {
    let test = "answers_that_take_eight_hundred_milliseconds_page_nobody";
    let Some(mut net) = Net::for_test(test, &["ip", "python3"]) else { return };
    lay_cables(&mut net, true);
    let wire = {
        let _inside = net.enter("wire");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/network/wire.py");
        // Each way.
        let wire = Program::start(Command::new("python3").arg(script).args(["up", "down", "0.4"]));
        wait_for("the wire", || {
            assert_eq!(wire.logged(), "");
            wire.said().contains("ready").then_some(())
        });
        wire
    };
    let mut site = Site::start(net);
    wire.signal(Signal::USR1);
    let connecting = || {
        let began = Instant::now();
        let to = format!("{}:8554", address("C11")).parse().unwrap();
        TcpStream::connect_timeout(&to, Duration::from_secs(5)).map(|_| began.elapsed())
    };
    wait_to_see("the wire takes its time", || {
        connecting().ok().filter(|took| *took >= Duration::from_millis(800)).ok_or("too quick")
    });
    nothing_is_lost_for(&site, 120.0);
    // That it is slow may be told to who looks; a true fault is told as ever, and so is its end.
    for id in SWITCHES[0].1 {
        let reasons = texts(&site.daemon.api(&format!("cameras/{id}"))["reasons"]);
        assert!(reasons.iter().all(|r| r == "slow"), "{id}: {reasons:?}");
    }
    site.net.at("S2", "link set dev C21 down");
    let cut = wait_for("the loss of a quick one", || of_cause(&site, "C21"));
    site.net.at("S1", "link set dev C12 down");
    let slow = wait_for("the loss of a slow one", || of_cause(&site, "C12").filter(|i| i["severity"] == "critical"));
    site.net.at("S2", "link set dev C21 up");
    site.net.at("S1", "link set dev C12 up");
    for (incident, lost) in [(&cut, "E21"), (&slow, "E12")] {
        assert_eq!(texts(&incident["entrances_lost"]), BTreeSet::from([lost.to_owned()]), "{incident:#}");
        // While the wire is as slow as before.
        wait_for("an entrance that is watched again", || {
            (site.daemon.api(&format!("entrances/{lost}"))["state"] == "covered").then_some(())
        });
    }
    wire.signal(Signal::USR2);
    site.keep(wire);
    wait_for("nothing worse than a hint", || {
        let open = site.daemon.items("incidents?status=open");
        open.iter().all(|i| i["severity"] == "info").then_some(())
    });
    let worse: BTreeSet<String> =
        site.incidents().iter().filter(|i| i["severity"] != "info").map(|i| text(&i["cause"]["id"])).collect();
    assert!(worse.is_subset(&BTreeSet::from(["C12", "C21"].map(str::to_owned))), "{:#?}", site.incidents());
}

/// The incident that goes on and has this cause.
fn of_cause(site: &Site, id: &str) -> Option<Value> {
    site.daemon.items("incidents?status=open").into_iter().find(|i| i["cause"]["id"] == id)
}

/// Gives hosts other addresses, all at once; each then looks for its gateway, as whatever is set up anew does, by which
/// the gateway learns where the address is now.
fn move_hosts(site: &Site, moves: [(&str, &str); 2]) {
    for (host, _) in moves {
        site.net.at(host, "addr flush dev eth0\nneigh flush dev eth0");
    }
    for (host, to) in moves {
        site.net.at(host, &format!("addr add {}/16 dev eth0\nroute add default via 10.78.0.1", address(to)));
    }
    for (host, _) in moves {
        let _inside = site.net.enter(host);
        wait_to_see("the gateway knows where it is", || match TcpStream::connect(("10.78.0.1", 9)) {
            Err(e) if e.kind() == ErrorKind::ConnectionRefused => Ok(()),
            other => Err(other),
        });
    }
}

#[test]
fn two_cameras_that_exchange_their_addresses_are_told_as_two_that_refuse_their_passwords() {
    let test = "two_cameras_that_exchange_their_addresses_are_told_as_two_that_refuse_their_passwords";
    let Some(mut net) = Net::for_test(test, &["ip"]) else { return };
    lay_cables(&mut net, false);
    let mut site = Site::start(net);
    // Each answers wherever it stands, with its own password.
    site.also_at("C11", &address("C12"));
    site.also_at("C12", &address("C11"));
    move_hosts(&site, [("C11", "C12"), ("C12", "C11")]);
    let both = |wanted: &str| {
        ["C11", "C12"].iter().all(|id| texts(&site.daemon.api(&format!("cameras/{id}"))["reasons"]).contains(wanted))
    };
    wait_for("passwords refused", || both("auth").then_some(()));
    nothing_is_lost_for(&site, 30.0);
    let incidents = site.incidents();
    let told: BTreeSet<String> = incidents.iter().map(|i| text(&i["cause"]["id"])).collect();
    assert_eq!(told, ["C11", "C12"].map(str::to_owned).into(), "{incidents:#?}");
    assert!(!site.alerts_heard().contains("EntranceLost"), "{:?}", site.alerts_heard());
    for entrance in ["E11", "E12"] {
        assert_eq!(site.daemon.api(&format!("entrances/{entrance}"))["state"], "covered", "it is still watched");
    }
    move_hosts(&site, [("C11", "C11"), ("C12", "C12")]);
    for incident in &incidents {
        site.repaired(incident);
    }
    assert_eq!(site.incidents().len(), incidents.len(), "{:#?}", site.incidents());
}
