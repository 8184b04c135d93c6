//! Uploaded pictures: the answers of `/v1/teams/{team_id}/files`.

use serde::{Deserialize, Serialize};
use swath_domain::ids::FileId;

/// A picture that has been uploaded.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UploadView {
    /// Its id.
    pub id: FileId,
    /// By this items of the team's datasets name it; of a picture for instructions the path by which they show it.
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

/// How much room a team has for files.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FilesView {
    /// Whether the installation has a place for files.
    pub is_configured: bool,
    /// What the team's pictures and thumbnails take, in bytes.
    pub bytes: i64,
    /// What they may take.
    pub bytes_most: u64,
    /// What one picture may take.
    pub picture_bytes_most: u64,
}
