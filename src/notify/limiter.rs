//! No more messages in a while than a robot takes: whoever sends more is locked out for minutes, and then a page waits.

use std::collections::VecDeque;

use cunkou_core::model::{Span, Time};

/// How many messages in how long; the last quarter is kept for what pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limit {
    /// So many messages …
    pub(super) messages: usize,
    /// … in any stretch of this length.
    pub(super) per: Span,
}

/// When messages went out.
#[derive(Debug, Default)]
pub(super) struct Limiter(VecDeque<Time>);

impl Limiter {
    /// How long a message must wait, under all of these limits; `None`: it may go, and is counted.
    pub(super) fn wait(&mut self, limits: &[Limit], pages: bool, now: Time) -> Option<Span> {
        let longest = limits.iter().map(|limit| limit.per).max()?;
        // Without those of a clock that was put back.
        self.0.retain(|at| *at <= now && now.since(*at) < longest);
        let wait = limits.iter().filter_map(|limit| self.wait_for(*limit, pages, now)).max();
        if wait.is_none() {
            self.0.push_back(now);
        }
        wait
    }

    fn wait_for(&self, limit: Limit, pages: bool, now: Time) -> Option<Span> {
        let room = if pages { limit.messages } else { limit.messages - limit.messages / 4 };
        let inside = self.0.iter().filter(|at| now.since(**at) < limit.per).count();
        if inside < room {
            return None;
        }
        // Until so many of the oldest are out of the window that there is room.
        let gone = self.0.get(self.0.len() - room).copied().unwrap_or(now);
        Some((gone + limit.per).since(now).max(Span::millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_robot_is_never_asked_too_much_and_pages_have_room() {
        let limit = &[Limit { messages: 20, per: Span::minutes(1) }];
        let mut limiter = Limiter::default();
        let at = |s: i64| Time(1_000_000) + Span::seconds(s);
        for i in 0..15 {
            assert_eq!(limiter.wait(limit, false, at(i)), None);
        }
        assert_eq!(limiter.wait(limit, false, at(15)), Some(Span::seconds(45)), "when the first is a minute old");
        for i in 15..20 {
            assert_eq!(limiter.wait(limit, true, at(i)), None, "what pages has the last quarter");
        }
        assert_eq!(limiter.wait(limit, true, at(20)), Some(Span::seconds(40)));
        assert_eq!(limiter.wait(limit, false, at(20)), Some(Span::seconds(45)), "six must go first");
        assert_eq!(limiter.wait(limit, true, at(60)), None);
        assert_eq!(limiter.wait(limit, true, at(-3_600)), None, "a clock that was put back locks nobody out");
        assert_eq!(limiter.wait(&[], true, at(0)), None);
    }

    #[test]
    fn the_tightest_of_several_limits_counts() {
        let limits = &[Limit { messages: 5, per: Span::seconds(1) }, Limit { messages: 8, per: Span::minutes(1) }];
        let mut limiter = Limiter::default();
        let now = Time(1_000_000);
        for _ in 0..5 {
            assert_eq!(limiter.wait(limits, true, now), None);
        }
        assert_eq!(limiter.wait(limits, true, now + Span::millis(400)), Some(Span::millis(600)));
        for _ in 0..3 {
            assert_eq!(limiter.wait(limits, true, now + Span::seconds(1)), None);
        }
        assert_eq!(limiter.wait(limits, true, now + Span::seconds(2)), Some(Span::seconds(58)));
    }
}
