//! Somebody who can be called.

use std::fmt;

/// Somebody who can be called, and by what. Personal.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// What the roster calls them by: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub id: String,
    /// What people call them by.
    pub name: String,
    /// The sinks by which they are reached; empty: every one that asks the roster.
    pub sinks: Vec<String>,
    /// Their address of mail, with or without a name.
    pub email: Option<String>,
    /// Their telephone number: digits, a plus in front where it is international.
    pub phone: Option<String>,
    /// Their userid in DingTalk.
    pub dingtalk: Option<String>,
    /// Their userid in WeCom.
    pub wecom: Option<String>,
    /// Their open_id or user_id in Feishu.
    pub feishu: Option<String>,
    /// A topic of ntfy of their own.
    pub ntfy: Option<String>,
}

impl Contact {
    /// Whether they are reached by a sink.
    #[must_use]
    pub fn is_reached_by(&self, sink: &str) -> bool {
        self.sinks.is_empty() || self.sinks.iter().any(|s| s == sink)
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(…)")
    }
}
