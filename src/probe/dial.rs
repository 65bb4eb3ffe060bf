//! From a name to a connection: resolve, vet, connect, TLS. Each step is a phase with a time of its own.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cunkou_core::model::{FailKind, Inconclusive, Phase, ProbeResult, Reason, Span};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

use super::trace::{Stop, Trace};
use super::{Inner, Vetted};

/// A connection, plain or with TLS.
pub(super) trait Link: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Link for T {}

/// Where a question goes.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// A canary, which is allowed by being named.
    pub(super) named: bool,
}

/// Resolves a name and gives the addresses that may be dialled, in the order of the resolver. What is dialled later is
/// what was vetted here: a name that changes between two look-ups is vetted at each.
pub(super) async fn vetted(inner: &Inner, place: Place<'_>, trace: &mut Trace) -> Result<Vec<Vetted>, Stop> {
    let (host, port) = (place.host.trim_matches(['[', ']']), place.port);
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => {
            trace.enter(Phase::Resolve);
            let found = looked_up(&inner.look_ups, host, port).await.map_err(|e| {
                let what = if is_no_such_name(&e) { "is not known" } else { "cannot be looked up" };
                Stop::new(of_resolver(&e, place.named), format!("the name {host} {what}: {e}"))
            })?;
            found.into_iter().take(inner.limits.addresses).collect()
        }
    };
    let vet = |a: &SocketAddr| if place.named { inner.allow.vet_named(*a) } else { inner.allow.vet(*a) };
    let allowed: Vec<Vetted> = found.iter().filter_map(vet).collect();
    trace.step(
        || format!("{host} is {}", join(&found)),
        || if allowed.is_empty() { "not in probe.allow".to_owned() } else { String::new() },
    );
    if allowed.is_empty() {
        let note = format!("{} is not in probe.allow", join(&found));
        return Err(Stop::new(ProbeResult::Inconclusive(Inconclusive::NotAllowed), note));
    }
    Ok(allowed)
}

/// Look-ups of names that may be under way at once. The system's resolver waits for a server that does not answer for
/// longer than a probe lives, and cannot be called back: without a bound those that nobody waits for would pile up.
const LOOK_UPS: usize = 64;

/// The places of look-ups.
pub(super) fn look_ups() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LOOK_UPS))
}

/// Asks the system's resolver, on a thread that may wait.
async fn looked_up(places: &Arc<Semaphore>, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let host = host.to_owned();
    let look_up = tokio::task::spawn_blocking(move || {
        // Given back when the resolver has answered, however long ago the probe ended.
        let _place = place;
        (host.as_str(), port).to_socket_addrs().map(Iterator::collect)
    });
    look_up.await.map_err(io::Error::other)?
}

/// What a resolver's error says. Who has a name that is not there cannot be reached under it. That nobody answers the
/// question is our own fault and says nothing about a camera; a canary of which that is so has not answered, and must not
/// pass for proof of sight: with our own link the name servers are gone too.
fn of_resolver(e: &io::Error, canary: bool) -> ProbeResult {
    let ours = is_want_of_resources(e) || !(canary || is_no_such_name(e));
    if ours { ProbeResult::Inconclusive(Inconclusive::OwnFault) } else { ProbeResult::Fail(FailKind::Unreachable) }
}

/// What a probe says that its deadline has ended in this phase: waiting for a resolver is as good as its error.
pub(super) fn out_of_time(phase: Phase, canary: bool) -> ProbeResult {
    if phase == Phase::Resolve && !canary {
        ProbeResult::Inconclusive(Inconclusive::OwnFault)
    } else {
        ProbeResult::Fail(FailKind::Timeout)
    }
}

/// Whether the resolver was told that there is no such name, or none with an address (EAI_NONAME, EAI_NODATA). The
/// standard library passes on the words of the system alone, of glibc or musl; a program that sets no locale hears them
/// in English.
fn is_no_such_name(e: &io::Error) -> bool {
    const WORDS: [&str; 4] = [
        "Name or service not known",
        "No address associated with hostname",
        "Name does not resolve",
        "Name has no usable address",
    ];
    let said = e.to_string();
    e.raw_os_error().is_none() && WORDS.iter().any(|words| said.contains(words))
}

fn join(addrs: &[SocketAddr]) -> String {
    addrs.iter().map(|a| a.ip().to_string()).collect::<Vec<_>>().join(", ")
}

/// Connects to the first address that takes us.
pub(super) async fn connect(addrs: &[Vetted], trace: &mut Trace) -> Result<TcpStream, Stop> {
    trace.enter(Phase::Connect);
    let began = Instant::now();
    let mut last = Stop::fail(FailKind::Unreachable, "no address");
    for addr in addrs {
        match TcpStream::connect(addr.addr()).await.and_then(|stream| not_myself(stream, addr.addr())) {
            Ok(stream) => {
                trace.rtt = Some(Span::from(began.elapsed()));
                trace.step(|| format!("connected to {}", addr.addr()), String::new);
                return Ok(stream);
            }
            Err(e) => last = Stop::new(from_io(&e), format!("connecting to {}: {e}", addr.addr())),
        }
    }
    Err(last)
}

/// A connection to a port of this host that nobody listens on may, by chance, meet its own source port (RFC 9293,
/// 3.5); nobody answers there.
pub(super) fn not_myself(stream: TcpStream, to: SocketAddr) -> io::Result<TcpStream> {
    // No source port is ever taken from the well-known ones.
    if to.port() < 1024 {
        return Ok(stream);
    }
    let own = stream.local_addr()?;
    let met = (own.ip(), own.port()) == (to.ip(), to.port());
    if met { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(stream) }
}

/// A connection over which only so many bytes are read, those of TLS itself included.
struct Metered {
    stream: TcpStream,
    left: usize,
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("it talks on and on")));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.left = self.left.saturating_sub(buffer.filled().len().saturating_sub(before));
        polled
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Resolves, vets and connects to the host of a URL; TLS where the scheme asks for it.
pub(super) async fn open(
    inner: &Inner,
    url: &Url,
    port: u16,
    tls: bool,
    trace: &mut Trace,
) -> Result<Box<dyn Link>, Stop> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let addrs = vetted(inner, Place { host: &host, port, named: false }, trace).await?;
    let stream = Metered { stream: connect(&addrs, trace).await?, left: inner.limits.line_bytes };
    if !tls {
        return Ok(Box::new(stream));
    }
    trace.enter(Phase::Tls);
    // Its handshake is made of small pieces; all else is one request and one answer.
    let _ = stream.stream.set_nodelay(true);
    let name = ServerName::try_from(host).map_err(|_| Stop::fail(FailKind::Tls, "the host is no name for TLS"))?;
    match inner.tls.connect(name, stream).await {
        Ok(stream) => {
            trace.step(|| "TLS agreed".to_owned(), String::new);
            Ok(Box::new(stream))
        }
        Err(e) => Err(Stop::new(from_tls(&e), format!("TLS: {e}"))),
    }
}

/// What an error of a socket says about the other side, or about us.
pub(super) fn from_io(e: &io::Error) -> ProbeResult {
    use io::ErrorKind as K;
    // What this machine refuses itself: EPERM, EACCES (a firewall of our own), EAFNOSUPPORT (no such family here).
    const FORBIDDEN: [i32; 3] = [1, 13, 97];
    if is_want_of_resources(e) || e.raw_os_error().is_some_and(|n| FORBIDDEN.contains(&n)) {
        return ProbeResult::Inconclusive(Inconclusive::OwnFault);
    }
    ProbeResult::Fail(match e.kind() {
        K::ConnectionRefused => FailKind::Refused,
        K::ConnectionReset | K::ConnectionAborted | K::NotConnected => FailKind::Reset,
        K::BrokenPipe | K::UnexpectedEof | K::WriteZero => FailKind::Reset,
        K::TimedOut => FailKind::Timeout,
        _ if e.get_ref().is_some_and(|e| e.is::<rustls::Error>()) => FailKind::Tls,
        // Only what the kernel says can be about the way; silence is blamed on nodes.
        _ if e.raw_os_error().is_some() => FailKind::Unreachable,
        _ => FailKind::Protocol,
    })
}

/// Our own want: no file handles, no buffers, no memory, no source port. Numbers of Linux (errno.h).
pub(super) fn is_want_of_resources(e: &io::Error) -> bool {
    const EMFILE_ENFILE_ENOBUFS_ENOMEM_EADDRNOTAVAIL: [i32; 5] = [24, 23, 105, 12, 99];
    e.raw_os_error().is_some_and(|n| EMFILE_ENFILE_ENOBUFS_ENOMEM_EADDRNOTAVAIL.contains(&n))
}

fn from_tls(e: &io::Error) -> ProbeResult {
    use rustls::AlertDescription as A;
    let inner = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    match inner {
        // It speaks TLS, and nothing that is still safe: its versions or its ciphers are those of another age.
        Some(
            rustls::Error::AlertReceived(A::ProtocolVersion | A::HandshakeFailure | A::InsufficientSecurity)
            | rustls::Error::PeerIncompatible(_),
        ) => ProbeResult::Answered(Reason::TlsTooOld),
        Some(_) => ProbeResult::Fail(FailKind::Tls),
        None => from_io(e),
    }
}

/// TLS 1.2 and 1.3 with one crypto provider. Certificates of cameras are self-signed and are not asked for a chain; that
/// is a matter for the device check.
pub(super) fn tls_connector() -> tokio_rustls::TlsConnector {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let schemes = provider.signature_verification_algorithms.supported_schemes();
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    // The default protocol versions always fit the provider that comes with them.
    #[allow(clippy::expect_used)]
    let builder = builder.expect("ring speaks TLS 1.2 and 1.3");
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(schemes)));
    tokio_rustls::TlsConnector::from(Arc::new(config.with_no_client_auth()))
}

#[derive(Debug)]
struct AnyCertificate(Vec<SignatureScheme>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.clone()
    }
}
