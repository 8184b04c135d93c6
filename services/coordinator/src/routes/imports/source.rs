//! The four sources that a request may name.

use std::path::PathBuf;
use std::time::Duration;

use swath_api::datasets::{NewDatasetRequest, Notes, SourceRequest};
use swath_domain::ids::{DatasetId, TeamId};
use swath_domain::text::check_text;
use swath_domain::{FieldError, ItemIndex, limits, uploads};
use swath_formats::export::shared_base;
use swath_formats::manifest::{ManifestItem, check_item};
use swath_runtime::access::MANAGER;
use swath_runtime::{Caller, Context, Problem, Result};
use swath_store::{NewDataset, Source, fill_pattern};

use super::checks::{check_paths_below, checked_name, faults_of};
use super::opening::{Owner, open};
use super::outcome::Outcome;
use crate::attempt::{Attempt, Attempted};
use crate::importer::manifest_source::{ManifestSource, open_manifest};
use crate::importer::{FolderOptions, Import, Naming, OutcomeClaim, Report, Target, media_check};

/// How long a request waits for an import before it answers `importing`.
const IMPORT_WAIT: Duration = Duration::from_secs(10);

/// Exactly one source, with its options.
enum Chosen {
    Pattern(Pattern),
    Items(Vec<ManifestItem>),
    Folder(PathBuf, FolderOptions),
    Manifest { manifest: String, base: Option<String> },
}

/// Items by a pattern of URIs.
struct Pattern {
    pattern: String,
    count: i64,
}

/// The source that a request chooses.
fn chosen(request: SourceRequest) -> Result<Chosen> {
    let SourceRequest { folder, manifest, items, pattern, count, order, skip_bad, base } = request;
    if folder.is_none() && order.is_some() {
        return Err(Problem::field("source.order", "goes with a folder alone"));
    }
    if folder.is_none() && skip_bad.is_some() {
        return Err(Problem::field("source.skip_bad", "goes with a folder alone"));
    }
    if manifest.is_none() && base.is_some() {
        return Err(Problem::field("source.base", "goes with a manifest alone"));
    }
    check_paths_below("source.base", base.as_deref())?;
    match (folder, manifest, items, pattern, count) {
        (Some(folder), None, None, None, None) => {
            let options =
                FolderOptions { order: order.unwrap_or_default(), skip_bad: skip_bad.unwrap_or_default() };
            Ok(Chosen::Folder(PathBuf::from(folder), options))
        }
        (None, Some(manifest), None, None, None) => Ok(Chosen::Manifest { manifest, base }),
        (None, None, Some(items), None, None) => Ok(Chosen::Items(items)),
        (None, None, None, Some(pattern), count) => {
            Ok(Chosen::Pattern(Pattern { pattern, count: count.unwrap_or_default() }))
        }
        _ => Err(Problem::field(
            "source",
            "must be exactly one of folder, manifest, items, or pattern with count",
        )),
    }
}

/// Makes a dataset, or tries to.
pub(super) async fn from_source(
    context: &Context,
    caller: &Caller,
    request: NewDatasetRequest,
    attempted: Attempted,
) -> Result<Outcome> {
    let team = caller.team(request.team, MANAGER)?;
    let name = checked_name(request.name)?;
    let (owner, is_trial) = (Owner { team, creator: caller.user() }, request.dry_run);
    let begin = async |name: String, naming: Naming, attempted: Attempted| {
        let id = open(context, owner, name).await?;
        let target = Target::new_dataset(id, team, is_trial);
        Ok::<_, Problem>((id, Import::start(context.clone(), target, naming, attempted)))
    };
    match chosen(request.source)? {
        Chosen::Pattern(pattern) => {
            check_pattern(context, team, &pattern).await?;
            if is_trial {
                let notes = Notes::default();
                return Ok(Outcome::Tried(Report {
                    items: pattern.count,
                    without_size: pattern.count,
                    notes,
                }));
            }
            from_pattern(context, owner, name, pattern, attempted).await
        }
        Chosen::Items(items) => {
            if items.is_empty() {
                return Err(Problem::field("source.items", "holds no item"));
            }
            let faults = faults_of("source.items", &items);
            let (id, import) = begin(name, Naming::Index("source.items"), attempted).await?;
            Ok(Outcome::of(id, is_trial, import.list(items, faults).await?))
        }
        Chosen::Folder(folder, options) => {
            let access = context.media.of(&context.store, team).await?;
            let (id, import) = begin(name, Naming::Path, attempted).await?;
            let claim = import.claim();
            let outcome = import.folder(access.places.clone(), folder, options);
            Ok(Outcome::of(id, is_trial, waited(outcome, &claim, is_trial).await?))
        }
        Chosen::Manifest { manifest, base } => {
            let (source, kind) = open_manifest(context, team, manifest).await?;
            let (id, import) = begin(name, Naming::Line, attempted).await?;
            let import = import.below(base);
            let (claim, max) = (import.claim(), context.config.server.upload_bytes);
            let report = match source {
                ManifestSource::File(file) => waited(import.file(file, kind, max), &claim, is_trial).await?,
                ManifestSource::Object(url) => {
                    waited(import.object(url, kind, max), &claim, is_trial).await?
                }
            };
            Ok(Outcome::of(id, is_trial, report))
        }
    }
}

/// Waits for an import for a while. A longer one continues on its own, and its dataset shows how it ends. A trial is waited
/// for, because nothing else would show its outcome.
async fn waited(
    import: impl Future<Output = Result<Report>> + Send + 'static,
    claim: &OutcomeClaim,
    is_trial: bool,
) -> Result<Report> {
    let mut task = tokio::spawn(import);
    if is_trial {
        return task.await.map_err(|_| Problem::internal())?;
    }
    match tokio::time::timeout(IMPORT_WAIT, &mut task).await {
        Ok(outcome) => outcome.map_err(|_| Problem::internal())?,
        Err(_) if claim.claim() => Ok(Report::default()),
        // The import has just ended, so its outcome is there.
        Err(_) => task.await.map_err(|_| Problem::internal())?,
    }
}

async fn check_pattern(context: &Context, team: TeamId, source: &Pattern) -> Result<()> {
    let (pattern, count) = (source.pattern.as_str(), source.count);
    let mut errors = Vec::new();
    check_text("source.pattern", pattern, limits::URI_MAX - 40, &mut errors);
    let ends: Vec<_> = [0, count - 1]
        .into_iter()
        .filter_map(|index| fill_pattern(pattern, ItemIndex(index.max(0))))
        .collect();
    match ends.first() {
        None => errors.push(FieldError::new("source.pattern", "needs one {} or {:08} where the number goes")),
        Some(uri) if errors.is_empty() => {
            let item = ManifestItem { uri: uri.clone(), ..ManifestItem::default() };
            let named = |error: FieldError| FieldError::new("source.pattern", error.message);
            errors.extend(check_item(&item).into_iter().map(named));
        }
        Some(_) => {}
    }
    if uploads::is_upload(pattern) {
        errors.push(FieldError::new(
            "source.pattern",
            "must not be of uploaded pictures: each has an id of its own",
        ));
    }
    if !(1..=limits::ITEMS_MAX).contains(&count) {
        errors.push(FieldError::new("source.count", format!("must be between 1 and {}", limits::ITEMS_MAX)));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    // Whether the team may use the items in between is checked when they are shown.
    match media_check::faults(context, team, ends).await?.into_iter().next() {
        Some(fault) => Err(Problem::field("source.pattern", fault.message)),
        None => Ok(()),
    }
}

async fn from_pattern(
    context: &Context,
    owner: Owner,
    name: String,
    pattern: Pattern,
    attempted: Attempted,
) -> Result<Outcome> {
    let (Owner { team, creator }, Pattern { pattern, count }) = (owner, pattern);
    let Attempted { attempt, digest } = attempted;
    let base = shared_base(None, pattern.split('{').next().unwrap_or_default());
    let (id, now) = (DatasetId(context.next_id()), context.now());
    let new = NewDataset { id, team, name, creator, base, source: Source::Pattern { pattern, count }, now };
    let completion = attempt.as_ref().map(|attempt| attempt.completion(digest));
    let id = context.store.dataset_create(new, completion).await?;
    attempt.into_iter().for_each(Attempt::done);
    Ok(Outcome::Made(id))
}
