//! What would be, against a register that is edited by hand and judged from nothing.

mod laws;
mod oracle;
mod seals;
mod stories;
mod town;
