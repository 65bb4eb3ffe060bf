//! What commands that stay need beside the others: logs, the signals that end them, the language of the terminal.

use std::io::IsTerminal;

use cunkou_core::model::Language;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// A line a person can read.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

/// Logs to stderr; `CUNKOU_LOG` (as `RUST_LOG` elsewhere) says how much.
pub(super) fn logs(format: LogFormat, default: &str) {
    let filter = EnvFilter::try_from_env("CUNKOU_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour);
    // A second subscriber in one process (tests) changes nothing.
    let _ = match format {
        LogFormat::Human => lines.with_target(false).compact().try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}

/// The language of this terminal: Chinese where the locale says so.
pub(super) fn terminal_language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|t| !t.is_empty()));
    match locale.as_deref().and_then(Language::from_tag) {
        Some(Language::ZhCn) => Language::ZhCn,
        _ => Language::En,
    }
}

/// What ends a command that runs until it is told to stop.
pub(super) struct Ends {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// Which signal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// End.
    Stop,
    /// Read the registry again.
    Reload,
}

impl Ends {
    pub(super) fn listen() -> anyhow::Result<Ends> {
        Ok(Ends {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.hangup.recv() => Told::Reload,
        }
    }
}
