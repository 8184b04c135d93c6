//! What the store measures of itself: how many commands share a transaction, how long they wait for it, and how long it
//! takes, for each kind of command.

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, HistogramVec};

/// Commands in one transaction.
const SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
/// The bounds of the histograms of durations, in seconds.
const TIMES: [f64; 8] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0];

/// The histograms, with a label for the kind of command.
pub(crate) struct Meters {
    sizes: HistogramVec,
    waits: HistogramVec,
    times: HistogramVec,
}

/// Those of one kind.
#[derive(Clone)]
pub(crate) struct Meter {
    /// Commands in one transaction.
    pub(crate) size: Histogram,
    /// Seconds from the call to the transaction's begin.
    pub(crate) wait: Histogram,
    /// Seconds that a transaction takes.
    pub(crate) time: Histogram,
}

impl Meters {
    pub(crate) fn new() -> prometheus::Result<Self> {
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), &["verb"])
        };
        Ok(Self {
            sizes: histogram("swath_store_batch_commands", "Commands that share a transaction.", &SIZES)?,
            waits: histogram(
                "swath_store_wait_seconds",
                "How long a command waits for its transaction to begin.",
                &TIMES,
            )?,
            times: histogram("swath_store_batch_seconds", "How long a transaction takes.", &TIMES)?,
        })
    }

    pub(crate) fn of(&self, verb: &str) -> Meter {
        Meter {
            size: self.sizes.with_label_values(&[verb]),
            wait: self.waits.with_label_values(&[verb]),
            time: self.times.with_label_values(&[verb]),
        }
    }

    pub(crate) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        [&self.sizes, &self.waits, &self.times].map(|of| Box::new(of.clone()) as Box<dyn Collector>).into()
    }
}
