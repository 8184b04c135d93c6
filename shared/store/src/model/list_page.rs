//! Which page of a list is wanted: in which order, behind which entry, and of entries whose names hold a text.

use uuid::Uuid;

/// A page of a list. Ids are made in the order of time, so that the newest entry has the greatest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The id that the page before ended with.
    pub after: Option<Uuid>,
    /// Whether the newest entry comes first, and not the oldest.
    pub is_newest_first: bool,
    /// What the names of all entries hold, without regard to the case of Latin letters.
    pub name: String,
    /// The most entries that the page has.
    pub limit: i64,
}

impl ListPage {
    /// The oldest entries behind this one, whatever they are called.
    pub fn behind(after: Uuid, limit: i64) -> Self {
        Self { after: Some(after), limit, ..Self::default() }
    }

    /// Between which ids the entries lie, without these.
    pub(crate) fn bounds(&self) -> (Uuid, Uuid) {
        match (self.after, self.is_newest_first) {
            (Some(after), true) => (Uuid::nil(), after),
            (Some(after), false) => (after, Uuid::max()),
            (None, _) => (Uuid::nil(), Uuid::max()),
        }
    }

    /// The text that names hold, as statements compare it.
    pub(crate) fn part(&self) -> String {
        self.name.to_ascii_lowercase()
    }

    /// Whether the page may hold this entry, where no statement decides it.
    pub fn admits(&self, id: Uuid, name: &str) -> bool {
        let (low, high) = self.bounds();
        low < id && id < high && name.to_ascii_lowercase().contains(&self.part())
    }

    /// The page of entries that are at hand in the order of their ids.
    #[expect(clippy::expect_used, reason = "a limit that a client names is at least 1")]
    pub fn cut<T>(&self, entries: impl DoubleEndedIterator<Item = T>) -> Vec<T> {
        let limit = usize::try_from(self.limit).expect("no limit is negative");
        match self.is_newest_first {
            true => entries.rev().take(limit).collect(),
            false => entries.take(limit).collect(),
        }
    }
}
