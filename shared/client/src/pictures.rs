//! Pictures on their way up, one in each request.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde::Deserialize;

use crate::client::{Client, PAUSE_MAX, PAUSES, Result, checked, read};
use crate::error::ClientError;

/// How long one picture may take.
const PICTURE_DEADLINE: Duration = Duration::from_secs(600);

/// A picture that has been uploaded.
#[derive(Debug, Clone, Deserialize)]
pub struct Uploaded {
    /// By this items name it.
    pub uri: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// How much room a team has for files.
#[derive(Debug, Clone, Deserialize)]
pub struct Room {
    /// Whether the installation has a place for files.
    pub is_configured: bool,
    /// What the team's files take, in bytes.
    pub bytes: u64,
    /// What they may take.
    pub bytes_most: u64,
    /// What one picture may take.
    pub picture_bytes_most: u64,
}

impl Client {
    /// How much room a team has for files.
    pub async fn room(&self, team: &str) -> Result<Room> {
        self.get(&format!("/v1/teams/{team}/files"), &[]).await
    }

    /// Uploads a picture under a name. The same content is kept once, so that it may be sent again.
    pub async fn upload_picture(&self, team: &str, name: &str, file: &Path) -> Result<Uploaded> {
        for pause in PAUSES {
            match self.picture_once(team, name, file).await {
                Err(error) if error.passes() => {
                    tokio::time::sleep(error.retry_after().unwrap_or(pause).min(PAUSE_MAX)).await;
                }
                answer => return answer,
            }
        }
        self.picture_once(team, name, file).await
    }

    async fn picture_once(&self, team: &str, name: &str, file: &Path) -> Result<Uploaded> {
        let unreadable = |error| ClientError::File { path: file.display().to_string(), error };
        let content = tokio::fs::File::open(file).await.map_err(unreadable)?;
        let length = content.metadata().await.map_err(unreadable)?.len();
        let request = self
            .http
            .post(self.url(&format!("/v1/teams/{team}/files"), &[("name", name.to_owned())])?)
            .headers(self.headers(None)?)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, length)
            .timeout(PICTURE_DEADLINE)
            .body(content);
        read(&checked(request.send().await?).await?.bytes().await?)
    }
}
