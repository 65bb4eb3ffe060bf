//! `cunkou.toml`: every key with its default, every fault at once, the environment laid over the file.
//!
//! Reads text and gives values; opens no file and checks nothing against the world. Rooms own their parameters
//! ([`cunkou_core::health::Policy`] and its like); this only gathers them.

mod doc;
mod fault;
mod gather;
mod heartbeat;
mod read;
mod roster;
mod sinks;
mod tables;
mod zone;

use std::path::Path;

use cunkou_core::alert;
use cunkou_core::health;
use cunkou_core::plan::Pace;
use cunkou_core::registry::Intervals;

pub use fault::{FaultKind, Place, SettingFault};
pub use heartbeat::{HeartbeatSettings, TOKEN as HEARTBEAT_TOKEN};
pub use roster::roster;
pub use sinks::{MailTls, ReviewTimes, SinkForm, SinkKind, SinkSettings, TemplateSettings};
pub use tables::{
    CoverageSettings, DatabaseSettings, HttpSettings, KeepSettings, MetricsSettings, Mode, MonitorSettings,
    ProbeSettings, ReadRule, RegistrySettings, Role, RosterSettings, TileSource, TokenSettings, UiSettings,
};

/// Everything that can be set.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Settings {
    /// Where the registry is.
    pub registry: RegistrySettings,
    /// Where the database is.
    pub database: DatabaseSettings,
    /// How to listen.
    pub http: HttpSettings,
    /// Who may change something.
    pub tokens: Vec<TokenSettings>,
    /// Who is on duty.
    pub roster: RosterSettings,
    /// Language and time zone.
    pub ui: UiSettings,
    /// How to probe.
    pub probe: ProbeSettings,
    /// Canaries and blindness.
    pub monitor: MonitorSettings,
    /// How long things are kept.
    pub keep: KeepSettings,
    /// What is measured.
    pub metrics: MetricsSettings,
    /// What coverage asks for.
    pub coverage: CoverageSettings,
    /// How fast those get along who drive out from a post.
    pub isochrone: Pace,
    /// Whom to tell.
    pub sinks: Vec<SinkSettings>,
    /// Who is told that this monitor lives.
    pub heartbeat: HeartbeatSettings,
    /// In whose words.
    pub templates: TemplateSettings,
    checks: Intervals,
    health: health::Policy,
    alert: alert::Policy,
}

impl Settings {
    /// Reads the text of a settings file and lays the variables `CUNKOU__TABLE__KEY` of `env` over it; relative paths
    /// are taken from `base_dir`, the folder of the file. A variable's text is read as TOML where it is TOML, else as
    /// it stands; the tables of a list are numbered from 0 (`CUNKOU__SINK__0__URL`).
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the lines.
    pub fn parse(
        text: &str,
        env: impl IntoIterator<Item = (String, String)>,
        base_dir: &Path,
    ) -> Result<Settings, Vec<SettingFault>> {
        gather::settings(text, env, base_dir)
    }

    /// How quickly and how surely to believe.
    #[must_use]
    pub fn health(&self) -> health::Policy {
        self.health.clone()
    }

    /// When to tell.
    #[must_use]
    pub fn alert(&self) -> alert::Policy {
        let levels = self.sinks.iter().map(|s| s.level).max().unwrap_or(0);
        alert::Policy { levels, ..self.alert.clone() }
    }

    /// How often each check is asked.
    #[must_use]
    pub fn intervals(&self) -> Intervals {
        self.checks
    }
}

#[cfg(test)]
mod tests;
