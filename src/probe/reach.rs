//! Reach: does the address answer? A TCP connect, or an ICMP echo.
//!
//! An ordinary try is one packet. A confirming try is up to five over 0.8 s: the first definite answer ends it, also a
//! refusal; only silence takes the whole time. Connections are closed by reset, so that no camera counts us.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use cunkou_core::model::{FailKind, Phase, ProbeResult, Span};
use futures_util::stream::{FuturesUnordered, StreamExt};
use surge_ping::{Client, Config, ICMP, PingIdentifier, PingSequence, SurgeError};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::trace::{Stop, Trace};
use super::{Inner, Vetted, dial};

/// What an echo carries; nothing that means anything.
const PAYLOAD: [u8; 16] = *b"cunkou reach    ";

pub(super) async fn tcp(inner: &Inner, host: &str, port: u16, confirming: bool, trace: &mut Trace) -> Result<(), Stop> {
    let addrs = dial::vetted(inner, host, port, trace).await?;
    let Some(addr) = addrs.first().copied() else {
        return Err(Stop::fail(FailKind::Unreachable, "no address"));
    };
    trace.enter(Phase::Connect);
    let tries = if confirming { inner.limits.confirm_packets.max(1) } else { 1 };
    let gap = inner.limits.confirm_reach / tries.max(1);
    let connects: FuturesUnordered<_> = (0..tries).map(|i| connect_after(addr, gap * i)).collect();
    let most = if confirming { inner.limits.confirm_reach } else { inner.limits.reach_timeout };
    let outcome = tokio::time::timeout(most, first_definite(connects)).await;
    trace.end_phase();
    match outcome {
        Ok(Ok(rtt)) => {
            trace.rtt = Some(rtt);
            trace.step(|| format!("{} answers after {rtt}", addr.addr()), String::new);
            Ok(())
        }
        Ok(Err(stop)) => Err(stop),
        Err(_) => Err(Stop::fail(FailKind::Timeout, format!("{} is silent ({tries} tries)", addr.addr()))),
    }
}

async fn connect_after(addr: Vetted, wait: Duration) -> Result<Span, Stop> {
    tokio::time::sleep(wait).await;
    let began = Instant::now();
    match TcpStream::connect(addr.addr()).await {
        Ok(stream) => {
            let rtt = Span::from(began.elapsed());
            // A reset instead of a farewell: neither side keeps the connection in mind.
            let _ = stream.set_zero_linger();
            Ok(rtt)
        }
        Err(e) => Err(Stop::new(dial::from_io(&e), format!("{}: {e}", addr.addr()))),
    }
}

/// The first answer that says something; silence of single tries is waited out by the caller's deadline.
async fn first_definite<F>(mut tries: FuturesUnordered<F>) -> Result<Span, Stop>
where
    F: Future<Output = Result<Span, Stop>>,
{
    let mut last = Stop::fail(FailKind::Timeout, "silent");
    while let Some(answer) = tries.next().await {
        match answer {
            Err(Stop { result: ProbeResult::Fail(FailKind::Timeout | FailKind::Unreachable), note }) => {
                last = Stop::fail(FailKind::Timeout, note);
            }
            definite => return definite,
        }
    }
    Err(last)
}

/// One socket a family, opened when it is first needed.
#[derive(Default)]
pub(super) struct Icmp {
    v4: OnceLock<Option<Client>>,
    v6: OnceLock<Option<Client>>,
    ident: AtomicU16,
}

impl Icmp {
    /// The socket: a datagram one where the kernel allows it, a raw one with CAP_NET_RAW; else it is said once that
    /// reach falls back to TCP.
    fn client(&self, ip: IpAddr) -> Option<&Client> {
        let (slot, kind) = match ip {
            IpAddr::V4(_) => (&self.v4, ICMP::V4),
            IpAddr::V6(_) => (&self.v6, ICMP::V6),
        };
        let open = || match Client::new(&Config::builder().kind(kind).build()) {
            Ok(client) => Some(client),
            Err(e) => {
                tracing::warn!(
                    error = %e,
                    "no ICMP: reach falls back to TCP (allow it by net.ipv4.ping_group_range, or give CAP_NET_RAW)"
                );
                None
            }
        };
        slot.get_or_init(open).as_ref()
    }
}

pub(super) async fn icmp(
    inner: &Inner,
    host: &str,
    fallback: u16,
    confirming: bool,
    trace: &mut Trace,
) -> Result<(), Stop> {
    let addrs = dial::vetted(inner, host, 0, trace).await?;
    let Some(ip) = addrs.first().map(|a| a.addr().ip()) else {
        return Err(Stop::fail(FailKind::Unreachable, "no address"));
    };
    let Some(client) = inner.icmp.client(ip) else {
        trace.step(|| format!("no ICMP to be had: TCP port {fallback} instead"), String::new);
        return tcp(inner, host, fallback, confirming, trace).await;
    };
    trace.enter(Phase::Connect);
    let tries = if confirming { inner.limits.confirm_packets.max(1) } else { 1 };
    let gap = inner.limits.confirm_reach / tries.max(1);
    let most = if confirming { inner.limits.confirm_reach } else { inner.limits.reach_timeout };
    let ident = PingIdentifier(inner.icmp.ident.fetch_add(1, Ordering::Relaxed));
    let echoes: FuturesUnordered<_> = (0..tries).map(|i| echo_after(client, ip, ident, i, gap * i, most)).collect();
    let outcome = tokio::time::timeout(most, first_definite(echoes)).await;
    trace.end_phase();
    match outcome {
        Ok(Ok(rtt)) => {
            trace.rtt = Some(rtt);
            trace.step(|| format!("{ip} answers after {rtt}"), String::new);
            Ok(())
        }
        Ok(Err(stop)) => Err(stop),
        Err(_) => Err(Stop::fail(FailKind::Timeout, format!("{ip} is silent ({tries} echo requests)"))),
    }
}

async fn echo_after(
    client: &Client,
    ip: IpAddr,
    ident: PingIdentifier,
    n: u32,
    wait: Duration,
    most: Duration,
) -> Result<Span, Stop> {
    tokio::time::sleep(wait).await;
    let mut pinger = client.pinger(ip, ident).await;
    pinger.timeout(most);
    match pinger.ping(PingSequence(u16::try_from(n).unwrap_or(0)), &PAYLOAD).await {
        Ok((_, rtt)) => Ok(Span::from(rtt)),
        Err(SurgeError::Timeout { .. }) => Err(Stop::fail(FailKind::Timeout, "no echo")),
        Err(SurgeError::IOError(e)) => Err(Stop::new(dial::from_io(&e), format!("{ip}: {e}"))),
        Err(e) => Err(Stop::fail(FailKind::Unreachable, format!("{ip}: {e}"))),
    }
}
