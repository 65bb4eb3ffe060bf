//! Hours of duty, from outside: a camera that is off is not asked, and its entrance is no fault.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use common::{FAST, Town, cunkou, get, text, wait_for};

/// Gives a camera hours of duty, in the registry of a town.
fn set_duty(town: &Town, camera: &str, hours: &str) {
    town.edit("registry/cameras.csv", |all| {
        let mut lines = all.lines();
        let header = lines.next().expect("names of columns");
        let column = header.split(',').position(|c| c == "duty").expect("a column for it");
        let columns = header.split(',').count();
        let row = |row: &str| {
            let mut cells: Vec<&str> = row.split(',').collect();
            assert_eq!(cells.len(), columns, "the demo quotes no cell: {row}");
            if cells.first() == Some(&camera) {
                cells[column] = hours;
            }
            cells.join(",") + "\n"
        };
        format!("{header}\n{}", lines.map(row).collect::<String>())
    });
}

#[test]
fn a_camera_off_duty_is_not_asked_and_its_entrance_is_no_fault() {
    let town = Town::new(12, FAST);
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    // The town of the demo lives by the time of its settings: UTC+8.
    let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let shown = |hours: u64| (unix / 60 + (8 + hours) * 60) % (24 * 60);
    let at = |hours: u64| format!("{:02}:{:02}", shown(hours) / 60, shown(hours) % 60);
    set_duty(&town, &camera, &format!("{}-{}", at(3), at(8)));
    daemon.program.signal(rustix::process::Signal::HUP);
    let seen = || daemon.api(&format!("cameras/{camera}"));
    wait_for("the hours to be in force", || (seen()["off_duty"] == true).then_some(()));
    control.set(&format!("cameras/{camera}"), "drop");
    let seen = seen();
    assert_eq!((&seen["state"], &seen["cause"]["kind"]), (&"unknown".into(), &"off_duty".into()), "{seen:#}");
    assert!(seen["checks"].as_array().expect("checks").iter().all(|c| c["held"] == true), "{seen:#}");
    let watched = daemon.api(&format!("entrances/{entrance}"));
    assert_eq!((&watched["state"], &watched["reason"]), (&"unwatched".into(), &"off_duty".into()), "{watched:#}");
    let gaps = daemon.items("gaps");
    let gap = gaps.iter().find(|g| g["id"] == entrance.as_str()).expect("a gap of the plan");
    assert_eq!(gap["reason"], "off_duty");
    let metrics = daemon.metrics();
    assert!(metrics.contains(&format!("cunkou_camera_off_duty{{camera=\"{camera}\"}} 1")));
    assert!(!metrics.contains(&format!("cunkou_camera_up{{camera=\"{camera}\"")), "nothing is known of it");
    assert!(!metrics.contains(&format!("cunkou_entrance_covered{{entrance=\"{entrance}\"")));
    assert_eq!(daemon.api("status")["cameras"]["off_duty"], 1);

    // Three turns of reach later nobody has missed it.
    let turns = "cunkou_probes_total{check=\"reach\",result=\"pass\"}";
    let before = daemon.metric(turns).expect("a counter");
    wait_for("more turns", || (daemon.metric(turns) > Some(before + 40.0)).then_some(()));
    assert!(daemon.items("incidents").is_empty());
    let mut command = cunkou();
    command.args(["gaps", "--lang", "en", "--config"]).arg(town.path("cunkou.toml"));
    let said = text(&String::from_utf8_lossy(&command.output().expect("it runs").stdout).into_owned().into());
    assert!(said.contains("off duty"), "{said}");

    // Its hours begin: it is missed at once.
    town.edit("registry/cameras.csv", |all| all.replace(&format!("{}-{}", at(3), at(8)), ""));
    daemon.program.signal(rustix::process::Signal::HUP);
    daemon.incident("the loss", |i| i["entrances_lost"].to_string().contains(&entrance));
    assert_eq!(get(&format!("{}/-/healthy", daemon.base)).status, 200);
}
