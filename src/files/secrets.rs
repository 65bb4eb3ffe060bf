//! Passwords and tokens: from the environment, systemd's credentials or the secrets file, in this order.
//!
//! They stand in no registry file, database, log, metric, error or shown URL. Nothing here has a `Debug` that shows one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};
use toml::de::{DeTable, DeValue};
use url::Url;

/// What a variable that holds a secret begins with: `CUNKOU_SECRET_<ENTRY>`.
const PREFIX: &str = "CUNKOU_SECRET_";

/// The credential of systemd that is read like the secrets file.
const CREDENTIAL: &str = "cunkou-secrets";

/// A larger file holds no secrets.
const MAX_BYTES: u64 = 1 << 20;

/// What one entry holds.
#[derive(Clone)]
pub enum Secret {
    /// A user and a password.
    Login {
        /// The user.
        user: String,
        /// The password.
        password: SecretString,
        /// Whether Basic may be used where it goes over the line in clear, or to a certificate that nobody vouches for.
        basic: bool,
    },
    /// A token.
    Token(SecretString),
}

impl Secret {
    /// Whether both are the same to whoever is shown them.
    #[must_use]
    pub fn is_same_as(&self, other: &Secret) -> bool {
        match (self, other) {
            (
                Secret::Login { user, password, basic },
                Secret::Login { user: other_user, password: other_password, basic: other_basic },
            ) => {
                let same_password = password.expose_secret() == other_password.expose_secret();
                user == other_user && basic == other_basic && same_password
            }
            (Secret::Token(a), Secret::Token(b)) => a.expose_secret() == b.expose_secret(),
            _ => false,
        }
    }
}

/// Every secret there is, by entry.
#[derive(Clone, Default)]
pub struct Secrets {
    environment: BTreeMap<String, Secret>,
    credential: BTreeMap<String, Secret>,
    file: BTreeMap<String, Secret>,
    /// Where the file and systemd's credentials are, to read them again.
    path: PathBuf,
    credentials_dir: Option<PathBuf>,
    written: Option<SystemTime>,
}

/// Why the secrets cannot be used. Says where, never what.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Others can read the file.
    #[error("{path} has mode {mode:03o}: others than its owner can read it; chmod 600 it")]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A folder, pipe or device in its place.
    #[error("{path} is no ordinary file")]
    NotRegular {
        /// Which file.
        path: PathBuf,
    },
    /// It is larger than secrets ever are.
    #[error("{path} is larger than 1 MiB")]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// A line is no TOML.
    #[error("{path}, line {line}: this is no TOML")]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Which line.
        line: usize,
    },
    /// An entry is not of the form that it must have.
    #[error(
        "{path}, line {line}: an entry is a table [name] with user and password (and basic = true or false), or with token"
    )]
    Entry {
        /// Which file.
        path: PathBuf,
        /// Which line.
        line: usize,
    },
}

impl Secrets {
    /// Reads the secrets file (which need not be there), systemd's credential `cunkou-secrets` below
    /// `credentials_dir` (`$CREDENTIALS_DIRECTORY`), and the variables `CUNKOU_SECRET_<ENTRY>` of `env`.
    ///
    /// # Errors
    /// When a file is there and cannot be read, can be read by others, or is not of its form.
    pub fn load(
        path: &Path,
        env: impl IntoIterator<Item = (String, String)>,
        credentials_dir: Option<&Path>,
    ) -> Result<Secrets, SecretsError> {
        let environment = env
            .into_iter()
            .filter_map(|(name, text)| Some((name.strip_prefix(PREFIX)?.to_owned(), from_variable(&text))))
            .collect();
        Secrets::read(environment, path.to_owned(), credentials_dir.map(Path::to_owned))
    }

    /// The same as they are written now; the environment of a process does not change.
    ///
    /// # Errors
    /// As [`Secrets::load`].
    pub fn read_again(&self) -> Result<Secrets, SecretsError> {
        Secrets::read(self.environment.clone(), self.path.clone(), self.credentials_dir.clone())
    }

    fn read(
        environment: BTreeMap<String, Secret>,
        path: PathBuf,
        credentials_dir: Option<PathBuf>,
    ) -> Result<Secrets, SecretsError> {
        // systemd guards its credentials itself (a directory of mode 0700, files 0400, or an ACL that shows as 0440).
        let credential = match &credentials_dir {
            Some(dir) => read(&dir.join(CREDENTIAL), false)?,
            None => BTreeMap::new(),
        };
        let written = std::fs::metadata(&path).and_then(|m| m.modified()).ok();
        Ok(Secrets { environment, credential, file: read(&path, true)?, path, credentials_dir, written })
    }

    /// When the secrets file was last written; `None` where there is none.
    #[must_use]
    pub fn written(&self) -> Option<SystemTime> {
        self.written
    }

    /// The secret of an entry.
    #[must_use]
    pub fn get(&self, entry: &str) -> Option<&Secret> {
        let variable: String =
            entry.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        self.environment.get(&variable).or_else(|| self.credential.get(entry)).or_else(|| self.file.get(entry))
    }
}

/// The user too is not shown: people put a password there by mistake.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Secret::Login { .. } => "Login(…)",
            Secret::Token(_) => "Token(…)",
        })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.environment.len() + self.credential.len() + self.file.len();
        write!(f, "Secrets({n} entries)")
    }
}

/// `user:password`, or a token where there is no colon.
fn from_variable(text: &str) -> Secret {
    match text.split_once(':') {
        Some((user, password)) => Secret::Login { user: user.to_owned(), password: password.into(), basic: false },
        None => Secret::Token(text.into()),
    }
}

fn read(path: &Path, check_mode: bool) -> Result<BTreeMap<String, Secret>, SecretsError> {
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    let failed = |source| SecretsError::Read { path: path.to_owned(), source };
    // A pipe in its place is not waited for.
    let file = match super::load::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(e) => return Err(failed(e)),
    };
    // Asked of the open file, so that it is the one that is read.
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(SecretsError::NotRegular { path: path.to_owned() });
    }
    let mode = metadata.permissions().mode() & 0o777;
    if check_mode && mode & 0o177 != 0 {
        return Err(SecretsError::Mode { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(SecretsError::TooLarge { path: path.to_owned() });
    }
    parse(path, &SecretString::from(text))
}

pub(super) fn parse(path: &Path, text: &SecretString) -> Result<BTreeMap<String, Secret>, SecretsError> {
    // Editors of Windows put a byte order mark there; TOML does not know it.
    let text = text.expose_secret().trim_start_matches('\u{feff}');
    let line = |offset: usize| text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1;
    // The parser's own message is left out: it may quote the line.
    let table = DeTable::parse(text)
        .map_err(|e| SecretsError::Syntax { path: path.to_owned(), line: line(e.span().map_or(0, |s| s.start)) })?;
    let mut entries = BTreeMap::new();
    for (name, value) in table.get_ref() {
        let secret = match value.get_ref() {
            DeValue::Table(fields) => entry(fields),
            _ => None,
        };
        let Some(secret) = secret else {
            return Err(SecretsError::Entry { path: path.to_owned(), line: line(name.span().start) });
        };
        entries.insert(name.get_ref().to_string(), secret);
    }
    Ok(entries)
}

fn entry(fields: &DeTable<'_>) -> Option<Secret> {
    let text = |key: &str| fields.get(key).and_then(|v| v.get_ref().as_str());
    let basic = fields.get("basic").map(|v| v.get_ref().as_bool());
    match (fields.len(), text("user"), text("password"), text("token"), basic) {
        (2, Some(user), Some(password), None, None) => {
            Some(Secret::Login { user: user.to_owned(), password: password.into(), basic: false })
        }
        (3, Some(user), Some(password), None, Some(Some(basic))) => {
            Some(Secret::Login { user: user.to_owned(), password: password.into(), basic })
        }
        (1, None, None, Some(token), None) => Some(Secret::Token(token.into())),
        _ => None,
    }
}

/// A URL that may hold a secret (the robots of most chat services do): shown only as scheme and host.
#[derive(Clone)]
pub struct SecretUrl {
    full: SecretString,
    shown: String,
}

impl SecretUrl {
    /// An http or https URL with a host.
    #[must_use]
    pub fn parse(text: &str) -> Option<SecretUrl> {
        SecretUrl::of(&Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https"))?)
    }

    /// An smtp or smtps URL: a host, perhaps a port, and nothing else. Whom a mail is from and to, and the login, are
    /// settings of their own.
    #[must_use]
    pub fn parse_mail(text: &str) -> Option<SecretUrl> {
        let url = Url::parse(text).ok().filter(|u| matches!(u.scheme(), "smtp" | "smtps"))?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        SecretUrl::of(&url).filter(|_| bare)
    }

    fn of(url: &Url) -> Option<SecretUrl> {
        let host = url.host_str().filter(|h| !h.is_empty())?;
        let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
        let shown = format!("{}://{host}{port}", url.scheme());
        Some(SecretUrl { full: url.as_str().into(), shown })
    }

    /// The whole URL, to be dialled and not to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.full.expose_secret()
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for SecretUrl {
    fn eq(&self, other: &SecretUrl) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for SecretUrl {}

/// A text of the settings that may hold a secret, such as a key of a gateway in a body: never shown.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// Takes a text.
    #[must_use]
    pub fn new(text: &str) -> SecretText {
        SecretText(text.into())
    }

    /// The text, to be sent and not to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &SecretText) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for SecretText {}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn file(dir: &Path, text: &str, mode: u32) -> PathBuf {
        let path = dir.join("secrets.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn login(secrets: &Secrets, entry: &str) -> Option<(String, String)> {
        match secrets.get(entry)? {
            Secret::Login { user, password, .. } => Some((user.clone(), password.expose_secret().to_owned())),
            Secret::Token(_) => None,
        }
    }

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn environment_comes_before_credential_before_file() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[a-1]\nuser = 'f'\npassword = '密:码'\n[b]\nuser='f'\npassword='f'\n[c]\nuser='f'\npassword='f'\n";
        let path = file(dir.path(), text, 0o600);
        std::fs::write(dir.path().join(CREDENTIAL), "[b]\nuser='c'\npassword='c'\n[c]\nuser='c'\npassword='c'")
            .unwrap();
        let secrets =
            Secrets::load(&path, env(&[("CUNKOU_SECRET_C", "e:p:q"), ("HOME", "/")]), Some(dir.path())).unwrap();
        assert_eq!(login(&secrets, "a-1"), Some(("f".into(), "密:码".into())));
        assert_eq!(login(&secrets, "b"), Some(("c".into(), "c".into())));
        assert_eq!(login(&secrets, "c"), Some(("e".into(), "p:q".into())));
        assert!(secrets.get("d").is_none());
        let secrets = Secrets::load(&path, env(&[("CUNKOU_SECRET_A_1", "tok")]), None).unwrap();
        assert!(matches!(secrets.get("a-1"), Some(Secret::Token(t)) if t.expose_secret() == "tok"));
    }

    #[test]
    fn what_changed_is_known_when_the_files_are_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let login = |password: &str| format!("[a]\nuser='u'\npassword='{password}'\n[b]\nuser='u'\npassword='p'\n");
        let path = file(dir.path(), &login("old"), 0o600);
        let before = Secrets::load(&path, env(&[("CUNKOU_SECRET_C", "u:p")]), None).unwrap();
        assert!(before.written().is_some());
        file(dir.path(), &login("new"), 0o600);
        let after = before.read_again().unwrap();
        let same = |entry| match (before.get(entry), after.get(entry)) {
            (Some(a), Some(b)) => a.is_same_as(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        assert_eq!(["a", "b", "c", "d"].map(same), [false, true, true, true]);
        file(dir.path(), "", 0o644);
        assert!(after.read_again().is_err(), "others can read it now");
    }

    #[test]
    fn basic_is_allowed_by_its_own_word() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[a]\nuser='u'\npassword='p'\n[b]\nuser='u'\npassword='p'\nbasic=true\n";
        let secrets = Secrets::load(&file(dir.path(), text, 0o600), [], None).unwrap();
        let basic = |entry: &str| matches!(secrets.get(entry), Some(Secret::Login { basic: true, .. }));
        assert!(!basic("a") && basic("b"));
        let bad = file(dir.path(), "[a]\nuser='u'\npassword='p'\nbasic='yes'\n", 0o600);
        assert!(matches!(Secrets::load(&bad, [], None), Err(SecretsError::Entry { .. })));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for (mode, good) in
            [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o700, false), (0o644, false)]
        {
            let result = Secrets::load(&file(dir.path(), "", mode), [], None);
            assert_eq!(result.is_ok(), good, "{mode:o}");
            if let Err(e) = result {
                assert!(e.to_string().contains(&format!("mode {mode:o}")), "{e}");
            }
        }
        assert!(Secrets::load(&dir.path().join("absent.toml"), [], None).is_ok(), "no file, no secrets");
    }

    #[test]
    fn faults_name_the_line_and_never_the_secret() {
        let dir = tempfile::tempdir().unwrap();
        for (text, line) in [
            ("[a]\nuser = 'u'\npassword = 'hunter2' x\n", 3),
            ("[a]\nuser = 'u'\npassword = 'p'\n[b]\nuser = 'hunter2'\n", 4),
            ("[a]\npassword = 'hunter2'\ntoken = 'hunter2'", 1),
            ("\na = 'hunter2'", 2),
            ("[a]\nuser = 'u'\npassword = 5", 1),
        ] {
            let error = Secrets::load(&file(dir.path(), text, 0o600), [], None).unwrap_err();
            let all = format!("{error} {error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
            assert!(error.to_string().contains(&format!("line {line}:")), "{text}: {error}");
            assert!(!all.contains("hunter2"), "{all}");
        }
    }

    #[test]
    fn nothing_shows_a_secret() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[a]\nuser = 'hunter2'\npassword = 'hunter2'\n[b]\ntoken = 'hunter2'\n";
        let path = file(dir.path(), text, 0o600);
        let secrets = Secrets::load(&path, env(&[("CUNKOU_SECRET_X", "u:hunter2")]), None).unwrap();
        let shown = format!("{secrets:?} {:?} {:?} {:?}", secrets.get("a"), secrets.get("b"), secrets.get("x"));
        assert!(!shown.contains("hunter2"), "{shown}");
        let url = SecretUrl::parse("https://u:hunter2@robot.example:8443/hook/hunter2?key=hunter2#hunter2").unwrap();
        assert_eq!(format!("{url} {url:?}"), "https://robot.example:8443 https://robot.example:8443");
        assert!(url.expose().contains("hunter2"));
        for bad in ["", "ftp://a/", "http://", "desk", "/path"] {
            assert!(SecretUrl::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{:?}", SecretText::new("hunter2")), "…");
    }

    #[test]
    fn a_mail_server_is_a_host_and_a_port() {
        for (text, shown) in [
            ("smtp://mail.example", "smtp://mail.example"),
            ("smtp://mail.example:2525/", "smtp://mail.example:2525"),
            ("smtps://[::1]:465", "smtps://[::1]:465"),
        ] {
            assert_eq!(SecretUrl::parse_mail(text).unwrap().to_string(), shown);
        }
        for bad in ["", "http://a", "smtp://", "smtp://u:hunter2@a", "smtp://a/x", "smtp://a?to=b", "smtp:a", "mail"] {
            assert!(SecretUrl::parse_mail(bad).is_none(), "{bad}");
        }
    }
}
