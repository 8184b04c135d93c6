//! Why items are rejected, as a counter. Reasons are what reviewers write, so only so many of them have a series.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use prometheus::{IntCounterVec, Opts, Registry};
use swath_domain::ids::TeamId;

/// Teams' reasons that have a series; the rest is counted as [`OTHER`].
const SHOWN: usize = 200;
/// The most characters of a reason that tell it from others.
const LENGTH: usize = 60;
/// What the rest is called.
const OTHER: &str = "other";
/// The label of verdicts without a reason.
const NONE: &str = "none given";

/// See the module.
pub struct Reasons {
    items: IntCounterVec,
    shown: Mutex<HashSet<(TeamId, String)>>,
}

impl Reasons {
    /// Registers the counter.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let told = Opts::new(
            "swath_review_rejected_items_total",
            "Items rejected, by team and by the reason that their reviewer gave; past the first 200 as other.",
        );
        let items = IntCounterVec::new(told, &["team", "reason"])?;
        registry.register(Box::new(items.clone()))?;
        Ok(Self { items, shown: Mutex::default() })
    }

    /// Counts an item for each of these reasons.
    pub fn count(&self, team: TeamId, reasons: &[Option<String>]) {
        for reason in reasons {
            let reason = named(reason.as_deref());
            let is_shown = self.is_shown(team, &reason);
            let (team, reason) =
                if is_shown { (team.to_string(), reason) } else { (OTHER.into(), OTHER.into()) };
            self.items.with_label_values(&[team, reason]).inc();
        }
    }

    /// Whether the reason has a series, or gets one now.
    fn is_shown(&self, team: TeamId, reason: &str) -> bool {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (team, reason.to_owned());
        shown.contains(&pair) || (shown.len() < SHOWN && shown.insert(pair))
    }
}

/// One name for what differs in case and spaces alone.
fn named(reason: Option<&str>) -> String {
    let words: Vec<_> = reason.unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let name: String = words.join(" ").chars().take(LENGTH).collect();
    if name.is_empty() { NONE.into() } else { name }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn said(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn series(registry: &Registry) -> Vec<(String, u64)> {
        let families = registry.gather();
        let series = families.iter().flat_map(|family| family.get_metric());
        let mut series: Vec<_> = series
            .map(|metric| {
                let reason = metric.get_label().iter().find(|label| label.name() == "reason");
                (reason.unwrap().value().to_owned(), metric.get_counter().get_value() as u64)
            })
            .collect();
        series.sort();
        series
    }

    #[test]
    fn what_differs_in_case_and_spaces_alone_is_one_reason() {
        let registry = Registry::new();
        let reasons = Reasons::new(&registry).unwrap();
        let team = TeamId(Uuid::nil());
        reasons
            .count(team, &[said("Too  loose"), said(" too loose\n"), said(""), None, said(&"a".repeat(500))]);
        let long = "a".repeat(LENGTH);
        assert_eq!(series(&registry), [(long, 1), (NONE.to_owned(), 2), ("too loose".to_owned(), 2)]);
    }

    #[test]
    fn only_so_many_reasons_have_a_series_and_none_is_lost() {
        let registry = Registry::new();
        let reasons = Reasons::new(&registry).unwrap();
        let team = TeamId(Uuid::nil());
        for _ in 0..2 {
            for number in 0..SHOWN + 50 {
                reasons.count(team, &[said(&format!("reason {number}"))]);
            }
        }
        let series = series(&registry);
        assert_eq!(series.len(), SHOWN + 1);
        assert!(series.contains(&(OTHER.to_owned(), 100)), "{series:?}");
        assert!(series.contains(&("reason 0".to_owned(), 2)), "{series:?}");
    }
}
