//! What every black-box test needs: a folder of a made-up town on addresses of its own, the built binary on it, and a
//! small HTTP client. Nothing here looks inside the program.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

pub mod http;
pub mod receiver;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

pub use http::{get, http};

/// The longest wait for anything; a loaded machine is slow, and no test is about time.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const GLANCE: Duration = Duration::from_millis(100);
/// Short intervals, so that a test sees in seconds what a town sees in a minute. Three of stream must be longer than two
/// confirming tries of a camera that says nothing (10 s each), or it is never more than suspect.
pub const FAST: &str = "\n[checks]\nreach = \"2s\"\nstream = \"8s\"\n\n[health]\nconfirm = [\"200ms\", \"400ms\"]\n\n\
                        [incident]\nsettle = \"2s\"\n";

/// Looks until there is something to see.
///
/// # Panics
/// When nothing is to be seen for two minutes.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    wait_to_see(what, || look().ok_or("nothing"))
}

/// The same, where a look that was in vain says what it saw instead.
///
/// # Panics
/// When what is waited for is not to be seen for two minutes; tells what the last look saw.
#[track_caller]
pub fn wait_to_see<T, E: std::fmt::Debug>(what: &str, mut look: impl FnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Ok(seen) => return seen,
            Err(saw) => assert!(began.elapsed() < PATIENCE, "waited in vain for: {what}; saw {saw:?}"),
        }
        std::thread::sleep(GLANCE);
    }
}

/// A program that a test started. It ends, with all that it started, when it is dropped.
pub struct Program {
    child: std::process::Child,
    said: Arc<Mutex<String>>,
    logged: Arc<Mutex<String>>,
}

impl Program {
    /// Starts a program in a process group of its own.
    pub fn start(command: &mut Command) -> Program {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("the program starts");
        let said = collect(child.stdout.take().expect("piped"));
        let logged = collect(child.stderr.take().expect("piped"));
        Program { child, said, logged }
    }

    /// Its standard output so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Its standard error so far.
    pub fn logged(&self) -> String {
        self.logged.lock().unwrap().clone()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it still runs");
    }

    /// Waits until it has ended: its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        wait_for("the end of a program", || self.child.try_wait().expect("our child")).code()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for a line of an output; fails with all it said when it ends before.
    fn line(&mut self, of: impl Fn(&Program) -> Option<String>) -> String {
        wait_for("the first words of a program", || {
            if let Some(line) = of(self) {
                return Some(line);
            }
            if let Some(status) = self.child.try_wait().expect("our child") {
                panic!("it ended with {status}: {}{}", self.said(), self.logged());
            }
            None
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself: then there is no group any more.
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- what process {} logged ---\n{}", self.child.id(), self.logged());
        }
    }
}

/// Reads an output to its end, so that the program never waits for us.
fn collect(output: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let all = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&all);
    std::thread::spawn(move || {
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            sink.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
    all
}

/// The binary under test, without the settings of who runs the tests. `CUNKOU_TEST_BINARY` names another one than that
/// which was built beside the tests: an installed one, or one that the next build must not replace.
pub fn cunkou() -> Command {
    let built = std::env::var_os("CUNKOU_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_cunkou").into());
    let mut command = Command::new(built);
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("CUNKOU_")) {
        command.env_remove(name);
    }
    command
}

/// A folder with a made-up town whose cameras stand on addresses that no other test uses.
pub struct Town {
    folder: tempfile::TempDir,
    net: String,
    /// The token that the demo made for this folder; it may operate.
    pub token: String,
}

impl Town {
    /// Lays out a town, with more settings after those of the demo.
    pub fn new(cameras: usize, more: &str) -> Town {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut town = Town { folder, net: free_net(), token: String::new() };
        let mut demo = town.demo(cameras);
        town.token = demo.token.clone();
        demo.program.signal(Signal::INT);
        assert_eq!(demo.program.ended(), Some(0), "SIGINT ends the demo: {}", demo.program.logged());
        for name in ["cunkou.db", "cunkou.db-wal", "cunkou.db-shm", "cunkou.db.lock"] {
            // What it has seen so far is no part of the test; some of these are gone already.
            let _ = std::fs::remove_file(town.path(name));
        }
        town.edit("cunkou.toml", |text| text.replace("[probe]\n", "[probe]\nauth_retry = \"2s\"\n") + more);
        town
    }

    /// Lays out a town that is too large for fake cameras each with a listener of its own: nothing of it ran yet.
    pub fn large(cameras: usize, more: &str) -> Town {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // One address a camera, and a node.
        let at = std::process::id() % 20;
        let net =
            if cameras <= 40_000 { format!("127.{}.0.0/16", 230 + at) } else { format!("127.{}.0.0/14", 128 + 4 * at) };
        let town = Town { folder, net, token: String::new() };
        let mut demo = Program::start(&mut town.demo_command(cameras));
        wait_for("the folder of a large town", || town.path("cunkou.toml").exists().then_some(()));
        demo.signal(Signal::INT);
        demo.ended();
        let _ = std::fs::remove_file(town.path("cunkou.db"));
        town.edit("cunkou.toml", |text| text + more);
        town
    }

    /// A file of the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Rewrites a file of the folder.
    pub fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.path(name);
        let text = std::fs::read_to_string(&path).expect("a text");
        std::fs::write(&path, change(text)).expect("a file that can be written");
    }

    /// `cunkou demo`: cameras and daemon in one process.
    pub fn demo(&self, cameras: usize) -> Daemon {
        let mut program = Program::start(&mut self.demo_command(cameras));
        let line =
            program.line(|p| p.said().split_inclusive('\n').next().filter(|l| l.ends_with('\n')).map(str::to_owned));
        let first: Value = serde_json::from_str(&line).expect("the first line is JSON");
        let text = |key: &str| first[key].as_str().expect(key).to_owned();
        assert_eq!(text("dir"), self.folder.path().to_string_lossy());
        let base = text("page").trim_end_matches('/').to_owned();
        assert_eq!((text("metrics"), text("api")), (format!("{base}/metrics"), format!("{base}/api/v1/")));
        Daemon { program, base, token: text("token"), control: Some(Control(text("control"))) }
    }

    fn demo_command(&self, cameras: usize) -> Command {
        let mut command = cunkou();
        command.args(["demo", "--no-open", "--no-story", "--format", "json", "--listen", "127.0.0.1:0"]);
        command.args(["--control", "127.0.0.1:0", "--seed", "1", "--net", &self.net]);
        command.arg("--cameras").arg(cameras.to_string()).arg("--dir").arg(self.folder.path());
        // It speaks as its terminal does, whoever runs the tests.
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "zh_CN.UTF-8");
        command
    }

    /// `cunkou simulate`: the cameras alone.
    pub fn simulate(&self) -> (Program, Control) {
        self.simulate_with(&[])
    }

    /// The same, with more to say to it.
    pub fn simulate_with(&self, more: &[&str]) -> (Program, Control) {
        let mut command = cunkou();
        command.args(["simulate", "--control", "127.0.0.1:0"]).args(more).arg("--dir").arg(self.folder.path());
        let mut program = Program::start(&mut command);
        let line = program.line(|p| p.said().lines().find(|l| l.ends_with('/')).map(str::to_owned));
        let at = line.find("http://").expect("an address");
        let control = Control(line.get(at..).expect("an address").trim().to_owned());
        (program, control)
    }

    /// `cunkou run`: the daemon alone.
    pub fn run(&self) -> Daemon {
        self.run_with(|_| {})
    }

    /// The same, with more to say to it.
    pub fn run_with(&self, more: impl FnOnce(&mut Command)) -> Daemon {
        let mut command = self.run_command();
        more(&mut command);
        let mut program = Program::start(&mut command);
        let marked = |p: &Program| Some(p.logged().split_once("watching; page ")?.1.split_once('/')?.1.to_owned());
        let line = program.line(|p| marked(p).filter(|rest| rest.contains("/ ")));
        let address = line.trim_start_matches('/').split('/').next().expect("an address");
        let base = format!("http://{address}");
        Daemon { program, base, token: self.token.clone(), control: None }
    }

    /// The command of `run`, not started yet.
    pub fn run_command(&self) -> Command {
        let mut command = cunkou();
        command.args(["run", "--listen", "127.0.0.1:0", "--config"]).arg(self.path("cunkou.toml"));
        command
    }
}

/// A network on loopback: by process and number, so that tests run side by side, and not one that is in use.
fn free_net() -> String {
    const PREFIX: u32 = 20;
    const NETS: u32 = 190 * 16;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let n = (std::process::id().wrapping_mul(37)).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % NETS;
        let (a, b) = (40 + n / 16, (n % 16) * 16);
        if TcpListener::bind(format!("127.{a}.{}.254:8023", b + 15)).is_ok() {
            return format!("127.{a}.{b}.0/{PREFIX}");
        }
    }
}

/// A running daemon.
pub struct Daemon {
    /// Its process.
    pub program: Program,
    /// `http://address`.
    pub base: String,
    /// A token that may operate.
    pub token: String,
    /// The control API, where the cameras are in the same process.
    pub control: Option<Control>,
}

impl Daemon {
    /// GET of JSON below `/api/v1/`.
    pub fn api(&self, path: &str) -> Value {
        let reply = get(&format!("{}/api/v1/{path}", self.base));
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        serde_json::from_slice(&reply.body).expect("JSON")
    }

    /// The work that is announced.
    pub fn announced(&self) -> Vec<Value> {
        self.api("maintenance")["items"].as_array().expect("a list").clone()
    }

    /// All items of a list.
    pub fn items(&self, list: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut page = format!("{list}{}limit=100", if list.contains('?') { '&' } else { '?' });
        loop {
            let answer = self.api(&page);
            all.extend(answer["items"].as_array().expect("items").iter().cloned());
            match answer["next"].as_str() {
                Some(cursor) => {
                    page = format!("{list}{}limit=100&cursor={cursor}", if list.contains('?') { '&' } else { '?' })
                }
                None => return all,
            }
        }
    }

    /// `/metrics`.
    pub fn metrics(&self) -> String {
        let reply = get(&format!("{}/metrics", self.base));
        assert_eq!(reply.status, 200);
        reply.text()
    }

    /// The value of the first series of this name with these labels (`name{label="value",…}`), in whatever order.
    pub fn metric(&self, series: &str) -> Option<f64> {
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels: Vec<&str> = labels.trim_end_matches('}').split(',').collect();
        let text = self.metrics();
        let mut lines = text.lines().filter(|l| l.strip_prefix(name).is_some_and(|l| l.starts_with(['{', ' '])));
        let line = lines.find(|l| labels.iter().all(|label| l.contains(label)))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// Waits until a sink has taken every message.
    pub fn all_sent(&self, sink: &str) {
        let waiting = format!("cunkou_outbox_messages{{sink=\"{sink}\"}}");
        wait_for("an empty outbox", || (self.metric(&waiting) == Some(0.0)).then_some(()));
    }

    /// Waits until the first round is over and every installed camera is up.
    pub fn all_up(&self) {
        wait_to_see("every camera up", || {
            let mut status = self.api("status");
            let cameras = &status["cameras"];
            let all = status["first_round"].is_null() && cameras["up"] == cameras["installed"];
            if all { Ok(()) } else { Err(status["cameras"].take()) }
        });
    }

    /// The one incident that goes on, once it is as wanted; more than one is never right.
    #[track_caller]
    pub fn incident(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        wait_for(what, || {
            let mut open = self.items("incidents?status=open");
            open.extend(self.items("incidents?status=acknowledged"));
            assert!(open.len() <= 1, "one fault, one incident: {open:#?}");
            open.pop().filter(|i| wanted(i))
        })
    }

    /// Waits until an incident is over.
    pub fn resolved(&self, incident: u64) -> Value {
        wait_for("the end of the incident", || {
            let seen = self.api(&format!("incidents/{incident}"));
            (seen["status"] == "resolved").then_some(seen)
        })
    }

    /// An entrance with one camera only, and that camera.
    pub fn sole_watcher(&self) -> (String, String) {
        let all = self.items("entrances");
        let sole =
            all.iter().find(|e| e["state"] == "covered" && e["watchers"].as_array().is_some_and(|w| w.len() == 1));
        let sole = sole.expect("a made-up town has an entrance with one camera");
        (text(&sole["id"]), text(&sole["watchers"][0]))
    }
}

/// The control API of the fake cameras.
pub struct Control(String);

impl Control {
    /// Breaks or heals: `cameras/ID`, `nodes/ID`.
    #[track_caller]
    pub fn set(&self, part: &str, fault: &str) {
        let body = format!("{{\"fault\": \"{fault}\"}}");
        let reply = http("PUT", &format!("{}{part}", self.0), &[], body.as_bytes()).expect("the control API answers");
        assert_eq!(reply.status, 204, "{part} {fault}: {}", reply.text());
    }

    /// Where it is, ending in a slash.
    pub fn address(&self) -> &str {
        &self.0
    }

    /// Cameras that have no path.
    pub fn cut_off(&self) -> BTreeSet<String> {
        let list: Value = serde_json::from_slice(&get(&self.0).body).expect("JSON");
        list["cut_off"].as_array().expect("a list").iter().map(text).collect()
    }
}

/// A text of JSON.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The texts of a list of JSON.
#[track_caller]
pub fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().expect("a list").iter().map(text).collect()
}

/// A port that is free now, for programs that cannot say which they got.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A program of the system; without it a test says loudly that it did not run.
pub fn installed(program: &str) -> Option<PathBuf> {
    let path = Path::new("/usr/bin").join(program);
    if !path.exists() {
        println!("skipped: {program}: not installed");
        return None;
    }
    Some(path)
}
