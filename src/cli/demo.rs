//! `cunkou demo`: the made-up town on real protocols, the daemon that watches it, and a short story of faults, told as
//! it happens.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use cunkou_core::alert::{Incident, IncidentStatus, Speaker};
use cunkou_core::model::{IncidentId, Language, Severity, Time};
use cunkou_core::town::{Fault, Net, Scene, Spec, Story, StoryTarget, Town};
use cunkou_core::world::Snapshot;
use ipnet::IpNet;
use sha2::{Digest, Sha256};

use super::common::{Common, secrets};
use super::exit::Exit;
use super::setup::{self, Ends, LogFormat, Told};
use super::simulate;
use crate::daemon::{self, Options, Running};
use crate::files;
use crate::files::settings::{Role, Settings, TokenSettings};
use crate::sim::{Part, Simulator};

/// Show the whole job on a made-up town: fake cameras on real protocols, page, metrics, alerts.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where page, metrics and API listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where the control API of the fake cameras listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value_t = crate::sim::CONTROL)]
    control: SocketAddr,
    /// Network of the fake cameras, on loopback
    #[arg(long, value_name = "NET", default_value = "127.20.0.0/16")]
    net: IpNet,
    /// How many cameras
    #[arg(long, value_name = "N", default_value_t = 778)]
    cameras: usize,
    /// Seed of the town: the same seed gives the same town
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Break nothing by itself; break things over the control API
    #[arg(long)]
    no_story: bool,
    /// Keep everything in this folder, and go on from there the next time
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The first lines: text for people, or one JSON line
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Do not open the page in a browser
    #[arg(long)]
    no_open: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

pub(super) async fn run(args: Args, _: &Common) -> anyhow::Result<Exit> {
    setup::logs(LogFormat::Human, "warn");
    let mut ends = Ends::listen()?;
    let temporary = args.dir.is_none();
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => std::env::temp_dir().join(format!("cunkou-demo-{}", std::process::id())),
    };
    let town = town(&args)?;
    let token = new_token()?;
    let file = dir.join("cunkou.toml");
    if !file.exists() {
        lay_out(&dir, &town, &token)?;
    }
    let mut settings = simulate::settings_in(&dir)?;
    settings.http.listen = args.listen.unwrap_or(settings.http.listen);
    add_token(&mut settings, &token);
    let secrets = secrets(&settings)?;
    let registry = Arc::new(simulate::read_registry(&settings.registry.dir)?);
    let simulator = simulate::start(registry, &settings, &secrets, args.control, Vec::new(), false).await?;
    let language = settings.ui.language;
    let running = daemon::start(Options { settings, secrets }).await?;
    greet(&args, &dir, &running, &simulator, &token, language)?;
    let mut teller = Teller::new(language, args.format);
    let story = if args.no_story { None } else { Some(Story::for_town(&town)) };
    let told = tokio::select! {
        told = tell(&mut teller, story, &running, &simulator) => told,
        () = until_stopped(&mut ends) => Ok(()),
    };
    if !running.stop().await {
        tracing::warn!("not everything ended within 10 s");
    }
    simulator.shutdown().await;
    if temporary {
        // A folder that is left behind in the temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&dir);
    }
    told.map(|()| Exit::Fine)
}

async fn until_stopped(ends: &mut Ends) {
    while ends.next().await != Told::Stop {}
}

fn town(args: &Args) -> anyhow::Result<Town> {
    let IpNet::V4(net) = args.net else { anyhow::bail!("--net: the demo stands on IPv4 loopback addresses") };
    anyhow::ensure!(net.network().is_loopback(), "--net: {net} is not on loopback (127.0.0.0/8)");
    let net = Net::new(net.network(), net.prefix_len())?;
    Ok(Town::generate(&Spec { seed: args.seed, cameras: args.cameras, net })?)
}

/// A random 256-bit token, as it stands in the header.
fn new_token() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("no random numbers to be had: {e}"))?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn add_token(settings: &mut Settings, token: &str) {
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    if settings.tokens.iter().all(|t| t.hash != hash) {
        settings.tokens.push(TokenSettings { name: "demo".to_owned(), hash, role: Role::Operate });
    }
}

/// Writes a new demo folder: settings, secrets, registry, roads.
fn lay_out(dir: &Path, town: &Town, token: &str) -> anyhow::Result<()> {
    let registry = dir.join("registry");
    std::fs::create_dir_all(&registry).with_context(|| format!("the folder {}", dir.display()))?;
    write_town(&registry, town)?;
    let canary: Ipv4Addr = town.spec.net.canary();
    let hash = hex(&Sha256::digest(token.as_bytes()));
    let language = setup::terminal_language().tag();
    let text = format!(
        "# A made-up town: every name of a hamlet, every position and every address is synthetic.\n\
         [registry]\ndir = \"registry\"\nsecrets = \"secrets.toml\"\n\n\
         [database]\nurl = \"sqlite://cunkou.db\"\n\n\
         [[token]]\nname = \"demo\"\nhash = \"{hash}\"\nrole = \"operate\"\n\n\
         [ui]\nlanguage = \"{language}\"\n\n\
         [probe]\nallow = [\"{}\"]\n\n\
         [monitor]\ncanaries = [\"{canary}:8023\"]\n",
        town.spec.net
    );
    let mut entries = String::new();
    let names: std::collections::BTreeSet<&str> =
        town.registry.cameras.values().filter_map(|c| c.credential.as_deref()).collect();
    for name in names {
        entries.push_str(&format!(
            "[{name}]\nuser = \"admin\"\npassword = \"demo-{}\"\n\n",
            new_token()?.get(..12).unwrap_or("x")
        ));
    }
    write_private(&dir.join("secrets.toml"), &entries)?;
    std::fs::write(dir.join("cunkou.toml"), text)?;
    Ok(())
}

/// Writes the registry of a made-up town as files.
pub(super) fn write_town(dir: &Path, town: &Town) -> anyhow::Result<()> {
    files::write_folder(dir, &town.registry)?;
    let roads = files::roads(&town.roads);
    files::write_files(dir, &BTreeMap::from([("roads.geojson".to_owned(), roads)]))?;
    std::fs::write(dir.join("README.md"), &town.notes)?;
    Ok(())
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

fn greet(
    args: &Args,
    dir: &Path,
    running: &Running,
    simulator: &Simulator,
    token: &str,
    language: Language,
) -> anyhow::Result<()> {
    let (base, control) = (format!("http://{}", running.listen), format!("http://{}/", simulator.control_addr()));
    let page = format!("{base}/#token={token}");
    if args.format == Format::Json {
        let first = serde_json::json!({
            "page": format!("{base}/"), "metrics": format!("{base}/metrics"), "api": format!("{base}/api/v1/"),
            "control": control, "token": token, "dir": dir,
        });
        println!("{first}");
        std::io::stdout().flush()?;
        return Ok(());
    }
    let snapshot = running.handle.now();
    let (cameras, entrances) = (snapshot.registry.cameras.len(), snapshot.registry.entrances.len());
    let zh = language == Language::ZhCn;
    if zh {
        println!("村口演示：虚构的城镇，{cameras} 台摄像机，{entrances} 个村口，真实协议，全部在本机。");
    } else {
        println!(
            "cunkou demo: a made-up town of {cameras} cameras and {entrances} entrances, real protocols, all on this machine."
        );
    }
    let rows = if zh {
        [("页面", page.as_str()), ("指标", "/metrics"), ("接口", "/api/v1/"), ("故障", control.as_str())]
    } else {
        [("page", page.as_str()), ("metrics", "/metrics"), ("API", "/api/v1/"), ("break things", control.as_str())]
    };
    for (name, address) in rows {
        let address = if address.starts_with('/') { format!("{base}{address}") } else { address.to_owned() };
        println!("  {name:<13} {address}");
    }
    println!("  {:<13} {}", if zh { "文件" } else { "files" }, dir.display());
    println!();
    std::io::stdout().flush()?;
    if !args.no_open && std::io::stdout().is_terminal() {
        open_page(&page);
    }
    Ok(())
}

/// Opens the page where there is a desktop; where there is none, the address stands above.
fn open_page(page: &str) {
    let desktop = std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some();
    if desktop {
        let quiet = std::process::Stdio::null;
        let _ = std::process::Command::new("xdg-open").arg(page).stdout(quiet()).stderr(quiet()).spawn();
    }
}

/// Tells what happens: the scenes of the story, and what the daemon says of them.
async fn tell(
    teller: &mut Teller,
    story: Option<Story>,
    running: &Running,
    simulator: &Simulator,
) -> anyhow::Result<()> {
    let mut snapshots = running.handle.snapshot.clone();
    teller.wait_for_round(&mut snapshots).await;
    let began = tokio::time::Instant::now();
    let scenes: Vec<Scene> = story.map(|s| s.scenes).unwrap_or_default();
    let mut scenes = scenes.into_iter().peekable();
    let had_story = scenes.peek().is_some();
    loop {
        let next = scenes.peek().map(|s| began + s.at.to_std());
        let wait = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => {
                let Some(scene) = scenes.next() else { continue };
                teller.scene(&scene, began.elapsed());
                play(&scene, simulator).await?;
                if scenes.peek().is_none() && had_story {
                    teller.last_scene = true;
                }
            }
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let snapshot = snapshots.borrow_and_update().clone();
                teller.look(&snapshot, began.elapsed());
            }
        }
    }
}

async fn play(scene: &Scene, simulator: &Simulator) -> anyhow::Result<()> {
    for action in &scene.actions {
        let part = match &action.target {
            StoryTarget::Camera(id) => Part::Camera(id.to_string()),
            StoryTarget::Node(id) => Part::Node(id.to_string()),
        };
        let fault: Fault = action.fault;
        simulator.set(&part, fault).await?;
    }
    Ok(())
}

/// What was told so far.
struct Teller {
    language: Language,
    quiet: bool,
    /// Step, status and entrances lost of each incident, as they were last seen.
    told: BTreeMap<IncidentId, (u32, IncidentStatus, usize)>,
    last_scene: bool,
    ended: bool,
}

impl Teller {
    fn new(language: Language, format: Format) -> Teller {
        Teller { language, quiet: format == Format::Json, told: BTreeMap::new(), last_scene: false, ended: false }
    }

    fn say(&self, after: Duration, text: &str) {
        if !self.quiet {
            println!("{:>4} s  {text}", after.as_secs());
            let _ = std::io::stdout().flush();
        }
    }

    async fn wait_for_round(&mut self, snapshots: &mut tokio::sync::watch::Receiver<Arc<Snapshot>>) {
        let zh = self.language == Language::ZhCn;
        self.say(
            Duration::ZERO,
            if zh {
                "首轮检查：每台摄像机都问一遍，之前不发任何消息……"
            } else {
                "the first round: every camera is asked before anything is said …"
            },
        );
        // The sender lives as long as the daemon.
        let _ = snapshots.wait_for(|s| s.round.is_none()).await;
        let snapshot = snapshots.borrow_and_update().clone();
        for incident in snapshot.incidents.values() {
            self.told.insert(incident.id, (incident.step, incident.status, incident.entrances_lost.len()));
        }
        let up = snapshot.cameras.iter().filter(|c| matches!(c.state.word(), "up" | "degraded")).count();
        let watched = snapshot.entrances.iter().flatten().filter(|e| e.now.state.is_watched()).count();
        let text = if zh {
            format!("首轮结束：{up} 台摄像机在线，{watched} 个村口有人看。")
        } else {
            format!("the first round is over: {up} cameras answer, {watched} entrances are watched")
        };
        self.say(Duration::ZERO, &text);
    }

    fn scene(&self, scene: &Scene, after: Duration) {
        let words = if self.language == Language::ZhCn { &scene.said.zh } else { &scene.said.en };
        self.say(after, &format!("▶ {words}"));
    }

    /// Tells every step of an incident that matters to people.
    fn look(&mut self, snapshot: &Snapshot, after: Duration) {
        // What maintenance holds back is told to nobody.
        for incident in snapshot.incidents.values().filter(|i| i.pages > 0) {
            let now = (incident.step, incident.status, incident.entrances_lost.len());
            let seen = self.told.insert(incident.id, now);
            let news = seen.is_none_or(|(step, _, _)| step < incident.step);
            if news && incident.severity >= Severity::Warning {
                let was_open = seen.is_some_and(|(_, status, _)| status.is_open());
                // While things come back one by one, only the end is worth a line.
                let grew = seen.is_none_or(|(_, _, lost)| incident.entrances_lost.len() > lost);
                if !was_open || grew || !incident.status.is_open() {
                    self.step(incident, snapshot, was_open, after);
                }
            }
        }
        let open = snapshot.incidents.values().any(|i| i.status.is_open() && i.severity >= Severity::Warning);
        if self.last_scene && !open && !self.ended {
            self.ended = true;
            let zh = self.language == Language::ZhCn;
            self.say(
                after,
                if zh {
                    "故事结束，城镇继续运行；Ctrl-C 结束。"
                } else {
                    "the story is over, the town goes on; Ctrl-C ends it"
                },
            );
        }
    }

    fn step(&self, incident: &Incident, snapshot: &Snapshot, was_open: bool, after: Duration) {
        let zh = self.language == Language::ZhCn;
        let what = match (incident.status, was_open, zh) {
            (IncidentStatus::Resolved, _, false) => "over",
            (IncidentStatus::Resolved, _, true) => "恢复",
            (IncidentStatus::Merged, _, false) => "is part of another incident",
            (IncidentStatus::Merged, _, true) => "并入其他事件",
            (_, true, false) => "update",
            (_, true, true) => "更新",
            (_, false, false) if incident.severity == Severity::Critical => "ALARM",
            (_, false, true) if incident.severity == Severity::Critical => "告警",
            (_, false, false) => "to be mended",
            (_, false, true) => "待修",
        };
        let local = |t: Time| t.millis().to_string();
        let speaker = Speaker {
            language: self.language,
            registry: &snapshot.registry,
            local_time: &local,
            link: &|_| None,
            reasons: &|_| cunkou_core::model::ReasonSet::EMPTY,
            lost_now: &[],
            open_now: &[],
        };
        let number = if zh { format!("事件 {}", incident.id) } else { format!("incident {}", incident.id) };
        let mark = if incident.status == IncidentStatus::Resolved { "✔" } else { "●" };
        self.say(after, &format!("{mark} {what} · {number} · {}", speaker.headline(incident)));
    }
}
