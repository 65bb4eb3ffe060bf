//! How a command ends: one list for all of them (names.md, Commands).

use std::fmt;
use std::process::ExitCode;

/// What a command came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exit {
    /// Fine.
    Fine,
    /// Found something: faults, gaps, a failed phase.
    Found,
    /// Wrong use.
    WrongUse,
    /// Could not do it.
    CouldNot,
    /// `status --nagios` speaks that tradition's codes instead.
    Nagios(Nagios),
}

/// The states of the Nagios plugin tradition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Nagios {
    /// Nothing is wrong.
    Ok,
    /// Something needs attention.
    Warning,
    /// Something is lost.
    Critical,
    /// Nothing is known.
    Unknown,
}

impl Exit {
    /// The number.
    pub(super) const fn code(self) -> u8 {
        match self {
            Exit::Fine | Exit::Nagios(Nagios::Ok) => 0,
            Exit::Found | Exit::Nagios(Nagios::Warning) => 1,
            Exit::WrongUse | Exit::Nagios(Nagios::Critical) => 2,
            Exit::CouldNot | Exit::Nagios(Nagios::Unknown) => 3,
        }
    }

    /// The code of an error: wrong use where somebody says so, else it could not be done.
    pub(super) fn of(error: &anyhow::Error) -> Exit {
        if error.downcast_ref::<WrongUse>().is_some() { Exit::WrongUse } else { Exit::CouldNot }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// The command line says something that cannot be meant.
#[derive(Debug)]
pub(super) struct WrongUse(pub(super) String);

impl fmt::Display for WrongUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// An error of wrong use.
pub(super) fn wrong_use(text: impl Into<String>) -> anyhow::Error {
    WrongUse(text.into()).into()
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn codes_are_those_of_the_contract() {
        let codes = [Exit::Fine, Exit::Found, Exit::WrongUse, Exit::CouldNot].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
        let nagios = [Nagios::Ok, Nagios::Warning, Nagios::Critical, Nagios::Unknown].map(|n| Exit::Nagios(n).code());
        assert_eq!(nagios, [0, 1, 2, 3]);
    }

    #[test]
    fn errors_know_their_code_below_any_context() {
        assert_eq!(Exit::of(&wrong_use("x")), Exit::WrongUse);
        let wrapped = Err::<(), _>(WrongUse("x".into())).context("while reading").unwrap_err();
        assert_eq!(Exit::of(&wrapped), Exit::WrongUse);
        assert_eq!(Exit::of(&anyhow::anyhow!("disk full")), Exit::CouldNot);
    }
}
