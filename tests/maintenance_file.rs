//! Work that the registry's maintenance.csv announces, from outside: what it explains pages nobody, it is ended in the file,
//! and the story of the incident says why what was held.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::process::Output;

use common::{FAST, Town, cunkou, wait_for};
use rustix::process::Signal;

const HEADER: &str = "id,object,from,until,days,start,length,note,who\n";

fn run(town: &Town, args: &[&str]) -> Output {
    let mut command = cunkou();
    command.args(args).args(["--lang", "en", "--config"]).arg(town.path("cunkou.toml"));
    command.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn work_of_a_file_pages_nobody_is_listed_and_is_ended_in_the_file() {
    let town = Town::new(12, FAST);
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let (_, camera) = daemon.sole_watcher();
    let reload = |rows: &str| {
        std::fs::write(town.path("registry/maintenance.csv"), format!("{HEADER}{rows}")).expect("a file");
        daemon.program.signal(Signal::HUP);
    };

    // A bad row changes nothing, and `check` says what is wrong with it.
    reload(&format!("W-1,{camera},2020-01-01 08:00,soon,,,,换球机,王工\n"));
    wait_for("the refusal", || (daemon.metric("cunkou_registry_last_reload_successful") == Some(0.0)).then_some(()));
    let check = run(&town, &["check"]);
    let fault = "maintenance.csv:2: error: until: \"soon\" is no moment";
    assert!(check.status.code() == Some(1) && said(&check).contains(fault), "{check:?}");

    reload(&format!("W-1,{camera},2020-01-01 08:00,2099-01-01T00:00:00Z,,,,换球机,王工\n"));
    let series = format!("cunkou_camera_maintenance{{camera=\"{camera}\"}}");
    wait_for("the window", || (daemon.metric(&series) == Some(1.0)).then_some(()));
    control.set(&format!("cameras/{camera}"), "refuse");
    let held = daemon.incident("the fault", |i| i["status"] == "open");
    assert_eq!(held["pages"], 0, "{held:#}");
    let number = held["id"].clone();
    let id = number.to_string();
    let story = said(&run(&town, &["incident", &id]));
    for part in ["held_maintenance: held from people", "\nevidence\n", &format!("({camera}): refuses to connect since")]
    {
        assert!(story.contains(part), "{part}: {story}");
    }
    let list = said(&run(&town, &["maintenance", "list"]));
    for part in ["W-1", "maintenance.csv", "换球机", "王工", "2020-01-01 08:00:00 → 2099-01-01 08:00:00"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let end = run(&town, &["maintenance", "end", "W-1", "--token", &daemon.token]);
    let why = String::from_utf8_lossy(&end.stderr).into_owned();
    assert!(end.status.code() == Some(3) && why.contains("W-1 is a row of maintenance.csv"), "{why}");

    // The row goes, the fault stands: that is news.
    reload("");
    daemon.incident("the page", |i| i["id"] == number && i["pages"] == 1);
    let story = said(&run(&town, &["incident", &id]));
    assert!(story.contains("maintenance_ended: "), "{story}");
    assert!(said(&run(&town, &["maintenance", "list"])).contains("No maintenance"));
}
