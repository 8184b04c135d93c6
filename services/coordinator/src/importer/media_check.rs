//! Checks the media that items name, before they are stored and again whenever they are shown.

use std::io::BufReader;
use std::time::Duration;

use swath_domain::ids::TeamId;
use swath_runtime::media_access::TeamAccess;
use swath_runtime::media_path::{MediaFiles, MediaPathError, is_data_picture, read_shown};
use swath_runtime::object_store::{self, Object};
use swath_runtime::{Context, Problem, Result};

use super::upload_uri;
use super::uri_fault::UriFault;

/// How long the check of the files of one page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// Those of these URIs that the team's datasets must not contain.
pub(crate) async fn faults(context: &Context, team: TeamId, uris: Vec<String>) -> Result<Vec<UriFault>> {
    // Most items lie elsewhere and belong to no team.
    if !uris.iter().any(|uri| is_checked(uri)) {
        return Ok(Vec::new());
    }
    let access = context.media.of(&context.store, team).await?;
    let (files, work) = (context.media.files.clone(), context.media.files.work.clone());
    let check = move || {
        let faults = uris.iter().enumerate().map(|(at, uri)| (at, check(&files, &access, uri)));
        faults.filter_map(|(at, checked)| Some(UriFault { at, message: checked.err()? })).collect()
    };
    work.run(PAGE_TIMEOUT, check).await.map_err(|_| Problem::unavailable())
}

fn scheme(uri: &str) -> &str {
    uri.split_once(':').map_or("", |(scheme, _)| scheme)
}

fn is_checked(uri: &str) -> bool {
    ["file", "s3", "data", "upload"].iter().any(|known| scheme(uri).eq_ignore_ascii_case(known))
}

/// Checks a URI for a team. A file may be missing, but if it exists it must be a picture. Blocks.
fn check(files: &MediaFiles, access: &TeamAccess, uri: &str) -> Result<(), String> {
    match scheme(uri).to_ascii_lowercase().as_str() {
        "data" if is_data_picture(uri) => Ok(()),
        "data" => Err("must hold a picture: data:image/ with png, jpeg, gif, webp or bmp".to_owned()),
        "s3" if object_store::is_object(uri) => {
            let object = Object::parse(uri).map_err(|error| error.to_string())?;
            let is_ours = access.holds_object(&object);
            if is_ours { Ok(()) } else { Err("does not lie in a bucket of this team".to_owned()) }
        }
        "file" => {
            let found = match files.find_uri(&access.places, uri) {
                Ok(found) => found,
                Err(MediaPathError::Missing) => return Ok(()),
                Err(error) => return Err(error.to_string()),
            };
            let unusable = |reason: &str| format!("cannot be used: {reason}");
            let (file, _) = found.read().map_err(unusable)?;
            read_shown(&mut BufReader::new(file)).map(drop).map_err(unusable)
        }
        "upload" => upload_uri::parse(uri).map(drop),
        _ => Ok(()),
    }
}
