//! Reasons, severities, periods and languages.

/// Why a camera is `degraded` (semantics.md §1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// The picture is black.
    Black,
    /// Something stands before the lens.
    Covered,
    /// The device says that it has no signal from its sensor.
    NoSignal,
    /// The picture does not change.
    Frozen,
    /// The view is not the one that was surveyed.
    Moved,
    /// The picture cannot be decoded.
    Corrupt,
    /// The password is refused.
    Auth,
    /// The device says that it is busy (503).
    Busy,
    /// The device refuses the method.
    Method,
    /// Many ordinary reach tries fail (four of the last 21).
    Lossy,
    /// The median round trip is over the limit, or an answer came after the timeout.
    Slow,
    /// The picture check fails.
    PictureFailed,
    /// The device check fails.
    DeviceFailed,
    /// The clock of the device is off.
    Clock,
    /// The firmware is not the expected one.
    Firmware,
    /// The certificate is about to end or has ended.
    Certificate,
    /// The device speaks only TLS older than 1.2.
    TlsTooOld,
    /// The picture is dark.
    LowLight,
    /// The picture is not sharp.
    Blur,
    /// The picture is noisy.
    Noise,
    /// The picture has stripes.
    Stripes,
    /// The picture has a colour cast.
    ColourCast,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 22] = [
        Reason::Black,
        Reason::Covered,
        Reason::NoSignal,
        Reason::Frozen,
        Reason::Moved,
        Reason::Corrupt,
        Reason::Auth,
        Reason::Busy,
        Reason::Method,
        Reason::Lossy,
        Reason::Slow,
        Reason::PictureFailed,
        Reason::DeviceFailed,
        Reason::Clock,
        Reason::Firmware,
        Reason::Certificate,
        Reason::TlsTooOld,
        Reason::LowLight,
        Reason::Blur,
        Reason::Noise,
        Reason::Stripes,
        Reason::ColourCast,
    ];

    /// The word users see: label `reason`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Reason::Black => "black",
            Reason::Covered => "covered",
            Reason::NoSignal => "no_signal",
            Reason::Frozen => "frozen",
            Reason::Moved => "moved",
            Reason::Corrupt => "corrupt",
            Reason::Auth => "auth",
            Reason::Busy => "busy",
            Reason::Method => "method",
            Reason::Lossy => "lossy",
            Reason::Slow => "slow",
            Reason::PictureFailed => "picture_failed",
            Reason::DeviceFailed => "device_failed",
            Reason::Clock => "clock",
            Reason::Firmware => "firmware",
            Reason::Certificate => "certificate",
            Reason::TlsTooOld => "tls_too_old",
            Reason::LowLight => "low_light",
            Reason::Blur => "blur",
            Reason::Noise => "noise",
            Reason::Stripes => "stripes",
            Reason::ColourCast => "colour_cast",
        }
    }

    /// The reason a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|r| r.word() == word)
    }

    /// Whether a camera with this reason does not watch (semantics.md §1, reasons that blind).
    #[must_use]
    pub const fn blinds(self) -> bool {
        matches!(
            self,
            Reason::Black | Reason::Covered | Reason::NoSignal | Reason::Frozen | Reason::Moved | Reason::Corrupt
        )
    }
}

/// A set of reasons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct ReasonSet(u32);

impl ReasonSet {
    /// No reason.
    pub const EMPTY: ReasonSet = ReasonSet(0);

    /// Adds a reason.
    pub fn insert(&mut self, reason: Reason) {
        self.0 |= 1 << reason as u32;
    }

    /// Takes a reason away.
    pub fn remove(&mut self, reason: Reason) {
        self.0 &= !(1 << reason as u32);
    }

    /// Adds or takes away.
    pub fn set(&mut self, reason: Reason, holds: bool) {
        if holds { self.insert(reason) } else { self.remove(reason) }
    }

    /// Whether a reason is in it.
    #[must_use]
    pub const fn contains(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u32) != 0
    }

    /// Whether it is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The reasons of both.
    #[must_use]
    pub const fn union(self, other: ReasonSet) -> ReasonSet {
        ReasonSet(self.0 | other.0)
    }

    /// The reasons in it, in the order of [`Reason::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |r| self.contains(*r))
    }

    /// Whether one of them blinds.
    #[must_use]
    pub fn blinds(self) -> bool {
        self.iter().any(Reason::blinds)
    }
}

impl FromIterator<Reason> for ReasonSet {
    fn from_iter<I: IntoIterator<Item = Reason>>(reasons: I) -> Self {
        let mut set = ReasonSet::EMPTY;
        reasons.into_iter().for_each(|r| set.insert(r));
        set
    }
}

/// How much an alert matters (semantics.md §6), least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Severity {
    /// The watchdog: no trouble at all.
    #[default]
    None,
    /// To sinks that take it; on the page.
    Info,
    /// Said once.
    Warning,
    /// Pages; is reminded and escalated.
    Critical,
}

impl Severity {
    /// The word users see: label `severity`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Severity::None => "none",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }

    /// The severity a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Severity> {
        [Severity::None, Severity::Info, Severity::Warning, Severity::Critical].into_iter().find(|s| s.word() == word)
    }
}

/// When an entrance is judged (semantics.md §4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Period {
    /// By daylight.
    Day,
    /// After civil dusk.
    Night,
    /// Whichever it is.
    Now,
}

impl Period {
    /// Every period.
    pub const ALL: [Period; 3] = [Period::Day, Period::Night, Period::Now];

    /// The word users see: label `period`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Night => "night",
            Period::Now => "now",
        }
    }

    /// The period a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Period> {
        Period::ALL.into_iter().find(|p| p.word() == word)
    }
}

/// The languages that the page, alerts and reports speak.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Language {
    /// Simplified Chinese, as written in mainland China.
    #[default]
    ZhCn,
    /// English.
    En,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 2] = [Language::ZhCn, Language::En];

    /// The tag of BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Language::ZhCn => "zh-CN",
            Language::En => "en",
        }
    }

    /// The language a tag names; only the primary subtag counts.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Language> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Language::ZhCn),
            "en" => Some(Language::En),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_a_set() {
        let mut set = ReasonSet::default();
        for (i, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, i, "ALL is in the order of the enum");
            assert_eq!(Reason::from_word(reason.word()), Some(reason));
            assert!(!set.contains(reason));
            set.insert(reason);
            assert!(set.contains(reason));
        }
        assert_eq!(set.iter().count(), 22);
        Reason::ALL.into_iter().filter(|r| r.blinds()).for_each(|r| set.remove(r));
        assert!(!set.blinds() && !set.is_empty());
        set.insert(Reason::Frozen);
        assert!(set.blinds());
    }

    #[test]
    fn languages_are_found_by_tag() {
        assert_eq!(Language::from_tag("zh-CN"), Some(Language::ZhCn));
        assert_eq!(Language::from_tag("ZH_hans"), Some(Language::ZhCn));
        assert_eq!(Language::from_tag("en-GB"), Some(Language::En));
        assert_eq!(Language::from_tag("de"), None);
    }
}
