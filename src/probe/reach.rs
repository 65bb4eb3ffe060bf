//! Reach: does the address answer? A TCP connect, or an ICMP echo.
//!
//! An ordinary try is one packet. A confirming try is up to five over 0.8 s, and never gives up before an ordinary one
//! would: the first definite answer ends it, also a refusal; only silence takes the whole time. Connections are closed by
//! reset, so that no camera counts us. All but the first of a try (to each address of a name) wait for a place where sockets are short: a silent town
//! must not take those of who asks the daemon.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use std::{fmt, io};

use cunkou_core::model::{Check, FailKind, Inconclusive, Phase, ProbeResult, Span};
use futures_util::stream::{FuturesUnordered, StreamExt};
use surge_ping::{Client, Config, ICMP, IcmpPacket, PingIdentifier, PingSequence, SurgeError};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::dial::Place;
use super::trace::{Stop, Trace};
use super::{Inner, Limits, Question, Vetted, dial};

/// What an echo carries; nothing that means anything.
const PAYLOAD: [u8; 16] = *b"cunkou reach    ";
/// Types of ICMP messages (RFC 792, RFC 4443).
const ECHO_REPLY: u8 = 0;
const NO_WAY: [u8; 2] = [3, 11];
const ECHO_REPLY_V6: u8 = 129;
const NO_WAY_V6: [u8; 2] = [1, 3];

/// How many packets, how far apart, and how long in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    tries: u32,
    gap: Duration,
    pub(super) most: Duration,
}

impl Pace {
    /// The pace at which a question is asked; of no consequence for any check but reach.
    pub(super) fn of(limits: &Limits, question: &Question) -> Pace {
        if question.check() != Check::Reach {
            return Pace { tries: 1, gap: Duration::ZERO, most: Duration::ZERO };
        }
        if !question.confirming {
            return Pace { tries: 1, gap: Duration::ZERO, most: limits.reach_timeout };
        }
        let over = if question.canary { limits.canary_reach } else { limits.confirm_reach };
        let tries = limits.confirm_packets.max(1);
        // Whoever answers late is waited for no less than in an ordinary try: a confirming one must not fail by itself.
        Pace { tries, gap: over / tries, most: over.max(limits.reach_timeout) }
    }
}

pub(super) async fn tcp(inner: &Inner, place: Place<'_>, pace: Pace, trace: &mut Trace) -> Result<(), Stop> {
    let addrs = dial::vetted(inner, place, trace).await?;
    trace.enter(Phase::Connect);
    // A canary tells whether we see at all, and there are few.
    let places = |i: u32| (i > 0 && !place.named).then_some(&inner.more_connects);
    let turns = (0..pace.tries).flat_map(|i| addrs.iter().map(move |a| (i, *a)));
    let all = turns.map(|(i, addr)| connect_after(addr, pace.gap * i, places(i)));
    hear(all.collect(), addrs.len() == 1, Who(place.host, Some(place.port)), pace, trace).await
}

/// Who is asked, in words.
#[derive(Clone, Copy)]
struct Who<'a>(&'a str, Option<u16>);

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)?;
        self.1.map_or(Ok(()), |port| write!(f, " port {port}"))
    }
}

/// Waits for the first definite answer of some tries.
async fn hear<F>(
    tries: FuturesUnordered<F>,
    one_address: bool,
    who: Who<'_>,
    pace: Pace,
    trace: &mut Trace,
) -> Result<(), Stop>
where
    F: Future<Output = Result<Span, Stop>>,
{
    let outcome = tokio::time::timeout(pace.most, first_definite(tries, one_address)).await;
    trace.end_phase();
    match outcome {
        Ok(Ok(rtt)) => {
            trace.rtt = Some(rtt);
            trace.step(|| format!("{who} answers after {rtt}"), String::new);
            Ok(())
        }
        Ok(Err(stop)) => Err(stop),
        Err(_) => Err(Stop::fail(FailKind::Timeout, format!("{who} is silent ({} tries)", pace.tries))),
    }
}

/// The first answer that says something. Silence of single tries is waited out by the caller; no way there may be a
/// way again in a moment; and of several addresses of a name another one may take what the first refuses.
async fn first_definite<F>(mut tries: FuturesUnordered<F>, one_address: bool) -> Result<Span, Stop>
where
    F: Future<Output = Result<Span, Stop>>,
{
    let mut last = Stop::fail(FailKind::Timeout, "silent");
    while let Some(answer) = tries.next().await {
        match answer {
            Err(stop) if !one_address || matches!(stop.result, ProbeResult::Fail(kind) if kind.is_silence()) => {
                last = stop;
            }
            definite => return definite,
        }
    }
    Err(last)
}

async fn connect_after(addr: Vetted, wait: Duration, places: Option<&Semaphore>) -> Result<Span, Stop> {
    tokio::time::sleep(wait).await;
    let _place = match places {
        // An error would mean that they are closed, which nobody does.
        Some(places) => places.acquire().await.ok(),
        None => None,
    };
    let began = Instant::now();
    match connect(addr).await {
        Ok(_) => Ok(Span::from(began.elapsed())),
        Err(e) => Err(Stop::new(dial::from_io(&e), format!("{}: {e}", addr.addr()))),
    }
}

/// Connects. However it ends, also when it is dropped half way, it ends by a reset instead of a farewell: neither side
/// keeps the connection in mind.
async fn connect(addr: Vetted) -> io::Result<TcpStream> {
    let socket = if addr.addr().is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_zero_linger()?;
    dial::not_myself(socket.connect(addr.addr()).await?, addr.addr())
}

/// One socket a family, opened when it is first needed.
#[derive(Default)]
pub(super) struct Icmp {
    v4: OnceLock<Option<Client>>,
    v6: OnceLock<Option<Client>>,
    /// Of all echoes: a datagram socket tells answers apart by address and sequence number alone, and one host may be
    /// several cameras and a canary.
    sequence: AtomicU16,
}

impl Icmp {
    /// None to be had, whatever the kernel says.
    #[cfg(test)]
    pub(super) fn absent() -> Icmp {
        Icmp { v4: OnceLock::from(None), v6: OnceLock::from(None), sequence: AtomicU16::new(0) }
    }

    /// The socket: a datagram one where the kernel allows it, a raw one with CAP_NET_RAW; else it is said once that
    /// reach falls back to TCP. A want of our own, which may pass, decides nothing.
    fn client(&self, ip: IpAddr) -> Result<Option<&Client>, Stop> {
        let (slot, kind) = match ip {
            IpAddr::V4(_) => (&self.v4, ICMP::V4),
            IpAddr::V6(_) => (&self.v6, ICMP::V6),
        };
        if slot.get().is_none() {
            match Client::new(&Config::builder().kind(kind).build()) {
                Ok(client) => _ = slot.set(Some(client)),
                Err(e) if dial::is_want_of_resources(&e) => {
                    return Err(Stop::new(dial::from_io(&e), format!("no ICMP socket: {e}")));
                }
                Err(e) if slot.set(None).is_ok() => tracing::warn!(
                    error = %e,
                    "no ICMP: reach falls back to TCP (allow it by net.ipv4.ping_group_range, or give CAP_NET_RAW)"
                ),
                Err(_) => {}
            }
        }
        Ok(slot.get().and_then(Option::as_ref))
    }
}

/// `place` holds the port that is asked by TCP where ICMP is not to be had.
pub(super) async fn icmp(inner: &Inner, place: Place<'_>, pace: Pace, trace: &mut Trace) -> Result<(), Stop> {
    let addrs = dial::vetted(inner, Place { port: 0, ..place }, trace).await?;
    let mut asked = Vec::with_capacity(addrs.len());
    for ip in addrs.iter().map(|a| a.addr().ip()) {
        if let Some(client) = inner.icmp.client(ip)? {
            asked.push((client, ip));
        }
    }
    if asked.is_empty() {
        let port = place.port;
        trace.step(|| format!("no ICMP to be had on this machine: TCP port {port} instead"), String::new);
        return tcp(inner, place, pace, trace).await;
    }
    trace.enter(Phase::Connect);
    let sequence = &inner.icmp.sequence;
    let asked = asked.as_slice();
    let all = (0..pace.tries)
        .flat_map(|i| asked.iter().map(move |(client, ip)| echo_after(client, *ip, sequence, pace.gap * i, pace.most)));
    hear(all.collect(), asked.len() == 1, Who(place.host, None), pace, trace).await
}

async fn echo_after(
    client: &Client,
    ip: IpAddr,
    sequence: &AtomicU16,
    wait: Duration,
    most: Duration,
) -> Result<Span, Stop> {
    tokio::time::sleep(wait).await;
    let n = PingSequence(sequence.fetch_add(1, Ordering::Relaxed));
    // The kernel's lower half of our process id: another process with a raw socket of its own is another.
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let mut pinger = client.pinger(ip, PingIdentifier(u16::from_be_bytes([high, low]))).await;
    pinger.timeout(most);
    match pinger.ping(n, &PAYLOAD).await {
        Ok((packet, rtt)) => match Heard::of(&packet) {
            Heard::Echo => Ok(Span::from(rtt)),
            Heard::NoWay => Err(Stop::fail(FailKind::Unreachable, format!("the network says: no way to {ip}"))),
            Heard::Other => Err(Stop::fail(FailKind::Timeout, format!("no echo from {ip}"))),
        },
        Err(SurgeError::Timeout { .. }) => Err(Stop::fail(FailKind::Timeout, format!("no echo from {ip}"))),
        Err(SurgeError::IOError(e)) => Err(Stop::new(dial::from_io(&e), format!("{ip}: {e}"))),
        // All else is about our own socket.
        Err(e) => Err(Stop::new(ProbeResult::Inconclusive(Inconclusive::OwnFault), format!("{ip}: {e}"))),
    }
}

/// What an ICMP message about our echo says: a raw socket hears not only echoes, but what routers say too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Echo,
    /// Destination unreachable, time exceeded.
    NoWay,
    /// Advice of a router, which is no answer.
    Other,
}

impl Heard {
    fn of(packet: &IcmpPacket) -> Heard {
        match packet {
            IcmpPacket::V4(p) => Heard::by(p.get_icmp_type().0, ECHO_REPLY, NO_WAY),
            IcmpPacket::V6(p) => Heard::by(p.get_icmpv6_type().0, ECHO_REPLY_V6, NO_WAY_V6),
        }
    }

    fn by(kind: u8, echo: u8, no_way: [u8; 2]) -> Heard {
        match kind {
            k if k == echo => Heard::Echo,
            k if no_way.contains(&k) => Heard::NoWay,
            _ => Heard::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use surge_ping::Icmpv4Packet;

    use super::*;

    /// What a datagram socket hands over: an ICMP message; of an error, with the head of the packet it is about.
    fn message(kind: u8) -> Vec<u8> {
        let mut bytes = vec![kind, 0, 0, 0, 0, 0, 0, 0];
        let mut quoted = vec![0x45, 0, 0, 44, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        quoted.extend([8, 0, 0, 0, 0, 1, 0, 7]);
        bytes.extend(quoted);
        bytes
    }

    #[test]
    fn a_confirming_try_gives_up_no_earlier_than_an_ordinary_one() {
        let url = url::Url::parse("tcp://127.0.0.1:554").unwrap();
        let ordinary = super::super::for_url(&url, None).unwrap();
        let confirming = Question { confirming: true, ..ordinary.clone() };
        for (reach_timeout, waits) in [(400, 800), (1_000, 1_000), (3_000, 3_000)] {
            let limits = Limits { reach_timeout: Duration::from_millis(reach_timeout), ..Limits::default() };
            let pace = Pace::of(&limits, &confirming);
            assert_eq!((pace.tries, pace.gap), (5, Duration::from_millis(160)), "sent over 0.8 s all the same");
            assert_eq!(pace.most, Duration::from_millis(waits));
            assert!(pace.most >= Pace::of(&limits, &ordinary).most);
            assert!(pace.most < limits.deadline(Check::Reach, true, false), "the tries end it, and say so");
        }
    }

    #[test]
    fn only_an_echo_is_an_answer() {
        let (from, to) = (Ipv4Addr::new(10, 0, 0, 254), Ipv4Addr::new(10, 0, 0, 1));
        for (kind, heard) in
            [(0, Heard::Echo), (3, Heard::NoWay), (11, Heard::NoWay), (4, Heard::Other), (5, Heard::Other)]
        {
            let packet = Icmpv4Packet::decode(&message(kind), socket2::Type::DGRAM, from, to).unwrap();
            assert_eq!(Heard::of(&IcmpPacket::V4(packet)), heard, "type {kind}");
        }
        for (kind, heard) in [(129, Heard::Echo), (1, Heard::NoWay), (3, Heard::NoWay), (2, Heard::Other)] {
            assert_eq!(Heard::by(kind, ECHO_REPLY_V6, NO_WAY_V6), heard, "type {kind} of version 6");
        }
    }
}
