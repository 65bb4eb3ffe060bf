//! The roster off the disk: read at start and again with each reload; what is wrong leaves the last good one in force.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::load::small_text;
use super::settings::{SettingFault, Settings, roster};
use crate::roster::{Board, Handover, Roster};

/// Bytes that are read; a longer file is told by the reader.
const MAX_FILE: u64 = 2 << 20;

/// Why a roster cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file cannot be read.
    #[error("the roster {path} cannot be read")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("the roster cannot be used{}", lines(.path, .faults.iter()))]
    Faults {
        /// Which file.
        path: PathBuf,
        /// What, in the order of the lines.
        faults: Vec<SettingFault>,
    },
}

fn lines<T: fmt::Display>(path: &std::path::Path, faults: impl Iterator<Item = T>) -> String {
    faults.map(|fault| format!("\n{}: {fault}", path.display())).collect()
}

impl RosterError {
    /// What is wrong, for a log and for a reader who may not see people: without what stands in the file.
    #[must_use]
    pub fn without_people(&self) -> String {
        match self {
            RosterError::Unreadable { source, .. } => format!("{self}: {source}"),
            RosterError::Faults { path, faults } => {
                let faults: Vec<String> = faults.iter().map(SettingFault::without_value).collect();
                format!("{}: {}", path.display(), faults.join("; "))
            }
        }
    }
}

/// The file of the settings, and the board on which it is put in force.
#[derive(Debug, Clone)]
pub struct RosterFile {
    path: Option<PathBuf>,
    zone: TimeZone,
    board: Arc<Board>,
}

impl RosterFile {
    /// That of the settings; nothing is read yet.
    #[must_use]
    pub fn of(settings: &Settings) -> RosterFile {
        let (path, zone) = (settings.roster.file.clone(), settings.ui.time_zone.clone());
        RosterFile { path, zone, board: Arc::default() }
    }

    /// Whether the settings name one.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.path.is_some()
    }

    /// Where the roster in force hangs.
    #[must_use]
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// What the file says; `None`: the settings name none. Nothing is put in force.
    ///
    /// # Errors
    /// When it cannot be read, or something in it is wrong.
    pub fn read(&self) -> Result<Option<Roster>, RosterError> {
        let Some(path) = &self.path else { return Ok(None) };
        let unreadable = |source| RosterError::Unreadable { path: path.clone(), source };
        let text = small_text(path, MAX_FILE).map_err(unreadable)?;
        let roster = roster(&text, &self.zone);
        roster.map(Some).map_err(|faults| RosterError::Faults { path: path.clone(), faults })
    }

    /// Reads the file and puts it in force, and gives what changed by that; what is wrong leaves the last good one there,
    /// and is said in the log.
    ///
    /// # Errors
    /// As [`RosterFile::read`].
    pub fn read_again(&self) -> Result<Option<Handover>, RosterError> {
        match self.read() {
            Ok(None) => Ok(None),
            Ok(Some(roster)) => {
                let (contacts, levels) = (roster.contacts.len(), roster.levels.len());
                let handover = self.board.put(roster);
                tracing::info!(contacts, levels, "the roster is in force");
                Ok(handover)
            }
            Err(error) => {
                self.board.refuse();
                let kept = self.board.now().is_some();
                let then =
                    if kept { "the last good one stays" } else { "messages go to what each sink has by default" };
                tracing::error!(error = error.without_people(), "the roster cannot be put in force; {then}");
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const GOOD: &str = "[rota]\nbegins = 2026-11-02\n[[contact]]\nid = \"wang\"\n[[level]]\norder = [\"wang\"]\n";

    fn named(file: &Path) -> RosterFile {
        let text = format!("[roster]\nfile = {:?}\n", file.display().to_string());
        RosterFile::of(&Settings::parse(&text, [], Path::new("")).unwrap())
    }

    #[test]
    fn a_roster_that_is_wrong_leaves_the_last_good_one_in_force_and_names_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("roster.toml");
        let file = named(&path);
        assert!(file.is_named() && file.board().now().is_none());
        assert!(matches!(file.read_again(), Err(RosterError::Unreadable { .. })));
        std::fs::write(&path, format!("\u{feff}{GOOD}")).unwrap();
        assert!(file.read_again().unwrap().is_some_and(|first| first.old.is_none()));
        assert!(file.read_again().unwrap().is_none(), "nothing changed");
        let good = file.board().now().unwrap();
        std::fs::write(&path, GOOD.replace("[\"wang\"]", "[\"wnag\"]")).unwrap();
        let error = file.read_again().unwrap_err();
        assert_eq!(file.board().now().unwrap(), good);
        assert!(!file.board().is_good());
        let told = error.to_string();
        let place = format!("{}: line 6: level[0].order = \"wnag\": ", path.display());
        assert!(told.contains(&place) && told.contains("(did you mean \"wang\"?)"), "{told}");
        let logged = error.without_people();
        assert!(logged.contains("line 6: level[0].order: allowed is") && !logged.contains("wnag"), "{logged}");
        assert!(!logged.contains("wang"), "{logged}");
    }

    #[test]
    fn without_a_name_there_is_no_roster() {
        let file = RosterFile::of(&Settings::default());
        assert!(file.read_again().unwrap().is_none());
        assert!(!file.is_named() && file.board().now().is_none() && file.board().is_good());
    }
}
