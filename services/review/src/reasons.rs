//! Counts rejected items by reason. Reviewers may write any reason, so the number of series is bounded.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use prometheus::{IntCounterVec, Opts, Registry};
use swath_domain::ids::TeamId;

/// Pairs of team and reason with a series of their own, at most. The rest is counted as [`OTHERS_LABEL`].
const SERIES_MAX: usize = 200;
/// The characters of a reason that its label keeps, at most.
const REASON_CHARS_MAX: usize = 60;
/// The label of the reasons without a series of their own.
const OTHERS_LABEL: &str = "other";
/// The label of verdicts without a reason.
const NONE_LABEL: &str = "none given";

/// Rejected items by team and reason.
pub struct Reasons {
    items: IntCounterVec,
    with_series: Mutex<HashSet<(TeamId, String)>>,
}

impl Reasons {
    /// Registers the counter.
    ///
    /// # Errors
    /// When it is registered already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let options = Opts::new(
            "swath_review_rejected_items_total",
            "Items rejected, by team and by the reason that their reviewer gave; past the first 200 as other.",
        );
        let items = IntCounterVec::new(options, &["team", "reason"])?;
        registry.register(Box::new(items.clone()))?;
        Ok(Self { items, with_series: Mutex::default() })
    }

    /// Counts an item for each of these reasons.
    pub fn count(&self, team: TeamId, reasons: &[Option<String>]) {
        for reason in reasons {
            let reason = label(reason.as_deref());
            let has_series = self.has_series(team, &reason);
            let (team, reason) = if has_series {
                (team.to_string(), reason)
            } else {
                (OTHERS_LABEL.into(), OTHERS_LABEL.into())
            };
            self.items.with_label_values(&[team, reason]).inc();
        }
    }

    /// Whether the reason has a series, or gets one now.
    fn has_series(&self, team: TeamId, reason: &str) -> bool {
        let mut with_series = self.with_series.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (team, reason.to_owned());
        with_series.contains(&pair) || (with_series.len() < SERIES_MAX && with_series.insert(pair))
    }
}

/// The label of a reason, which is the same for texts that differ only in case and spaces.
fn label(reason: Option<&str>) -> String {
    let words: Vec<_> = reason.unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let name: String = words.join(" ").chars().take(REASON_CHARS_MAX).collect();
    if name.is_empty() { NONE_LABEL.into() } else { name }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn reason(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn series(registry: &Registry) -> Vec<(String, u64)> {
        let families = registry.gather();
        let series = families.iter().flat_map(|family| family.get_metric());
        let mut series: Vec<_> = series
            .map(|metric| {
                let label = metric.get_label().iter().find(|label| label.name() == "reason");
                (label.unwrap().value().to_owned(), metric.get_counter().get_value() as u64)
            })
            .collect();
        series.sort();
        series
    }

    #[test]
    fn reasons_that_differ_only_in_case_and_spaces_are_one() {
        let registry = Registry::new();
        let reasons = Reasons::new(&registry).unwrap();
        let team = TeamId(Uuid::nil());
        reasons.count(
            team,
            &[reason("Too  loose"), reason(" too loose\n"), reason(""), None, reason(&"a".repeat(500))],
        );
        let long = "a".repeat(REASON_CHARS_MAX);
        assert_eq!(series(&registry), [(long, 1), (NONE_LABEL.to_owned(), 2), ("too loose".to_owned(), 2)]);
    }

    #[test]
    fn the_number_of_series_is_bounded_and_no_item_is_lost() {
        let registry = Registry::new();
        let reasons = Reasons::new(&registry).unwrap();
        let team = TeamId(Uuid::nil());
        for _ in 0..2 {
            for number in 0..SERIES_MAX + 50 {
                reasons.count(team, &[reason(&format!("reason {number}"))]);
            }
        }
        let series = series(&registry);
        assert_eq!(series.len(), SERIES_MAX + 1);
        assert!(series.contains(&(OTHERS_LABEL.to_owned(), 100)), "{series:?}");
        assert!(series.contains(&("reason 0".to_owned(), 2)), "{series:?}");
    }
}
