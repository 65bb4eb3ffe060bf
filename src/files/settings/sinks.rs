//! `[[sink]]` and `[templates]`: whom to tell, and in whose words.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cunkou_core::alert::ReviewEvery;
use cunkou_core::model::{Language, Severity, check_id};

use super::fault::{FaultKind, Place};
use super::gather::{LANGUAGES, path, required};
use super::read::Table;
use crate::files::secrets::{SecretText, SecretUrl};

/// `[templates]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TemplateSettings {
    /// The folder of the town's own texts; `None`: those that are built in.
    pub dir: Option<PathBuf>,
}

/// How a sink speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SinkKind {
    /// Alertmanager's API v2.
    Alertmanager,
    /// Alertmanager's webhook payload.
    Webhook,
    /// Mail by SMTP.
    Email,
    /// A custom robot of a group in DingTalk.
    Dingtalk,
    /// A robot of a group in WeCom.
    Wecom,
    /// A custom bot of a group in Feishu.
    Feishu,
    /// A topic of ntfy.
    Ntfy,
    /// A request with a body of the town's own: gateways for SMS and calls.
    Http,
}

impl SinkKind {
    /// Every kind.
    pub const ALL: [SinkKind; 8] = [
        SinkKind::Alertmanager,
        SinkKind::Webhook,
        SinkKind::Email,
        SinkKind::Dingtalk,
        SinkKind::Wecom,
        SinkKind::Feishu,
        SinkKind::Ntfy,
        SinkKind::Http,
    ];

    /// The word of the settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            SinkKind::Alertmanager => "alertmanager",
            SinkKind::Webhook => "webhook",
            SinkKind::Email => "email",
            SinkKind::Dingtalk => "dingtalk",
            SinkKind::Wecom => "wecom",
            SinkKind::Feishu => "feishu",
            SinkKind::Ntfy => "ntfy",
            SinkKind::Http => "http",
        }
    }

    /// Whether people read it: they are told of what matters, one message a step, and not of what only machines follow.
    #[must_use]
    pub const fn is_for_people(self) -> bool {
        !matches!(self, SinkKind::Alertmanager | SinkKind::Webhook)
    }
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailTls {
    /// From the first byte on (`smtps://`).
    Wrapped,
    /// In clear until STARTTLS, which the server must offer.
    Starttls,
    /// Not at all.
    Plain,
}

impl MailTls {
    /// The port where none is given (RFC 8314: 465 for TLS from the start, 587 for STARTTLS; a relay without listens on 25).
    #[must_use]
    pub const fn usual_port(self) -> u16 {
        match self {
            MailTls::Wrapped => 465,
            MailTls::Starttls => 587,
            MailTls::Plain => 25,
        }
    }
}

/// What a sink has for its kind alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SinkForm {
    /// Nothing.
    Plain,
    /// Of `email`.
    Email {
        /// The sender: an address, with or without a name.
        from: String,
        /// Who gets it; at least one.
        to: Vec<String>,
        /// How the connection is protected.
        tls: MailTls,
    },
    /// Of `http`.
    Http {
        /// GET, POST, PUT or PATCH. With GET the body is the query.
        method: &'static str,
        /// The type of the body, which says too how values are escaped in it.
        content_type: String,
        /// The template of the body.
        body: SecretText,
        /// What an answer must contain to be a success; empty: the status alone counts.
        expect: String,
    },
}

/// When a sink is told a review: each day or each Monday, at a time of day of the town's clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReviewTimes {
    /// On Mondays only.
    pub weekly: bool,
    /// Minutes after midnight, 0 to 1439.
    pub minute: u16,
}

impl ReviewTimes {
    /// How often.
    #[must_use]
    pub const fn every(self) -> ReviewEvery {
        if self.weekly { ReviewEvery::Week } else { ReviewEvery::Day }
    }
}

/// `[[sink]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SinkSettings {
    /// Its name: label `sink`, and part of the idempotency key.
    pub name: String,
    /// How it speaks.
    pub kind: SinkKind,
    /// Where it is.
    pub url: SecretUrl,
    /// What is less than this is not sent there.
    pub min_severity: Severity,
    /// From which level of escalation on it is told; 0: from the beginning.
    pub level: u8,
    /// Whether it gets the alert that always fires.
    pub watchdog: bool,
    /// Whether it calls who is on duty; what its settings name is then for when nobody is.
    pub on_duty: bool,
    /// When it is told how the town stands and what became of it; `None`: never.
    pub review: Option<ReviewTimes>,
    /// The language of its texts.
    pub language: Language,
    /// The entry of the secrets file that it is shown, or signed with.
    pub secret: Option<String>,
    /// What only its kind has.
    pub form: SinkForm,
}

pub(super) fn templates(mut t: Table<'_>, base: &Path) -> TemplateSettings {
    let dir =
        t.text(
            "dir",
            "a path, or nothing",
            None,
            |text| if text.is_empty() { Some(None) } else { path(text).map(Some) },
        );
    t.done();
    TemplateSettings { dir: dir.map(|dir| base.join(dir)) }
}

pub(super) fn sinks(tables: Vec<Table<'_>>, ui: Language) -> Vec<SinkSettings> {
    let mut names = BTreeSet::new();
    tables.into_iter().filter_map(|t| sink(t, ui, &mut names)).collect()
}

fn sink(mut t: Table<'_>, ui: Language, names: &mut BTreeSet<String>) -> Option<SinkSettings> {
    let severities = [("info", Severity::Info), ("warning", Severity::Warning), ("critical", Severity::Critical)];
    let ids = "a name of A-Z a-z 0-9 . _ -";
    let name = t.text("name", ids, None, |n| check_id(n).ok().map(|()| Some(n.to_owned())));
    let name = required(&t, name, "name", names);
    let kind = kind(&mut t);
    let before = t.fault_count();
    let url = match kind {
        Some(SinkKind::Email) => t.hidden(
            "url",
            "smtp://HOST:PORT or smtps://HOST:PORT; from, to and secret are keys of their own",
            SecretUrl::parse_mail,
        ),
        Some(SinkKind::Ntfy) => t.hidden("url", "the http or https URL of a topic: https://ntfy.sh/TOPIC", topic_url),
        _ => t.hidden("url", "an http or https URL with a host", SecretUrl::parse),
    };
    if url.is_none() && kind.is_some() && t.fault_count() == before {
        t.fault(t.place(), "", "", FaultKind::Missing("url"));
    }
    let least = if kind.is_some_and(SinkKind::is_for_people) { Severity::Warning } else { Severity::Info };
    let min_severity = t.word("min_severity", "info, warning or critical", &severities, least);
    let level = u8::try_from(t.whole("level", "a number from 0 to 9", 0, 0..=9)).unwrap_or(0);
    let watchdog = t.flag("watchdog", kind == Some(SinkKind::Alertmanager));
    // Machines know no duty.
    let on_duty = kind.is_none_or(SinkKind::is_for_people) && t.flag("on_duty", false);
    let review = if kind.is_none_or(SinkKind::is_for_people) { review(&mut t) } else { None };
    let language =
        t.text("language", LANGUAGES, ui, |tag| if tag.is_empty() { Some(ui) } else { Language::from_tag(tag) });
    let secret = t.text("secret", "the name of an entry of the secrets file", None, |entry| match entry {
        "" => Some(None),
        _ => check_id(entry).ok().map(|()| Some(entry.to_owned())),
    });
    let form = match kind {
        Some(SinkKind::Email) => email(&mut t, url.as_ref()),
        Some(SinkKind::Http) => http(&mut t),
        _ => Some(SinkForm::Plain),
    };
    t.done();
    Some(SinkSettings {
        name: name?,
        kind: kind?,
        url: url?,
        min_severity,
        level,
        watchdog,
        on_duty,
        review,
        language,
        secret,
        form: form?,
    })
}

/// Machines need none.
fn review(t: &mut Table<'_>) -> Option<ReviewTimes> {
    let words = [("", None), ("daily", Some(false)), ("weekly", Some(true))];
    let weekly = t.word("review", "daily, weekly, or nothing", &words, None);
    let minute = t.text("review_at", "a time of day: 08:00", 8 * 60, |text| {
        let (hour, minute) = text.split_once(':')?;
        let number = |part: &str, most: u16| part.parse::<u16>().ok().filter(|n| *n <= most && part.len() == 2);
        Some(number(hour, 23)? * 60 + number(minute, 59)?)
    });
    weekly.map(|weekly| ReviewTimes { weekly, minute })
}

fn kind(t: &mut Table<'_>) -> Option<SinkKind> {
    let words = SinkKind::ALL.map(|kind| (kind.word(), Some(kind)));
    let at: Place = t.place().clone();
    let before = t.fault_count();
    let allowed = "alertmanager, webhook, email, dingtalk, wecom, feishu, ntfy or http";
    let kind = t.word("kind", allowed, &words, None);
    if kind.is_none() && t.fault_count() == before {
        t.fault(&at, "", "", FaultKind::Missing("kind"));
    }
    kind
}

/// The URL of a topic: its last part is the topic (docs.ntfy.sh/publish, "Picking a topic").
fn topic_url(text: &str) -> Option<SecretUrl> {
    let url = SecretUrl::parse(text)?;
    let parsed = url::Url::parse(url.expose()).ok()?;
    let topic = parsed.path_segments()?.next_back()?;
    (is_topic(topic) && parsed.query().is_none() && parsed.fragment().is_none()).then_some(url)
}

/// Whether a text may be the name of a topic of ntfy.
pub(super) fn is_topic(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (1..=64).contains(&text.len()) && text.chars().all(good)
}

pub(super) const MAILBOX: &str = "an address: a@town.example, or \"村口 <a@town.example>\"";

fn email(t: &mut Table<'_>, url: Option<&SecretUrl>) -> Option<SinkForm> {
    let wrapped = url.is_some_and(|u| u.expose().starts_with("smtps:"));
    let before = t.fault_count();
    let from = t.text("from", MAILBOX, None, |text| mailbox(text).map(Some));
    if from.is_none() && t.fault_count() == before {
        t.fault(t.place(), "", "", FaultKind::Missing("from, the address of the sender"));
    }
    let before = t.fault_count();
    let to = t.list("to", MAILBOX, Vec::new(), mailbox);
    if to.is_empty() && t.fault_count() == before {
        t.fault(t.place(), "", "", FaultKind::Missing("to, a list of addresses"));
    }
    let tls = if wrapped {
        MailTls::Wrapped
    } else {
        let words = [("starttls", MailTls::Starttls), ("none", MailTls::Plain)];
        t.word("tls", "starttls or none; smtps:// has TLS from the start", &words, MailTls::Starttls)
    };
    Some(SinkForm::Email { from: from?, to, tls }).filter(|_| t.fault_count() == before)
}

/// An address as mail knows it, with or without a name in front; what it exactly may be, the sink judges at start.
pub(super) fn mailbox(text: &str) -> Option<String> {
    let address = match text.trim().strip_suffix('>') {
        Some(rest) => rest.split_once('<')?.1,
        None => text.trim(),
    };
    let (user, domain) = address.rsplit_once('@')?;
    // Addresses beyond ASCII need servers that few towns have (SMTPUTF8).
    let good = |c: char| c.is_ascii_graphic() && !"<>,;@\"".contains(c);
    let clean = |part: &str| !part.is_empty() && part.chars().all(good);
    let whole = text.chars().count() <= 320 && !text.chars().any(char::is_control);
    (whole && clean(user) && clean(domain)).then(|| text.trim().to_owned())
}

fn http(t: &mut Table<'_>) -> Option<SinkForm> {
    let methods = [("GET", "GET"), ("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH")];
    let method = t.word("method", "GET, POST, PUT or PATCH", &methods, "POST");
    let usual = if method == "GET" { "application/x-www-form-urlencoded" } else { "application/json" };
    let content_type = t.text("content_type", "a type of content: application/json", usual.to_owned(), |text| {
        let good = |c: char| c.is_ascii_graphic() || c == ' ';
        (text.contains('/') && text.len() <= 128 && text.chars().all(good)).then(|| text.to_owned())
    });
    let before = t.fault_count();
    let body = t.hidden("body", "a template", |text| Some(SecretText::new(text)).filter(|_| !text.trim().is_empty()));
    if body.is_none() && t.fault_count() == before {
        t.fault(t.place(), "", "", FaultKind::Missing("body, a template of what is sent"));
    }
    let expect = t.text("expect", "a text of at most 200 characters", String::new(), |text| {
        (text.chars().count() <= 200).then(|| text.to_owned())
    });
    Some(SinkForm::Http { method, content_type, body: body?, expect })
}
