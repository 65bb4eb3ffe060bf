//! Wrong tokens: each is answered late, later with every further one from the same address, and told in the log at most
//! once a minute an address. Bounded in memory and in requests that are held.
//!
//! A right token is never made to wait for the wrong ones of others, behind the same reverse proxy say: nobody can lock
//! the tech on call out. Tokens have 256 random bits, so that slowness need not protect them; it keeps the log readable
//! and guessing visible.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How long the first wrong token waits for its answer; each further one twice as long.
pub(super) const FIRST_DELAY: Duration = Duration::from_millis(400);
/// No wrong token waits longer.
const LONGEST_DELAY: Duration = Duration::from_millis(6_400);
/// Without a wrong token for so long, an address begins anew.
const FORGET: Duration = Duration::from_secs(600);
/// The log has one line an address in so long.
const SAY_EVERY: Duration = Duration::from_secs(60);
/// Addresses that are remembered.
const MAX_ADDRESSES: usize = 1_024;
/// Requests that are held at a time, over all addresses; more are answered at once, with "too many".
const MAX_HELD: usize = 64;
/// The same for one address.
const MAX_HELD_EACH: u32 = 8;

/// What is remembered of an address.
#[derive(Debug)]
struct Seen {
    /// Wrong tokens since it began anew.
    tries: u32,
    /// Requests of it that are held now.
    held: u32,
    last: Instant,
    said: Option<Instant>,
    /// Wrong tokens since the log last spoke of it.
    unsaid: u32,
}

/// The wrong tokens of every address.
#[derive(Debug)]
pub(super) struct Attempts {
    seen: Mutex<HashMap<IpAddr, Seen>>,
    room: Arc<Semaphore>,
}

/// What becomes of a wrong token.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is held for so long, then refused.
    Held(Duration, Hold),
    /// Too many are held: it is refused at once.
    TooMany,
}

/// A request that is held.
#[derive(Debug)]
pub(super) struct Hold {
    attempts: Arc<Attempts>,
    address: IpAddr,
    _room: OwnedSemaphorePermit,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut seen = self.attempts.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = seen.get_mut(&self.address) {
            one.held = one.held.saturating_sub(1);
        }
    }
}

impl Attempts {
    pub(super) fn new() -> Attempts {
        Attempts { seen: Mutex::default(), room: Arc::new(Semaphore::new(MAX_HELD)) }
    }

    /// Notes a wrong token, and says so in the log where it is time to.
    pub(super) fn wrong(self: &Arc<Self>, from: IpAddr, path: &str) -> Verdict {
        let (address, now) = (source(from), Instant::now());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.contains_key(&address) {
            make_room(&mut seen, now);
        }
        let one = seen.entry(address).or_insert(Seen { tries: 0, held: 0, last: now, said: None, unsaid: 0 });
        if now.duration_since(one.last) >= FORGET {
            one.tries = 0;
        }
        (one.tries, one.last, one.unsaid) = (one.tries.saturating_add(1), now, one.unsaid.saturating_add(1));
        if one.said.is_none_or(|at| now.duration_since(at) >= SAY_EVERY) {
            tracing::warn!(%from, path, tries = one.unsaid, "a wrong token was refused");
            (one.said, one.unsaid) = (Some(now), 0);
        }
        let room = self.room.clone().try_acquire_owned().ok().filter(|_| one.held < MAX_HELD_EACH);
        let Some(room) = room else { return Verdict::TooMany };
        one.held += 1;
        Verdict::Held(delay(one.tries), Hold { attempts: self.clone(), address, _room: room })
    }

    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// How long the so-many-th wrong token waits.
fn delay(tries: u32) -> Duration {
    FIRST_DELAY.saturating_mul(1 << tries.saturating_sub(1).min(8)).min(LONGEST_DELAY)
}

/// Whose tries are counted together: an IPv4 address, however it is written, or the /64 that one subscriber has.
fn source(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

/// Room for one more address: those that begin anew go, then the one that was silent for longest.
fn make_room(seen: &mut HashMap<IpAddr, Seen>, now: Instant) {
    if seen.len() < MAX_ADDRESSES {
        return;
    }
    seen.retain(|_, one| one.held > 0 || now.duration_since(one.last) < FORGET);
    if seen.len() >= MAX_ADDRESSES {
        // At most MAX_HELD of them are held, so that one is always free to go.
        let oldest = seen.iter().filter(|(_, one)| one.held == 0).min_by_key(|(_, one)| one.last).map(|(a, _)| *a);
        oldest.map(|address| seen.remove(&address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> IpAddr {
        IpAddr::from(n.to_be_bytes())
    }

    fn held(verdict: Verdict) -> Option<(Duration, Hold)> {
        match verdict {
            Verdict::Held(delay, hold) => Some((delay, hold)),
            Verdict::TooMany => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_wrong_token_waits_longer_until_the_address_begins_anew() {
        let attempts = Arc::new(Attempts::new());
        let wait = |from| held(attempts.wrong(from, "/")).map(|(delay, _)| delay.as_millis());
        let waits: Vec<_> = (0..7).map(|_| wait(address(1))).collect();
        assert_eq!(waits, [400, 800, 1_600, 3_200, 6_400, 6_400, 6_400].map(Some));
        assert_eq!(wait(address(2)), Some(400), "somebody else is not to blame");
        assert_eq!(wait("::ffff:0.0.0.1".parse().unwrap()), Some(6_400), "the same address, written otherwise");
        tokio::time::advance(FORGET).await;
        assert_eq!(wait(address(1)), Some(400));
        assert_eq!(wait("fd00::1".parse().unwrap()), Some(400));
        assert_eq!(wait("fd00::2".parse().unwrap()), Some(800), "one /64 is one subscriber");
        assert_eq!(wait("fd00:0:0:1::2".parse().unwrap()), Some(400));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_is_bounded_an_address_and_in_all() {
        let attempts = Arc::new(Attempts::new());
        let hold = |from| held(attempts.wrong(from, "/")).map(|(_, hold)| hold);
        let mut holds: Vec<_> = (0..MAX_HELD_EACH).map(|_| hold(address(1)).unwrap()).collect();
        assert!(hold(address(1)).is_none());
        holds.pop();
        holds.push(hold(address(1)).unwrap());
        for n in 2..2 + u32::try_from(MAX_HELD).unwrap() / MAX_HELD_EACH - 1 {
            holds.extend((0..MAX_HELD_EACH).map(|_| hold(address(n)).unwrap()));
        }
        assert!(hold(address(99)).is_none(), "all room is taken");
        drop(holds);
        assert!(hold(address(99)).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_however_many_addresses_guess() {
        let attempts = Arc::new(Attempts::new());
        let kept = attempts.wrong(address(0), "/");
        for n in 1..5_000 {
            attempts.wrong(address(n), "/");
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(attempts.remembered(), MAX_ADDRESSES);
        drop(kept);
        let (delay, _) = held(attempts.wrong(address(0), "/")).unwrap();
        assert_eq!(delay, 2 * FIRST_DELAY, "one that was held is not forgotten");
    }
}
