//! What can be made to go wrong with a simulated camera or node (names.md, simulator).

/// A fault, as the control API of the simulator names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Fault {
    /// Heals.
    #[default]
    None,
    /// The port is closed, the host answers.
    Refuse,
    /// The host is gone: connecting times out.
    Drop,
    /// Accepts and says nothing.
    Hang,
    /// Accepts and resets.
    Reset,
    /// Noise instead of an answer.
    Garbage,
    /// A header without end.
    Endless,
    /// 401 to everything but OPTIONS.
    Auth,
    /// 503 to everything.
    Busy,
    /// Answers late.
    Slow,
    /// A black picture.
    Black,
    /// The same picture for ever.
    Frozen,
    /// The device's time is an hour off.
    Clock,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 13] = [
        Fault::None,
        Fault::Refuse,
        Fault::Drop,
        Fault::Hang,
        Fault::Reset,
        Fault::Garbage,
        Fault::Endless,
        Fault::Auth,
        Fault::Busy,
        Fault::Slow,
        Fault::Black,
        Fault::Frozen,
        Fault::Clock,
    ];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Fault::None => "none",
            Fault::Refuse => "refuse",
            Fault::Drop => "drop",
            Fault::Hang => "hang",
            Fault::Reset => "reset",
            Fault::Garbage => "garbage",
            Fault::Endless => "endless",
            Fault::Auth => "auth",
            Fault::Busy => "busy",
            Fault::Slow => "slow",
            Fault::Black => "black",
            Fault::Frozen => "frozen",
            Fault::Clock => "clock",
        }
    }

    /// The fault a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Fault> {
        Fault::ALL.into_iter().find(|f| f.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_their_faults() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_word(fault.word()), Some(fault));
        }
        assert_eq!(Fault::from_word("refused"), None);
        assert_eq!(
            Fault::ALL.map(Fault::word).join(" "),
            "none refuse drop hang reset garbage endless auth busy slow black frozen clock"
        );
    }
}
