//! Datasets: the requests and answers of `/v1/datasets`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use swath_domain::Time;
use swath_domain::ids::{DatasetId, TeamId};

pub use swath_formats::folder::Order;
pub use swath_formats::manifest::ManifestItem;

/// A new dataset.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDatasetRequest {
    /// The team; not needed for a manager of only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// Its name.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: String,
    /// The source of its items: exactly one of the four.
    pub source: SourceRequest,
    /// Whether everything is checked and nothing is kept. The answer is then a report.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// The source of items: `folder`, `manifest`, `items`, or `pattern` with `count`.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceRequest {
    /// A folder of pictures on the server: one of the team's folders or one below. A relative path is searched below each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// A manifest on the server, below one of its media roots, or in the object store, as `s3://bucket/key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The items themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1)]
    pub items: Option<Vec<ManifestItem>>,
    /// A URI with `{}` or `{:08}` where the number goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// With a pattern: how many items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub count: Option<i64>,
    /// With a manifest: the base of bare paths in it, as in `s3://bucket/streets/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// With a folder: the order of its pictures; `natural` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// With a folder: whether files that cannot be used are left out and listed, instead of failing the import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_bad: Option<bool>,
}

/// The report of a dry run.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrialView {
    /// The number of items.
    pub count: i64,
    /// Items whose picture's size is unknown. Exports to COCO and Supervisely need it.
    pub without_size: i64,
    /// The files that would be ignored or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
}

/// The notes of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notes {
    /// The number of files that are no pictures, by kind: `hidden`, the extension as in `.txt`, or `others`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ignored: BTreeMap<String, u64>,
    /// The number of files that were left out because they cannot be used.
    #[serde(default)]
    pub left_out: u64,
    /// The first of them, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub files_left_out: Vec<String>,
}

/// A dataset at its latest version.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DatasetView {
    /// Its id.
    pub id: DatasetId,
    /// Its team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// `importing`, `ready` or `failed`.
    pub state: String,
    /// Grows with every append.
    pub version: i64,
    /// Items of that version.
    pub count: i64,
    /// Why the import failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The files that its import ignored or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
    /// Whether an earlier version measured its pictures as they are stored: if EXIF turns one, its sides are exchanged. Not
    /// in lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sizes_as_stored: bool,
    /// Whether pictures of it in the object store wait to be measured. Not in lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub measuring: bool,
    /// Pictures that a user wanted to see and that could not be read. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures_missing: Option<i64>,
    /// When it was created.
    pub created_at: Time,
}

/// An item of a dataset.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemView {
    /// Its number in the dataset.
    pub index: i64,
    /// The media; of a file on the server its path below the media root.
    pub uri: String,
    /// Labels to select by.
    pub labels: Vec<String>,
    /// The other fields that came with it.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Box<RawValue>>,
    /// Width in pixels of the picture as it is displayed, if known.
    pub width: Option<i64>,
    /// Height in pixels, if known.
    pub height: Option<i64>,
    /// How sure the size is: `known`, `provisional` if only two users have reported it, or `unknown`.
    pub size: String,
    /// The orientation of the stored picture, as a number of EXIF, if it was measured.
    pub orientation: Option<i64>,
    /// Since when the picture could not be read; none if it can be read, or nobody has tried.
    pub missing_since: Option<Time>,
}

/// Items for the next version.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreItems {
    /// The items, none of which may be in the dataset yet.
    #[schema(min_items = 1)]
    pub items: Vec<ManifestItem>,
}

/// The sizes of pictures, as they are displayed.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SizesRequest {
    /// One for each picture.
    #[schema(min_items = 1)]
    pub sizes: Vec<PictureSize>,
}

/// The size of one picture: an entry of a request, or a line.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureSize {
    /// The item's number in the dataset.
    #[schema(minimum = 0)]
    pub index: i64,
    /// Width in pixels.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub width: i64,
    /// Height in pixels.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub height: i64,
}

/// The answer to given sizes.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SizesView {
    /// Sizes in the request.
    pub told: u64,
    /// Sizes that changed. The others were known already, or a better size is known.
    pub changed: u64,
}
