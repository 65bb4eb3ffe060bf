//! Tests of whole probes against servers that misbehave.
