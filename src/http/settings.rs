//! The numbers and words of this room (names.md, settings `[http]`, `[[token]]`, `[ui]`).

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use cunkou_core::model::Language;
use jiff::tz::TimeZone;

/// What a token may do; a higher role may do all that a lower one may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Look.
    Read,
    /// Acknowledge incidents.
    Operate,
    /// Put registries in force.
    Admin,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Role; 3] = [Role::Read, Role::Operate, Role::Admin];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Operate => "operate",
            Role::Admin => "admin",
        }
    }

    /// The role a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// Who may look without a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ReadAccess {
    /// Everybody on this machine; holds only while `listen` is loopback.
    #[default]
    Open,
    /// Nobody.
    Token,
    /// Everybody who reaches the address.
    OpenToNetwork,
}

impl ReadAccess {
    /// Every value.
    pub const ALL: [ReadAccess; 3] = [ReadAccess::Open, ReadAccess::Token, ReadAccess::OpenToNetwork];

    /// The word users write.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            ReadAccess::Open => "open",
            ReadAccess::Token => "token",
            ReadAccess::OpenToNetwork => "open-to-network",
        }
    }

    /// The value a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<ReadAccess> {
        ReadAccess::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// A token, known by its hash alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Who acknowledged, who put in force.
    pub name: Arc<str>,
    /// SHA-256 of the token as it travels in the header.
    pub hash: [u8; 32],
    /// What it may do.
    pub role: Role,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, {})", self.name, self.role.word())
    }
}

/// How and for whom to serve.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The address that was bound, or is to be.
    pub listen: SocketAddr,
    /// The address under which people reach the page, for the check of `Origin`; `None`: only what `Host` says.
    pub public_url: Option<url::Url>,
    /// Names by which clients may call, beside address literals and `localhost`.
    pub hosts: Vec<String>,
    /// Who may look without a token.
    pub read: ReadAccess,
    /// Tokens; none: nothing can be changed over HTTP.
    pub tokens: Vec<Token>,
    /// The language of the page where the reader's browser does not say.
    pub language: Language,
    /// The zone in which the page writes times.
    pub time_zone: TimeZone,
    /// The registry folder, for its roads, which are drawn and not put in force.
    pub registry_dir: Option<PathBuf>,
    /// What lies under the map.
    pub tiles: Option<Tiles>,
    /// Whom to thank for it, beside what its file says.
    pub tiles_credit: String,
}

/// Where the map under the map comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tiles {
    /// A PMTiles file, which this daemon serves.
    File(PathBuf),
    /// A server that browsers ask themselves.
    Server {
        /// A URL with `{z}`, `{x}` and `{y}`.
        template: String,
        /// Its origin: the one other that the page may ask.
        origin: String,
        /// Whether its tiles are vector tiles.
        vector: bool,
        /// The deepest zoom that it has.
        max_zoom: u8,
    },
}

impl Default for HttpSettings {
    fn default() -> Self {
        HttpSettings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9778)),
            public_url: None,
            hosts: Vec::new(),
            read: ReadAccess::Open,
            tokens: Vec::new(),
            language: Language::ZhCn,
            time_zone: TimeZone::UTC,
            registry_dir: None,
            tiles: None,
            tiles_credit: String::new(),
        }
    }
}

impl HttpSettings {
    /// Whether looking needs no token: `open` holds only while `listen` is loopback.
    #[must_use]
    pub fn reads_are_open(&self) -> bool {
        match self.read {
            ReadAccess::Open => self.listen.ip().is_loopback(),
            ReadAccess::Token => false,
            ReadAccess::OpenToNetwork => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_holds_only_on_loopback() {
        let at = |listen: &str, read| HttpSettings { listen: listen.parse().unwrap(), read, ..HttpSettings::default() };
        for (listen, read, open) in [
            ("127.0.0.1:1", ReadAccess::Open, true),
            ("127.9.0.1:1", ReadAccess::Open, true),
            ("[::1]:1", ReadAccess::Open, true),
            ("0.0.0.0:1", ReadAccess::Open, false),
            ("[::]:1", ReadAccess::Open, false),
            ("10.0.0.1:1", ReadAccess::Open, false),
            ("127.0.0.1:1", ReadAccess::Token, false),
            ("10.0.0.1:1", ReadAccess::OpenToNetwork, true),
        ] {
            assert_eq!(at(listen, read).reads_are_open(), open, "{listen} {}", read.word());
        }
    }

    #[test]
    fn a_token_does_not_show_its_hash() {
        let token = Token { name: "duty".into(), hash: [0xab; 32], role: Role::Operate };
        assert_eq!(format!("{token:?}"), "Token(duty, operate)");
        assert!(Role::Read < Role::Operate && Role::Operate < Role::Admin);
    }
}
