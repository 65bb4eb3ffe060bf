//! Counters and histograms of the process, and the gauges that rooms set instead of keeping in the snapshot.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cunkou_core::model::{Check, Outcome, Phase, ResultLabel, Span, Time};
use prometheus::{Gauge, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

use super::process;
use super::text::{Kind, Text};

/// The checks that this version asks; the others get series once they are built.
const ASKED: [Check; 3] = [Check::Reach, Check::Stream, Check::Picture];

/// Upper bounds of durations, in seconds: from a switch in the next room to a camera that hardly answers.
const SECONDS: [f64; 13] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What waits to be told to one sink.
#[derive(Clone, PartialEq, Debug)]
pub struct Backlog {
    /// The sink's name in the settings.
    pub sink: String,
    /// Messages that it has not taken yet.
    pub messages: u64,
    /// When the oldest of them was written; `None` when there are none.
    pub oldest: Option<Time>,
}

/// The counters, histograms and set gauges of names.md. Cheap to update from any thread.
#[derive(Debug)]
pub struct Counters {
    registry: Registry,
    probes: IntCounterVec,
    duration: HistogramVec,
    phases: HistogramVec,
    lag: Histogram,
    transaction: Histogram,
    reload_successful: IntGauge,
    reload_success_at: Gauge,
    roster_successful: IntGauge,
    backlog: Mutex<Vec<Backlog>>,
}

impl Counters {
    /// All at 0, for every label value.
    ///
    /// # Errors
    /// When the `prometheus` crate refuses a name; the names are constants, so a test would have seen it.
    pub fn new(version: &str, revision: &str) -> Result<Counters, prometheus::Error> {
        let registry = Registry::new();
        let counters = Counters {
            probes: IntCounterVec::new(Opts::new("cunkou_probes_total", "Probes that ended."), &["check", "result"])?,
            duration: HistogramVec::new(
                histogram("cunkou_probe_duration_seconds", "How long probes took."),
                &["check"],
            )?,
            phases: HistogramVec::new(
                histogram("cunkou_probe_phase_duration_seconds", "How long each phase of probes took."),
                &["check", "phase"],
            )?,
            lag: Histogram::with_opts(histogram(
                "cunkou_probe_schedule_lag_seconds",
                "How long after their due time probes began.",
            ))?,
            transaction: Histogram::with_opts(histogram(
                "cunkou_store_transaction_duration_seconds",
                "How long writing transactions took.",
            ))?,
            reload_successful: IntGauge::new(
                "cunkou_registry_last_reload_successful",
                "1 when the registry that was read last is in force, 0 when it was refused.",
            )?,
            reload_success_at: Gauge::new(
                "cunkou_registry_last_reload_success_timestamp_seconds",
                "When a registry was last put in force.",
            )?,
            roster_successful: IntGauge::new(
                "cunkou_roster_last_reload_successful",
                "1 when the roster that was read last is in force or none is named, 0 when it was refused.",
            )?,
            backlog: Mutex::new(Vec::new()),
            registry,
        };
        counters.register(version, revision)?;
        counters.start_at_zero();
        Ok(counters)
    }

    fn register(&self, version: &str, revision: &str) -> Result<(), prometheus::Error> {
        let build = IntGauge::with_opts(
            Opts::new("cunkou_build_info", "The program that runs; always 1.")
                .const_label("version", version)
                .const_label("revision", revision),
        )?;
        build.set(1);
        let r = &self.registry;
        r.register(Box::new(build))?;
        r.register(Box::new(self.probes.clone()))?;
        r.register(Box::new(self.duration.clone()))?;
        r.register(Box::new(self.phases.clone()))?;
        r.register(Box::new(self.lag.clone()))?;
        r.register(Box::new(self.transaction.clone()))?;
        r.register(Box::new(self.reload_successful.clone()))?;
        r.register(Box::new(self.reload_success_at.clone()))?;
        r.register(Box::new(self.roster_successful.clone()))
    }

    fn start_at_zero(&self) {
        for check in ASKED.map(Check::word) {
            for result in ResultLabel::all() {
                self.probes.with_label_values(&[check, result.word()]).inc_by(0);
            }
            // Naming a histogram makes its series; nothing is observed.
            let _ = self.duration.with_label_values(&[check]);
            for phase in Phase::ALL {
                let _ = self.phases.with_label_values(&[check, phase.word()]);
            }
        }
    }

    /// Where another room registers counters of its own.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A probe ended.
    pub fn probe(&self, outcome: &Outcome) {
        let check = outcome.check.word();
        self.probes.with_label_values(&[check, outcome.result.label().word()]).inc();
        self.duration.with_label_values(&[check]).observe(outcome.ended.since(outcome.begun).seconds_f64());
        for (phase, micros) in outcome.times.iter() {
            self.phases.with_label_values(&[check, phase.word()]).observe(f64::from(micros) / 1e6);
        }
    }

    /// A probe began so long after it was due.
    pub fn schedule_lag(&self, late: Span) {
        self.lag.observe(late.as_millis().max(0) as f64 / 1_000.0);
    }

    /// A writing transaction took so long.
    pub fn transaction(&self, took: Duration) {
        self.transaction.observe(took.as_secs_f64());
    }

    /// Whether the roster that was read last is in force.
    pub fn roster(&self, successful: bool) {
        self.roster_successful.set(i64::from(successful));
    }

    /// What the last reload came to; `at` is when a registry was last put in force.
    pub fn reload(&self, successful: bool, at: Option<Time>) {
        self.reload_successful.set(i64::from(successful));
        self.reload_success_at.set(at.map_or(0.0, Time::seconds_f64));
    }

    /// What waits in the outbox, one entry a sink of the settings; sinks that are not named have no series.
    pub fn outbox(&self, backlog: Vec<Backlog>) {
        *self.backlog.lock().unwrap_or_else(PoisonError::into_inner) = backlog;
    }

    /// Adds all of it, and `process_*`, to a text.
    ///
    /// # Errors
    /// When a room registered a family that cannot be written.
    pub fn write(&self, out: &mut String) -> Result<(), prometheus::Error> {
        TextEncoder::new().encode_utf8(&self.registry.gather(), out)?;
        let mut take = |piece: String| out.push_str(&piece);
        let mut text = Text::new(&mut take);
        let backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner).clone();
        text.family("cunkou_outbox_messages", Kind::Gauge, "Messages that a sink has not taken yet.");
        for one in &backlog {
            text.sample(&[("sink", &one.sink)], one.messages as f64);
        }
        text.family(
            "cunkou_outbox_oldest_message_timestamp_seconds",
            Kind::Gauge,
            "When the oldest message that a sink has not taken was written; absent while there is none.",
        );
        for (one, oldest) in backlog.iter().filter_map(|b| Some((b, b.oldest?))) {
            text.sample(&[("sink", &one.sink)], oldest.seconds_f64());
        }
        process::write(&mut text);
        text.end();
        Ok(())
    }
}

fn histogram(name: &str, help: &str) -> HistogramOpts {
    HistogramOpts::new(name, help).buckets(SECONDS.to_vec())
}
