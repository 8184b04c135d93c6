//! Verdicts as values.

use swath_domain::ItemIndex;
use swath_domain::review::Verdict;

use crate::model::row::row;

/// A verdict on one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRow {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// Accepted or rejected.
    pub verdict: Verdict,
    /// Why, as a keyword or a phrase.
    pub reason: Option<String>,
    /// More for the author.
    pub comment: Option<String>,
    /// Which figures it is about, by their positions; the item as a whole where there are none.
    pub figures: Vec<u32>,
}

impl VerdictRow {
    /// A verdict without a reason, a comment or figures.
    pub fn plain(item: ItemIndex, verdict: Verdict) -> Self {
        Self { item, verdict, reason: None, comment: None, figures: Vec::new() }
    }

    /// The figures as they are stored.
    pub(crate) fn stored_figures(&self) -> Option<String> {
        let is_named = !self.figures.is_empty();
        is_named.then(|| serde_json::json!(self.figures).to_string())
    }
}

row! {
    /// How long the texts of a verdict are.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct VerdictSize {
        /// The item.
        item: i64,
        /// The bytes of the reason, the comment and the figures.
        bytes: i64,
    }
}

row! {
    /// A verdict as it is stored.
    pub(crate) struct StoredVerdict {
        item: i64, accept: bool, reason: Option<String>, comment: Option<String>, figures: Option<String>,
    }
}

impl From<StoredVerdict> for VerdictRow {
    fn from(row: StoredVerdict) -> Self {
        let StoredVerdict { item, accept, reason, comment, figures } = row;
        let verdict = if accept { Verdict::Accept } else { Verdict::Reject };
        // Nothing else writes the list; one that cannot be read names no figure rather than failing the whole page.
        let figures = figures.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default();
        Self { item: ItemIndex(item), verdict, reason, comment, figures }
    }
}
