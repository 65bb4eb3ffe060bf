//! The database is gone, full, locked, read-only or damaged: while the daemon runs it probes on, tells nothing that is not
//! kept, says that it is stuck, and goes on by itself once the cause is gone; at a start it refuses, with the way back.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use common::receiver::{Answer, Heard, Receiver};
use common::{Control, Daemon, FAST, Program, Town, cunkou, http, text, wait_for};
use rustix::process::Signal;
use serde_json::Value;

/// A town with its daemon, and two sinks: one that hears all, one that is away at first.
struct Rig {
    daemon: Daemon,
    town: Town,
    desk: Receiver,
    late: Receiver,
    /// The service outside that is told that the daemon lives.
    beats: Receiver,
    control: Control,
    _cameras: Program,
}

/// A town whose database is in a folder of its own.
fn town(desk: &Receiver, late: &Receiver) -> Town {
    let sink = |name: &str, at: &Receiver| {
        format!("\n[[sink]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"{}\"\n", at.url)
    };
    let town = Town::new(12, &format!("{FAST}{}{}", sink("desk", desk), sink("late", late)));
    town.edit("cunkou.toml", |text| {
        let text = text.replace("[monitor]\n", "[monitor]\nstore_grace = \"3s\"\n");
        text.replace("sqlite://cunkou.db", "sqlite://db/cunkou.db")
    });
    fs::create_dir(town.path("db")).expect("a folder");
    town
}

impl Rig {
    fn start(desk: Receiver, late: Receiver, town: Town) -> Rig {
        let beats = Receiver::start(Answer::Status(200));
        let heartbeat = format!("\n[heartbeat]\nurl = \"{}\"\nevery = \"1s\"\n", beats.url);
        town.edit("cunkou.toml", |text| text + &heartbeat);
        let (cameras, control) = town.simulate();
        let daemon = town.run();
        daemon.all_up();
        Rig { daemon, town, desk, late, beats, control, _cameras: cameras }
    }

    fn new() -> Rig {
        let (desk, late) = (Receiver::start(Answer::Status(200)), Receiver::start(Answer::Status(503)));
        let town = town(&desk, &late);
        Rig::start(desk, late, town)
    }

    /// What readiness says: its status, and its reasons.
    fn ready(&self) -> (u16, String) {
        let reply = http("GET", &format!("{}/-/ready", self.daemon.base), &[], b"").expect("an answer");
        let said: Value = serde_json::from_slice(&reply.body).expect("JSON");
        (reply.status, said["reasons"].to_string())
    }

    /// Two entrances that one camera each watches alone.
    fn two(&self) -> [(String, String); 2] {
        let mut sole: Vec<(String, String)> = Vec::new();
        for e in self.daemon.items("entrances") {
            let watchers = e["watchers"].as_array().expect("watchers");
            if e["state"] == "covered" && watchers.len() == 1 && sole.iter().all(|(_, c)| watchers[0] != *c.as_str()) {
                sole.push((text(&e["id"]), text(&watchers[0])));
            }
        }
        sole.truncate(2);
        sole.try_into().expect("a made-up town has two entrances with one camera")
    }

    /// Away and back: from a fault of the store that `spoil` makes and `mend` takes away again.
    fn away(&self, why: &str, spoil: impl FnOnce(), mend: impl FnOnce()) {
        let [(told, told_camera), (held, held_camera)] = self.two();
        assert_eq!(self.ready().0, 200);
        wait_for("heartbeats", || (self.beats.heard().len() >= 2).then_some(()));
        self.control.set(&format!("cameras/{told_camera}"), "refuse");
        wait_for("a loss to be told", || keys(&self.desk, &told, "firing").pop());
        wait_for("the other sink to refuse it", || keys(&self.late, &told, "firing").pop());

        spoil();
        wait_for("readiness to say why", || {
            let (status, reasons) = self.ready();
            (status == 503 && reasons.contains("the store does not write") && reasons.contains(why)).then_some(())
        });
        for sink in [&self.desk, &self.late] {
            wait_for("MonitorStuck", || stuck(sink, "firing").pop());
        }
        let beats = self.beats.heard().len();
        self.late.answer(Answer::Status(200));
        // Two: that the monitor is stuck, and what was kept before.
        let delivered = "cunkou_notifications_total{sink=\"late\",result=\"delivered\"}";
        wait_for("what was kept before to be told", || (self.daemon.metric(delivered) >= Some(2.0)).then_some(()));
        assert_eq!(self.ready().0, 503, "the store is still away");

        let refused = "cunkou_probes_total{check=\"reach\",result=\"refused\"}";
        let before = self.daemon.metric(refused);
        self.control.set(&format!("cameras/{held_camera}"), "refuse");
        wait_for("probing to go on", || (self.daemon.metric(refused) > before.map(|n| n + 8.0)).then_some(()));
        assert!(keys(&self.desk, &held, "firing").is_empty(), "nothing is told that is not kept");
        assert_eq!(self.daemon.api(&format!("entrances/{held}"))["state"], "covered", "nor shown");
        assert_eq!(http("GET", &format!("{}/-/healthy", self.daemon.base), &[], b"").expect("an answer").status, 200);

        assert_eq!(self.beats.heard().len(), beats, "no heartbeat while the store is away");

        mend();
        let mended = Instant::now();
        wait_for("readiness", || (self.ready().0 == 200).then_some(()));
        println!("{why}: ready again {:.1} s after the cause was gone", mended.elapsed().as_secs_f64());
        wait_for("the truth of that moment to be told", || keys(&self.desk, &held, "firing").pop());
        wait_for("heartbeats again", || (self.beats.heard().len() > beats).then_some(()));
        assert_eq!(stuck(&self.desk, "firing").len(), 1, "and once to a sink that takes it");
        for sink in [&self.desk, &self.late] {
            let over = wait_for("the end of MonitorStuck", || stuck(sink, "resolved").pop());
            let mut begun = stuck(sink, "firing");
            begun.dedup();
            assert_eq!(begun.len(), 1, "told under one key: {begun:?}");
            assert_eq!(over, format!("{}-over", begun[0]));
        }
        for (entrance, camera) in [(&told, &told_camera), (&held, &held_camera)] {
            self.control.set(&format!("cameras/{camera}"), "none");
            wait_for("the end to be told", || keys(&self.desk, entrance, "resolved").pop());
        }
        self.daemon.all_up();
        for sink in ["desk", "late"] {
            self.daemon.all_sent(sink);
        }
        for (receiver, entrance) in [(&self.desk, &told), (&self.desk, &held), (&self.late, &told)] {
            let mut opened = keys(receiver, entrance, "firing");
            opened.dedup();
            assert_eq!(opened.len(), 1, "told under one key: {opened:?}");
        }
        assert_eq!(self.daemon.items("incidents").len(), 2, "two faults, two incidents");
    }
}

/// Keys under which an entrance was told as lost (`firing`) or no longer, in their order.
fn keys(receiver: &Receiver, entrance: &str, status: &str) -> Vec<String> {
    told(receiver, |a| a["labels"]["entrance"] == entrance && a["labels"]["alertname"] == "EntranceLost", status)
}

/// Keys under which the monitor said that it is stuck, or no longer.
fn stuck(receiver: &Receiver, status: &str) -> Vec<String> {
    told(receiver, |a| a["labels"]["alertname"] == "MonitorStuck", status)
}

fn told(receiver: &Receiver, alert: impl Fn(&Value) -> bool, status: &str) -> Vec<String> {
    let named = |h: &Heard| {
        let alerts = h.payload["alerts"].as_array().expect("alerts");
        alerts.iter().any(|a| a["status"] == status && alert(a))
    };
    receiver.heard().into_iter().filter(named).filter_map(|h| h.key).collect()
}

/// A small file system in memory, unmounted when it is dropped.
struct Small(PathBuf);

impl Small {
    fn mount(at: PathBuf, size: &str) -> Option<Small> {
        let options = format!("size={size}");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at).status();
        done.is_ok_and(|s| s.success()).then_some(Small(at))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_and_healed_by_room() {
    let (desk, late) = (Receiver::start(Answer::Status(200)), Receiver::start(Answer::Status(503)));
    let town = town(&desk, &late);
    let Some(small) = Small::mount(town.path("db"), "16m") else {
        println!("skipped: a_full_disk_is_told_and_healed_by_room: a tmpfs cannot be mounted (needs root)");
        return;
    };
    let rig = Rig::start(desk, late, town);
    let filler = small.0.join("filler");
    let fill = || {
        let mut file = File::create(&filler).expect("a file");
        while file.write_all(&[0; 4_096]).is_ok() {}
    };
    rig.away("the disk is full", fill, || fs::remove_file(&filler).expect("it was there"));
    drop(rig);
}

/// Another process with a transaction open on the database, until its input ends.
fn locker(database: &Path) -> Option<Child> {
    let script = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                  c.execute('BEGIN IMMEDIATE')\nprint('locked', flush=True)\nsys.stdin.read()\n";
    let mut child = Command::new("python3");
    child.args(["-c", script]).arg(database).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().ok()?;
    let mut said = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut()?, &mut said).ok()?;
    Some(child)
}

#[test]
fn a_database_that_another_process_locks_is_told_and_healed_when_it_lets_go() {
    if common::installed("python3").is_none() {
        return;
    }
    let rig = Rig::new();
    let database = rig.town.path("db/cunkou.db");
    let held = std::cell::RefCell::new(None);
    let lock = || *held.borrow_mut() = Some(locker(&database).expect("a lock"));
    let let_go = || {
        let mut child: Child = held.borrow_mut().take().expect("it was locked");
        drop(child.stdin.take());
        assert!(child.wait().expect("our child").success());
    };
    rig.away("another program holds the database", lock, let_go);
}

#[test]
fn a_database_taken_away_while_it_is_used_is_told_and_healed_by_putting_it_back() {
    let rig = Rig::new();
    let (database, aside) = (rig.town.path("db/cunkou.db"), rig.town.path("db/aside.db"));
    let take = || fs::rename(&database, &aside).expect("it can be moved");
    rig.away("the database file is gone", take, || {
        assert!(!database.exists(), "no new one is made in its place");
        fs::rename(&aside, &database).expect("it can be moved back");
    });
}

#[test]
fn a_database_made_read_only_is_told_and_healed() {
    let rig = Rig::new();
    let attribute = |what: &str| {
        let files: Vec<PathBuf> =
            ["cunkou.db", "cunkou.db-wal"].iter().map(|n| rig.town.path(&format!("db/{n}"))).collect();
        Command::new("chattr").arg(what).args(files).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    };
    if !attribute("+i") {
        println!("skipped: a_database_made_read_only_is_told_and_healed: chattr +i is not possible here");
        return;
    }
    assert!(attribute("-i"));
    rig.away("the database", || assert!(attribute("+i")), || assert!(attribute("-i")));
}

/// `cunkou` with the settings of a town: exit code, and all it said.
fn command(town: &Town, args: &[&str]) -> (i32, String) {
    let mut command = cunkou();
    command.args(args).arg("--config").arg(town.path("cunkou.toml"));
    let ran = command.output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    (ran.status.code().expect("a code"), said)
}

/// A start that must be refused: all it said.
fn refused(town: &Town) -> String {
    let mut program = Program::start(&mut town.run_command());
    assert_eq!(program.ended(), Some(3), "{}", program.logged());
    wait_for("its last words", || Some(program.logged()).filter(|said| said.contains("cunkou: ")))
}

/// A town whose daemon was killed, with a log full of commits.
fn killed() -> (Town, Program, Control, Receiver) {
    let desk = Receiver::start(Answer::Status(200));
    let town = town(&desk, &desk);
    let (cameras, control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    wait_for("a loss to be told", || keys(&desk, &entrance, "firing").pop());
    daemon.all_sent("desk");
    daemon.program.signal(Signal::KILL);
    assert_eq!(daemon.program.ended(), None);
    (town, cameras, control, desk)
}

#[test]
fn what_is_damaged_at_start_is_refused_with_the_way_back_and_left_as_it_is() {
    let (town, _cameras, _control, _desk) = killed();
    let (database, log) = (town.path("db/cunkou.db"), town.path("db/cunkou.db-wal"));
    let (bytes, logged) = (fs::read(&database).expect("a file"), fs::read(&log).expect("a log"));
    assert!(logged.len() > 10_000);
    let spoilt = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 0x55;
        bytes
    };
    for (what, file, log_file) in [
        ("a text in its place", b"name,area\n".repeat(500), logged.clone()),
        ("the head of the file", spoilt(&bytes, 3), Vec::new()),
        ("no log, where the tables are in it", bytes.clone(), Vec::new()),
        ("an empty file", Vec::new(), Vec::new()),
        ("the head of the log", bytes.clone(), spoilt(&logged, 9)),
        ("the log in its midst", bytes.clone(), spoilt(&logged, logged.len() / 3)),
    ] {
        fs::write(&database, &file).expect("writable");
        fs::write(&log, &log_file).expect("writable");
        let said = refused(&town);
        assert!(said.contains("cunkou restore FILE"), "{what}: {said}");
        assert_eq!(fs::read(&database).expect("there"), file, "{what}: left as it is");
    }
    fs::write(&database, &bytes).expect("writable");
    fs::write(&log, &logged).expect("writable");
    let daemon = town.run();
    daemon.incident("the incident of before", |i| i["pages"] == 1);
}

#[test]
fn a_schema_of_the_future_is_refused() {
    if common::installed("python3").is_none() {
        return;
    }
    let (town, _cameras, _control, _desk) = killed();
    let script = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n\
                  c.execute(\"INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9000, 'later', 1, x'', 0)\")\nc.commit()\nc.close()\n";
    let done = Command::new("python3").args(["-c", script]).arg(town.path("db/cunkou.db")).status();
    assert!(done.expect("python runs").success());
    let said = refused(&town);
    assert!(said.contains("schema 9000") && said.contains("take the newer program"), "{said}");
    let (code, said) = command(&town, &["status"]);
    assert_eq!(code, 3, "{said}");
}

#[test]
fn a_backup_taken_while_the_daemon_runs_brings_a_deleted_database_back() {
    let (town, _cameras, control, desk) = killed();
    let daemon = town.run();
    let first = daemon.incident("the loss", |i| i["pages"] == 1);
    let camera = text(&first["cameras"][0]);
    let copy = town.path("copy.db");
    let copy_name = copy.to_string_lossy().into_owned();
    let (code, said) = command(&town, &["backup", &copy_name]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = command(&town, &["backup", &copy_name]);
    assert_eq!(code, 3, "a backup is never written over: {said}");
    let (code, said) = command(&town, &["restore", &copy_name]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("in use by process"), "{said}");

    for name in ["cunkou.db", "cunkou.db-wal", "cunkou.db-shm"] {
        fs::remove_file(town.path(&format!("db/{name}"))).expect("it was there");
    }
    wait_for("MonitorStuck", || stuck(&desk, "firing").pop());
    let mut daemon = daemon;
    daemon.program.signal(Signal::TERM);
    assert!(daemon.program.ended().is_some(), "it stops also without a database");
    drop(daemon);
    let said = refused(&town);
    assert!(said.contains("cunkou restore FILE"), "{said}");
    assert!(!town.path("db/cunkou.db").exists(), "no new one in its place");

    let (code, said) = command(&town, &["restore", &copy_name]);
    assert_eq!(code, 0, "{said}");
    let daemon = town.run();
    daemon.incident("the incident of the backup", |i| i["id"] == first["id"] && i["pages"] == 1);
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(first["id"].as_u64().expect("a number"));
    let (entrance, camera) = daemon.sole_watcher();
    let before = desk.heard().len();
    control.set(&format!("cameras/{camera}"), "refuse");
    let next = daemon.incident("another loss", |i| i["entrances_lost"].to_string().contains(&entrance));
    let prefix = format!("{}/", next["id"]);
    wait_for("it to be told", || {
        let mut keys = desk.heard().into_iter().skip(before).filter_map(|h| h.key);
        keys.any(|key| key.starts_with(&prefix)).then_some(())
    });
}
