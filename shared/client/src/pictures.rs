//! Uploads of pictures, one per request.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use swath_api::files::{FilesView, UploadView};

use crate::client::{Client, RETRY_PAUSE_MAX, RETRY_PAUSES, Result, checked, read};
use crate::error::ClientError;

/// The time limit for uploading one picture.
const PICTURE_TIMEOUT: Duration = Duration::from_secs(600);

impl Client {
    /// The storage of a team's files.
    ///
    /// # Errors
    /// Those of [`Client::get`].
    pub async fn team_storage(&self, team: &str) -> Result<FilesView> {
        self.get(&format!("/v1/teams/{team}/files"), &[]).await
    }

    /// Uploads a picture under a name. It is repeated after temporary failures, because the server stores the same
    /// content only once.
    ///
    /// # Errors
    /// [`ClientError::File`] if the file cannot be read, and those of [`Client::get`].
    pub async fn upload_picture(&self, team: &str, name: &str, file: &Path) -> Result<UploadView> {
        for pause in RETRY_PAUSES {
            match self.picture_once(team, name, file).await {
                Err(error) if error.is_temporary() => {
                    tokio::time::sleep(error.retry_after().unwrap_or(pause).min(RETRY_PAUSE_MAX)).await;
                }
                answer => return answer,
            }
        }
        self.picture_once(team, name, file).await
    }

    async fn picture_once(&self, team: &str, name: &str, file: &Path) -> Result<UploadView> {
        let unreadable = |error| ClientError::File { path: file.display().to_string(), error };
        let content = tokio::fs::File::open(file).await.map_err(unreadable)?;
        let length = content.metadata().await.map_err(unreadable)?.len();
        let request = self
            .http
            .post(self.url(&format!("/v1/teams/{team}/files"), &[("name", name.to_owned())])?)
            .headers(self.headers(None)?)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, length)
            .timeout(PICTURE_TIMEOUT)
            .body(content);
        read(&checked(request.send().await?).await?.bytes().await?)
    }
}
