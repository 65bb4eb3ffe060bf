//! Tests of delivery: the loop with a scripted carrier under a paused clock, the sinks against a receiver on loopback.

mod answers;
mod duty;
mod fixture;
mod fuzz;
mod heartbeat;
mod http;
mod mail;
mod payloads;
mod people;
mod reviews;
mod robots;
mod templates;
mod turns;
