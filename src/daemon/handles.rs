//! How many files each may hold open: probes, those who ask over HTTP, and the daemon itself. Pure.

use crate::http;

/// Files that the daemon itself holds open: database, log, HTTP, sinks.
const OWN: u64 = 48;
/// Where there are more files than these, an eighth of the rest is kept for who asks over HTTP …
const SCARCE: u64 = 256;
/// Probes at once, however few files may be open.
const FEWEST_PROBES: usize = 8;

/// What probes may hold open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handles {
    /// Probes at once; each holds one connection.
    pub(super) probes: usize,
    /// Connections that confirming tries of reach open beside their first, of all probes together: a try that is not
    /// answered holds up to five at once.
    pub(super) more_connects: usize,
}

impl Handles {
    /// As many probes as are wanted, and each of them may confirm; or what the limit on open files has room for: then
    /// four of five are probes, since few of them confirm at the same time unless all is silent.
    pub(super) fn of(wanted: usize, files: u64) -> Handles {
        // … or what they may take at most: while all of a large town is silent, every probe that may go is under way.
        let asking = (files.saturating_sub(SCARCE) / 8).min(http::MAX_CONNECTIONS as u64);
        let room = usize::try_from(files.saturating_sub(OWN + asking)).unwrap_or(usize::MAX).max(FEWEST_PROBES);
        let probes = wanted.min((room / 5 * 4).max(FEWEST_PROBES));
        if wanted > probes {
            tracing::warn!(
                files,
                wanted,
                "only {files} files may be open: at most {probes} probes go at once, and a large town is asked late; \
                 raise LimitNOFILE"
            );
        }
        Handles { probes, more_connects: (room - probes).min(probes.saturating_mul(4)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_leave_room_for_the_daemon_itself() {
        for (wanted, files, probes, more_connects) in [
            (512, 65_536, 512, 2_048),
            (13_000, 65_536, 13_000, 51_464),
            (130_000, 65_536, 51_568, 12_896),
            // The page can be asked while all of them are under way.
            (130_000, 20_000, 15_140, 3_788),
            (1_011, 1_024, 704, 176),
            (512, 64, 12, 4),
            (512, 10, 8, 0),
            // Never more than are wanted.
            (4, 10, 4, 4),
            (512, u64::MAX, 512, 2_048),
        ] {
            let wanted_of = Handles::of(wanted, files);
            assert_eq!(wanted_of, Handles { probes, more_connects }, "{wanted} probes, {files} files");
        }
    }
}
