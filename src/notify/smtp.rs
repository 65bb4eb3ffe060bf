//! One conversation with a mail server: the greeting, TLS, the login, one message to several people.
//!
//! lettre's own transport gives up at the first recipient that is refused; here the others get their mail, since one slip
//! in a list of addresses must not silence all of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret as _, SecretString};

use super::outbox::Received;
use super::post::Answered;
use crate::files::settings::MailTls;

/// Where and as whom mail is handed in.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: MailTls,
    pub(super) login: Option<(String, SecretString)>,
    /// The longest that a conversation may take.
    pub(super) timeout: Duration,
    pub(super) answered: Answered,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// What the server said in the end.
    pub(super) answer: String,
    /// Who got it.
    pub(super) taken: Vec<Address>,
    /// Who is refused for good, and why.
    pub(super) refused: Vec<(Address, String)>,
    /// Who is refused for now, and why.
    pub(super) later: Vec<(Address, String)>,
}

/// Why nobody got it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) why: String,
    /// The server as a whole is away or busy, not only this message refused.
    pub(super) away: bool,
    pub(super) received: Received,
}

impl Server {
    /// Hands a message in.
    pub(super) async fn send(&self, from: &Address, to: &[Address], message: &[u8]) -> Result<Sent, Failed> {
        // Whether the message itself went out: from then on it may have been taken though no answer came.
        let out = AtomicBool::new(false);
        let received = |out: &AtomicBool| if out.load(Ordering::Relaxed) { Received::Maybe } else { Received::No };
        match tokio::time::timeout(self.timeout, self.converse(from, to, message, &out)).await {
            Ok(Ok(sent)) => Ok(sent),
            Ok(Err(error)) => {
                if let Some(code) = error.status() {
                    self.answered.with(code.into());
                }
                // A server that says no has not taken it.
                let received = if error.status().is_some() { Received::No } else { received(&out) };
                let away = !error.is_permanent() && !error.is_client();
                Err(Failed { why: self.hide(&chain(&error)), away, received })
            }
            Err(_) => Err(Failed { why: "no answer in time".to_owned(), away: true, received: received(&out) }),
        }
    }

    async fn converse(&self, from: &Address, to: &[Address], message: &[u8], out: &AtomicBool) -> Result<Sent, Error> {
        let mut connection = self.connect().await?;
        connection.command(Mail::new(Some(from.clone()), Vec::new())).await?;
        let mut sent = Sent { answer: String::new(), taken: Vec::new(), refused: Vec::new(), later: Vec::new() };
        for address in to {
            match connection.command(Rcpt::new(address.clone(), Vec::new())).await {
                Ok(_) => sent.taken.push(address.clone()),
                Err(e) => {
                    let Some(code) = e.status() else { return Err(e) };
                    self.answered.with(code.into());
                    let list = if e.is_permanent() { &mut sent.refused } else { &mut sent.later };
                    list.push((address.clone(), self.hide(&chain(&e))));
                }
            }
        }
        if !sent.taken.is_empty() {
            connection.command(Data).await?;
            out.store(true, Ordering::Relaxed);
            let answer = connection.message(message).await?;
            self.answered.with(answer.code().into());
            sent.answer = format!("{} {}", answer.code(), answer.first_line().unwrap_or_default());
        }
        // It is taken: whether the goodbye is heard changes nothing.
        let _ = tokio::time::timeout(Duration::from_secs(1), connection.quit()).await;
        Ok(sent)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let hello = hello();
        let parameters = || TlsParameters::new(self.host.clone());
        let wrapped = if self.tls == MailTls::Wrapped { Some(parameters()?) } else { None };
        let server = (self.host.trim_matches(['[', ']']), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &hello, wrapped, None).await?;
        if self.tls == MailTls::Starttls {
            // Refused by us where the server does not offer it: nothing goes out in clear then.
            connection.starttls(parameters()?, &hello).await?;
        }
        if let Some((user, password)) = &self.login {
            let login = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &login).await?;
        }
        Ok(connection)
    }

    /// What a server says, on one line and without our password, should it be quoted.
    fn hide(&self, text: &str) -> String {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if let Some((user, password)) = &self.login {
            let password = password.expose_secret();
            let plain = STANDARD.encode(format!("\0{user}\0{password}"));
            for secret in [plain, STANDARD.encode(password), password.to_owned()].iter().filter(|s| !s.is_empty()) {
                text = text.replace(secret.as_str(), "…");
            }
        }
        text.chars().take(200).collect()
    }
}

/// The name of this machine, as the greeting wants it; else an address literal.
fn hello() -> ClientId {
    let uname = rustix::system::uname();
    let name = uname.nodename().to_string_lossy().into_owned();
    let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if good { ClientId::Domain(name) } else { ClientId::default() }
}

/// An error with its causes; lettre's own words hold the first of them already.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error).and_then(std::error::Error::source);
    while let Some(e) = cause {
        let said = e.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = e.source();
    }
    text
}
