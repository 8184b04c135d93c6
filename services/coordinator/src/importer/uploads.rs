//! Items that name uploaded pictures: each must be the team's, and its size was measured at the upload.

use std::collections::HashMap;

use swath_domain::ids::{FileId, TeamId};
use swath_domain::uploads::is_upload;
use swath_formats::manifest::ManifestItem;
use swath_runtime::{Context, Result};
use swath_store::FileContent;

use super::upload_uri;
use super::uri_fault::UriFault;

/// Fills in the sizes of uploaded pictures. Returns the items whose picture is not one of the team's.
pub(super) async fn take(
    context: &Context,
    team: TeamId,
    page: &mut [ManifestItem],
) -> Result<Vec<UriFault>> {
    let ids: Vec<FileId> =
        page.iter().filter_map(|item| upload_uri::parse(&item.uri).ok()).map(|upload| upload.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = context.store.uploads(team, &ids).await?;
    let known: HashMap<FileId, FileContent> = found.into_iter().map(|file| (file.id, file.content)).collect();
    let mut faults = Vec::new();
    for (at, item) in page.iter_mut().enumerate().filter(|(_, item)| is_upload(&item.uri)) {
        // The check of all URIs reports a URI that is wrong.
        let Ok(upload) = upload_uri::parse(&item.uri) else { continue };
        match known.get(&upload.id) {
            Some(content) => measure(item, content),
            None => {
                faults.push(UriFault { at, message: "names no uploaded picture of this team".to_owned() })
            }
        }
    }
    Ok(faults)
}

/// Takes the size that was measured at the upload, unless the manifest gives one.
fn measure(item: &mut ManifestItem, content: &FileContent) {
    if item.width.is_none() {
        (item.width, item.height) = (Some(content.width), Some(content.height));
        item.orientation = Some(content.orientation);
    }
}
