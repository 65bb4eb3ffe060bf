//! A TOWN FROM A SEED: made-up towns for the demo, tests and benchmarks. Never asks the world for chance.

mod fault;

pub use fault::Fault;
