//! The limit on open files, raised to what the kernel allows this process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit on open files to the hard one and gives both as they are afterwards, (soft, hard), in files.
/// No limit is `u64::MAX`. Where the kernel refuses, the soft limit stays, and the caller sees so from the numbers.
pub fn raise_open_files() -> (u64, u64) {
    let before = getrlimit(Resource::Nofile);
    // A refusal is no error here: what counts is the limit in force afterwards, and that is read and returned.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum });
    let now = getrlimit(Resource::Nofile);
    (now.current.unwrap_or(u64::MAX), now.maximum.unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_reaches_the_hard_one() {
        let (soft, hard) = raise_open_files();
        assert_eq!(soft, hard);
        assert_eq!(raise_open_files(), (soft, hard), "raising twice changes nothing");
    }
}
