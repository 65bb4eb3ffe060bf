//! Network namespaces that a test made: hosts, switches and cables of its own, which nothing outside can see. All of it
//! is gone when the test ends, also when it fails; what a test that was killed left behind goes at the next start.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// What names of namespaces begin with; the process and a number follow.
const PREFIX: &str = "cunkou-test-";

/// Namespaces of one test.
pub(crate) struct Net {
    tag: String,
    hosts: Vec<String>,
}

/// What keeps this machine from having namespaces. Tests that begin together look for it under names of their own (`tag`).
fn obstacle(tag: &str, programs: &[&str]) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("network namespaces need root".to_owned());
    }
    for program in programs {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
        if !found.is_ok_and(|s| s.success()) {
            return Some(format!("{program} is not installed"));
        }
    }
    let probe = format!("{tag}-probe");
    let made = ip(&format!("netns add {probe}\nlink add name a netns {probe} type veth peer name b netns {probe}"));
    // It is there only if the first half went well.
    let _ = Command::new("ip").args(["netns", "del", &probe]).stderr(Stdio::null()).status();
    made.err().map(|said| format!("no network namespaces here: {said}"))
}

/// Lines for `ip`, one command each.
fn ip(lines: &str) -> Result<(), String> {
    said(Command::new("ip").args(["-batch", "-"]), lines)
}

/// Runs a command on some input; what it complains of otherwise.
fn said(command: &mut Command, input: &str) -> Result<(), String> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| e.to_string())?;
    child.stdin.take().expect("piped").write_all(input.as_bytes()).map_err(|e| e.to_string())?;
    let ended = child.wait_with_output().map_err(|e| e.to_string())?;
    if ended.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ended.stderr).trim().to_owned()) }
}

/// Takes away namespaces whose process is gone.
fn sweep() {
    let Ok(all) = std::fs::read_dir("/run/netns") else { return };
    for entry in all.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let process = rest.split('-').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            // Another test may have been quicker.
            let _ = Command::new("ip").args(["netns", "del", &name]).stderr(Stdio::null()).status();
        }
    }
}

impl Net {
    /// Namespaces for a test, or the word that there are none here and why.
    pub(crate) fn for_test(test: &str, programs: &[&str]) -> Option<Net> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let tag = format!("{PREFIX}{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        if let Some(obstacle) = obstacle(&tag, programs) {
            println!("skipped: {test}: {obstacle}");
            return None;
        }
        sweep();
        Some(Net { tag, hosts: Vec::new() })
    }

    /// A host: a namespace of its own.
    pub(crate) fn host(&mut self, name: &str) {
        self.hosts.push(name.to_owned());
        let space = self.space(name);
        self.ip(&format!("netns add {space}"));
        self.at(name, "link set dev lo up");
    }

    /// The namespace of a host.
    fn space(&self, host: &str) -> String {
        format!("{}-{host}", self.tag)
    }

    /// Commands for `ip` that must do.
    #[track_caller]
    fn ip(&self, lines: &str) {
        ip(lines).unwrap_or_else(|e| panic!("{lines}\n{e}"));
    }

    /// Commands for `ip` inside a host; one process, so that nothing waits between them.
    #[track_caller]
    pub(crate) fn at(&self, host: &str, lines: &str) {
        self.try_at(host, lines).unwrap_or_else(|e| panic!("{host}: {lines}\n{e}"));
    }

    /// The same; what `ip` complains of otherwise.
    pub(crate) fn try_at(&self, host: &str, lines: &str) -> Result<(), String> {
        said(Command::new("ip").args(["-n", &self.space(host), "-batch", "-"]), lines)
    }

    /// A cable between an interface of one host and one of another; both ends are up.
    pub(crate) fn cable(&self, (one, at_one): (&str, &str), (other, at_other): (&str, &str)) {
        let (a, b) = (self.space(one), self.space(other));
        self.ip(&format!("link add name {at_one} netns {a} type veth peer name {at_other} netns {b}"));
        self.at(one, &format!("link set dev {at_one} up"));
        self.at(other, &format!("link set dev {at_other} up"));
    }

    /// Makes a host a switch with an address of its own, between the interfaces that it has.
    pub(crate) fn switch(&self, host: &str, ports: &[&str], address: &str) {
        let mut lines = "link add name bridge type bridge mcast_snooping 0\n".to_owned();
        for port in ports {
            lines += &format!("link set dev {port} master bridge\n");
        }
        self.at(host, &format!("{lines}addr add {address} dev bridge\nlink set dev bridge up"));
    }

    /// Rules of nftables inside a host.
    #[track_caller]
    pub(crate) fn nft(&self, host: &str, rules: &str) {
        let _inside = self.enter(host);
        said(Command::new("nft").args(["-f", "-"]), rules).unwrap_or_else(|e| panic!("{host}: {rules}\n{e}"));
    }

    /// A setting of the kernel inside a host, below `net/ipv4`.
    pub(crate) fn set(&self, host: &str, setting: &str, value: &str) {
        let _inside = self.enter(host);
        std::fs::write(Path::new("/proc/sys/net/ipv4").join(setting), value).expect(setting);
    }

    /// Moves this thread, and what it starts, into a host until the answer is dropped.
    pub(crate) fn enter(&self, host: &str) -> Inside {
        let here = File::open("/proc/thread-self/ns/net").expect("our namespace");
        let there = File::open(Path::new("/run/netns").join(self.space(host))).expect("a namespace of this test");
        move_to(&there).expect("root may enter it");
        Inside { here }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for host in &self.hosts {
            let _ = Command::new("ip").args(["netns", "del", &self.space(host)]).status();
        }
    }
}

/// While it lives its thread is inside a host.
pub(crate) struct Inside {
    here: File,
}

impl Drop for Inside {
    fn drop(&mut self) {
        if let Err(e) = move_to(&self.here) {
            // Whatever this thread did next it would do in the wrong place.
            eprintln!("no way back from a namespace: {e}");
            std::process::abort();
        }
    }
}

fn move_to(space: &File) -> rustix::io::Result<()> {
    move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network))
}
