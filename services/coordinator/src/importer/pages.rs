//! What a parser gives, gathered into pages.

use swath_formats::manifest::{Found, Kind, ManifestError, Parser};
use swath_runtime::problem::Fault;

use super::{Feed, PAGE};
use crate::faults::{fault_of, problem_of};

/// Gathers the items of a manifest.
pub(super) struct Pages {
    parser: Parser,
    found: Found,
    /// Whether faults may quote the manifest: they may where the caller has sent it.
    quotes: bool,
}

impl Pages {
    pub(super) fn new(kind: Kind, quotes: bool, base: Option<String>) -> Self {
        Self { parser: Parser::new(kind), found: Found::below(base), quotes }
    }

    /// Takes the next bytes, and gives full pages and faults.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Feed> {
        let pushed = self.parser.push(bytes, &mut self.found);
        self.gathered(pushed.err(), PAGE)
    }

    /// Takes the end, and gives what is left.
    pub(super) fn finish(mut self) -> Vec<Feed> {
        let parser = std::mem::replace(&mut self.parser, Parser::new(Kind::Jsonl));
        let finished = parser.finish(&mut self.found);
        self.gathered(finished.err(), 1)
    }

    /// The faults, pages of at least so many items, and what ended the reading.
    fn gathered(&mut self, failure: Option<ManifestError>, least: usize) -> Vec<Feed> {
        let faults: Vec<Fault> =
            self.found.faults.drain(..).map(|error| fault_of(said(self.quotes, error))).collect();
        let mut feeds = Vec::new();
        if !faults.is_empty() {
            feeds.push(Feed::Faults(faults));
        }
        let items = &mut self.found.items;
        while items.len() >= least {
            let rest = items.split_off(items.len().min(PAGE));
            feeds.push(Feed::Page(std::mem::replace(items, rest)));
        }
        feeds.extend(failure.map(|error| Feed::Failure(Box::new(problem_of(said(self.quotes, error))))));
        feeds
    }
}

fn said(quotes: bool, error: ManifestError) -> ManifestError {
    if quotes { error } else { error.without_content() }
}
