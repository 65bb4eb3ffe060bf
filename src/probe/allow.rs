//! Which addresses may be dialled at all: the list of the settings, as a type.
//!
//! A name is judged after it was resolved, and again after each redirect; only a [`Vetted`] address can be dialled, and
//! only this file can make one.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use ipnet::IpNet;

/// An address that passed the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vetted(SocketAddr);

impl Vetted {
    /// The address.
    #[must_use]
    pub fn addr(self) -> SocketAddr {
        self.0
    }
}

/// The list: networks that may be probed, and what the daemon itself listens on, which never may.
#[derive(Debug, Clone, Default)]
pub struct AllowList {
    nets: Vec<IpNet>,
    own: Vec<SocketAddr>,
}

impl AllowList {
    /// The list of the settings. `own` is what the daemon listens on.
    #[must_use]
    pub fn new(nets: Vec<IpNet>, own: Vec<SocketAddr>) -> AllowList {
        AllowList { nets, own }
    }

    /// Judges an address. A mapped IPv6 address is judged as the IPv4 address that it is.
    #[must_use]
    pub fn vet(&self, addr: SocketAddr) -> Option<Vetted> {
        let ip = plain(addr.ip());
        self.nets.iter().any(|n| n.contains(&ip)).then(|| self.vet_named(addr)).flatten()
    }

    /// Judges an address that the settings themselves name: a canary's. It is in no list, and yet not everything may
    /// be dialled. Only the question to the canary is judged so, no camera that sends us to the same address.
    #[must_use]
    pub(super) fn vet_named(&self, addr: SocketAddr) -> Option<Vetted> {
        let ip = plain(addr.ip());
        let own = |o: &SocketAddr| {
            o.port() == addr.port() && (plain(o.ip()) == ip || (o.ip().is_unspecified() && is_of_this_host(ip)))
        };
        let usable = !ip.is_unspecified() && !ip.is_multicast();
        (usable && !self.own.iter().any(own)).then(|| {
            // The scope of a link-local address stays.
            let mut addr = addr;
            addr.set_ip(ip);
            Vetted(addr)
        })
    }
}

/// Whether an address is one of this host: only such a one can be bound. Nothing is sent.
fn is_of_this_host(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

/// An IPv4 address that is mapped into IPv6, as what it is.
fn plain(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> AllowList {
        let nets = ["10.0.0.0/8", "192.168.0.0/16", "fc00::/7"].map(|n| n.parse().unwrap());
        AllowList::new(nets.to_vec(), vec!["10.0.0.5:9778".parse().unwrap(), "0.0.0.0:9779".parse().unwrap()])
    }

    #[test]
    fn a_canary_is_allowed_by_being_named_and_for_nobody_else() {
        let canary = "127.20.255.254:8023".parse().unwrap();
        assert!(list().vet(canary).is_none(), "a camera that sends us there");
        assert_eq!(list().vet_named(canary).map(Vetted::addr), Some(canary));
        assert!(list().vet_named("[::ffff:127.20.255.254]:8023".parse().unwrap()).is_some());
        for never in ["127.20.255.254:9779", "10.0.0.5:9778", "0.0.0.0:8023", "224.0.0.1:8023"] {
            assert!(list().vet_named(never.parse().unwrap()).is_none(), "{never}");
        }
    }

    #[test]
    fn only_what_is_listed_can_be_dialled() {
        let list = list();
        for (addr, may) in [
            ("10.1.2.3:554", true),
            ("192.168.7.1:80", true),
            ("[fd00::1]:554", true),
            ("[::ffff:10.1.2.3]:554", true),
            ("[::ffff:127.0.0.1]:554", false),
            ("127.0.0.1:554", false),
            ("[::1]:554", false),
            ("169.254.169.254:80", false),
            ("8.8.8.8:53", false),
            ("0.0.0.0:554", false),
            ("224.0.0.1:554", false),
            ("10.0.0.5:9778", false),
            ("10.0.0.5:554", true),
        ] {
            assert_eq!(list.vet(addr.parse().unwrap()).is_some(), may, "{addr}");
        }
    }

    #[test]
    fn a_daemon_that_listens_everywhere_is_met_nowhere() {
        let all: Vec<IpNet> = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
        let list = AllowList::new(all, vec!["0.0.0.0:9778".parse().unwrap()]);
        // A datagram socket that is connected, and sends nothing, tells an address of this host other than loopback.
        let outside = UdpSocket::bind("0.0.0.0:0").and_then(|s| s.connect("192.0.2.1:9").and_then(|()| s.local_addr()));
        let own = outside.map_or("127.0.0.1".parse().unwrap(), |a| a.ip());
        for ip in [own, "127.0.0.9".parse().unwrap(), "::ffff:127.0.0.1".parse().unwrap()] {
            assert!(list.vet(SocketAddr::new(ip, 9778)).is_none(), "{ip}");
            assert!(list.vet(SocketAddr::new(ip, 9779)).is_some(), "{ip}");
        }
        assert!(list.vet("192.0.2.1:9778".parse().unwrap()).is_some(), "an address of documentation is not ours");
    }

    #[test]
    fn a_scope_is_kept() {
        let list = AllowList::new(vec!["fe80::/10".parse().unwrap()], Vec::new());
        let addr = SocketAddr::V6(std::net::SocketAddrV6::new("fe80::1".parse().unwrap(), 554, 0, 7));
        assert_eq!(list.vet(addr).unwrap().addr(), addr);
    }

    #[test]
    fn a_mapped_address_is_dialled_as_what_it_is() {
        let vetted = list().vet("[::ffff:10.1.2.3]:554".parse().unwrap()).unwrap();
        assert_eq!(vetted.addr(), "10.1.2.3:554".parse().unwrap());
    }
}
