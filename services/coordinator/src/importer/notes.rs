//! What an import notes beside its items: files that it passed by, and broken ones that it was asked to leave out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Kinds of files that are told apart.
const KINDS_MAX: usize = 30;
/// Files left out that are told one by one.
const LEFT_OUT_MAX: usize = 100;
/// Where the files of all further kinds are counted.
const OTHERS: &str = "others";

/// The notes of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Notes {
    /// Files that are no pictures, by kind: `hidden`, the file's ending as in `.txt`, or `others`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) ignored: BTreeMap<String, u64>,
    /// How many files were left out because they cannot be used.
    #[serde(default)]
    pub(crate) left_out: u64,
    /// The first of them, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub(crate) files_left_out: Vec<String>,
}

impl Notes {
    /// Counts a file that is no picture.
    pub(crate) fn ignore(&mut self, kind: &str) {
        let is_known = self.ignored.contains_key(kind) || self.ignored.len() < KINDS_MAX;
        *self.ignored.entry(if is_known { kind } else { OTHERS }.to_owned()).or_default() += 1;
    }

    /// Counts a file that cannot be used.
    pub(crate) fn leave_out(&mut self, what: &str) {
        self.left_out += 1;
        if self.files_left_out.len() < LEFT_OUT_MAX {
            self.files_left_out.push(what.to_owned());
        }
    }

    /// As the store keeps them; none where there is nothing to note.
    pub(crate) fn text(&self) -> Option<String> {
        (*self != Self::default()).then(|| serde_json::to_string(self).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_files_are_counted_within_bounds() {
        let mut notes = Notes::default();
        assert_eq!(notes.text(), None);
        (0..100).for_each(|n| notes.ignore(&format!(".{n}")));
        (0..200).for_each(|n| notes.leave_out(&format!("{n}.png")));
        assert_eq!((notes.ignored.len(), notes.ignored[OTHERS]), (KINDS_MAX + 1, 70));
        assert_eq!((notes.files_left_out.len(), notes.left_out), (LEFT_OUT_MAX, 200));
    }
}
