//! Moments and lengths of time, as plain numbers that are handed in.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

/// A moment: milliseconds since 1970-01-01 UTC at the anchor plus boot clock since (semantics.md §5), so that it
/// never runs backwards within one life of the daemon.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

/// A length of time in milliseconds; may be negative as the result of a subtraction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub i64);

impl Time {
    /// The moment as milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment as seconds since 1970-01-01 UTC, as Prometheus writes it.
    #[must_use]
    pub fn seconds_f64(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// How long ago `earlier` was; never negative.
    #[must_use]
    pub fn since(self, earlier: Time) -> Span {
        Span((self.0 - earlier.0).max(0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// A span of so many milliseconds.
    #[must_use]
    pub const fn millis(n: i64) -> Span {
        Span(n)
    }

    /// A span of so many seconds.
    #[must_use]
    pub const fn seconds(n: i64) -> Span {
        Span(n * 1_000)
    }

    /// A span of so many minutes.
    #[must_use]
    pub const fn minutes(n: i64) -> Span {
        Span(n * 60_000)
    }

    /// A span of so many hours.
    #[must_use]
    pub const fn hours(n: i64) -> Span {
        Span(n * 3_600_000)
    }

    /// The span in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The span in seconds.
    #[must_use]
    pub fn seconds_f64(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// The span for the standard library; a negative one is zero.
    #[must_use]
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.max(0).unsigned_abs())
    }
}

impl From<std::time::Duration> for Span {
    fn from(d: std::time::Duration) -> Span {
        Span(i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Add<Span> for Time {
    type Output = Time;
    fn add(self, s: Span) -> Time {
        Time(self.0.saturating_add(s.0))
    }
}
impl AddAssign<Span> for Time {
    fn add_assign(&mut self, s: Span) {
        *self = *self + s;
    }
}
impl Sub<Span> for Time {
    type Output = Time;
    fn sub(self, s: Span) -> Time {
        Time(self.0.saturating_sub(s.0))
    }
}
impl Sub<Time> for Time {
    type Output = Span;
    fn sub(self, t: Time) -> Span {
        Span(self.0.saturating_sub(t.0))
    }
}
impl Add<Span> for Span {
    type Output = Span;
    fn add(self, s: Span) -> Span {
        Span(self.0.saturating_add(s.0))
    }
}
impl Sub<Span> for Span {
    type Output = Span;
    fn sub(self, s: Span) -> Span {
        Span(self.0.saturating_sub(s.0))
    }
}
impl Mul<i64> for Span {
    type Output = Span;
    fn mul(self, n: i64) -> Span {
        Span(self.0.saturating_mul(n))
    }
}
impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
impl fmt::Display for Span {
    /// As the settings write it: `10s`, `5m`, `6h`, `800ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n % 86_400_000 == 0 && n != 0 => write!(f, "{}d", n / 86_400_000),
            n if n % 3_600_000 == 0 && n != 0 => write!(f, "{}h", n / 3_600_000),
            n if n % 60_000 == 0 && n != 0 => write!(f, "{}m", n / 60_000),
            n if n % 1_000 == 0 => write!(f, "{}s", n / 1_000),
            n => write!(f, "{n}ms"),
        }
    }
}

impl std::str::FromStr for Span {
    type Err = SpanFault;

    /// Reads `800ms`, `10s`, `5m`, `6h`, `400d`: a whole number and a unit.
    fn from_str(text: &str) -> Result<Span, SpanFault> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(SpanFault)?;
        let n: i64 = text[..digits].parse().map_err(|_| SpanFault)?;
        let unit = match &text[digits..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(SpanFault),
        };
        n.checked_mul(unit).map(Span).ok_or(SpanFault)
    }
}

/// A length of time that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a length of time is a whole number and a unit: 800ms, 10s, 5m, 6h, 400d")]
pub struct SpanFault;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_what_they_write() {
        for (text, ms) in
            [("800ms", 800), ("10s", 10_000), ("5m", 300_000), ("6h", 21_600_000), ("400d", 34_560_000_000), ("0s", 0)]
        {
            let span: Span = text.parse().expect(text);
            assert_eq!(span, Span(ms), "{text}");
            assert_eq!(span.to_string(), text);
        }
        for bad in ["", "10", "s", "-5s", "1.5s", "10 s", "10x", "99999999999999999999s", "9223372036854775807d"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn time_never_overflows() {
        assert_eq!(Time(i64::MAX) + Span(5), Time(i64::MAX));
        assert_eq!(Time(10).since(Time(30)), Span::ZERO);
        assert_eq!(Time(30) - Time(10), Span(20));
    }
}
