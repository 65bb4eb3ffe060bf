//! What the benches beside other programs need: what a process costs, and Prometheus with blackbox_exporter and
//! Alertmanager as a town would set them up.
#![allow(dead_code, unreachable_pub, reason = "each bench uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on fails")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Program, free_port, http, installed, wait_for};

/// Ticks of a second in `/proc`: 100 on every Linux that Rust's standard library runs on.
const TICKS: f64 = 100.0;

/// Seconds of a processor that a process has used so far, its threads included.
pub fn cpu(program: &Program) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", program.id())).expect("it runs");
    // The name stands in brackets and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    let ticks = |i: usize| fields[i].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / TICKS
}

/// Resident memory of a process, MiB.
pub fn resident(program: &Program) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).expect("it runs");
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}

/// What happened in a while: seconds of a processor of each program, and the seconds that passed.
pub fn spent(programs: &[&Program], length: Duration, mut meanwhile: impl FnMut()) -> (Vec<f64>, f64) {
    let before: Vec<f64> = programs.iter().map(|p| cpu(p)).collect();
    let began = Instant::now();
    while began.elapsed() < length {
        meanwhile();
        std::thread::sleep(length.saturating_sub(began.elapsed()).min(Duration::from_millis(500)));
    }
    let passed = began.elapsed().as_secs_f64();
    (programs.iter().zip(before).map(|(p, before)| cpu(p) - before).collect(), passed)
}

/// Every camera with a TCP connect to its RTSP port, and nothing else.
pub fn reach_only(text: &str) -> String {
    let mut lines = text.lines();
    let head = lines.next().expect("a head");
    let checks = head.split(',').position(|h| h == "checks").expect("a column");
    let asked = lines.map(|line| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[checks] = "reach=tcp:8554";
        cells.join(",")
    });
    std::iter::once(head.to_owned()).chain(asked).map(|l| l + "\n").collect()
}

/// The value at a share of a sorted list.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Cameras of a folder: id and address.
pub fn cameras(folder: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("registry/cameras.csv")).expect("cameras");
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().expect("a head").trim_start_matches('\u{feff}').split(',').collect();
    let place = |name: &str| head.iter().position(|h| *h == name).expect("a column");
    let (id, host) = (place("id"), place("host"));
    lines.map(|l| l.split(',').collect::<Vec<_>>()).map(|c| (c[id].to_owned(), c[host].to_owned())).collect()
}

/// How Prometheus watches.
pub struct Watch<'a> {
    /// `rtsp`: OPTIONS over a new connection; `tcp`: connect alone.
    pub module: &'a str,
    /// `host:port` of each.
    pub targets: &'a [String],
    /// Between two probes of one.
    pub scrape: &'a str,
    /// Between two looks of the rules.
    pub evaluation: &'a str,
    /// How long an alert waits before it fires; without: no alert.
    pub hold: Option<&'a str>,
    /// Whom Alertmanager tells.
    pub webhook: Option<&'a str>,
}

/// Prometheus and those that work for it.
pub struct Peers {
    /// Prometheus.
    pub prometheus: Program,
    /// blackbox_exporter.
    pub blackbox: Program,
    /// Alertmanager, where there is someone to tell.
    pub alertmanager: Option<Program>,
    address: String,
    _folder: tempfile::TempDir,
}

impl Peers {
    /// Starts them; `None`, with a word, when they are not installed.
    pub fn start(watch: &Watch<'_>) -> Option<Peers> {
        let (prometheus, blackbox) = (installed("prometheus")?, installed("prometheus-blackbox-exporter")?);
        let folder = tempfile::tempdir().expect("a folder");
        let ports = [free_port(), free_port(), free_port()];
        let [own, exporter, manager] = ports.map(|p| format!("127.0.0.1:{p}"));
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("a file");
        write("blackbox.yml", MODULES.to_owned());
        write("rules.yml", rules(watch));
        write("prometheus.yml", settings(watch, &exporter, &manager));
        let alertmanager = match watch.webhook {
            Some(webhook) => Some(alertmanager(folder.path(), webhook, &manager)?),
            None => None,
        };
        let file = |name: &str| folder.path().join(name).display().to_string();
        let mut command = Command::new(blackbox);
        command.arg(format!("--config.file={}", file("blackbox.yml")));
        let blackbox = Program::start(command.arg(format!("--web.listen-address={exporter}")));
        let mut command = Command::new(prometheus);
        command.arg(format!("--config.file={}", file("prometheus.yml")));
        command.arg(format!("--storage.tsdb.path={}", file("data")));
        let prometheus = Program::start(command.arg(format!("--web.listen-address={own}")));
        Some(Peers { prometheus, blackbox, alertmanager, address: own, _folder: folder })
    }

    /// A number that Prometheus answers a query with.
    pub fn ask(&self, query: &str) -> Option<f64> {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let reply = http("GET", &format!("http://{}/api/v1/query?query={query}", self.address), &[], b"").ok()?;
        let answer: Value = serde_json::from_slice(&reply.body).ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    }

    /// Waits until so many probes succeed.
    pub fn all_up(&self, targets: usize) {
        let wanted = Some(targets as f64);
        wait_for("all targets", || (self.ask("sum(probe_success)") == wanted).then_some(()));
    }
}

const MODULES: &str = r#"modules:
  tcp:
    prober: tcp
    timeout: 3s
    tcp: {preferred_ip_protocol: ip4}
  rtsp:
    prober: tcp
    timeout: 3s
    tcp:
      preferred_ip_protocol: ip4
      query_response:
        - send: "OPTIONS rtsp://camera/ RTSP/1.0\r\nCSeq: 1\r\n\r"
        - expect: "^RTSP/1.0 200"
"#;

fn rules(watch: &Watch<'_>) -> String {
    let Some(hold) = watch.hold else { return "groups: []\n".to_owned() };
    format!(
        "groups:\n  - name: cameras\n    rules:\n      - alert: CameraDown\n        expr: probe_success == 0\n        \
         for: {hold}\n"
    )
}

fn settings(watch: &Watch<'_>, exporter: &str, manager: &str) -> String {
    let targets: Vec<String> = watch.targets.iter().map(|t| format!("\"{t}\"")).collect();
    let (scrape, evaluation, module) = (watch.scrape, watch.evaluation, watch.module);
    let timeout = if scrape == "1s" { "1s" } else { "4s" };
    format!(
        "global:\n  scrape_interval: {scrape}\n  scrape_timeout: {timeout}\n  evaluation_interval: {evaluation}\n\
         rule_files: [rules.yml]\nalerting:\n  alertmanagers:\n    - static_configs: [{{targets: [\"{manager}\"]}}]\n\
         scrape_configs:\n  - job_name: cameras\n    metrics_path: /probe\n    params: {{module: [{module}]}}\n    \
         static_configs: [{{targets: [{}]}}]\n    relabel_configs:\n      \
         - {{source_labels: [__address__], target_label: __param_target}}\n      \
         - {{source_labels: [__param_target], target_label: instance}}\n      \
         - {{target_label: __address__, replacement: \"{exporter}\"}}\n",
        targets.join(", ")
    )
}

fn alertmanager(folder: &Path, webhook: &str, address: &str) -> Option<Program> {
    let binary = installed("prometheus-alertmanager")?;
    let text = format!(
        "route:\n  receiver: desk\n  group_by: [instance]\n  group_wait: 0s\n  group_interval: 1m\nreceivers:\n  \
         - name: desk\n    webhook_configs: [{{url: \"{webhook}\"}}]\n"
    );
    let config = folder.join("alertmanager.yml");
    std::fs::write(&config, text).expect("a file");
    let mut command = Command::new(binary);
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.path={}", folder.join("alerts").display()));
    Some(Program::start(command.arg(format!("--web.listen-address={address}")).arg("--cluster.listen-address=")))
}
