//! Items that name uploaded pictures: each must be the team's, and its size is known.

use std::collections::HashMap;

use swath_domain::ids::{FileId, TeamId};
use swath_domain::uploads::{Upload, is_upload};
use swath_formats::file_uri::{decode, encode};
use swath_formats::manifest::ManifestItem;
use swath_runtime::{Context, Result};
use swath_store::FileContent;

/// Reads the URI of an uploaded picture. Its name must be encoded in the one way in which Swath encodes names.
pub(crate) fn parse(uri: &str) -> Result<Upload<'_>, String> {
    let upload = Upload::parse(uri).map_err(|error| error.to_string())?;
    let is_canonical = decode(upload.name).is_some_and(|name| encode(&name) == upload.name);
    if is_canonical {
        Ok(upload)
    } else {
        Err("must have its name percent-encoded as Swath encodes it".to_owned())
    }
}

/// Fills in the sizes of uploaded pictures, and gives those items whose picture is not among the team's, with why.
pub(super) async fn take(
    context: &Context,
    team: TeamId,
    page: &mut [ManifestItem],
) -> Result<Vec<(usize, String)>> {
    let ids: Vec<FileId> =
        page.iter().filter_map(|item| parse(&item.uri).ok()).map(|upload| upload.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = context.store.uploads(team, &ids).await?;
    let known: HashMap<FileId, FileContent> = found.into_iter().map(|file| (file.id, file.content)).collect();
    let mut faults = Vec::new();
    for (at, item) in page.iter_mut().enumerate().filter(|(_, item)| is_upload(&item.uri)) {
        // What is wrong with the URI itself is told by the check of all of them.
        let Ok(upload) = parse(&item.uri) else { continue };
        match known.get(&upload.id) {
            Some(content) => measure(item, content),
            None => faults.push((at, "names no uploaded picture of this team".to_owned())),
        }
    }
    Ok(faults)
}

/// What was measured when the picture arrived, where nobody tells anything else.
fn measure(item: &mut ManifestItem, content: &FileContent) {
    if item.width.is_none() {
        (item.width, item.height) = (Some(content.width), Some(content.height));
        item.orientation = Some(content.orientation);
    }
}
