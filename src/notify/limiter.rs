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
    /// How long a message must wait; `None`: it may go, and is counted.
    pub(super) fn wait(&mut self, limit: Limit, pages: bool, now: Time) -> Option<Span> {
        // Also those of a clock that was put back.
        self.0.retain(|at| *at <= now && now.since(*at) < limit.per);
        let room = if pages { limit.messages } else { limit.messages - limit.messages / 4 };
        if self.0.len() < room {
            self.0.push_back(now);
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
        let limit = Limit { messages: 20, per: Span::minutes(1) };
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
    }
}
