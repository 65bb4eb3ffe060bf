//! What can be wrong with the settings: findings are values, words come last.

use std::fmt;

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of the file, from 1.
    Line(u32),
    /// A variable of the environment, by its name.
    Variable(String),
    /// The file as a whole.
    File,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(n) => write!(f, "line {n}"),
            Place::Variable(name) => f.write_str(name),
            Place::File => f.write_str("the file"),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The text is no TOML.
    #[error("this is no TOML: {0}")]
    Syntax(String),
    /// The file is larger than settings ever are.
    #[error("settings have at most 1 MiB")]
    TooLarge,
    /// No setting has this name.
    #[error("there is no such setting")]
    UnknownKey,
    /// A variable names a place that the document does not have.
    #[error("the variable names no place in the settings")]
    NoSuchPlace,
    /// The value is not of those allowed; says which are.
    #[error("allowed is {0}")]
    NotAllowed(&'static str),
    /// Something that this entry must have is missing.
    #[error("this is missing here: {0}")]
    Missing(&'static str),
    /// The same name is given twice.
    #[error("this name is taken already")]
    Twice,
    /// Reading without a token is for loopback only.
    #[error(
        "read = \"open\" holds only while http.listen is a loopback address; write \"token\", or \"open-to-network\" if everybody who reaches this address may read"
    )]
    OpenToNetwork,
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// Where.
    pub place: Place,
    /// The setting, as `http.listen` or `sink[0].kind`; empty where the text is no TOML.
    pub key: String,
    /// What stands there, as it may be shown; empty where it must not be.
    pub value: String,
    /// What is wrong with it.
    pub kind: FaultKind,
    /// What may have been meant.
    pub did_you_mean: Option<String>,
}

impl SettingFault {
    pub(super) fn new(place: Place, key: &str, value: &str, kind: FaultKind) -> SettingFault {
        SettingFault { place, key: key.to_owned(), value: value.to_owned(), kind, did_you_mean: None }
    }

    pub(super) fn whole(kind: FaultKind) -> SettingFault {
        SettingFault::new(Place::File, "", "", kind)
    }

    /// The fault without what stands there, for a log that must not hold it.
    #[must_use]
    pub fn without_value(&self) -> String {
        let key = if self.key.is_empty() { String::new() } else { format!("{}: ", self.key) };
        format!("{}: {key}{}", self.place, self.kind)
    }

    /// The line of the file, where it is one.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        match self.place {
            Place::Line(n) => Some(n),
            _ => None,
        }
    }
}

impl fmt::Display for SettingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}", self.key)?;
            if !self.value.is_empty() {
                write!(f, " = {}", self.value)?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}", self.kind)?;
        match &self.did_you_mean {
            Some(word) => write!(f, " (did you mean {word:?}?)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SettingFault {}

/// The word of a list that comes nearest to what was written: same but for case, or within a third of its letters.
pub(super) fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let written = written.to_lowercase();
    words
        .into_iter()
        .map(|word| (edits(&written, word), word))
        .filter(|(n, word)| *n * 3 <= word.chars().count().max(3))
        .min()
        .map(|(_, word)| word.to_owned())
}

/// Letters to add, drop, change or swap with their neighbour (optimal string alignment).
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
