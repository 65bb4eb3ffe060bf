//! The tables of the settings (names.md, Settings), each with its defaults.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use cunkou_core::coverage::SealAlerts;
use cunkou_core::model::{Language, Span};
pub use cunkou_core::plan::Mode;
use cunkou_core::plan::Ways;
use ipnet::IpNet;
use jiff::tz::TimeZone;
use url::Url;

/// `[registry]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistrySettings {
    /// The folder that the town edits.
    pub dir: PathBuf,
    /// The secrets file; it need not be there.
    pub secrets: PathBuf,
}

/// `[roster]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RosterSettings {
    /// The file of who is on duty; `None`: nobody is asked by name.
    pub file: Option<PathBuf>,
}

/// `[database]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DatabaseSettings {
    /// The file of the SQLite database (`url = "sqlite://FILE"`).
    pub file: PathBuf,
}

/// Who may read over HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadRule {
    /// Everybody on this host.
    Open,
    /// Whoever shows a token.
    Token,
    /// Everybody who reaches the address.
    OpenToNetwork,
}

/// `[http]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What links in messages begin with, without a slash at the end; empty: no links.
    pub public_url: String,
    /// Names that the Host header may carry, besides addresses.
    pub hosts: Vec<String>,
    /// Who may read.
    pub read: ReadRule,
}

/// What a token allows; each role may do what those before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Read.
    Read,
    /// Acknowledge, set maintenance.
    Operate,
    /// Change the registry.
    Admin,
}

/// `[[token]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenSettings {
    /// Who it is: what an acknowledgement is signed with.
    pub name: String,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// What it allows.
    pub role: Role,
}

/// `[ui]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UiSettings {
    /// The language of page, messages and reports.
    pub language: Language,
    /// The time zone in which people are told times.
    pub time_zone: TimeZone,
    /// What lies under the map; `None`: the town's own boundaries and roads alone.
    pub tiles: Option<TileSource>,
    /// Whom to thank for it, beside what its file says.
    pub tiles_attribution: String,
    /// The deepest zoom that a server of tiles has.
    pub tiles_max_zoom: u32,
}

/// Where the map under the map comes from (`[ui] tiles`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TileSource {
    /// A PMTiles file on this machine.
    File(PathBuf),
    /// A server of the town's own network, which browsers ask: a URL with `{z}`, `{x}` and `{y}`.
    Server {
        /// The URL.
        template: String,
        /// Its origin, for the policy of the page.
        origin: String,
        /// Whether its tiles are vector tiles.
        vector: bool,
    },
}

impl TileSource {
    /// Reads the text of the setting; paths are as they stand there.
    pub(super) fn read(text: &str) -> Option<TileSource> {
        if !text.contains("://") {
            let is_tiles = text.to_ascii_lowercase().ends_with(".pmtiles") && !text.contains('\0');
            return is_tiles.then(|| TileSource::File(text.into()));
        }
        if text.len() > 2_000 || ["{z}", "{x}", "{y}"].iter().any(|part| text.matches(part).count() != 1) {
            return None;
        }
        let filled = text.replace("{z}", "0").replace("{x}", "0").replace("{y}", "0");
        let url = Url::parse(&filled).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some())?;
        // In a policy a placeholder in the host would be a wildcard, and a password belongs into no page.
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let origin = url.origin().ascii_serialization();
        if !bare || !text.starts_with(&format!("{}://", url.scheme())) || filled.contains(['{', '}']) {
            return None;
        }
        let in_path = text.split_once("://")?.1.split_once('/').is_some_and(|(host, _)| !host.contains('{'));
        let kind = url.path().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let vector = matches!(kind.as_str(), "pbf" | "mvt");
        in_path.then(|| TileSource::Server { template: text.to_owned(), origin, vector })
    }
}

/// `[probe]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProbeSettings {
    /// Networks that may be probed.
    pub allow: Vec<IpNet>,
    /// Probes in flight at most; 0: max(512, cameras × 1.3).
    pub in_flight: u32,
    /// Of these, behind one node.
    pub per_node: u32,
    /// Time a try may take.
    pub timeout: Span,
    /// Time a try of reach may take.
    pub reach_timeout: Span,
    /// A refused password is not shown again before.
    pub auth_retry: Span,
}

/// `[monitor]`.
#[derive(Clone, PartialEq, Debug)]
pub struct MonitorSettings {
    /// Reference addresses near the monitor: `host` (ICMP) or `host:port` (TCP).
    pub canaries: Vec<String>,
    /// Share of the sample that must fail, without canaries, to be blind.
    pub blind_share: f64,
    /// How long the store may be away before that is told.
    pub store_grace: Span,
}

/// `[keep]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeepSettings {
    /// Outcomes a check kept in memory.
    pub outcomes: u32,
    /// How long hourly figures are kept.
    pub hourly: Span,
    /// How long the audit log is kept.
    pub audit: Span,
}

/// `[metrics]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MetricsSettings {
    /// Whether each camera has series of its own.
    pub per_camera: bool,
    /// Whether positions stand in the `_info` series.
    pub positions: bool,
}

/// `[coverage]`.
#[derive(Clone, PartialEq, Debug)]
pub struct CoverageSettings {
    /// Ways of coming in that count.
    pub modes: Vec<Mode>,
    /// How far inside the boundary the core of an area begins, metres.
    pub core_offset_m: f64,
    /// Of which scopes a seal that breaks is an alert.
    pub seal_alerts: SealAlerts,
    /// Longest stretch of a line that may go unwatched, metres.
    pub max_gap_m: f64,
    /// Pixels a metre that detect, observe, recognise and identify ask for (EN 62676-4).
    pub density: [f64; 4],
}

impl CoverageSettings {
    /// Which roads and places count when areas are to be shut off.
    #[must_use]
    pub fn ways(&self) -> Ways {
        Ways { modes: self.modes.clone(), core_offset_m: self.core_offset_m }
    }
}

impl Default for RegistrySettings {
    fn default() -> Self {
        RegistrySettings { dir: "registry".into(), secrets: "secrets.toml".into() }
    }
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        DatabaseSettings { file: "cunkou.db".into() }
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        HttpSettings {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9778),
            public_url: String::new(),
            hosts: Vec::new(),
            read: ReadRule::Open,
        }
    }
}

impl Default for UiSettings {
    fn default() -> Self {
        // The zone rules are built in; should this one ever be missing, times are told in UTC and say so.
        UiSettings {
            language: Language::ZhCn,
            time_zone: TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC),
            tiles: None,
            tiles_attribution: String::new(),
            tiles_max_zoom: 18,
        }
    }
}

/// The private networks of RFC 1918, 3927, 4193 and 6598.
const PRIVATE: [&str; 6] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7"];

impl Default for ProbeSettings {
    fn default() -> Self {
        ProbeSettings {
            allow: PRIVATE.iter().filter_map(|net| net.parse().ok()).collect(),
            in_flight: 0,
            per_node: 16,
            timeout: Span::seconds(3),
            reach_timeout: Span::seconds(1),
            auth_retry: Span::hours(6),
        }
    }
}

impl ProbeSettings {
    /// Probes in flight at most, in a town of so many cameras.
    #[must_use]
    pub fn in_flight_for(&self, cameras: usize) -> usize {
        match self.in_flight {
            0 => 512.max(cameras.saturating_mul(13) / 10),
            n => n as usize,
        }
    }
}

impl Default for MonitorSettings {
    fn default() -> Self {
        MonitorSettings { canaries: Vec::new(), blind_share: 0.8, store_grace: Span::seconds(30) }
    }
}

impl Default for KeepSettings {
    fn default() -> Self {
        KeepSettings { outcomes: 20, hourly: Span::hours(400 * 24), audit: Span::hours(180 * 24) }
    }
}

impl Default for MetricsSettings {
    fn default() -> Self {
        MetricsSettings { per_camera: true, positions: false }
    }
}

impl Default for CoverageSettings {
    fn default() -> Self {
        CoverageSettings {
            modes: vec![Mode::Motor, Mode::TwoWheel],
            core_offset_m: 800.0,
            seal_alerts: SealAlerts::default(),
            max_gap_m: 2_000.0,
            density: [25.0, 62.5, 125.0, 250.0],
        }
    }
}

/// A URL that links can be made of: http or https, with a host, nothing secret in it; without slashes at its end.
pub(super) fn link_base(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    let url = Url::parse(text).ok()?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && plain).then(|| url.as_str().trim_end_matches('/').to_owned())
}
