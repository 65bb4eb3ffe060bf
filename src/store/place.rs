//! Where the database is: from the setting `database.url` to a file, or to memory.

use std::path::{Path, PathBuf};

use url::Url;

use super::StoreError;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of SQLite.
    File(PathBuf),
    /// In memory, for tests and for a demo that leaves nothing behind: gone with the store.
    Memory,
}

/// The setting `database.url` with a relative path made absolute, beside the settings.
///
/// # Errors
/// When the address is none that this program can use.
pub fn locate(url: &str, folder: &Path) -> Result<String, StoreError> {
    Ok(match Place::parse(url, folder)? {
        Place::Memory => MEMORY.to_owned(),
        Place::File(path) => file_url(&path)?,
    })
}

const MEMORY: &str = "sqlite::memory:";

impl Place {
    /// Reads a URL; a relative path is beside `folder`.
    pub(super) fn parse(url: &str, folder: &Path) -> Result<Place, StoreError> {
        let rest = url.strip_prefix("sqlite:").ok_or(StoreError::Url("it must begin with sqlite:"))?;
        if rest == ":memory:" || rest == "//:memory:" {
            return Ok(Place::Memory);
        }
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        if rest.is_empty() || rest.ends_with('/') {
            return Err(StoreError::Url("it names no file"));
        }
        let folder = std::path::absolute(folder).map_err(|_| StoreError::Url("the current folder is gone"))?;
        let base = Url::from_directory_path(&folder).map_err(|()| StoreError::Url("the folder cannot be a url"))?;
        let path =
            if rest.starts_with('/') { format!("/{}", rest.trim_start_matches('/')) } else { format!("./{rest}") };
        let file = base.join(&path).map_err(|_| StoreError::Url("it is no path"))?;
        if file.query().is_some() || file.fragment().is_some() {
            return Err(StoreError::Url("it takes no parameters; write %3F for ? and %23 for #"));
        }
        let path = file.to_file_path().map_err(|()| StoreError::Url("it is no path"))?;
        path.to_str().is_some().then_some(()).ok_or(StoreError::Url("the path is not UTF-8"))?;
        Ok(Place::File(path))
    }

    /// The same place by its one true path: two names of a file must not have two locks.
    pub(super) fn canonical(self) -> Place {
        let Place::File(path) = self else { return self };
        let whole = std::fs::canonicalize(&path).ok();
        let folder = || Some(std::fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?));
        // What does not exist yet, or cannot be looked at, is told when it is opened.
        Place::File(whole.or_else(folder).unwrap_or(path))
    }

    /// The URL by which sqlx opens it.
    pub(super) fn url(&self, mode: &str) -> Result<String, StoreError> {
        match self {
            Place::Memory => Ok(MEMORY.to_owned()),
            Place::File(path) => Ok(format!("{}?mode={mode}", file_url(path)?)),
        }
    }
}

fn file_url(path: &Path) -> Result<String, StoreError> {
    let url = Url::from_file_path(path).map_err(|()| StoreError::Url("the path is not absolute"))?;
    Ok(format!("sqlite://{}", url.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_files_beside_the_settings() {
        let folder = Path::new("/etc/cunkou");
        for (url, path) in [
            ("sqlite://cunkou.db", "/etc/cunkou/cunkou.db"),
            ("sqlite:cunkou.db", "/etc/cunkou/cunkou.db"),
            ("sqlite://a/b.db", "/etc/cunkou/a/b.db"),
            ("sqlite://../b.db", "/etc/b.db"),
            ("sqlite:///var/x.db", "/var/x.db"),
            ("sqlite:////var/x.db", "/var/x.db"),
            ("sqlite:/var/x.db", "/var/x.db"),
            ("sqlite://村口.db", "/etc/cunkou/村口.db"),
            ("sqlite://my%20town%3F.db", "/etc/cunkou/my town?.db"),
            ("sqlite://a:b.db", "/etc/cunkou/a:b.db"),
        ] {
            let place = Place::parse(url, folder).unwrap();
            assert_eq!(place, Place::File(PathBuf::from(path)), "{url}");
            let absolute = locate(url, folder).unwrap();
            assert_eq!(Place::parse(&absolute, Path::new("/elsewhere")).unwrap(), place, "{absolute}");
        }
        for url in ["sqlite::memory:", "sqlite://:memory:"] {
            assert_eq!(Place::parse(url, folder).unwrap(), Place::Memory);
        }
    }

    #[test]
    fn other_urls_are_refused_without_repeating_them() {
        for url in
            ["postgres://u:secret@h/db", "cunkou.db", "sqlite:", "sqlite://", "sqlite://a/", "sqlite://a?mode=ro"]
        {
            let e = Place::parse(url, Path::new("/")).unwrap_err();
            assert_eq!(e.word(), "url", "{url}");
            assert!(!e.to_string().contains("secret"));
        }
    }
}
