//! From the document to the settings: one function a table, and what must hold between them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cunkou_core::alert;
use cunkou_core::coverage::{Scope, SealAlerts};
use cunkou_core::health;
use cunkou_core::model::{Language, Span};
use cunkou_core::plan::Pace;
use cunkou_core::registry::Intervals;
use jiff::tz::TimeZone;

use super::Settings;
use super::doc::{self, Entry};
use super::fault::{FaultKind, SettingFault};
use super::heartbeat::heartbeat;
use super::read::{Faults, Table};
use super::sinks::{sinks, templates};
use super::tables::{
    CoverageSettings, DatabaseSettings, HttpSettings, KeepSettings, MetricsSettings, Mode, MonitorSettings,
    ProbeSettings, ReadRule, RegistrySettings, Role, RosterSettings, TileSource, TokenSettings, UiSettings, link_base,
};

const SPAN: &str = "a length of time: 800ms, 10s, 5m, 6h, 400d";
const CHECK_SPAN: &str = "a length of time from 200ms to 30d";
const SHARE: &str = "a number from 0 to 1";
const PATH: &str = "a path";
const FLOOR: Span = Span::ZERO;
const CEILING: Span = Span::hours(24 * 3_650);

/// See [`Settings::parse`].
pub(super) fn settings(
    text: &str,
    env: impl IntoIterator<Item = (String, String)>,
    base_dir: &Path,
) -> Result<Settings, Vec<SettingFault>> {
    let mut faults = Vec::new();
    let Some(root) = doc::tree(text, env, &mut faults) else { return Err(faults) };
    let faults = RefCell::new(faults);
    let settings = all(root, &faults, base_dir);
    let mut faults = faults.into_inner();
    faults.sort_by_key(|f| (f.line().unwrap_or(u32::MAX), f.key.clone()));
    if faults.is_empty() { Ok(settings) } else { Err(faults) }
}

fn all(root: Entry, faults: &Faults, base_dir: &Path) -> Settings {
    let mut root = Table::new(String::new(), Some(root), faults);
    let mut settings = Settings {
        registry: registry(root.table("registry"), base_dir),
        database: database(root.table("database"), base_dir),
        http: http(root.table("http")),
        tokens: tokens(root.tables("token")),
        ui: ui(root.table("ui"), base_dir),
        probe: probe(root.table("probe")),
        checks: checks(root.table("checks")),
        health: belief(root.table("health")),
        monitor: monitor(root.table("monitor")),
        keep: keep(root.table("keep")),
        metrics: metrics(root.table("metrics")),
        coverage: coverage(root.table("coverage")),
        isochrone: isochrone(root.table("isochrone")),
        ..Settings::default()
    };
    settings.alert = incident(root.table("incident"));
    settings.sinks = sinks(root.tables("sink"), settings.ui.language);
    settings.templates = templates(root.table("templates"), base_dir);
    settings.roster = roster(root.table("roster"), base_dir);
    settings.heartbeat = heartbeat(root.table("heartbeat"));
    root.done();
    // What health shares with other tables is said once.
    settings.health.auth_retry = settings.probe.auth_retry;
    settings.health.reach_timeout = settings.probe.reach_timeout;
    settings.health.blind_share = settings.monitor.blind_share;
    settings.health.settle = settings.alert.settle;
    settings
}

fn registry(mut t: Table<'_>, base: &Path) -> RegistrySettings {
    let d = RegistrySettings::default();
    let read = RegistrySettings {
        dir: base.join(t.text("dir", PATH, d.dir, path)),
        secrets: base.join(t.text("secrets", PATH, d.secrets, path)),
    };
    t.done();
    read
}

fn roster(mut t: Table<'_>, base: &Path) -> RosterSettings {
    let allowed = "a path, or nothing";
    let file = t.text("file", allowed, None, |text| if text.is_empty() { Some(None) } else { path(text).map(Some) });
    t.done();
    RosterSettings { file: file.map(|file| base.join(file)) }
}

fn database(mut t: Table<'_>, base: &Path) -> DatabaseSettings {
    let d = DatabaseSettings::default();
    let file = t.text("url", "sqlite://FILE (other databases are not built yet)", d.file, |url| {
        path(url.strip_prefix("sqlite://")?).filter(|p| !p.to_string_lossy().contains(['?', '#']))
    });
    t.done();
    DatabaseSettings { file: base.join(file) }
}

pub(super) fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text))
}

fn http(mut t: Table<'_>) -> HttpSettings {
    let d = HttpSettings::default();
    let read_words =
        [("open", ReadRule::Open), ("token", ReadRule::Token), ("open-to-network", ReadRule::OpenToNetwork)];
    let mut listen_at = t.place().clone();
    let listen = t.value("listen", "an address and a port: 127.0.0.1:9778, [::1]:9778", d.listen, |entry: &Entry| {
        listen_at = entry.place.clone();
        match &entry.value {
            doc::Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    });
    let read = HttpSettings {
        listen,
        public_url: t.text("public_url", "an http or https URL without query, or nothing", d.public_url, link_base),
        hosts: t.list("hosts", "a host name without port", d.hosts, host_name),
        read: t.word("read", "open, token or open-to-network", &read_words, d.read),
    };
    if read.read == ReadRule::Open && !read.listen.ip().to_canonical().is_loopback() {
        t.fault(&listen_at, "listen", &format!("{:?}", read.listen.to_string()), FaultKind::OpenToNetwork);
    }
    t.done();
    read
}

fn host_name(text: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    (!text.is_empty() && text.len() <= 253 && text.chars().all(good)).then(|| text.to_ascii_lowercase())
}

fn tokens(tables: Vec<Table<'_>>) -> Vec<TokenSettings> {
    let roles = [("read", Role::Read), ("operate", Role::Operate), ("admin", Role::Admin)];
    let mut names = BTreeSet::new();
    let mut tokens = Vec::new();
    for mut t in tables {
        let name = t.text("name", "a name", None, |n| label(n).map(Some));
        let hash = t.hidden("hash", "the 64 hexadecimal digits that `cunkou init token` prints", hex32);
        let role = t.word("role", "read, operate or admin", &roles, Role::Read);
        let name = required(&t, name, "name", &mut names);
        if hash.is_none() {
            t.fault(t.place(), "", "", FaultKind::Missing("hash, as `cunkou init token` prints it"));
        }
        if let (Some(name), Some(hash)) = (name, hash) {
            tokens.push(TokenSettings { name, hash, role });
        }
        t.done();
    }
    tokens
}

/// A name that must be there, and be there once.
pub(super) fn required(
    t: &Table<'_>,
    name: Option<String>,
    key: &'static str,
    taken: &mut BTreeSet<String>,
) -> Option<String> {
    match &name {
        None => t.fault(t.place(), "", "", FaultKind::Missing(key)),
        Some(name) if !taken.insert(name.clone()) => t.fault(t.place(), key, &format!("{name:?}"), FaultKind::Twice),
        Some(_) => {}
    }
    name
}

/// A short name that people read: no control characters.
pub(super) fn label(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.chars().count() <= 64 && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

fn hex32(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn ui(mut t: Table<'_>, base: &Path) -> UiSettings {
    let d = UiSettings::default();
    let tiles = t.text("tiles", TILES, None, |text| match text {
        "" => Some(None),
        text => TileSource::read(text).map(Some),
    });
    let read = UiSettings {
        language: t.text("language", LANGUAGES, d.language, language),
        time_zone: t
            .text("time_zone", "a zone of the IANA list: Asia/Shanghai", d.time_zone, |name| TimeZone::get(name).ok()),
        tiles: tiles.map(|source| match source {
            TileSource::File(path) => TileSource::File(base.join(path)),
            server => server,
        }),
        tiles_attribution: t.text("tiles_attribution", CREDIT, d.tiles_attribution, |text| {
            (text.chars().count() <= 200 && !text.chars().any(char::is_control)).then(|| text.to_owned())
        }),
        tiles_max_zoom: t.whole("tiles_max_zoom", "a number from 1 to 22", d.tiles_max_zoom, 1..=22),
    };
    t.done();
    read
}

const TILES: &str = "a path that ends in .pmtiles, or a URL with {z}, {x} and {y}: http://tiles.town/{z}/{x}/{y}.png";
const CREDIT: &str = "a text of at most 200 characters";

pub(super) const LANGUAGES: &str = "zh-CN or en";

fn language(tag: &str) -> Option<Language> {
    Language::from_tag(tag)
}

fn probe(mut t: Table<'_>) -> ProbeSettings {
    let d = ProbeSettings::default();
    let read = ProbeSettings {
        allow: t.list("allow", "a network: 10.0.0.0/8, fc00::/7, or one address", d.allow, |net| {
            net.parse().ok().or_else(|| net.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from))
        }),
        in_flight: t.whole(
            "in_flight",
            "a number from 0 (as many as the town needs) to 100000",
            d.in_flight,
            0..=100_000,
        ),
        per_node: t.whole("per_node", "a number from 1 to 10000", d.per_node, 1..=10_000),
        timeout: t.span("timeout", TRY_SPAN, d.timeout, TRY_MIN..=TRY_MAX),
        reach_timeout: t.span("reach_timeout", TRY_SPAN, d.reach_timeout, TRY_MIN..=TRY_MAX),
        auth_retry: t.span("auth_retry", SPAN, d.auth_retry, FLOOR..=CEILING),
    };
    t.done();
    read
}

const TRY_SPAN: &str = "a length of time from 50ms to 60s";
const TRY_MIN: Span = Span::millis(50);
const TRY_MAX: Span = Span::seconds(60);

fn checks(mut t: Table<'_>) -> Intervals {
    let d = Intervals::default();
    let bounds = Span::millis(200)..=Span::hours(24 * 30);
    let read = Intervals {
        reach: t.span("reach", CHECK_SPAN, d.reach, bounds.clone()),
        stream: t.span("stream", CHECK_SPAN, d.stream, bounds.clone()),
        picture: t.span("picture", CHECK_SPAN, d.picture, bounds.clone()),
        device: t.span("device", CHECK_SPAN, d.device, bounds),
    };
    t.done();
    read
}

fn belief(mut t: Table<'_>) -> health::Policy {
    let mut p = health::Policy::default();
    p.fail_after = t.whole("fail_after", "a number from 2 to 100", p.fail_after, 2..=100);
    p.recover_after = t.whole("recover_after", "a number from 2 to 100", p.recover_after, 2..=100);
    let waits = "a length of time from 100ms to 1h";
    let confirm = t.list("confirm", waits, p.confirm.clone(), |w| {
        w.parse().ok().filter(|s| (Span::millis(100)..=Span::hours(1)).contains(s))
    });
    if !confirm.is_empty() {
        p.confirm = confirm;
    }
    p.flap_turns = t.whole("flap_turns", "a number from 2 to 100", 3, 2..=100) as usize;
    p.flap_within = t.span("flap_within", SPAN, p.flap_within, FLOOR..=CEILING);
    p.flap_off = t.span("flap_off", SPAN, p.flap_off, FLOOR..=CEILING);
    p.lossy = t.number("lossy", SHARE, p.lossy, 0.0..=1.0);
    p.slow = t.span("slow", SPAN, p.slow, FLOOR..=CEILING);
    t.done();
    p
}

fn monitor(mut t: Table<'_>) -> MonitorSettings {
    let d = MonitorSettings::default();
    let read = MonitorSettings {
        canaries: t.list("canaries", "an address: host, host:port, [v6]:port", d.canaries, canary),
        blind_share: t.number("blind_share", SHARE, d.blind_share, 0.0..=1.0),
        store_grace: t.span("store_grace", SPAN, d.store_grace, FLOOR..=CEILING),
    };
    t.done();
    read
}

/// `host` or `host:port`; an IPv6 address with a port stands in brackets.
fn canary(text: &str) -> Option<String> {
    let v6 = |host: &str| host.parse::<std::net::Ipv6Addr>().is_ok();
    let good = if let Some((host, tail)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        v6(host) && (tail.is_empty() || tail.strip_prefix(':').is_some_and(is_port))
    } else if let Some((host, tail)) = text.split_once(':') {
        v6(text) || (host_name(host).is_some() && is_port(tail))
    } else {
        host_name(text).is_some()
    };
    good.then(|| text.to_owned())
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|p| p != 0)
}

fn incident(mut t: Table<'_>) -> alert::Policy {
    let mut p = alert::Policy::default();
    p.settle = t.span("settle", "a length of time up to 1m", p.settle, FLOOR..=Span::minutes(1));
    p.regroup = t.span("regroup", SPAN, p.regroup, FLOOR..=CEILING);
    p.reopen_within = t.span("reopen_within", SPAN, p.reopen_within, FLOOR..=CEILING);
    p.unknown_after = t.span("unknown_after", SPAN, p.unknown_after, FLOOR..=CEILING);
    p.escalate_after = t.span("escalate_after", SPAN, p.escalate_after, FLOOR..=CEILING);
    p.remind_every =
        t.span("remind_every", "a length of time of at least 1m", p.remind_every, Span::minutes(1)..=CEILING);
    let mut storm = t.table("storm");
    p.storm_messages = storm.whole("messages", "a number from 1 to 10000", p.storm_messages, 1..=10_000);
    p.storm_per = storm.span("per", "a length of time from 1m to 24h", p.storm_per, Span::minutes(1)..=Span::hours(24));
    storm.done();
    t.done();
    p
}

fn keep(mut t: Table<'_>) -> KeepSettings {
    let d = KeepSettings::default();
    let read = KeepSettings {
        outcomes: t.whole("outcomes", "a number from 1 to 1000", d.outcomes, 1..=1_000),
        hourly: t.span("hourly", SPAN, d.hourly, FLOOR..=CEILING),
        audit: t.span("audit", "a length of time of at least 180d", d.audit, d.audit..=CEILING),
    };
    t.done();
    read
}

fn metrics(mut t: Table<'_>) -> MetricsSettings {
    let d = MetricsSettings::default();
    let read =
        MetricsSettings { per_camera: t.flag("per_camera", d.per_camera), positions: t.flag("positions", d.positions) };
    t.done();
    read
}

fn coverage(mut t: Table<'_>) -> CoverageSettings {
    let d = CoverageSettings::default();
    let modes = t.list("modes", "motor, two_wheel or foot", d.modes, Mode::from_word);
    let metres = "a number of metres from 0 to 100000";
    let core_offset_m = t.number("core_offset_m", metres, d.core_offset_m, 0.0..=100_000.0);
    let scopes = t.list("seal_alerts", "town, block or local", d.seal_alerts.scopes, Scope::from_word);
    let max_gap_m = t.number("max_gap_m", metres, d.max_gap_m, 0.0..=100_000.0);
    let mut per_metre = t.table("density");
    let mut density = d.density;
    for (value, key) in density.iter_mut().zip(["detect", "observe", "recognise", "identify"]) {
        *value = per_metre.number(key, "pixels a metre, from 1 to 10000", *value, 1.0..=10_000.0);
    }
    per_metre.done();
    t.done();
    CoverageSettings { modes, core_offset_m, seal_alerts: SealAlerts { scopes }, max_gap_m, density }
}

fn isochrone(mut t: Table<'_>) -> Pace {
    let d = Pace::default();
    let speed = "kilometres an hour, from 1 to 120";
    let limit = "a length of time from 1m to 2h";
    let read = Pace {
        turnout: t.span("turnout", "a length of time from 0s to 30m", d.turnout, FLOOR..=Span::minutes(30)),
        limit: t.span("limit", limit, d.limit, Span::minutes(1)..=Span::hours(2)),
        paved_kmh: t.number("paved_kmh", speed, d.paved_kmh, 1.0..=120.0),
        street_kmh: t.number("street_kmh", speed, d.street_kmh, 1.0..=120.0),
        track_kmh: t.number("track_kmh", speed, d.track_kmh, 1.0..=120.0),
        foot_kmh: t.number("foot_kmh", speed, d.foot_kmh, 1.0..=120.0),
    };
    t.done();
    read
}
