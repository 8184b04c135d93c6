//! Datasets, their versions, and the segments that versions add.

use swath_domain::Time;
use swath_domain::ids::{DatasetId, TeamId, UserId};
use swath_domain::ranges::Range;

/// How far the first import of a dataset has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatasetState {
    /// Items are still arriving.
    Importing,
    /// Its first version is complete, so jobs can be made on it.
    Ready,
    /// Refused; it has no items.
    Failed,
}

impl DatasetState {
    const ALL: [Self; 3] = [Self::Importing, Self::Ready, Self::Failed];

    /// By its code in the database.
    pub(crate) fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Its code in the database.
    pub(crate) fn code(self) -> i64 {
        self as i64
    }

    /// By its name in the API.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Importing => "importing",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

/// A dataset at its latest complete version.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The id.
    pub id: DatasetId,
    /// The team that owns it.
    pub team: TeamId,
    /// The name that people read.
    pub name: String,
    /// The latest complete version, from 1; 0 while the first is importing.
    pub version: i64,
    /// Number of items of that version.
    pub items: i64,
    /// How far the first import has come.
    pub state: DatasetState,
    /// Why the first import failed.
    pub error: Option<String>,
    /// The common beginning of all URIs of the latest version, up to a slash. Exports of a job use the base of the
    /// job's own version instead.
    pub base: String,
    /// Notes that the importer keeps for itself, as JSON.
    pub notes: Option<String>,
    /// When the dataset was created.
    pub created: Time,
}

/// A dataset to be created.
#[derive(Debug, Clone)]
pub struct NewDataset {
    /// The id that it gets.
    pub id: DatasetId,
    /// The team that owns it.
    pub team: TeamId,
    /// The name that people read.
    pub name: String,
    /// The user who creates it.
    pub creator: UserId,
    /// The common beginning of all its URIs, where it is known already.
    pub base: String,
    /// Where the items of its first version come from.
    pub source: Source,
    /// The time of the command.
    pub now: Time,
}

/// Where the items of a version come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// From rows that are appended later.
    Rows,
    /// From a pattern, which makes a URI of each item's number: `{}` or `{:08}` stands for the number.
    Pattern {
        /// The URI of each item, with a place for its number.
        pattern: String,
        /// How many items it generates.
        count: i64,
    },
}

/// The key of one version of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatasetVersion {
    /// The dataset that the version is of.
    pub dataset: DatasetId,
    /// The number of the version, from 1.
    pub version: i64,
}

/// A version that was opened for an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedVersion {
    /// The number of the version.
    pub version: i64,
    /// The number of its first item.
    pub first_item: i64,
}

/// A complete segment: the items that one version has added to its dataset, as rows or by a pattern.
#[derive(Debug, Clone)]
pub(crate) struct ReadySegment {
    pub(crate) items: Range,
    /// `None` where the items are rows.
    pub(crate) pattern: Option<String>,
    /// False where an earlier version of Swath measured the pictures as their files store them, without regard to EXIF.
    pub(crate) as_displayed: bool,
}
