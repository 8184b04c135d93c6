//! The counters of a review service.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use crate::reasons::Reasons;

/// The counters.
pub struct Metrics {
    /// Submissions that were accepted by the review rule.
    pub waived: IntCounter,
    /// Decisions by their outcome.
    pub decided: IntCounterVec,
    /// Rejected items by team and reason.
    pub rejected: Reasons,
}

impl Metrics {
    /// Registers the counters.
    ///
    /// # Errors
    /// When they are registered already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let waived =
            IntCounter::new("swath_review_waived_total", "Submissions accepted by the review rule.")?;
        let decided =
            IntCounterVec::new(Opts::new("swath_review_decisions_total", "Reviews decided."), &["status"])?;
        registry.register(Box::new(waived.clone()))?;
        registry.register(Box::new(decided.clone()))?;
        // A missing series is not zero to Prometheus, so both exist from the start.
        for status in ["accepted", "rejected"] {
            decided.with_label_values(&[status]);
        }
        Ok(Self { waived, decided, rejected: Reasons::new(registry)? })
    }
}
