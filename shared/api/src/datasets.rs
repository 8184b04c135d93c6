//! Datasets: the requests and answers of `/v1/datasets`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use swath_domain::Time;
use swath_domain::ids::{DatasetId, TeamId};

pub use swath_formats::folder::Order;
pub use swath_formats::manifest::ManifestItem;

/// A dataset to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDatasetRequest {
    /// The team; not needed for someone who manages one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// Its name.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: String,
    /// Where its items come from: exactly one of the four.
    pub source: SourceRequest,
    /// Whether everything is checked and nothing is kept: the answer is a report.
    #[serde(default)]
    pub dry_run: bool,
}

/// Where items come from: `folder`, `manifest`, `items`, or `pattern` with `count`.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceRequest {
    /// A folder of pictures on the server: one of the team's, or below one; a relative path is looked for below each.
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
    /// With a manifest: what bare paths in it are below, as in `s3://bucket/streets/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// With a folder: in which order its pictures come; as people count, unless it says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// With a folder: whether files that cannot be used are left out and listed, instead of refusing the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_bad: Option<bool>,
}

/// What an import would bring.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrialView {
    /// Items.
    pub count: i64,
    /// Items whose picture's size is not known: exports to COCO and Supervisely need it.
    pub without_size: i64,
    /// What would be passed by or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
}

/// The notes of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notes {
    /// Files that are no pictures, by kind: `hidden`, the file's ending as in `.txt`, or `others`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ignored: BTreeMap<String, u64>,
    /// How many files were left out because they cannot be used.
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
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What its import has passed by or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
    /// Whether its pictures were measured as they are stored, by an earlier version: where EXIF turns one, its sides are
    /// exchanged. Told of a single dataset.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sizes_as_stored: bool,
    /// Whether pictures of it in the object store wait to be measured. Told of a single dataset.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub measuring: bool,
    /// Pictures that somebody wanted to see and that could not be read. Told of a single dataset.
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
    /// Whatever else came with it.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Box<RawValue>>,
    /// Width in pixels of the picture as it is displayed, where known.
    pub width: Option<i64>,
    /// Height in pixels, where known.
    pub height: Option<i64>,
    /// How sure that is: `known`, `provisional` where two people have reported it, or `unknown`.
    pub size: String,
    /// How the picture is stored, by its number in EXIF, where it was measured.
    pub orientation: Option<i64>,
    /// Since when the picture could not be read; none where it can, or nobody has tried.
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

/// What has become of the sizes that were told.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SizesView {
    /// Sizes in the request.
    pub told: u64,
    /// Those that are news: the others stood there already, or the picture's size is known better.
    pub changed: u64,
}
