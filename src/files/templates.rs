//! The town's own texts off the disk: a folder of small files, by name.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::load::{list, small_text};

/// Bytes of a file; a longer one is no text of a message.
const MAX_FILE: u64 = 64 * 1024;

/// Files of the folder.
const MAX_FILES: usize = 200;

/// The files of a folder of templates.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TemplateFiles {
    /// The folder; empty where there is none.
    pub dir: PathBuf,
    /// Their texts, by name.
    pub files: BTreeMap<String, String>,
}

/// Why the templates cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateFilesError {
    /// The folder cannot be listed.
    #[error("the folder of templates {dir} cannot be read")]
    Folder {
        /// Which folder.
        dir: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There are more files than templates could be.
    #[error("the folder of templates {dir} has more than {MAX_FILES} files")]
    TooMany {
        /// Which folder.
        dir: PathBuf,
    },
    /// A file cannot be read, or is no text in UTF-8.
    #[error("the template {path} cannot be read")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is longer than 64 KiB.
    #[error("the template {path} is longer than 64 KiB")]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
}

impl TemplateFiles {
    /// Reads a folder; hidden files, copies of editors (`~`) and a README are not templates.
    ///
    /// # Errors
    /// When the folder or one of its files cannot be read, or is larger than texts are.
    pub fn read(dir: &Path) -> Result<TemplateFiles, TemplateFilesError> {
        let names = list(dir).map_err(|e| TemplateFilesError::Folder { dir: dir.to_owned(), source: Box::new(e) })?;
        let is_template = |name: &String| !name.starts_with('.') && !name.ends_with('~') && !name.starts_with("README");
        let names: Vec<String> = names.into_iter().filter(is_template).collect();
        if names.len() > MAX_FILES {
            return Err(TemplateFilesError::TooMany { dir: dir.to_owned() });
        }
        let mut files = BTreeMap::new();
        for name in names {
            let path = dir.join(&name);
            let text = small_text(&path, MAX_FILE + 1)
                .map_err(|source| TemplateFilesError::File { path: path.clone(), source })?;
            if text.len() as u64 > MAX_FILE {
                return Err(TemplateFilesError::TooLarge { path });
            }
            files.insert(name, text);
        }
        Ok(TemplateFiles { dir: dir.to_owned(), files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_small_texts_of_one_folder() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("email.en.txt", "\u{feff}a"), (".hidden", "b"), ("x.md~", "c"), ("README.md", "d")] {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let read = TemplateFiles::read(dir.path()).unwrap();
        assert_eq!(read.files, BTreeMap::from([("email.en.txt".to_owned(), "a".to_owned())]));
        std::fs::write(dir.path().join("long.md"), "x".repeat(64 * 1024 + 1)).unwrap();
        assert!(matches!(TemplateFiles::read(dir.path()), Err(TemplateFilesError::TooLarge { .. })));
        std::fs::write(dir.path().join("long.md"), [0xff, 0xfe]).unwrap();
        assert!(matches!(TemplateFiles::read(dir.path()), Err(TemplateFilesError::File { .. })));
        assert!(matches!(TemplateFiles::read(&dir.path().join("none")), Err(TemplateFilesError::Folder { .. })));
    }
}
