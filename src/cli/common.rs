//! What every command shares: the settings and where they are found, what is printed where, questions to people.

use std::fmt;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use cunkou_core::coverage;
use cunkou_core::model::Language;
use cunkou_core::registry::Datum;
use jiff::tz::TimeZone;

use super::exit::wrong_use;
use crate::files::secrets::Secrets;
use crate::files::settings::{SettingFault, Settings};
use crate::files::small_text;
use crate::http::wire::{FeatureCollection, GEOJSON};

/// Where settings are looked for when nobody says.
const PLACES: [&str; 2] = ["cunkou.toml", "/etc/cunkou/cunkou.toml"];
/// Settings are smaller than this, bytes; a longer file is told by the reader.
const MAX_SETTINGS: u64 = 2 << 20;

/// Options that every command takes.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Common {
    /// The settings; without it ./cunkou.toml, else /etc/cunkou/cunkou.toml
    #[arg(long, global = true, value_name = "FILE", help_heading = "Options of every command")]
    pub(super) config: Option<PathBuf>,
    /// The language of the answer, zh-CN or en; without it that of [ui]
    #[arg(long, global = true, value_name = "LANG", value_parser = language, help_heading = "Options of every command")]
    pub(super) lang: Option<Language>,
}

fn language(tag: &str) -> Result<Language, &'static str> {
    Language::from_tag(tag).ok_or("zh-CN or en")
}

/// Settings, and the file they came from.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// The file; `None`: there is none, everything is by default.
    pub(super) file: Option<PathBuf>,
    /// The settings.
    pub(super) settings: Settings,
}

/// Settings that cannot be used: one line a fault.
#[derive(Debug, Clone)]
pub(super) struct BadSettings {
    /// The file; `None`: the environment alone.
    pub(super) file: Option<PathBuf>,
    /// What is wrong, in the order of the lines.
    pub(super) faults: Vec<SettingFault>,
}

impl fmt::Display for BadSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or(Path::new("environment")).display();
        write!(f, "the settings cannot be used")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n{file}: {fault}"))
    }
}

impl std::error::Error for BadSettings {}

impl Common {
    /// The file of the settings; `None` where nobody named one and none stands where it is looked for.
    pub(super) fn settings_file(&self) -> Option<PathBuf> {
        let found = || PLACES.iter().map(PathBuf::from).find(|p| p.exists());
        self.config.clone().or_else(found)
    }

    /// The settings. Without a file everything is by default, relative to the current folder.
    ///
    /// # Errors
    /// When the file cannot be read; [`BadSettings`] when something in it is wrong.
    pub(super) fn settings(&self) -> anyhow::Result<Found> {
        let file = self.settings_file();
        let text = match &file {
            Some(path) => small_text(path, MAX_SETTINGS)
                .with_context(|| format!("the settings {} cannot be read", path.display()))?,
            None => String::new(),
        };
        // Absolute, so that what is told about a path says where it is.
        let parent = file.as_deref().and_then(Path::parent).filter(|p| !p.as_os_str().is_empty());
        let base = std::path::absolute(parent.unwrap_or(Path::new("."))).context("the current folder is gone")?;
        match Settings::parse(&text, environment(), &base) {
            Ok(settings) => Ok(Found { file, settings }),
            Err(faults) => Err(BadSettings { file, faults }.into()),
        }
    }

    /// The language of the answer.
    pub(super) fn language(&self, settings: &Settings) -> Language {
        self.lang.unwrap_or(settings.ui.language)
    }
}

/// The variables that are text.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The secrets that the settings name.
///
/// # Errors
/// When the file is not as it must be; says where, never what.
pub(super) fn secrets(settings: &Settings) -> anyhow::Result<Secrets> {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    Ok(Secrets::load(&settings.registry.secrets, environment(), credentials.as_deref())?)
}

/// Pixels a metre that the settings ask for.
pub(super) fn density(settings: &Settings) -> coverage::Policy {
    let [detect, observe, recognise, identify] = settings.coverage.density;
    coverage::Policy { detect, observe, recognise, identify }
}

/// In which language and zone an answer is written.
#[derive(Debug, Clone)]
pub(super) struct Tongue {
    /// The language.
    pub(super) language: Language,
    /// The zone of times.
    pub(super) zone: TimeZone,
}

impl Tongue {
    /// That of the settings, or of the command line.
    pub(super) fn of(common: &Common, settings: &Settings) -> Tongue {
        Tongue { language: common.language(settings), zone: settings.ui.time_zone.clone() }
    }

    /// One of two phrases.
    pub(super) fn say<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::ZhCn => zh,
            Language::En => en,
        }
    }
}

/// Prints an answer. A reader that has gone away (`| head`) is no error.
///
/// # Errors
/// When stdout cannot be written for any other reason.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the answer cannot be written"),
    }
}

/// Prints an answer as JSON, indented.
///
/// # Errors
/// As [`print`].
pub(super) fn print_json<T: serde::Serialize>(answer: &T) -> anyhow::Result<()> {
    print(&(serde_json::to_string_pretty(answer).context("the answer cannot be written as JSON")? + "\n"))
}

/// The forms of an answer that can be drawn on a map. `geojson-gcj02` moves each position for the web maps of China.
pub(super) const FORMATS: [&str; 5] = ["table", "json", "csv", "geojson", "geojson-gcj02"];

/// Prints GeoJSON in one of the [`FORMATS`].
///
/// # Errors
/// As [`print`].
pub(super) fn print_geojson(features: FeatureCollection, format: &str) -> anyhow::Result<()> {
    let datum = GEOJSON.iter().find(|(word, _)| *word == format).map_or(Datum::Wgs84, |(_, datum)| *datum);
    print_json(&features.for_maps_of(datum))
}

/// Says something beside the answer, on stderr.
pub(super) fn note(text: &str) {
    // Nobody is left to be told when stderr is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether answers may be coloured: somebody looks, and did not ask for none (no-color.org).
pub(super) fn may_colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    io::stdout().is_terminal() && !refused && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
}

/// Whether somebody can be asked.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a yes.
///
/// # Errors
/// When the answer cannot be read.
pub(super) fn ask(question: &str) -> anyhow::Result<bool> {
    let _ = write!(io::stderr().lock(), "{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("the answer cannot be read")?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是" | "好"))
}

/// A moment of the command line.
///
/// # Errors
/// Wrong use, when it is none.
pub(super) fn moment(option: &str, text: &str, zone: &TimeZone) -> anyhow::Result<cunkou_core::model::Time> {
    super::when::parse(text, zone).ok_or_else(|| {
        wrong_use(format!(
            "{option} {text:?} is no moment: write 2026-11-24T03:00:00Z, or \"2026-11-24 11:00\" in the time zone of [ui]"
        ))
    })
}

/// A moment of an option that is still to come, or a length of time from now on.
pub(super) fn moment_ahead(option: &str, text: &str, zone: &TimeZone) -> anyhow::Result<cunkou_core::model::Time> {
    super::when::parse_ahead(text, super::when::now(), zone).ok_or_else(|| {
        wrong_use(format!(
            "{option} {text:?} is neither a length of time nor a moment: write 2h, 2026-11-24T03:00:00Z, or \
             \"2026-11-24 11:00\" in the time zone of [ui]"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_faults_name_file_line_and_what_was_meant() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cunkou.toml");
        std::fs::write(&file, "[registry]\ndri = \"x\"\n").unwrap();
        let common = Common { config: Some(file), lang: None };
        let error = common.settings().unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("cunkou.toml: line 2: registry.dri: there is no such setting"), "{text}");
        assert!(text.contains("did you mean \"dir\""), "{text}");
        assert!(error.downcast_ref::<BadSettings>().is_some());
    }

    #[test]
    fn paths_of_the_settings_are_relative_to_their_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cunkou.toml");
        std::fs::write(&file, "[ui]\nlanguage = \"en\"\n").unwrap();
        let found = Common { config: Some(file), lang: None }.settings().unwrap();
        assert_eq!(found.settings.registry.dir, dir.path().join("registry"));
        let zh = Common { config: None, lang: Some(Language::ZhCn) };
        assert_eq!(zh.language(&found.settings), Language::ZhCn);
        assert_eq!(Common::default().language(&found.settings), Language::En);
    }
}
