//! Uploaded pictures: the answers of `/v1/teams/{team_id}/files`.

use serde::{Deserialize, Serialize};
use swath_domain::ids::FileId;

/// A picture that has been uploaded.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UploadView {
    /// Its id.
    pub id: FileId,
    /// The URI by which items of the team's datasets name it; for a picture in instructions the path under which they show
    /// it.
    pub uri: String,
    /// Its length in bytes.
    pub bytes: i64,
    /// Its media type, by its content.
    pub r#type: String,
    /// Width in pixels, as it is displayed.
    pub width: i64,
    /// Height in pixels, as it is displayed.
    pub height: i64,
}

/// The space that a team has for files.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FilesView {
    /// Whether the installation can store files.
    pub is_configured: bool,
    /// The size of the team's pictures and thumbnails, in bytes.
    pub bytes: i64,
    /// The most that they may take, in bytes.
    pub bytes_most: u64,
    /// The most that one picture may take, in bytes.
    pub picture_bytes_most: u64,
}
