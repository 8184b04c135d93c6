//! What becomes known of pictures after their items were imported.

use swath_domain::ids::{DatasetId, TeamId};
use swath_domain::labels::Size;
use swath_domain::{ItemIndex, Time};

/// How a size became known, from the least certain to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SizeSource {
    /// The browsers of two users reported the same size. It is provisional: no figure is refused because of it.
    Agreed,
    /// A manager entered it.
    Told,
    /// Swath measured the picture.
    Measured,
}

impl SizeSource {
    /// Its code in the database, which grows with certainty.
    pub(crate) fn code(self) -> i64 {
        self as i64
    }
}

/// A size that has become known, of the picture as it is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSize {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// Width and height in pixels.
    pub size: Size,
    /// How the picture is stored, by its number in EXIF, where it is known.
    pub orientation: Option<i64>,
}

/// The size of a picture whose item was imported without one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownSize {
    pub(crate) size: Size,
    pub(crate) orientation: Option<i64>,
    /// Whether only the browsers of two users have reported it.
    pub(crate) is_provisional: bool,
}

/// A picture that could not be read when a user wanted to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingPicture {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// When it was missed first.
    pub since: Time,
    /// About how often it was missed: each process counts at most once a minute.
    pub times: i64,
}

/// A dataset whose pictures in the object store are being measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measuring {
    /// The dataset whose pictures are measured.
    pub dataset: DatasetId,
    /// The team that owns the dataset.
    pub team: TeamId,
    /// The next item to be measured.
    pub next: ItemIndex,
}

/// An item whose picture has not been measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmeasuredItem {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// The URI of its picture.
    pub uri: String,
}
