//! From a name to a connection: resolve, vet, connect, TLS. Each step is a phase with a time of its own.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cunkou_core::model::{FailKind, Inconclusive, Phase, ProbeResult, Reason, Span};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use url::Url;

use super::trace::{Stop, Trace};
use super::{Inner, Vetted};

/// A connection, plain or with TLS.
pub(super) trait Link: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Link for T {}

/// Resolves a name and gives the addresses that may be dialled, in the order of the resolver.
pub(super) async fn vetted(inner: &Inner, host: &str, port: u16, trace: &mut Trace) -> Result<Vec<Vetted>, Stop> {
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => {
            trace.enter(Phase::Resolve);
            let found = tokio::net::lookup_host((host, port))
                .await
                .map_err(|e| Stop::fail(FailKind::Unreachable, format!("the name {host} is not known: {e}")))?;
            found.take(inner.limits.addresses).collect()
        }
    };
    let allowed: Vec<Vetted> = found.iter().filter_map(|a| inner.allow.vet(*a)).collect();
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

fn join(addrs: &[SocketAddr]) -> String {
    addrs.iter().map(|a| a.ip().to_string()).collect::<Vec<_>>().join(", ")
}

/// Connects to the first address that takes us.
pub(super) async fn connect(addrs: &[Vetted], trace: &mut Trace) -> Result<TcpStream, Stop> {
    trace.enter(Phase::Connect);
    let began = Instant::now();
    let mut last = Stop::fail(FailKind::Unreachable, "no address");
    for addr in addrs {
        match TcpStream::connect(addr.addr()).await {
            Ok(stream) => {
                trace.rtt = Some(Span::from(began.elapsed()));
                trace.step(|| format!("connected to {}", addr.addr()), String::new);
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(e) => last = Stop::new(from_io(&e), format!("connecting to {}: {e}", addr.addr())),
        }
    }
    Err(last)
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
    let addrs = vetted(inner, &host, port, trace).await?;
    let stream = connect(&addrs, trace).await?;
    if !tls {
        return Ok(Box::new(stream));
    }
    trace.enter(Phase::Tls);
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
    // Our own want: no file handles, no memory, no source port. Numbers of Linux (errno.h).
    const OWN: [i32; 5] = [24, 23, 105, 12, 99];
    if e.raw_os_error().is_some_and(|n| OWN.contains(&n)) {
        return ProbeResult::Inconclusive(Inconclusive::OwnFault);
    }
    ProbeResult::Fail(match e.kind() {
        K::ConnectionRefused => FailKind::Refused,
        K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::UnexpectedEof => FailKind::Reset,
        K::TimedOut => FailKind::Timeout,
        K::HostUnreachable | K::NetworkUnreachable | K::NetworkDown | K::AddrNotAvailable => FailKind::Unreachable,
        _ => FailKind::Unreachable,
    })
}

fn from_tls(e: &io::Error) -> ProbeResult {
    let inner = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    match inner {
        Some(
            rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion)
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
