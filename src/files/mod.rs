//! FROM AND TO DISK: registry tables as CSV and GeoJSON, settings as TOML, secrets. Bytes in, values and faults out; decides nothing about cameras.

pub mod secrets;
pub mod settings;
