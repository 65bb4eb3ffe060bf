//! THE WIRING: start, reload, drain. Builds the rooms below and connects them; tests run it in-process.
