//! A registry folder: bytes to tables with their faults and hashes, and back.
//!
//! Bounds each file; writes each whole or not at all, and never one it does not know.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cunkou_core::model::Language;
use cunkou_core::registry::{
    Fault, FaultKind, FileFault, FileKind, Registry, Table, Tables, empty_table, judge, read, tables_of,
};
use sha2::{Digest, Sha256};

use super::encoding::{Decoded, Encoding, decode};
use super::roads::{ROADS, ROADS_PBF};
use super::told::Told;
use super::{csv_table, shapes};

/// The largest file that is read, bytes.
pub const MAX_FILE: u64 = 256 << 20;
/// The largest GeoJSON file that is read, bytes: as values its coordinates take up to ten times the room of their text.
pub const MAX_SHAPES: u64 = 64 << 20;
/// The longest cell, bytes.
pub const MAX_CELL: usize = 64 << 10;
/// The most rows of a file, header not counted.
pub const MAX_ROWS: usize = 250_000;
/// The most columns of a file.
pub const MAX_COLUMNS: usize = 256;

/// How files of spreadsheet programs begin: a ZIP archive (XLSX, ODS), a compound file (XLS).
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

/// Files of the folder that are kept in sight by their hash, and not read here.
const OTHERS: [&str; 2] = [ROADS, ROADS_PBF];

/// Whether a name is that of a file that a registry has.
#[must_use]
pub fn is_registry_file(name: &str) -> bool {
    FileKind::from_word(name).is_some() || OTHERS.contains(&name)
}

/// Why a folder cannot be read or written at all.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder cannot be listed or made.
    #[error("the folder {dir} cannot be opened")]
    Folder {
        /// Which.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of it cannot be written.
    #[error("the file {file} cannot be written")]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A name that is no file of a registry.
    #[error("{0:?} is no file of a registry")]
    Name(String),
}

/// How a file was written; said where it is not the plain way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Form {
    /// Its encoding.
    pub encoding: Encoding,
    /// Whether it begins with a byte order mark.
    pub bom: bool,
    /// Whether its lines end with CR LF.
    pub crlf: bool,
    /// What stands between cells; a comma for GeoJSON.
    pub delimiter: u8,
}

impl Form {
    /// UTF-8 without BOM, LF, commas: nothing to say.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.encoding == Encoding::Utf8 && !self.bom && !self.crlf && self.delimiter == b','
    }
}

impl Form {
    /// `GBK, CR LF, separated by ;`
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let say = |zh: &'static str, en: &'static str| if language == Language::ZhCn { zh } else { en };
        let encoding = if self.encoding == Encoding::Gb18030 { "GBK" } else { "UTF-8" };
        let bom = if self.bom { say("（带 BOM）", " with BOM") } else { "" };
        let crlf = if self.crlf { say("，CR LF 换行", ", CR LF") } else { "" };
        let between = match self.delimiter {
            b'\t' => say("，制表符分隔", ", separated by tabs"),
            b';' => say("，分号分隔", ", separated by ;"),
            _ => "",
        };
        [encoding, bom, crlf, between].concat()
    }
}

impl fmt::Display for Form {
    /// In English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Language::En))
    }
}

/// A folder as it was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Loaded {
    /// Its tables. A file that cannot be read has an empty one.
    pub tables: Tables,
    /// SHA-256 in hex by file name: those of the tables, and the roads.
    pub hashes: BTreeMap<String, String>,
    /// How each file of a table was written.
    pub forms: BTreeMap<String, Form>,
    /// What is wrong with the files as such.
    pub faults: Vec<Fault>,
    /// Whether a file could not be cut into rows.
    pub unreadable: bool,
}

impl Loaded {
    /// The registry of the folder and every fault. While a file cannot be read, what refers to it is not blamed.
    #[must_use]
    pub fn judge(&self) -> (Registry, Vec<Fault>) {
        let (registry, more) = if self.unreadable { read(&self.tables) } else { judge(&self.tables) };
        let mut faults = self.faults.clone();
        faults.extend(more);
        (registry, faults)
    }

    pub(super) fn take(&mut self, name: &str, bytes: &[u8]) {
        let Some(file) = FileKind::from_word(name) else { return self.other(name, bytes) };
        self.hashes.insert(name.to_owned(), hex(&Sha256::digest(bytes)));
        let mut told = Told::of(file);
        match parse(file, bytes, &mut told) {
            Some((table, form)) => {
                self.tables.files.insert(file, table);
                self.forms.insert(name.to_owned(), form);
            }
            None => self.cannot_read(file),
        }
        self.faults.extend(told.finish());
    }

    /// A file that is none of the tables: hashed, ignored, or near enough to a known name to be told.
    fn other(&mut self, name: &str, bytes: &[u8]) {
        if OTHERS.contains(&name) {
            self.hashes.insert(name.to_owned(), hex(&Sha256::digest(bytes)));
        }
    }

    pub(super) fn stranger(&mut self, name: &str) {
        if let Some(did_you_mean) = near_name(name) {
            self.faults.push(Fault::of_file(name, FileFault::Unknown { did_you_mean }));
        }
    }

    /// A file that is there and was not read: its fault, and an empty table in its place.
    pub(super) fn refuse(&mut self, name: &str, fault: FileFault) {
        self.faults.push(Fault::of_file(name, FaultKind::File(fault)));
        FileKind::from_word(name).into_iter().for_each(|file| self.cannot_read(file));
    }

    fn cannot_read(&mut self, file: FileKind) {
        self.unreadable = true;
        self.tables.files.insert(file, empty_table(file));
    }
}

/// The known file that somebody may have meant by a name: other case, singular, `.txt`, a copy.
fn near_name(name: &str) -> Option<&'static str> {
    let plain = |text: &str| {
        let stem = text.split('.').next().unwrap_or_default().to_lowercase();
        let letters: String = stem.chars().filter(char::is_ascii_alphabetic).collect();
        letters.trim_end_matches("copy").trim_end_matches('s').to_owned()
    };
    let kind = |text: &str| text.rsplit('.').next().unwrap_or_default().to_lowercase();
    let tabular = ["csv", "txt", "xlsx", "xls"].contains(&kind(name).as_str());
    let shaped = ["geojson", "json"].contains(&kind(name).as_str());
    let fits = |f: &FileKind| if f.is_geojson() { shaped } else { tabular };
    let known = FileKind::ALL.iter().copied().filter(fits).map(FileKind::word);
    known.into_iter().find(|word| *word != name && plain(word) == plain(name))
}

fn parse(file: FileKind, bytes: &[u8], told: &mut Told) -> Option<(Table, Form)> {
    let limit = if file.is_geojson() { MAX_SHAPES } else { MAX_FILE };
    if bytes.len() as u64 > limit {
        told.fault(None, None, FileFault::TooLarge { limit });
        return None;
    }
    if WORKBOOKS.iter().any(|begin| bytes.starts_with(begin)) {
        told.fault(None, None, FileFault::Workbook);
        return None;
    }
    let Decoded { text, encoding, bom } =
        decode(bytes).map_err(|line| told.fault(Some(line), None, FileFault::Encoding)).ok()?;
    let crlf = text.contains("\r\n");
    let (table, delimiter) =
        if file.is_geojson() { (shapes::parse(&text, told)?, b',') } else { csv_table::parse(file, &text, told)? };
    Some((table, Form { encoding, bom, crlf, delimiter }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads files that were handed in, by name.
#[must_use]
pub fn from_bytes(files: &BTreeMap<String, Vec<u8>>) -> Loaded {
    let mut loaded = Loaded::default();
    for (name, bytes) in files {
        loaded.take(name, bytes);
        loaded.stranger(name);
    }
    loaded
}

/// The files of some tables, by name.
#[must_use]
pub fn files_of(tables: &Tables) -> BTreeMap<String, Vec<u8>> {
    let bytes = |file: FileKind, table: &Table| {
        // Only an infinite coordinate cannot be written, and no table that was read holds one.
        if file.is_geojson() { shapes::write(file, table).unwrap_or_default() } else { csv_table::write(table) }
    };
    tables.files.iter().map(|(file, table)| (file.word().to_owned(), bytes(*file, table))).collect()
}

/// Writes a registry into a folder: reading it gives the same registry. Files that are not part of it stay (roads); of
/// a kind that has no object any more the header stays, and entrances.csv goes where entrances are derived.
///
/// # Errors
/// When the folder cannot be made or a file not be written; then what could not be written is as before.
pub fn write_folder(dir: &Path, registry: &Registry) -> Result<(), FolderError> {
    let tables = tables_of(registry);
    let mut files = files_of(&tables);
    let gone = |file: &&FileKind| !tables.files.contains_key(file) && dir.join(file.word()).exists();
    let gone: Vec<FileKind> = FileKind::ALL.iter().filter(gone).copied().collect();
    for file in gone.iter().filter(|f| **f != FileKind::Entrances) {
        let only = Tables { files: [(*file, empty_table(*file))].into() };
        files.extend(files_of(&only));
    }
    write_files(dir, &files)?;
    if gone.contains(&FileKind::Entrances) {
        let path = dir.join(FileKind::Entrances.word());
        fs::remove_file(&path).map_err(|source| FolderError::Write { file: path, source })?;
    }
    sync(dir)
}

/// Writes files of a registry as they are, each whole or not at all: all beside their places first, then all renamed.
///
/// # Errors
/// When a name is none of a registry's files, the folder cannot be made or a file not be written.
pub fn write_files(dir: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), FolderError> {
    if let Some(name) = files.keys().find(|name| !is_registry_file(name)) {
        return Err(FolderError::Name(name.clone()));
    }
    fs::create_dir_all(dir).map_err(|source| FolderError::Folder { dir: dir.to_owned(), source })?;
    let mut places = Vec::new();
    let mut result = Ok(());
    for (name, bytes) in files {
        // A link is written through, so that it stays one.
        let place = dir.join(name);
        let place = fs::canonicalize(&place).unwrap_or(place);
        let beside = place.with_file_name(format!(".{name}.{}.new", std::process::id()));
        result =
            write_new(&beside, &place, bytes).map_err(|source| FolderError::Write { file: beside.clone(), source });
        places.push((beside, place));
        if result.is_err() {
            break;
        }
    }
    for (beside, place) in &places {
        if result.is_ok() {
            let renamed = fs::rename(beside, place);
            result = renamed.map_err(|source| FolderError::Write { file: place.clone(), source });
        }
        if result.is_err() {
            // What was written for nothing is taken away; that it cannot be is no news beside the first error.
            let _gone = fs::remove_file(beside);
        }
    }
    result.and_then(|()| sync(dir))
}

/// Makes these files the whole registry of a folder: writes them ([`write_files`]), then takes away the tables that are
/// not among them, so that what was judged is what the next start reads. Roads and whatever else lies there stay; but new
/// roads take the place of those in the other form.
///
/// # Errors
/// As [`write_files`]; and when a table cannot be taken away.
pub fn replace_files(dir: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), FolderError> {
    write_files(dir, files)?;
    let is_there = |name: &&str| files.contains_key(*name);
    let tables = FileKind::ALL.iter().map(|f| f.word());
    let roads = OTHERS.into_iter().filter(|_| OTHERS.iter().any(&is_there));
    for name in tables.chain(roads).filter(|name| !is_there(name)) {
        let file = dir.join(name);
        match fs::remove_file(&file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(FolderError::Write { file, source }),
            _ => {}
        }
    }
    sync(dir)
}

fn write_new(beside: &Path, place: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(beside)?;
    if let Ok(before) = fs::metadata(place) {
        // Who could not read the file before (places.csv holds personal data) cannot read the new one.
        file.set_permissions(before.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// A rename is kept once the folder is.
fn sync(dir: &Path) -> Result<(), FolderError> {
    let synced = File::open(dir).and_then(|d| d.sync_all());
    synced.map_err(|source| FolderError::Folder { dir: dir.to_owned(), source })
}
