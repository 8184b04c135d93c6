//! What a gateway counts.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// The counters.
pub struct Metrics {
    /// Leases granted.
    pub granted: IntCounter,
    /// Leases handed back to people who held them already.
    pub handed_back: IntCounter,
    /// Questions that were answered with no work.
    pub no_work: IntCounter,
    /// Submissions taken.
    pub submitted: IntCounter,
    /// Submissions that the review rule accepted where they were handed in.
    pub waived: IntCounter,
    /// Items saved.
    pub confirmed: IntCounter,
}

impl Metrics {
    /// Registers the counters.
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
