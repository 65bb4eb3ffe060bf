//! Registries that are too large, broken on purpose, or written while they are read: clear faults or a load within
//! bounds, and a running daemon that goes on with what it has. CUNKOU_LONG=1 takes the full sizes.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod program;
mod watched;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use common::text;
use program::{Ran, cunkou};
use watched::{Ends, TOKEN, Watched, copy};

/// Address space of a command, KiB: what 1 GB of memory is, and room for stacks and libraries.
const MEMORY: &str = "1310720";

/// The full size where there is time, else a small one.
fn sized(full: usize, small: usize) -> usize {
    if std::env::var_os("CUNKOU_LONG").is_some_and(|v| v == "1") { full } else { small }
}

/// `cunkou check` of a folder with bounded memory.
fn check(dir: &Path, more: &[&str]) -> Ran {
    let program = cunkou(dir, &[]).get_program().to_owned();
    let mut bounded = Command::new("sh");
    bounded.current_dir(dir).env_remove("CUNKOU_CONFIG");
    bounded.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", MEMORY]).arg(program);
    Ran::of(bounded.args(["check", "."]).args(more).stdin(std::process::Stdio::null()).output().unwrap())
}

fn write(dir: &Path, name: &str, text: &str) {
    fs::write(dir.join(name), text).unwrap();
}

/// A town of so many cameras: an entrance each, a switch for 24, a village for 13; `note` on every camera.
fn large_town(dir: &Path, cameras: usize, note: &str) {
    let file = |name: &str| BufWriter::new(File::create(dir.join(name)).unwrap());
    let mut areas = file("areas.csv");
    areas.write_all(b"id,parent,kind,name,lon,lat\nT,,town,\xe9\x95\x87,114.3,30.8\n").unwrap();
    (0..=cameras / 13).for_each(|v| writeln!(areas, "V{v:05},T,village,村{v},114.3,30.8").unwrap());
    let mut nodes = file("nodes.csv");
    writeln!(nodes, "id,kind,name,address,parents\nUP,uplink,出口,,").unwrap();
    (0..=cameras / 24).for_each(|s| writeln!(nodes, "SW{s:05},switch,接入{s},,UP").unwrap());
    let mut entrances = file("entrances.csv");
    writeln!(entrances, "id,area,name,lon,lat").unwrap();
    let mut rows = file("cameras.csv");
    writeln!(rows, "id,gb_code,name,area,lon,lat,azimuth,hfov,range_m,width_px,night,node,host,rtsp,watches,note")
        .unwrap();
    for i in 0..cameras {
        let (lon, lat) = (113.0 + (i % 320) as f64 * 0.003, 29.5 + (i / 320) as f64 * 0.003);
        writeln!(entrances, "E{i:06},V{:05},进出口{i},{lon:.6},{lat:.6}", i / 13).unwrap();
        let host = format!("10.{}.{}.{}", i / 62_500, i / 250 % 250, i % 250 + 1);
        writeln!(
            rows,
            "C{i:06},42011600601320{i:06},{i}号机,V{:05},{lon:.6},{:.6},0,80,60,2560,ir,SW{:05},{host},\
             rtsp://{{host}}/main,E{i:06},{note}",
            i / 13,
            lat - 0.0002,
            i / 24
        )
        .unwrap();
    }
}

#[test]
fn a_very_large_town_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    let cameras = sized(100_000, 10_000);
    large_town(dir.path(), cameras, "");
    let ran = check(dir.path(), &["--lang", "en"]).ends(0);
    assert!(ran.out.contains(&format!("{cameras} cameras, 2 checks, about ")), "{ran:?}");
}

#[test]
fn a_very_large_file_is_read_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    // 2 kB a row: 200 MB of 100 000 cameras.
    let cameras = sized(100_000, 5_000);
    large_town(dir.path(), cameras, &"注".repeat(600));
    let ran = check(dir.path(), &["--lang", "en"]).ends(0);
    assert!(ran.out.contains(&format!("{cameras} cameras")), "{ran:?}");

    // Many short rows: 200 MB of them.
    let rows = sized(4_000_000, 300_000);
    let mut file = BufWriter::new(File::create(dir.path().join("cameras.csv")).unwrap());
    writeln!(file, "id,name,area").unwrap();
    (0..rows).for_each(|i| writeln!(file, "C{i:07},{},V00000", "x".repeat(34)).unwrap());
    drop(file);
    let ran = check(dir.path(), &["--lang", "en"]).ends(1);
    assert!(ran.out.contains("cameras.csv:250002: error: a file has at most 250000 rows"), "{ran:?}");

    // Nothing but separators.
    let mut text = String::from("id,name,area");
    (0..200).for_each(|i| write!(text, ",x{i}").unwrap());
    let row = format!("\n{}", ",".repeat(202));
    text.push_str(&row.repeat(sized(1_000_000, 50_000)));
    write(dir.path(), "cameras.csv", &text);
    let ran = check(dir.path(), &["--lang", "en"]);
    assert!(ran.code == 0 || ran.out.contains("at most 250000 rows"), "{ran:?}");
}

#[test]
fn a_cell_of_ten_megabytes_is_one_fault() {
    let dir = tempfile::tempdir().unwrap();
    let cell = "x".repeat(10 << 20);
    write(dir.path(), "areas.csv", "id,kind\nA,village\n");
    write(dir.path(), "cameras.csv", &format!("id,name,area,note\nC1,x,A,{cell}\nC2,\"{cell}\",A,\n"));
    let feature = r#"{"type":"Feature","properties":{"id":"P","note":"CELL"},"geometry":{"type":"Point","coordinates":[114,30]}}"#;
    let plan = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, feature.replace("CELL", &cell));
    write(dir.path(), "plan.geojson", &plan);
    let ran = check(dir.path(), &["--lang", "en"]).ends(1);
    for place in ["cameras.csv:2: error: note: ", "cameras.csv:3: error: name: ", "plan.geojson:1: error: note: "] {
        assert!(ran.out.contains(&format!("{place}a cell has at most 65536 bytes")), "{place}: {ran:?}");
    }
    assert!(ran.out.len() < 10_000, "{}", ran.out.len());
}

#[test]
fn ids_that_look_alike_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "areas.csv", "id,kind\nA,village\n");
    let good = "id,name,area,host\nCam1,x,A,10.0.0.1\ncam1,y,A,10.0.0.2\n";
    write(dir.path(), "cameras.csv", good);
    let ran = check(dir.path(), &["--lang", "en"]).ends(0);
    let twin = "cameras.csv:3: warning: id: \"cam1\" and Cam1 differ in upper and lower case only";
    assert!(ran.out.contains(twin) && ran.out.contains("2 cameras"), "{ran:?}");
    check(dir.path(), &["--strict"]).ends(1);

    write(dir.path(), "cameras.csv", &format!("{good}Ｃ１,wide,A,10.0.0.3\ncafe\u{301},NFD,A,\ncaf\u{e9},NFC,A,\n"));
    let ran = check(dir.path(), &["--lang", "zh-CN"]).ends(1);
    for line in ["cameras.csv:4: 错误: id: \"Ｃ１\" 不是编号", "cameras.csv:5: 错误: id: ", "cameras.csv:6: 错误: id: "]
    {
        assert!(ran.out.contains(line), "{line}: {ran:?}");
    }
    assert!(ran.out.contains("\"C1\""), "what was meant: {ran:?}");
}

/// Puts things that are no files in the place of files of a registry.
fn no_files(dir: &Path) {
    for name in ["areas.csv", "nodes.csv", "entrances.csv", "places.csv", "sites.csv", "plan.geojson"] {
        // Some are there, some are not.
        let _ = fs::remove_file(dir.join(name));
    }
    let pipe = Command::new("mkfifo").arg(dir.join("areas.csv")).status().unwrap();
    assert!(pipe.success());
    symlink("/dev/zero", dir.join("nodes.csv")).unwrap();
    symlink("entrances.csv", dir.join("entrances.csv")).unwrap();
    symlink("..", dir.join("places.csv")).unwrap();
    symlink("gone.csv", dir.join("sites.csv")).unwrap();
    fs::create_dir(dir.join("plan.geojson")).unwrap();
}

#[test]
fn what_is_no_file_is_told_and_never_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "cameras.csv", "id,name,area\nC1,x,A\n");
    no_files(dir.path());
    let en = check(dir.path(), &["--lang", "en"]).ends(1);
    for name in ["areas.csv", "nodes.csv", "places.csv", "plan.geojson"] {
        assert!(en.out.contains(&format!("{name}: error: this is no ordinary file")), "{name}: {en:?}");
    }
    for name in ["entrances.csv", "sites.csv"] {
        assert!(en.out.contains(&format!("{name}: error: the file cannot be read: ")), "{name}: {en:?}");
    }
    assert!(check(dir.path(), &["--lang", "zh-CN"]).ends(1).out.contains("nodes.csv: 错误: 这不是普通文件"));
    // Nor is any of it taken over.
    let town = tempfile::tempdir().unwrap();
    write(town.path(), "cunkou.toml", "");
    let taken = Ran::of(cunkou(town.path(), &["import", dir.path().to_str().unwrap(), "--yes"]).output().unwrap());
    assert!(taken.ends(1).err.contains("areas.csv"));
    assert!(!town.path().join("registry").exists());
    for file in ["secrets.toml", "cunkou.toml"] {
        // The one may be missing, the other has been written.
        let _ = fs::remove_file(town.path().join(file));
        assert!(Command::new("mkfifo").arg(town.path().join(file)).status().unwrap().success());
        let ran = Ran::of(cunkou(town.path(), &["check", "--lang", "en"]).output().unwrap());
        assert!(ran.code != 0 && (ran.out.clone() + &ran.err).contains("no ordinary file"), "{file}: {ran:?}");
    }
}

#[test]
fn a_graph_that_would_never_be_walked_to_its_end_is_told() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "areas.csv", "id,kind\nA,village\n");
    let mut nodes = String::from("id,kind,parents,needs\nTOP,uplink,,\n");
    let mut above = String::from("TOP");
    for step in 0..60 {
        write!(nodes, "A{step},group,{above},any\nB{step},group,{above},any\n").unwrap();
        above = format!("A{step} B{step}");
    }
    write(dir.path(), "nodes.csv", &nodes);
    write(dir.path(), "cameras.csv", &format!("id,name,area,host,node\nC1,x,A,10.0.0.1,{above}\n"));
    let ran = check(dir.path(), &["--lang", "en"]).ends(0);
    assert!(ran.out.contains("1 cameras"), "2^60 ways to the top: {ran:?}");

    let mut nodes = String::from("id,kind,parents\nN0,uplink,\n");
    (1..sized(200_000, 20_000)).for_each(|i| writeln!(nodes, "N{i},switch,N{}", i - 1).unwrap());
    write(dir.path(), "nodes.csv", &nodes);
    write(dir.path(), "cameras.csv", "id,name,area,host,node\nC1,x,A,10.0.0.1,N1\n");
    let ran = check(dir.path(), &["--lang", "en"]).ends(1);
    assert!(ran.out.contains("nodes.csv:259: error: parents: more than 256 links"), "{ran:?}");
}

#[test]
fn a_running_daemon_is_untouched_by_what_its_folder_becomes() {
    let (watched, _cameras) = Watched::start();
    let registry = watched.town.path("registry");
    let keep = tempfile::tempdir().unwrap();
    copy(&registry, keep.path());
    let version = watched.daemon.api("status")["registry_version"].clone();
    let restore = || {
        fs::remove_dir_all(&registry).unwrap();
        fs::create_dir(&registry).unwrap();
        copy(keep.path(), &registry);
    };
    let cell = "x".repeat(10 << 20);
    let spoil: [(&str, &dyn Fn()); 6] = [
        ("no files", &|| no_files(&registry)),
        ("a cell of 10 MB", &|| write(&registry, "cameras.csv", &format!("id,name,area\nC1,{cell},A\n"))),
        ("a workbook", &|| write(&registry, "cameras.csv", "PK\u{3}\u{4}")),
        ("an empty file", &|| write(&registry, "cameras.csv", "")),
        ("a filter left on", &|| write(&registry, "cameras.csv", "id,name,area\n")),
        ("no folder", &|| fs::remove_dir_all(&registry).unwrap()),
    ];
    for (what, spoil) in spoil {
        spoil();
        let status = watched.reload();
        assert!([409, 422, 503].contains(&status), "{what}: {status}");
        assert_eq!(watched.daemon.metric("cunkou_registry_last_reload_successful"), Some(0.0), "{what}");
        // A question whose answer is no says nothing of what is in force.
        let faulty = br#"{"files":{"cameras.csv":"id\n"}}"#;
        let asked = watched.post("/api/v1/registry?dry_run=true", &[("Content-Type", "application/json")], faulty);
        assert_eq!(asked, 422);
        assert_eq!(watched.daemon.metric("cunkou_registry_last_reload_successful"), Some(0.0), "{what}: still");
        watched.untouched();
        if registry.exists() {
            restore();
        } else {
            fs::create_dir(&registry).unwrap();
            restore();
        }
        assert_eq!(watched.reload(), 200, "{what}: healed");
    }
    assert_eq!(watched.daemon.metric("cunkou_registry_last_reload_successful"), Some(1.0));
    assert_eq!(watched.daemon.api("status")["registry_version"], version, "nothing of it was ever in force");
    // What is posted is bounded, and goes nowhere but into the folder.
    for name in ["../cameras.csv", "notes.csv", ".hidden", "cameras.csv/x"] {
        let body = format!(r#"{{"files":{{"{name}":"id,name,area\n"}}}}"#);
        assert_eq!(
            watched.post("/api/v1/registry", &[("Content-Type", "application/json")], body.as_bytes()),
            400,
            "{name}"
        );
    }
    watched.untouched();
}

/// One after the other without a rest, until each camera was asked twice meanwhile: the daemon answers and probes beside
/// the reading, whatever that costs. How long an answer took is said, not judged.
#[test]
fn a_running_daemon_answers_and_probes_while_its_folder_is_huge_or_misleading() {
    let (watched, _cameras) = Watched::start();
    let registry = watched.town.path("registry");
    let keep = tempfile::tempdir().unwrap();
    copy(&registry, keep.path());
    let rows = sized(4_000_000, 300_000);
    let spoil: [(&str, u16, &dyn Fn()); 3] = [
        ("a town of others, 2 kB a row", 409, &|| {
            fs::remove_dir_all(&registry).unwrap();
            fs::create_dir(&registry).unwrap();
            large_town(&registry, sized(100_000, 10_000), &"注".repeat(600));
        }),
        ("more rows than are read", 422, &|| {
            let mut file = BufWriter::new(File::create(registry.join("cameras.csv")).unwrap());
            writeln!(file, "id,name,area").unwrap();
            (0..rows).for_each(|i| writeln!(file, "C{i:07},{},V00000", "x".repeat(34)).unwrap());
        }),
        ("ids that look alike", 422, &|| {
            let rows = "id,name,area\nＣ１,wide,A\ncafe\u{301},NFD,A\ncaf\u{e9},NFC,A\n";
            write(&registry, "cameras.csv", rows);
        }),
    ];
    for (what, expected, spoil) in spoil {
        spoil();
        watched.works_beside(what, || assert_eq!(watched.reload(), expected, "{what}"));
        watched.untouched();
        fs::remove_dir_all(&registry).unwrap();
        fs::create_dir(&registry).unwrap();
        copy(keep.path(), &registry);
        assert_eq!(watched.reload(), 200, "{what}: healed");
    }
    assert_eq!(watched.daemon.api("status")["registry_version"], 1, "nothing of it was ever in force");
}

/// Rewrites a file as a slow program does that was never told of renames: empty, all but the last camera, whole. What
/// stands there in between is a sound registry that has lost one camera of twelve.
fn rewrite(path: &Path, text: &str) {
    let mut file = File::create(path).unwrap();
    let last = text.trim_end().rfind('\n').unwrap() + 1;
    let (most, rest) = text.as_bytes().split_at(last);
    file.write_all(most).unwrap();
    std::thread::park_timeout(std::time::Duration::from_millis(30));
    file.write_all(rest).unwrap();
}

#[test]
fn files_rewritten_while_reloading_are_read_whole_or_not_at_all() {
    let (watched, _cameras) = Watched::start();
    let path = watched.town.path("registry/cameras.csv");
    let plain = fs::read_to_string(&path).unwrap();
    let renamed = |mark: &str| plain.replace("号机", &format!("号机{mark}"));
    let versions = [renamed("甲"), renamed("乙")];
    let stop = AtomicBool::new(false);
    let (mut taken, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Bursts of rewriting with rests of many lengths between them, so that reloads meet every moment of it.
            for burst in 0_u64.. {
                for i in 0..=burst % 5 {
                    rewrite(&path, &versions[(burst + i) as usize % 2]);
                }
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                std::thread::park_timeout(std::time::Duration::from_millis(burst * 37 % 420));
            }
        });
        // Also when an assertion fails: the scope waits for the writer.
        let _ends = Ends(&stop);
        for _ in 0..sized(500, 20) {
            match watched.reload() {
                200 => taken += 1,
                409 | 422 | 503 => refused += 1,
                other => panic!("{other}"),
            }
            let cameras = watched.daemon.items("cameras");
            let names: Vec<String> = cameras.iter().map(|c| text(&c["name"])).collect();
            let of = |mark: &str| names.iter().filter(|n| n.contains(mark)).count();
            assert!(
                names.len() == 12 && [of("甲"), of("乙")].iter().all(|n| [0, 12].contains(n)),
                "half of a file was put in force: {names:?}"
            );
        }
    });
    assert!(taken > 0, "{taken} taken, {refused} refused");
    assert_eq!(watched.reload(), 200, "once it is left alone");
    watched.untouched();
}

/// Registries posted at once by several hands: each is compared with what is in force when its turn comes, so that what
/// the database keeps is what is watched.
#[test]
fn registries_that_come_at_once_take_turns() {
    let (watched, _cameras) = Watched::start();
    let mut files: Vec<(String, String)> = Vec::new();
    for entry in fs::read_dir(watched.town.path("registry")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.ends_with(".csv") || name == "plan.geojson" || name == "areas.geojson" {
            files.push((name, fs::read_to_string(entry.path()).unwrap()));
        }
    }
    let body = |planned: usize| {
        let mut all: serde_json::Map<String, serde_json::Value> = serde_json::Map::new();
        for (name, text) in &files {
            let mut text = text.clone();
            if name == "cameras.csv" {
                let columns: Vec<&str> = text.lines().next().unwrap().split(',').collect();
                let row = |n: usize| -> String {
                    let cell = |column: &&str| match *column {
                        "id" | "name" => format!("P{n}"),
                        "area" => "420116006".to_owned(),
                        "status" => "planned".to_owned(),
                        _ => String::new(),
                    };
                    columns.iter().map(cell).collect::<Vec<_>>().join(",") + "\n"
                };
                let area = text.lines().nth(1).unwrap().split(',').nth(3).unwrap().to_owned();
                let more: String = (0..planned).map(row).collect();
                text.push_str(&more.replace("420116006", &area));
            }
            all.insert(name.clone(), text.into());
        }
        serde_json::json!({ "files": all }).to_string().into_bytes()
    };
    let bodies: Vec<Vec<u8>> = (0..3).map(body).collect();
    let json = [("Content-Type", "application/json")];
    for _ in 0..sized(40, 6) {
        std::thread::scope(|scope| {
            for body in &bodies {
                scope.spawn(|| assert_eq!(watched.post("/api/v1/registry", &json, body), 200));
            }
        });
        let kept = tempfile::tempdir().unwrap();
        let to = kept.path().join("out");
        Ran::of(cunkou(&watched.town.path(""), &["export", to.to_str().unwrap()]).output().unwrap()).ends(0);
        let rows = fs::read_to_string(to.join("cameras.csv")).unwrap().lines().count() - 1;
        assert_eq!(rows, watched.daemon.items("cameras").len(), "what is kept and what is watched");
    }
}

#[test]
fn names_that_are_formulas_are_guarded_in_reports_and_exact_in_an_export() {
    let (watched, _cameras) = Watched::start();
    let formula = "=HYPERLINK(\"http://127.0.0.1/?\"&A1)";
    watched.town.edit("registry/areas.csv", |all| {
        let row = |line: &str| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            if cells.get(2).is_some_and(|kind| kind == "village") {
                cells[3] = "@SUM(A1)".to_owned();
            }
            cells.join(",") + "\n"
        };
        all.lines().map(row).collect()
    });
    watched.town.edit("registry/entrances.csv", |all| {
        let quoted = format!("\"{}\"", formula.replace('"', "\"\""));
        let row = |line: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if line.starts_with('E') {
                cells[2] = &quoted;
            }
            cells.join(",") + "\n"
        };
        all.lines().map(row).collect()
    });
    assert_eq!(watched.reload(), 200);
    let dir = watched.town.path("");
    let gaps = ["gaps", "--server", &watched.daemon.base, "--format", "csv"];
    let gaps = Ran::of(cunkou(&dir, &gaps).output().unwrap());
    assert!(gaps.out.contains("'=HYPERLINK(") && gaps.out.contains("'@SUM(A1)"), "{gaps:?}");
    let cells = gaps.out.split([',', '\n']).map(|cell| cell.trim_start_matches('"'));
    assert!(cells.clone().count() > 10 && cells.clone().all(|cell| !cell.starts_with(['=', '@'])), "{gaps:?}");
    let out = watched.town.path("out");
    Ran::of(cunkou(&dir, &["export", out.to_str().unwrap()]).output().unwrap()).ends(0);
    let exported = fs::read_to_string(out.join("entrances.csv")).unwrap();
    assert!(exported.contains(",\"=HYPERLINK(\"\"http://127.0.0.1/?\"\"&A1)\","), "{exported}");
    assert!(fs::read_to_string(out.join("areas.csv")).unwrap().contains(",@SUM(A1),"));
    // And what was exported is no change.
    let mut import = cunkou(&dir, &["import", out.to_str().unwrap(), "--lang", "en"]);
    let again = Ran::of(import.env("CUNKOU_TOKEN", TOKEN).output().unwrap());
    assert!(again.ends(0).out.contains("No change."));
}
