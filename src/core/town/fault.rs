//! What can be wrong with a simulated camera: the closed list of names.md, "Simulator".

/// A fault that the simulator serves, or that a story tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Fault {
    /// Healthy.
    #[default]
    None,
    /// The port is closed and the host says so.
    Refuse,
    /// The host is gone: connecting times out.
    Drop,
    /// Accepts and says nothing.
    Hang,
    /// Accepts and resets.
    Reset,
    /// Answers with noise.
    Garbage,
    /// Answers with a header without end.
    Endless,
    /// Refuses the password.
    Auth,
    /// Says that it is busy (503).
    Busy,
    /// Answers late.
    Slow,
    /// The picture is black.
    Black,
    /// The picture does not change.
    Frozen,
    /// The clock of the device is an hour off.
    Clock,
}

impl Fault {
    /// Every fault, `None` first.
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

    /// The word users write.
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
    fn every_word_names_its_fault() {
        assert!(Fault::ALL.into_iter().all(|f| Fault::from_word(f.word()) == Some(f)));
        assert_eq!(Fault::from_word("Refuse"), None);
        assert_eq!(Fault::default(), Fault::None);
    }
}
