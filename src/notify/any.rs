//! Every kind of sink, made from its settings, as one type.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cunkou_core::alert::{Alert, Review};
use cunkou_core::model::Time;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use url::Url;

use super::alertmanager::Alertmanager;
use super::delivery::{Carrier, Scene};
use super::dingtalk::Dingtalk;
use super::duty::{Desk, DutyCounters};
use super::email::{Email, mailbox};
use super::feishu::Feishu;
use super::letter::Letter;
use super::limiter::Limiter;
use super::ntfy::Ntfy;
use super::people::{Channel, People};
use super::plain_http::PlainHttp;
use super::post::{Answered, Post, Tried};
use super::sinks::SinksError;
use super::smtp::Server;
use super::tap::Tap;
use super::templates::{Templates, body_name};
use super::voice::Voice;
use super::webhook::Webhook;
use super::wecom::Wecom;
use crate::files::secrets::{Secret, SecretUrl, Secrets};
use crate::files::settings::{MailTls, SinkForm, SinkKind, SinkSettings};
use crate::roster::Board;

/// What every sink is made with.
pub(super) struct Making<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) time_zone: TimeZone,
    pub(super) public_url: &'a str,
    pub(super) client: reqwest::Client,
    pub(super) templates: Arc<Templates>,
    pub(super) roster: Arc<Board>,
    pub(super) duty: Option<DutyCounters>,
    pub(super) started: Time,
    /// The longest time of one try; mail gets three times that.
    pub(super) timeout: Duration,
    pub(super) tap: Option<Tap>,
}

/// A sink.
#[allow(clippy::large_enum_variant, reason = "one a sink, and made once")]
pub(super) enum Any {
    Alertmanager(Alertmanager),
    Webhook(Webhook),
    Email(People<Email>),
    Dingtalk(People<Dingtalk>),
    Wecom(People<Wecom>),
    Feishu(People<Feishu>),
    Ntfy(People<Ntfy>),
    Http(People<PlainHttp>),
}

/// What a kind does with the secret that it names.
fn wanted(kind: SinkKind) -> Option<&'static str> {
    match kind {
        SinkKind::Email => Some("user and password"),
        SinkKind::Dingtalk | SinkKind::Feishu => Some("a token"),
        SinkKind::Wecom => Some("none"),
        SinkKind::Alertmanager | SinkKind::Webhook | SinkKind::Ntfy | SinkKind::Http => None,
    }
}

/// The secret of a sink, where it names one that is there and fits.
pub(super) fn secret(settings: &SinkSettings, secrets: &Secrets) -> Result<Option<Secret>, SinksError> {
    let Some(entry) = &settings.secret else { return Ok(None) };
    let (sink, entry) = (settings.name.clone(), entry.clone());
    let Some(secret) = secrets.get(&entry).cloned() else { return Err(SinksError::NoSecret { sink, entry }) };
    let fits = match settings.kind {
        SinkKind::Email => matches!(secret, Secret::Login { .. }),
        SinkKind::Dingtalk | SinkKind::Feishu => matches!(secret, Secret::Token(_)),
        SinkKind::Wecom => false,
        SinkKind::Alertmanager | SinkKind::Webhook | SinkKind::Ntfy | SinkKind::Http => true,
    };
    match wanted(settings.kind) {
        Some(wanted) if !fits => Err(SinksError::SecretForm { sink, entry, wanted }),
        _ => Ok(Some(secret)),
    }
}

impl Any {
    /// Makes a sink.
    pub(super) fn new(settings: &SinkSettings, making: &Making<'_>) -> Result<Any, SinksError> {
        let name = settings.name.clone();
        let (min, watchdog, started) = (settings.min_severity, settings.watchdog, making.started);
        let template = |ending: &str| format!("{}.{}.{ending}", settings.kind.word(), settings.language.tag());
        Ok(match settings.kind {
            SinkKind::Alertmanager => {
                let post = post(settings, making)?;
                Any::Alertmanager(Alertmanager::new(name, post, voice(settings, making), min, watchdog, started))
            }
            SinkKind::Webhook => {
                let (post, voice) = (post(settings, making)?, voice(settings, making));
                Any::Webhook(Webhook { name, post, voice, min_severity: min, watchdog, started })
            }
            SinkKind::Email => {
                let email = email(settings, making.secrets, making.timeout, making.tap.clone())?;
                Any::Email(people(settings, making, email))
            }
            SinkKind::Dingtalk => {
                let (post, secret) = (post(settings, making)?, token(settings, making)?);
                Any::Dingtalk(people(settings, making, Dingtalk { post, secret, template: template("md") }))
            }
            SinkKind::Wecom => {
                let post = post(settings, making)?;
                Any::Wecom(people(settings, making, Wecom { post, template: template("md") }))
            }
            SinkKind::Feishu => {
                let (post, secret) = (post(settings, making)?, token(settings, making)?);
                let feishu = Feishu { post, secret, language: settings.language, template: template("txt") };
                Any::Feishu(people(settings, making, feishu))
            }
            SinkKind::Ntfy => {
                let post = post(settings, making)?;
                Any::Ntfy(people(settings, making, Ntfy { post, template: template("txt") }))
            }
            SinkKind::Http => Any::Http(people(settings, making, http(settings, making)?)),
        })
    }
}

fn voice(settings: &SinkSettings, making: &Making<'_>) -> Voice {
    let (time_zone, public_url) = (making.time_zone.clone(), making.public_url.to_owned());
    Voice { language: settings.language, time_zone, public_url }
}

fn people<C: Channel>(settings: &SinkSettings, making: &Making<'_>, channel: C) -> People<C> {
    People {
        name: settings.name.clone(),
        channel,
        voice: voice(settings, making),
        templates: making.templates.clone(),
        desk: Desk::of(settings, &making.roster, making.duty.as_ref()),
        had: BTreeMap::new(),
        told_to: None,
        min_severity: settings.min_severity,
        watchdog: settings.watchdog,
        started: making.started,
        limiter: Limiter::default(),
    }
}

fn post(settings: &SinkSettings, making: &Making<'_>) -> Result<Post, SinksError> {
    let url = match settings.kind {
        SinkKind::Alertmanager => {
            alerts_url(&settings.url).ok_or_else(|| SinksError::Url { sink: settings.name.clone() })?
        }
        _ => settings.url.clone(),
    };
    Ok(Post {
        client: making.client.clone(),
        url,
        secret: secret(settings, making.secrets)?,
        // A robot gets a signature in its place.
        shown: !matches!(settings.kind, SinkKind::Dingtalk | SinkKind::Feishu | SinkKind::Wecom),
        timeout: making.timeout,
        tap: making.tap.clone(),
        answered: Answered::default(),
    })
}

fn token(settings: &SinkSettings, making: &Making<'_>) -> Result<Option<SecretString>, SinksError> {
    match secret(settings, making.secrets)? {
        Some(Secret::Token(token)) => Ok(Some(token)),
        _ => Ok(None),
    }
}

fn http(settings: &SinkSettings, making: &Making<'_>) -> Result<PlainHttp, SinksError> {
    let unfit = || SinksError::Form { sink: settings.name.clone() };
    let SinkForm::Http { method, content_type, expect, .. } = &settings.form else { return Err(unfit()) };
    Ok(PlainHttp {
        post: post(settings, making)?,
        method: method.parse().map_err(|_| unfit())?,
        content_type: content_type.clone(),
        expect: expect.clone(),
        template: body_name(&settings.name, content_type),
    })
}

/// Whether mail can be sent with these settings.
pub(super) fn check_email(settings: &SinkSettings, secrets: &Secrets) -> Result<(), SinksError> {
    email(settings, secrets, Duration::ZERO, None).map(drop)
}

fn email(settings: &SinkSettings, secrets: &Secrets, timeout: Duration, tap: Option<Tap>) -> Result<Email, SinksError> {
    let unfit = || SinksError::Form { sink: settings.name.clone() };
    let SinkForm::Email { from, to, tls } = &settings.form else { return Err(unfit()) };
    let address = |text: &String| {
        mailbox(text).ok_or_else(|| SinksError::Address { sink: settings.name.clone(), address: text.clone() })
    };
    let url = Url::parse(settings.url.expose()).map_err(|_| unfit())?;
    let host = url.host_str().ok_or_else(unfit)?.to_owned();
    let login = match secret(settings, secrets)? {
        Some(Secret::Login { basic: false, .. }) if *tls == MailTls::Plain && !is_loopback(&host) => {
            return Err(SinksError::ClearLogin { sink: settings.name.clone() });
        }
        Some(Secret::Login { user, password, .. }) => Some((user, password)),
        _ => None,
    };
    let port = url.port().unwrap_or(tls.usual_port());
    let template = |ending: &str| format!("email.{}.{ending}", settings.language.tag());
    Ok(Email {
        name: settings.name.clone(),
        server: Server {
            host,
            port,
            tls: *tls,
            login,
            timeout: timeout.saturating_mul(3),
            answered: Answered::default(),
        },
        from: address(from)?,
        to: to.iter().map(address).collect::<Result<_, _>>()?,
        templates: [template("txt"), template("html")],
        partly: BTreeMap::new(),
        tap,
    })
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
}

/// Where Alertmanager takes alerts, below its own address (which may have a path: a route prefix).
fn alerts_url(base: &SecretUrl) -> Option<SecretUrl> {
    let mut url = Url::parse(base.expose()).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(["api", "v2", "alerts"]);
    SecretUrl::parse(url.as_str())
}

/// Asks the one that there is.
macro_rules! each {
    ($any:expr, $sink:ident => $what:expr) => {
        match $any {
            Any::Alertmanager($sink) => $what,
            Any::Webhook($sink) => $what,
            Any::Email($sink) => $what,
            Any::Dingtalk($sink) => $what,
            Any::Wecom($sink) => $what,
            Any::Feishu($sink) => $what,
            Any::Ntfy($sink) => $what,
            Any::Http($sink) => $what,
        }
    };
}

impl Any {
    fn last_answer(&self) -> &Answered {
        match self {
            Any::Alertmanager(sink) => &sink.post.answered,
            Any::Webhook(sink) => &sink.post.answered,
            Any::Email(sink) => &sink.channel.server.answered,
            Any::Dingtalk(sink) => &sink.channel.post.answered,
            Any::Wecom(sink) => &sink.channel.post.answered,
            Any::Feishu(sink) => &sink.channel.post.answered,
            Any::Ntfy(sink) => &sink.channel.post.answered,
            Any::Http(sink) => &sink.channel.post.answered,
        }
    }
}

impl Carrier for Any {
    fn takes(&self, letter: &Letter) -> bool {
        each!(self, sink => sink.takes(letter))
    }

    async fn tell(&mut self, letter: &Letter, key: &str, scene: &Scene) -> Tried {
        self.last_answer().forget();
        each!(self, sink => sink.tell(letter, key, scene).await)
    }

    async fn aside(&mut self, alert: &Alert, key: &str, scene: &Scene) -> Tried {
        each!(self, sink => sink.aside(alert, key, scene).await)
    }

    async fn pulse(&mut self, scene: &Scene, stuck: Option<&Alert>) -> Tried {
        each!(self, sink => sink.pulse(scene, stuck).await)
    }

    async fn review(&mut self, review: &Review, key: &str, scene: &Scene) -> Tried {
        each!(self, sink => sink.review(review, key, scene).await)
    }

    fn told_to(&mut self) -> Option<String> {
        each!(self, sink => sink.told_to())
    }

    fn answered(&self) -> Option<u16> {
        self.last_answer().code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_go_below_the_address_of_alertmanager() {
        for (base, full) in [
            ("http://a:9093", "http://a:9093/api/v2/alerts"),
            ("http://a:9093/", "http://a:9093/api/v2/alerts"),
            ("https://a/am/", "https://a/am/api/v2/alerts"),
            ("https://a/am", "https://a/am/api/v2/alerts"),
        ] {
            assert_eq!(alerts_url(&SecretUrl::parse(base).unwrap()).unwrap().expose(), full);
        }
    }
}
