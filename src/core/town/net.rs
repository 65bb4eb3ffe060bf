//! The addresses of a made-up town.

use std::fmt;
use std::net::Ipv4Addr;

use super::TownFault;

/// An IPv4 network in which every camera and every probed node of a town has an address of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Net {
    base: u32,
    prefix: u8,
}

impl Default for Net {
    /// 127.20.0.0/16 (names.md, simulator).
    fn default() -> Self {
        Net { base: u32::from(Ipv4Addr::new(127, 20, 0, 0)), prefix: 16 }
    }
}

impl Net {
    /// The network of an address and a prefix length; bits of the address behind the prefix are ignored.
    ///
    /// # Errors
    /// A prefix outside 8 to 28: larger networks are no town, smaller ones have no room for one.
    pub fn new(address: Ipv4Addr, prefix: u8) -> Result<Net, TownFault> {
        if !(8..=28).contains(&prefix) {
            return Err(TownFault::Prefix(prefix));
        }
        let mask = u32::MAX << (32 - prefix);
        Ok(Net { base: u32::from(address) & mask, prefix })
    }

    /// How many addresses it spans.
    const fn size(self) -> u32 {
        1 << (32 - self.prefix)
    }

    /// Its first address.
    #[must_use]
    pub fn base(self) -> Ipv4Addr {
        Ipv4Addr::from(self.base)
    }

    /// Bits of the prefix.
    #[must_use]
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// The reference address of the monitor, served by the simulator: the last host but one (names.md).
    #[must_use]
    pub fn canary(self) -> Ipv4Addr {
        Ipv4Addr::from(self.base + self.size() - 2)
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address).wrapping_sub(self.base) < self.size()
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base(), self.prefix)
    }
}

/// Hands out hosts of a network, each once, in groups (a village, the nodes). A group begins at a new /24 where the
/// network has one for each group, so that the cameras of a village share theirs; else groups follow each other.
#[derive(Debug)]
pub(super) struct Hosts {
    net: Net,
    next: u32,
    by_24: bool,
}

impl Hosts {
    /// Hosts for groups of these sizes.
    pub(super) fn new(net: Net, groups: &[usize]) -> Result<Hosts, TownFault> {
        let blocks: usize = groups.iter().map(|n| n.div_ceil(USABLE)).sum();
        let of = (net.size() / 256) as usize;
        let hosts = Hosts { net, next: net.base, by_24: blocks < of };
        let wanted: usize = groups.iter().sum();
        // Less the canary; its broadcast neighbour ends in 255 or lies behind it.
        let room = if of > 0 { of * USABLE - 1 } else { Hosts { by_24: false, ..hosts }.count() };
        if wanted > room { Err(TownFault::NetTooSmall { net, wanted, room }) } else { Ok(hosts) }
    }

    /// Begins a group.
    pub(super) fn group(&mut self) {
        if self.by_24 && !self.next.is_multiple_of(256) {
            self.next = (self.next | 0xff) + 1;
        }
    }
}

/// Hosts of a /24 that are handed out: .0 and .255 are networks and broadcasts to too many devices.
const USABLE: usize = 254;

impl Iterator for Hosts {
    type Item = Ipv4Addr;

    fn next(&mut self) -> Option<Ipv4Addr> {
        let canary = u32::from(self.net.canary());
        while matches!(self.next % 256, 0 | 255) || self.next == self.net.base {
            self.next += 1;
        }
        let host = self.next;
        // The canary and the broadcast address are the last two.
        if host >= canary {
            return None;
        }
        self.next += 1;
        Some(Ipv4Addr::from(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canary_is_the_last_host_but_one() {
        assert_eq!(Net::default().canary(), Ipv4Addr::new(127, 20, 255, 254));
        assert_eq!(Net::default().to_string(), "127.20.0.0/16");
        let small = Net::new(Ipv4Addr::new(127, 9, 8, 77), 24).unwrap();
        assert_eq!((small.to_string().as_str(), small.canary()), ("127.9.8.0/24", Ipv4Addr::new(127, 9, 8, 254)));
        assert!(small.contains(Ipv4Addr::new(127, 9, 8, 255)) && !small.contains(Ipv4Addr::new(127, 9, 9, 0)));
        assert!(!small.contains(Ipv4Addr::new(127, 9, 7, 255)));
        assert_eq!(Net::new(Ipv4Addr::LOCALHOST, 29), Err(TownFault::Prefix(29)));
    }

    #[test]
    fn groups_have_a_24_of_their_own_where_there_are_enough() {
        let mut hosts = Hosts::new(Net::default(), &[2, 300, 1]).unwrap();
        hosts.group();
        assert_eq!(hosts.by_ref().take(2).map(|h| h.to_string()).collect::<Vec<_>>(), ["127.20.0.1", "127.20.0.2"]);
        hosts.group();
        assert_eq!(hosts.by_ref().take(300).last(), Some(Ipv4Addr::new(127, 20, 2, 46)));
        hosts.group();
        assert_eq!(hosts.next(), Some(Ipv4Addr::new(127, 20, 3, 1)));
    }

    #[test]
    fn a_small_net_is_filled_up_and_then_refused() {
        let net = Net::new(Ipv4Addr::new(127, 1, 1, 0), 24).unwrap();
        let mut hosts = Hosts::new(net, &[100, 153]).unwrap();
        hosts.group();
        assert_eq!(hosts.by_ref().take(100).count(), 100);
        hosts.group();
        let last: Vec<_> = hosts.collect();
        assert_eq!((last.len(), last[152]), (153, Ipv4Addr::new(127, 1, 1, 253)));
        assert!(matches!(Hosts::new(net, &[254]), Err(TownFault::NetTooSmall { wanted: 254, room: 253, .. })));
    }

    #[test]
    fn a_net_at_the_end_of_all_addresses_ends() {
        let net = Net::new(Ipv4Addr::BROADCAST, 24).unwrap();
        assert_eq!(Hosts::new(net, &[1]).unwrap().count(), 253);
    }
}
