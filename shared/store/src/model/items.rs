//! Items of datasets.

use swath_domain::ItemIndex;
use swath_domain::labels::Size;

/// An item that is imported.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// The URI of its picture.
    pub uri: String,
    /// Labels that jobs can select it by.
    pub labels: Vec<String>,
    /// Anything else, as a JSON object.
    pub meta: Option<String>,
    /// Width of the picture in pixels, where it is known.
    pub width: Option<i64>,
    /// Height of the picture in pixels, where it is known.
    pub height: Option<i64>,
    /// How the picture is stored, by its number in EXIF, where it was measured.
    pub orientation: Option<i64>,
}

/// An item of a dataset.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// The number of the item in the dataset, from 0.
    pub index: ItemIndex,
    /// The URI of its picture.
    pub uri: String,
    /// Width and height in pixels of the picture as it is displayed, where they are known.
    pub size: Option<Size>,
    /// Whether the size is only what the browsers of two users have reported.
    pub is_provisional: bool,
    /// How the picture is stored, by its number in EXIF, where it was measured.
    pub orientation: Option<i64>,
    /// Whether size and figures refer to the picture as its file stores it: an earlier version of Swath displayed and
    /// measured it without regard to EXIF.
    pub is_as_stored: bool,
}

impl ItemRow {
    /// The size that figures are checked against; a provisional size is not.
    pub fn certain_size(&self) -> Option<Size> {
        self.size.filter(|_| !self.is_provisional)
    }
}

/// The texts of an item that were imported beside its URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemTexts {
    /// The number of the item in the dataset.
    pub item: ItemIndex,
    /// Labels that jobs can select it by.
    pub labels: Vec<String>,
    /// Anything else, as a JSON object.
    pub meta: Option<String>,
}

/// The URI of item number `index` by a pattern; `None` where the pattern is malformed.
pub fn fill_pattern(pattern: &str, index: ItemIndex) -> Option<String> {
    let (before, rest) = pattern.split_once('{')?;
    let (format, after) = rest.split_once('}')?;
    let digits = match format.strip_prefix(':') {
        None if format.is_empty() => 0,
        Some(width) if width.starts_with('0') || width.is_empty() => width.parse().unwrap_or(0).min(40),
        _ => return None,
    };
    (!after.contains(['{', '}'])).then(|| format!("{before}{index:0digits$}{after}"))
}
