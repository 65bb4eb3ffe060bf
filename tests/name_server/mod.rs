//! A name server of a test, and a program whose names it alone answers for: in a mount namespace of its own, so that
//! nothing else on the machine is led astray.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of this")]

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a name server says to a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    Address(Ipv4Addr),
    /// The name is there, and has no address.
    NoAddress,
    /// An error of DNS (RFC 1035, 4.1.1).
    Code(u8),
    /// Not a word.
    Silence,
}

/// It has more to do than it can.
pub const SERVFAIL: Reply = Reply::Code(2);
/// There is no such name.
pub const NXDOMAIN: Reply = Reply::Code(3);
/// It does not answer to us.
pub const REFUSED: Reply = Reply::Code(5);

/// A name server that runs until it is dropped.
pub struct NameServer {
    stop: Arc<AtomicBool>,
}

impl NameServer {
    /// `answer` is given the name, and whether an address of version 4 is asked for.
    ///
    /// # Errors
    /// When the address is not to be had: port 53 is one of root's.
    pub fn start(
        at: SocketAddr,
        mut answer: impl FnMut(&str, bool) -> Reply + Send + 'static,
    ) -> std::io::Result<NameServer> {
        let socket = UdpSocket::bind(at)?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let server = NameServer { stop: Arc::default() };
        let stop = Arc::clone(&server.stop);
        std::thread::spawn(move || {
            let mut buffer = [0_u8; 512];
            while !stop.load(Ordering::Relaxed) {
                let Ok((n, from)) = socket.recv_from(&mut buffer) else { continue };
                let query = &buffer[..n];
                let Some(bytes) = reply(query, answer(&name_of(query), query.windows(4).any(|w| w == [0, 1, 0, 1])))
                else {
                    continue;
                };
                // The client has gone when this fails.
                let _ = socket.send_to(&bytes, from);
            }
        });
        Ok(server)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The name that is asked for: labels, each after its length.
fn name_of(query: &[u8]) -> String {
    let mut labels = Vec::new();
    let mut rest = &query[12..];
    while rest[0] != 0 {
        let (label, after) = rest[1..].split_at(usize::from(rest[0]));
        labels.push(String::from_utf8_lossy(label).into_owned());
        rest = after;
    }
    labels.join(".")
}

/// The answer to a question of DNS (RFC 1035), to be kept for no time at all.
fn reply(query: &[u8], reply: Reply) -> Option<Vec<u8>> {
    let is_a = query.windows(4).any(|w| w == [0, 1, 0, 1]);
    let (code, address) = match reply {
        Reply::Silence => return None,
        Reply::Code(code) => (code, None),
        Reply::NoAddress => (0, None),
        Reply::Address(address) => (0, is_a.then_some(address)),
    };
    let name_end = 12 + query[12..].iter().position(|b| *b == 0).unwrap();
    let question = &query[12..name_end + 5];
    let mut bytes = query[..2].to_vec();
    bytes.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
    bytes.extend(question);
    if let Some(address) = address {
        bytes.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        bytes.extend(address.octets());
    }
    Some(bytes)
}

/// The same command, which looks names up by this `resolv.conf`. None, said aloud: no mount namespace is to be had.
pub fn resolving_by(resolv: &Path, command: &Command, test: &str) -> Option<Command> {
    let namespace = |program: &OsStr| {
        let mut inside = Command::new("unshare");
        inside.args(["--mount", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""]);
        inside.arg(resolv).arg(program);
        inside
    };
    if !namespace("true".as_ref()).output().is_ok_and(|o| o.status.success()) {
        println!("skipped: {test}: no mount namespace is to be had");
        return None;
    }
    let mut inside = namespace(command.get_program());
    inside.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    Some(inside)
}
