//! Simulation: towns from a seed live for days under a clock of their own, with faults of cameras, nodes, power, our
//! own link, the clock, the store, sinks and the process, changes of the registry and people who take incidents. An
//! oracle that knows what is so holds every word against it.
//!
//! `CUNKOU_SEEDS=N` lives so many towns, `CUNKOU_LONG=1` 2 000, `CUNKOU_SEED=N` shows one of them again
//! with all that was said. Each fourth town lives twice and must end alike to the last bit. Loosen no rule of the oracle
//! without writing down which truth it knows by then.

pub(crate) mod acts;
pub(crate) mod counters;
pub(crate) mod crowd;
pub(crate) mod dice;
pub(crate) mod hands;
pub(crate) mod oracle;
pub(crate) mod people;
pub(crate) mod plain;
pub(crate) mod post;
pub(crate) mod run;
pub(crate) mod script;
pub(crate) mod town;
pub(crate) mod truth;
pub(crate) mod work;
