//! FROM AND TO DISK: registry tables as CSV and GeoJSON, settings as TOML, secrets. Bytes in, values and faults out; decides nothing about cameras.

mod csv_table;
mod encoding;
pub mod folder;
pub mod rows;
mod shapes;
#[cfg(test)]
mod tests;
mod told;

pub use encoding::Encoding;
