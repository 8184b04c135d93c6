//! What a review service counts.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use crate::reasons::Reasons;

/// The counters.
pub struct Metrics {
    /// Submissions that were accepted by the review rule.
    pub waived: IntCounter,
    /// Decisions by their outcome.
    pub decided: IntCounterVec,
    /// Items rejected, by their reasons.
    pub rejected: Reasons,
}

impl Metrics {
    /// Registers the counters.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let waived =
            IntCounter::new("swath_review_waived_total", "Submissions accepted by the review rule.")?;
        let decided =
            IntCounterVec::new(Opts::new("swath_review_decisions_total", "Reviews decided."), &["status"])?;
        registry.register(Box::new(waived.clone()))?;
        registry.register(Box::new(decided.clone()))?;
        // To Prometheus a series that is not there is no zero.
        for status in ["accepted", "rejected"] {
            decided.with_label_values(&[status]);
        }
        Ok(Self { waived, decided, rejected: Reasons::new(registry)? })
    }
}
