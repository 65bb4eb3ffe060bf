//! The service manager, by systemd's protocol: told when we are ready, read the registry again or stop, and, as long as
//! the loop really turns and its commits are answered, that it need not restart us.
//!
//! Own code and not a crate: it keeps its one socket, so that a want of file handles does not look like a loop that
//! stands; it never waits for a manager that does not listen; and it knows abstract sockets.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use cunkou_core::model::{Span, Time};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::engine::{Alive, Clock, Handle};

/// The manager is told of the loop so many times in the span that it grants.
const TIMES: u32 = 4;

/// A commit that hangs for less is a slow disk: one statement of it may take ten seconds.
const LEAST_HANG: Span = Span::seconds(15);

/// What the manager gave us; without one every word goes nowhere.
#[derive(Debug, Default)]
pub(super) struct Service {
    socket: Option<UnixDatagram>,
    /// The loop must have given a sign of life within this, or we are restarted.
    watchdog: Option<Duration>,
}

impl Service {
    /// From the environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    pub(super) fn from_env() -> Service {
        Service::from(|name| std::env::var_os(name), std::process::id())
    }

    fn from(env: impl Fn(&str) -> Option<OsString>, own_pid: u32) -> Service {
        let number = |name| env(name)?.to_str()?.parse::<u64>().ok();
        let socket = env("NOTIFY_SOCKET").filter(|s| !s.is_empty()).and_then(|address| {
            let connected = connect(&address);
            connected.inspect_err(|error| tracing::warn!(%error, "the service manager cannot be told anything")).ok()
        });
        let meant = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(own_pid));
        let watchdog = number("WATCHDOG_USEC").filter(|us| meant && *us > 0).map(Duration::from_micros);
        Service { socket, watchdog }
    }

    /// The registry is in force, the loop turns, HTTP is served; also after a reload, whatever came of it.
    pub(super) fn ready(&self, handle: &Handle) {
        let snapshot = handle.now();
        let (cameras, entrances) = (snapshot.registry.cameras.len(), snapshot.registry.entrances.len());
        let version = snapshot.registry_version;
        self.tell(&format!(
            "READY=1\nSTATUS=watching {cameras} cameras and {entrances} entrances, registry version {version}\n"
        ));
    }

    /// The registry is read again; [`Service::ready`] ends that.
    pub(super) fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000);
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\n"));
    }

    /// The last commit and the last words are on their way.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=stopping: last commit, last messages\n");
    }

    fn tell(&self, words: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(words.as_bytes()) {
            tracing::warn!(%error, "the service manager does not listen");
        }
    }

    /// Tells the manager that the loop turns, as long as it does, until `stop`. A loop that stands, or a writer whose
    /// commit hangs, is not spoken for: then the manager restarts us. A store that says no is: a restart would meet the
    /// same full disk, and this process still probes, shows and tells what was kept.
    pub(super) async fn watch(&self, clock: Clock, alive: Arc<Alive>, mut stop: watch::Receiver<bool>) {
        let Some(granted) = self.watchdog else { return };
        let mut tick = interval(granted / TIMES);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent = false;
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => {}
                _ = tick.tick() => {
                    let trouble = trouble(&alive, clock.now(), granted);
                    match trouble {
                        None => self.tell("WATCHDOG=1\n"),
                        Some(what) if !silent => {
                            tracing::error!("{what}; the service manager will restart this process");
                            self.tell(&format!("STATUS={what}\n"));
                        }
                        Some(_) => {}
                    }
                    silent = trouble.is_some();
                }
            }
        }
    }
}

/// What of the work stands still, for longer than half of what the manager grants.
fn trouble(alive: &Alive, now: Time, granted: Duration) -> Option<&'static str> {
    let most = Span::from(granted / 2).max(LEAST_HANG);
    if !turns(Alive::time(&alive.turned), now, granted) {
        return Some("the loop does not turn");
    }
    Alive::time(&alive.hanging).is_some_and(|since| now.since(since) > most).then_some("a commit hangs")
}

/// Whether the last turn is no longer ago than half of what the manager grants; a loop with nothing to do turns once a
/// second, so that less than three would be no sign.
fn turns(turned: Option<Time>, now: Time, granted: Duration) -> bool {
    turned.is_some_and(|t| now.since(t) <= Span::from(granted / 2).max(Span::seconds(3)))
}

fn connect(address: &OsStr) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    match address.as_bytes() {
        [b'@', name @ ..] => socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?,
        _ => socket.connect(address)?,
    }
    // A manager that does not read must not hold us.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manager on a socket, and the service that it started with these variables.
    fn manager(more: &[(&str, &str)]) -> (tempfile::TempDir, UnixDatagram, Service) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let env = |name: &str| match name {
            "NOTIFY_SOCKET" => Some(path.clone().into_os_string()),
            _ => more.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into()),
        };
        let service = Service::from(env, 42);
        (dir, socket, service)
    }

    fn heard(socket: &UnixDatagram) -> Option<String> {
        let mut buffer = [0; 512];
        let n = socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..n]).into_owned())
    }

    #[test]
    fn the_watchdog_is_for_the_process_it_names() {
        for (variables, expected) in [
            (&[("WATCHDOG_USEC", "2000000")][..], Some(Duration::from_secs(2))),
            (&[("WATCHDOG_USEC", "2000000"), ("WATCHDOG_PID", "42")], Some(Duration::from_secs(2))),
            (&[("WATCHDOG_USEC", "2000000"), ("WATCHDOG_PID", "7")], None),
            (&[("WATCHDOG_USEC", "0")], None),
            (&[("WATCHDOG_USEC", "soon")], None),
            (&[], None),
        ] {
            assert_eq!(manager(variables).2.watchdog, expected, "{variables:?}");
        }
        assert!(Service::from(|_| None, 1).socket.is_none());
        assert!(Service::from(|n| (n == "NOTIFY_SOCKET").then(|| "/nowhere/at/all".into()), 1).socket.is_none());
    }

    #[test]
    fn it_is_told_what_happens() {
        let (_dir, socket, service) = manager(&[]);
        service.reloading();
        let said = heard(&socket).unwrap();
        let micros = said.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").and_then(|n| n.trim_end().parse::<i64>().ok());
        assert!(micros > Some(0), "{said}");
        service.stopping();
        assert!(heard(&socket).unwrap().starts_with("STOPPING=1\n"));
        assert_eq!(heard(&socket), None);
    }

    #[test]
    fn an_abstract_socket_is_one_too() {
        let name = format!("cunkou-test-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let service = Service::from(|n| (n == "NOTIFY_SOCKET").then(|| format!("@{name}").into()), 1);
        service.stopping();
        assert!(heard(&socket).unwrap().starts_with("STOPPING=1\n"));
    }

    #[test]
    fn a_manager_that_does_not_read_holds_nobody() {
        let (_dir, socket, service) = manager(&[]);
        for _ in 0..10_000 {
            service.stopping();
        }
        assert!(heard(&socket).is_some());
    }

    /// The World in front of a manager that grants two seconds: spoken for while it turns, not when it stands.
    #[tokio::test(start_paused = true)]
    async fn a_loop_that_stands_is_not_spoken_for() {
        let (_dir, socket, service) = manager(&[("WATCHDOG_USEC", "2000000")]);
        let clock = Clock::start();
        let alive = Arc::new(Alive::default());
        let (stop, stopping) = watch::channel(false);
        let turned = |ago: Span| {
            alive.turned.store((clock.now() - ago).millis(), std::sync::atomic::Ordering::Relaxed);
        };
        let (own, signs) = (clock.clone(), alive.clone());
        let watching = tokio::spawn(async move { service.watch(own, signs, stopping).await });
        let said = async |socket: &UnixDatagram| {
            // Longer than a tick: paused time goes on once everybody waits.
            tokio::time::sleep(Duration::from_millis(600)).await;
            std::iter::from_fn(|| heard(socket)).collect::<String>()
        };
        turned(Span::ZERO);
        assert!(said(&socket).await.contains("WATCHDOG=1"));
        turned(Span::seconds(4));
        said(&socket).await;
        let standing = said(&socket).await;
        assert!(!standing.contains("WATCHDOG"), "{standing}");
        turned(Span::ZERO);
        assert!(said(&socket).await.contains("WATCHDOG=1"), "it turns again");
        stop.send_replace(true);
        watching.await.unwrap();
    }

    /// A disk that does not answer is met by a restart; one that says no is not, nor another program's lock.
    #[test]
    fn a_commit_that_hangs_is_not_spoken_for_and_one_that_is_refused_is() {
        let (granted, now) = (Duration::from_secs(60), Time(1_000_000));
        let alive = Alive::default();
        alive.turned.store(now.millis(), std::sync::atomic::Ordering::Relaxed);
        alive.store_is_away(Time(1), "the disk is full");
        assert_eq!(trouble(&alive, now, granted), None, "refused for very long, and answered each time");
        alive.commit_hangs(now - Span::seconds(30));
        assert_eq!(trouble(&alive, now, granted), None, "it may still come back");
        alive.commit_hangs(now);
        assert_eq!(trouble(&alive, now + Span::millis(1), granted), Some("a commit hangs"), "since the first of them");
        assert_eq!(trouble(&alive, now, Duration::from_secs(2)), Some("a commit hangs"));
        alive.store_answers();
        assert_eq!(trouble(&alive, now + Span::millis(1), granted), None);
        alive.commit_hangs(now - Span::seconds(15));
        assert_eq!(trouble(&alive, now, Duration::from_secs(2)), None, "a slow disk is no disk that hangs");
    }

    #[test]
    fn a_turn_counts_for_half_of_what_is_granted() {
        let granted = Duration::from_secs(60);
        assert!(turns(Some(Time(0)), Time(30_000), granted));
        assert!(!turns(Some(Time(0)), Time(30_001), granted));
        assert!(!turns(None, Time(0), granted), "it never turned");
        assert!(turns(Some(Time(0)), Time(3_000), Duration::from_secs(1)), "an idle loop is no loop that stands");
    }
}
