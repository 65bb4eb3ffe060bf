//! Whether this process may ping at all, for those who ask before a camera does.

use socket2::{Domain, Protocol, Socket, Type};

/// What the kernel lets this process do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PingRights {
    /// Echoes without privilege: `net.ipv4.ping_group_range` covers a group of this process.
    Datagram,
    /// Raw sockets: `CAP_NET_RAW`.
    Raw,
    /// Neither; reach falls back to TCP.
    None,
}

/// Asks the kernel. Nothing is sent.
#[must_use]
pub fn ping_rights() -> PingRights {
    let may = |kind| Socket::new(Domain::IPV4, kind, Some(Protocol::ICMPV4)).is_ok();
    match () {
        () if may(Type::DGRAM) => PingRights::Datagram,
        () if may(Type::RAW) => PingRights::Raw,
        () => PingRights::None,
    }
}
