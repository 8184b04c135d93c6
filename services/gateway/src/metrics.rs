//! The counters of a gateway.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// The counters.
pub struct Metrics {
    /// Leases granted.
    pub granted: IntCounter,
    /// Requests for work that were answered with a lease that the user had already.
    pub handed_back: IntCounter,
    /// Requests for work for which there was none.
    pub no_work: IntCounter,
    /// Accepted submit requests, without repetitions.
    pub submitted: IntCounter,
    /// Submissions that the review rule accepted at once.
    pub waived: IntCounter,
    /// Items saved.
    pub confirmed: IntCounter,
}

impl Metrics {
    /// Registers the counters.
    ///
    /// # Errors
    /// When they are registered already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let leases = IntCounterVec::new(
            Opts::new("swath_gateway_leases_total", "Questions for work by answer."),
            &["answer"],
        )?;
        registry.register(Box::new(leases.clone()))?;
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        Ok(Self {
            granted: leases.with_label_values(&["granted"]),
            handed_back: leases.with_label_values(&["handed_back"]),
            no_work: leases.with_label_values(&["no_work"]),
            submitted: counter("swath_gateway_submissions_total", "Submissions taken.")?,
            waived: counter(
                "swath_gateway_waived_total",
                "Submissions accepted by the review rule where they were handed in.",
            )?,
            confirmed: counter("swath_gateway_items_confirmed_total", "Items saved.")?,
        })
    }
}
