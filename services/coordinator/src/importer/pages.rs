//! Collects the items of a manifest into pages.

use swath_formats::manifest::{Found, Kind, ManifestError, Parser};
use swath_runtime::problem::Fault;

use super::feed::{Feed, PAGE_ITEMS};
use crate::faults::{fault_of, problem_of};

/// Collects the items of a manifest into pages.
pub(super) struct Pages {
    parser: Parser,
    found: Found,
    /// Whether faults may quote the manifest, which is allowed where the caller has sent it.
    quotes: bool,
}

impl Pages {
    pub(super) fn new(kind: Kind, quotes: bool, base: Option<String>) -> Self {
        Self { parser: Parser::new(kind), found: Found::below(base), quotes }
    }

    /// Parses the next bytes, and returns full pages and faults.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Feed> {
        let pushed = self.parser.push(bytes, &mut self.found);
        self.collected(pushed.err(), PAGE_ITEMS)
    }

    /// Ends the manifest, and returns the rest.
    pub(super) fn finish(mut self) -> Vec<Feed> {
        let parser = std::mem::replace(&mut self.parser, Parser::new(Kind::Jsonl));
        let finished = parser.finish(&mut self.found);
        self.collected(finished.err(), 1)
    }

    /// The faults, pages of at least `min` items, and the failure.
    fn collected(&mut self, failure: Option<ManifestError>, min: usize) -> Vec<Feed> {
        let faults: Vec<Fault> =
            self.found.faults.drain(..).map(|error| fault_of(quoting(self.quotes, error))).collect();
        let mut feeds = Vec::new();
        if !faults.is_empty() {
            feeds.push(Feed::Faults(faults));
        }
        let items = &mut self.found.items;
        while items.len() >= min {
            let rest = items.split_off(items.len().min(PAGE_ITEMS));
            feeds.push(Feed::Page(std::mem::replace(items, rest)));
        }
        feeds.extend(failure.map(|error| Feed::Failure(Box::new(problem_of(quoting(self.quotes, error))))));
        feeds
    }
}

/// Removes quotations from an error where they are not allowed.
fn quoting(quotes: bool, error: ManifestError) -> ManifestError {
    if quotes { error } else { error.without_content() }
}
