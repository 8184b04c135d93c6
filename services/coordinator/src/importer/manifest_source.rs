//! Finds and opens a manifest that the server reads by itself.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use swath_domain::ids::TeamId;
use swath_formats::manifest::Kind;
use swath_runtime::object_store::{self, Object};
use swath_runtime::{Context, Problem, Result};

/// How long the file system may take to open a manifest.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// An opened manifest.
pub(crate) enum ManifestSource {
    /// A file that is open for reading.
    File(File),
    /// An object, by its signed URL.
    Object(String),
}

/// Finds the manifest that a team names, and opens it.
pub(crate) async fn open_manifest(
    context: &Context,
    team: TeamId,
    manifest: String,
) -> Result<(ManifestSource, Kind)> {
    let field = |message: &str| Problem::field("source.manifest", message);
    let kind = Kind::of_file_name(&manifest).ok_or_else(|| field("must end in .jsonl, .ndjson or .csv"))?;
    let access = context.media.of(&context.store, team).await?;
    if object_store::is_object(&manifest) {
        let object = Object::parse(&manifest).map_err(|error| field(&error.to_string()))?;
        if !object_store::is_configured(&context.config.media) {
            return Err(field("no object store is configured"));
        }
        if !access.holds_object(&object) {
            return Err(field("does not lie in a bucket of this team"));
        }
        let url = object_store::presigned(&context.config.media, &object);
        return Ok((
            ManifestSource::Object(url.ok_or_else(|| field("no object store is configured"))?),
            kind,
        ));
    }
    if manifest.contains("://") && !manifest.starts_with("file:") {
        return Err(field("must lie below the server's media roots or in its object store"));
    }
    let (files, work) = (context.media.files.clone(), context.media.files.work.clone());
    let open = move || {
        let found = match manifest.starts_with("file:") {
            true => files.find_uri(&access.places, &manifest),
            false => files.find(&access.places, Path::new(&manifest)),
        };
        let found = found.map_err(|error| error.to_string())?;
        found.read().map(|(file, _)| file).map_err(str::to_owned)
    };
    let opened = work.run(OPEN_TIMEOUT, open).await.map_err(|error| field(&error.to_string()))?;
    Ok((ManifestSource::File(opened.map_err(|message| field(&message))?), kind))
}
