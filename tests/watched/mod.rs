//! A daemon that watches a town while its registry is meddled with.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::common::{Daemon, FAST, Program, Town, get, http, wait_for};

/// A town that is run, with a token that may change everything.
pub(crate) struct Watched {
    pub(crate) town: Town,
    pub(crate) daemon: Daemon,
}

/// The token.
pub(crate) const TOKEN: &str = "ck_a-token-for-this-test-alone";

impl Watched {
    /// Starts the cameras and the daemon, and waits until each is up.
    pub(crate) fn start() -> (Watched, Program) {
        let hash: String = Sha256::digest(TOKEN.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        let token = format!("{FAST}\n[[token]]\nname = \"test\"\nhash = \"{hash}\"\nrole = \"admin\"\n");
        let town = Town::new(12, &token);
        let (cameras, _control) = town.simulate();
        let daemon = town.run();
        daemon.all_up();
        (Watched { town, daemon }, cameras)
    }

    /// What a reload answers.
    pub(crate) fn reload(&self) -> u16 {
        self.post("/-/reload", &[], b"")
    }

    /// What a request with the token is answered.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        let bearer = format!("Bearer {TOKEN}");
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend(headers);
        http("POST", &format!("{}{path}", self.daemon.base), &all, body).expect("an answer").status
    }

    /// All cameras are there, none has been lost sight of, nobody was told anything.
    #[track_caller]
    pub(crate) fn untouched(&self) {
        assert_eq!(get(&format!("{}/-/healthy", self.daemon.base)).status, 200);
        let cameras = self.daemon.items("cameras");
        assert_eq!(cameras.len(), 12);
        assert!(cameras.iter().all(|c| c["state"] == "up"), "{cameras:#?}");
        assert!(self.daemon.items("incidents").is_empty());
    }

    /// Does something again and again, until the daemon has asked each camera twice meanwhile; it answers all the while.
    pub(crate) fn works_beside(&self, what: &str, again: impl Fn() + Sync) {
        let probes = "cunkou_probes_total{check=\"reach\",result=\"pass\"}";
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Also when an assertion fails on either side: the other one waits for it.
            let _ends = Ends(&stop);
            scope.spawn(|| {
                let _ends = Ends(&stop);
                while !stop.load(Ordering::Relaxed) {
                    again();
                }
            });
            let before = self.daemon.metric(probes);
            let (mut asked, mut slowest) = (0, Duration::ZERO);
            wait_for(what, || {
                assert!(!stop.load(Ordering::Relaxed), "{what}: it went wrong");
                let began = Instant::now();
                assert_eq!(get(&format!("{}/-/healthy", self.daemon.base)).status, 200);
                slowest = slowest.max(began.elapsed());
                asked += 1;
                (self.daemon.metric(probes) >= before.map(|n| n + 24.0)).then_some(())
            });
            println!("{what}: {asked} times /-/healthy, the slowest after {slowest:?}");
        });
    }
}

/// Says that it is over when it is dropped.
pub(crate) struct Ends<'a>(pub(crate) &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Copies the files of a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
