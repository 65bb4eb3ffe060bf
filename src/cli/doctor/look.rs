//! Looking at the machine: everything that is asked of kernel, network and files, each under a bound of time.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use cunkou_core::health::Cause;
use cunkou_core::model::Time;
use cunkou_core::plan::Failure;
use cunkou_core::registry::{Fault, ReachVia, Registry, Topology};
use cunkou_core::world::Subject;

use super::verdict::{self, Pings};
use super::{Finding, suggest};
use crate::cli::common::{Tongue, density, secrets};
use crate::cli::when;
use crate::files;
use crate::files::settings::{Settings, SinkForm, SinkKind, SinkSettings};
use crate::probe::{AllowList, Limits, Prober, for_canary, ping_rights};
use crate::store::{OpenMode, Store, TransitionRow};

/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Names of cameras that are looked up at most: a town that writes names writes many of one kind.
const NAMES: usize = 20;
/// Failures of cameras that are looked at: those of a town of 10 000 in a bad quarter.
const FAILURES: u32 = 200_000;

/// Looks at everything, one after the other.
pub(super) async fn everything(settings: &Settings, t: &Tongue) -> Vec<Finding> {
    let (registry, judged) = registry(settings, t);
    let (database, last_tick) = database(settings, t).await;
    let together = together(settings, &registry, t).await;
    let cameras = registry.cameras.len();
    let mut findings = vec![judged, verdict::secrets(secrets(settings).err().map(|e| format!("{e:#}")), t), database];
    findings.push(disk(settings, cameras, t));
    findings.push(verdict::files(hard_limit(), settings.probe.in_flight_for(cameras), t));
    findings.push(verdict::clock(synchronised().await, last_tick, when::now(), t));
    findings.push(verdict::ping(ping_rights(), &pings(settings, &registry), t));
    findings.push(networks(settings, &registry, t));
    findings.push(names(settings, &registry, t).await);
    findings.extend(together);
    findings.extend(canaries(settings, t).await);
    findings.extend(sinks(settings, t).await);
    findings.extend(heartbeat(settings, t).await);
    findings
}

/// The registry of the folder, as far as it can be read, and what is thought of it.
fn registry(settings: &Settings, t: &Tongue) -> (Registry, Finding) {
    let dir = &settings.registry.dir;
    let shown = dir.display().to_string();
    match files::load(dir) {
        Err(error) => {
            let why = format!("{:#}", anyhow::Error::new(error));
            (Registry::default(), verdict::registry(&shown, 0, 0, Some(&why), t))
        }
        Ok(loaded) => {
            let (registry, faults) = files::judge(&loaded, &settings.intervals(), &density(settings));
            let errors = faults.iter().filter(|f| Fault::is_error(f)).count();
            let finding = verdict::registry(&shown, registry.cameras.len(), errors, None, t);
            (registry, finding)
        }
    }
}

/// Who holds the database, and its last tick.
async fn database(settings: &Settings, t: &Tongue) -> (Finding, Option<Time>) {
    let file = &settings.database.file;
    if !file.exists() {
        return (verdict::database(None, t), None);
    }
    match read(file).await {
        Ok((holder, tick)) => {
            let who = match holder {
                Some(holder) => format!("{}: {holder}", file.display()),
                None => format!("{}: {}", file.display(), t.say("没有守护进程在运行", "no daemon runs")),
            };
            (verdict::database(Some(Ok(who)), t), tick)
        }
        Err(error) => (verdict::database(Some(Err(format!("{}: {error:#}", file.display()))), t), None),
    }
}

async fn read(file: &Path) -> anyhow::Result<(Option<String>, Option<Time>)> {
    let store = Store::open(&format!("sqlite://{}", file.display()), OpenMode::ReadOnly).await?;
    let holder = store.daemon().await?.map(|h| h.to_string());
    let tick = store.last_tick().await?;
    Ok((holder, tick))
}

/// Cameras that failed together and hang together nowhere; nothing where no database can be read, which has been said.
async fn together(settings: &Settings, registry: &Registry, t: &Tongue) -> Option<Finding> {
    let file = &settings.database.file;
    if !file.exists() {
        return None;
    }
    let store = Store::open(&format!("sqlite://{}", file.display()), OpenMode::ReadOnly).await.ok()?;
    let rows = store.camera_failures(when::now() - suggest::SINCE, FAILURES).await.ok()?;
    let topology = Topology::build(registry, &settings.intervals(), None);
    let failures: Vec<Failure> = rows.iter().filter_map(|row| failure(row, &topology)).collect();
    Some(suggest::finding(registry, &topology, &failures, t))
}

/// A failure of a camera that the registry still has.
fn failure(row: &TransitionRow, topology: &Topology) -> Option<Failure> {
    let Subject::Camera(id) = &row.subject else { return None };
    let by = match &row.cause {
        Some(Cause::Node(node) | Cause::Partial(node)) => topology.node(node.as_str()),
        _ => None,
    };
    Some(Failure { since: row.since, camera: topology.camera(id.as_str())?, by })
}

fn disk(settings: &Settings, cameras: usize, t: &Tongue) -> Finding {
    let file = &settings.database.file;
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = folder.display().to_string();
    if let Err(error) = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK) {
        return verdict::no_disk(&shown, &error.to_string(), t);
    }
    match rustix::fs::statvfs(folder) {
        Ok(fs) => {
            let free = fs.f_bavail.saturating_mul(fs.f_frsize);
            let size = std::fs::metadata(file).map(|m| m.len()).unwrap_or(0);
            verdict::disk(&shown, free, size, cameras, t)
        }
        Err(error) => verdict::no_disk(&shown, &error.to_string(), t),
    }
}

/// The hard limit on open files, to which a start raises the soft one.
fn hard_limit() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Whether somebody keeps the clock, as systemd knows it; `None` where it does not answer.
async fn synchronised() -> Option<bool> {
    let mut command = tokio::process::Command::new("timedatectl");
    command.args(["show", "--property=NTPSynchronized", "--value"]).kill_on_drop(true);
    command.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let said = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    match String::from_utf8_lossy(&said.stdout).trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn pings(settings: &Settings, registry: &Registry) -> Pings {
    let installed = registry.cameras.values().filter(|c| c.status.is_installed() && c.address().is_some());
    let by_icmp =
        |canary: &&String| for_canary(canary).is_some_and(|q| matches!(q.how, crate::probe::How::Icmp { .. }));
    Pings {
        cameras: installed.filter(|c| matches!(c.reach_via(), ReachVia::Icmp)).count(),
        nodes: registry.nodes.values().filter(|n| matches!(n.reach_via(), Some((_, ReachVia::Icmp)))).count(),
        canaries: settings.monitor.canaries.iter().filter(by_icmp).count(),
    }
}

/// Cameras whose addresses may be asked.
fn networks(settings: &Settings, registry: &Registry, t: &Tongue) -> Finding {
    let allow = AllowList::new(settings.probe.allow.clone(), vec![settings.http.listen]);
    let addresses = registry.cameras.values().filter(|c| c.status.is_installed()).filter_map(|c| c.address());
    let addresses: Vec<IpAddr> = addresses.filter_map(|a| a.trim_matches(['[', ']']).parse().ok()).collect();
    let outside: Vec<IpAddr> =
        addresses.iter().copied().filter(|ip| allow.vet(SocketAddr::new(*ip, 554)).is_none()).collect();
    verdict::networks(addresses.len(), outside.len(), outside.first().copied(), t)
}

/// The host of a canary, as it stands there.
fn host(canary: &str) -> Option<String> {
    match for_canary(canary)?.how {
        crate::probe::How::Icmp { host, .. } | crate::probe::How::Tcp { host, .. } => Some(host),
        _ => None,
    }
}

async fn names(settings: &Settings, registry: &Registry, t: &Tongue) -> Finding {
    let heartbeat = settings.heartbeat.url.as_ref().and_then(|url| host_of(url.expose()));
    let sinks = settings.sinks.iter().filter_map(|sink| host_of(sink.url.expose())).chain(heartbeat);
    let canaries = settings.monitor.canaries.iter().filter_map(|c| host(c));
    let nodes = registry.nodes.values().filter_map(|n| n.reach_via()).map(|(host, _)| host);
    let cameras = registry.cameras.values().filter(|c| c.status.is_installed()).filter_map(|c| c.address());
    let is_name = |host: &String| !host.is_empty() && host.trim_matches(['[', ']']).parse::<IpAddr>().is_err();
    let mut wanted: BTreeSet<String> = sinks.chain(canaries).filter(is_name).collect();
    wanted.extend(nodes.chain(cameras).filter(is_name).take(NAMES));
    let (mut known, mut unknown) = (0, Vec::new());
    for name in wanted {
        if look_up(&name).await.is_empty() {
            unknown.push(name);
        } else {
            known += 1;
        }
    }
    verdict::names(known, &unknown, t)
}

fn host_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    Some(url.host_str()?.to_owned())
}

async fn canaries(settings: &Settings, t: &Tongue) -> Vec<Finding> {
    let canaries = &settings.monitor.canaries;
    if canaries.is_empty() {
        return vec![verdict::no_canary(gateway(), t)];
    }
    let limits = Limits {
        timeout: settings.probe.timeout.to_std(),
        reach_timeout: settings.probe.reach_timeout.to_std(),
        ..Limits::default()
    };
    let mut findings = Vec::new();
    for name in canaries {
        let allow = AllowList::new(settings.probe.allow.clone(), vec![settings.http.listen]);
        let Some(question) = for_canary(name) else { continue };
        let answer = Prober::new(limits.clone(), allow).ask(&question).await;
        let heard = if answer.result.is_alive() {
            Ok(answer.rtt)
        } else {
            Err(answer.note.map_or_else(|| answer.result.label().word().to_owned(), |n| n.to_string()))
        };
        findings.push(verdict::canary(name, heard, t));
    }
    findings
}

/// The addresses of a name; none where it is not known in time.
async fn look_up(name: &str) -> Vec<IpAddr> {
    match tokio::time::timeout(PATIENCE, tokio::net::lookup_host((name, 0))).await {
        Ok(Ok(found)) => found.map(|a| a.ip()).collect(),
        _ => Vec::new(),
    }
}

/// Asks each sink for its front page: that proves address, port and certificate, and says nothing to anybody.
async fn sinks(settings: &Settings, t: &Tongue) -> Vec<Finding> {
    if settings.sinks.is_empty() {
        return vec![verdict::no_sinks(t)];
    }
    let client = crate::notify::client();
    let mut findings = Vec::new();
    for sink in &settings.sinks {
        let shown = sink.url.to_string();
        let heard = match &client {
            _ if sink.kind == SinkKind::Email => mail_server(sink).await,
            Ok(client) => front_page(client, &shown).await,
            Err(error) => Err(error.to_string()),
        };
        findings.push(verdict::sink(&sink.name, &shown, heard, t));
    }
    findings
}

/// Asks the service of the heartbeat for its front page. Never for the heartbeat itself: that would say that a daemon
/// lives which may be dead.
async fn heartbeat(settings: &Settings, t: &Tongue) -> Option<Finding> {
    if settings.heartbeat.url.is_none() {
        let watched = settings.sinks.iter().any(|s| s.watchdog);
        return Some(verdict::no_heartbeat(watched, t)).filter(|_| !settings.sinks.is_empty());
    }
    // Where the secrets cannot be read, that has been said.
    let secrets = secrets(settings).ok()?;
    let url = match crate::notify::heartbeat_url(&settings.heartbeat, &secrets) {
        Ok(url) => url?.to_string(),
        Err(error) => return Some(verdict::heartbeat("[heartbeat]", Err(error.to_string()), t)),
    };
    let heard = match crate::notify::client() {
        Ok(client) => front_page(&client, &url).await.map(Option::unwrap_or_default),
        Err(error) => Err(error.to_string()),
    };
    Some(verdict::heartbeat(&url, heard, t))
}

async fn front_page(client: &reqwest::Client, origin: &str) -> Result<Option<u16>, String> {
    let answer = client.get(origin).timeout(PATIENCE).send().await;
    answer.map(|a| Some(a.status().as_u16())).map_err(|e| {
        let reasons = std::iter::successors(Some(&e as &dyn std::error::Error), |e| e.source());
        reasons.last().map(ToString::to_string).unwrap_or_default()
    })
}

/// Whether a mail server can be reached; what it says of mail, `cunkou notify test` shows.
async fn mail_server(sink: &SinkSettings) -> Result<Option<u16>, String> {
    let url = url::Url::parse(sink.url.expose()).map_err(|e| e.to_string())?;
    let usual = match &sink.form {
        SinkForm::Email { tls, .. } => tls.usual_port(),
        _ => 0,
    };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let server = (host, url.port().unwrap_or(usual));
    match tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(server)).await {
        Ok(Ok(_)) => Ok(None),
        Ok(Err(e)) => Err(e.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}

/// The default gateway of this machine.
fn gateway() -> Option<IpAddr> {
    first_gateway(&std::fs::read_to_string("/proc/net/route").ok()?)
}

/// The default route with the lowest metric, out of `/proc/net/route`: addresses are hexadecimal, as they lie in memory.
fn first_gateway(table: &str) -> Option<IpAddr> {
    const GATEWAY: u32 = 2;
    let routes = table.lines().skip(1).filter_map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let &[_, "00000000", gateway, flags, _, _, metric, ..] = cells.as_slice() else { return None };
        let (flags, address) = (u32::from_str_radix(flags, 16).ok()?, u32::from_str_radix(gateway, 16).ok()?);
        let usable = flags & GATEWAY != 0 && address != 0;
        usable.then(|| (metric.parse::<u32>().unwrap_or(u32::MAX), Ipv4Addr::from(address.to_ne_bytes())))
    });
    routes.min_by_key(|(metric, _)| *metric).map(|(_, ip)| IpAddr::V4(ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn the_gateway_is_that_of_the_cheapest_default_route() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                     eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                     wlan0\t00000000\t0101010A\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                     eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
                     tun0\t00000000\t00000000\t0001\t0\t0\t1\t00000000\t0\t0\t0\n";
        assert_eq!(first_gateway(table), Some("192.168.1.1".parse().unwrap()));
        for none in ["", "Iface\n", "x\ty\n\u{0}", "Iface\neth0\t00000000\tZZ\t3\t0\t0\t0\n"] {
            assert_eq!(first_gateway(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_host_of_a_canary_is_found_in_every_form() {
        for (canary, expected) in [
            ("10.0.0.1", "10.0.0.1"),
            ("gw.example:80", "gw.example"),
            ("[fd00::1]:80", "fd00::1"),
            ("fd00::1", "fd00::1"),
        ] {
            assert_eq!(host(canary).as_deref(), Some(expected), "{canary}");
        }
        assert_eq!(host(":80"), None);
    }
}
