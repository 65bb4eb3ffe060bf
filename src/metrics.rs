//! The gauges of /metrics, written straight from the snapshot, and the counters and histograms of the process.
