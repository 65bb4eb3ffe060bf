//! How tries ended, counted.

use prometheus::{IntCounterVec, Opts, Registry};

/// How a row fared: label `result`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// The sink took it.
    Delivered,
    /// A try failed; it waits.
    Retried,
    /// The sink's settings no longer take it.
    Dropped,
}

impl Fate {
    const ALL: [Fate; 3] = [Fate::Delivered, Fate::Retried, Fate::Dropped];

    const fn word(self) -> &'static str {
        match self {
            Fate::Delivered => "delivered",
            Fate::Retried => "retried",
            Fate::Dropped => "dropped",
        }
    }
}

/// `cunkou_notifications_total{sink,result}`.
#[derive(Clone)]
pub(super) struct Counters(IntCounterVec);

impl Counters {
    /// Every sink and result at 0.
    ///
    /// # Errors
    /// When the registry has the family already.
    pub(super) fn new<'a>(
        registry: &Registry,
        sinks: impl Iterator<Item = &'a str>,
    ) -> Result<Counters, prometheus::Error> {
        let opts = Opts::new("cunkou_notifications_total", "Messages brought to a sink, by how the try ended.");
        let family = IntCounterVec::new(opts, &["sink", "result"])?;
        registry.register(Box::new(family.clone()))?;
        for sink in sinks {
            for fate in Fate::ALL {
                family.with_label_values(&[sink, fate.word()]);
            }
        }
        Ok(Counters(family))
    }

    pub(super) fn count(&self, sink: &str, fate: Fate, n: usize) {
        self.0.with_label_values(&[sink, fate.word()]).inc_by(n as u64);
    }
}
