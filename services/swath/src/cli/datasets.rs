//! `swath dataset`

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde_json::Value;
use swath_api::datasets::{NewDatasetRequest, Order, SourceRequest};
use swath_domain::DatasetId;

use super::dataset_upload;
use super::job_form::word;
use super::list_flags::ListFlags;
use super::output::Column;
use super::session::{Session, id_of};

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("NAME", "/name"),
    ("STATE", "/state"),
    ("VERSION", "/version"),
    ("ITEMS", "/count"),
    ("PASSED BY", "/notes/ignored"),
    ("LEFT OUT", "/notes/left_out"),
    ("UNREADABLE", "/pictures_missing"),
    ("ERROR", "/error"),
];
const LIST: &[Column] =
    &[("ID", "/id"), ("STATE", "/state"), ("VERSION", "/version"), ("ITEMS", "/count"), ("NAME", "/name")];
const SIZES: &[Column] = &[("TOLD", "/told"), ("CHANGED", "/changed")];
const ITEMS: &[Column] = &[
    ("INDEX", "/index"),
    ("WIDTH", "/width"),
    ("HEIGHT", "/height"),
    ("SIZE", "/size"),
    ("MISSING SINCE", "/missing_since"),
    ("LABELS", "/labels"),
    ("META", "/meta"),
    ("URI", "/uri"),
];
const TRIAL: &[Column] = &[
    ("ITEMS", "/count"),
    ("NO SIZE", "/without_size"),
    ("PASSED BY", "/notes/ignored"),
    ("LEFT OUT", "/notes/left_out"),
];
/// How often the state of an import is polled.
const IMPORT_PACE: Duration = Duration::from_millis(500);

#[derive(Subcommand)]
pub enum DatasetCommand {
    /// Make a dataset from pictures, a folder, a manifest or a pattern, and wait until it is ready
    Add(AddArgs),
    /// Set the sizes of pictures, from a file of JSON lines such as {"index": 0, "width": 640, "height": 480}
    Sizes {
        /// The dataset, by id or name
        dataset: String,
        /// The file
        file: PathBuf,
    },
    /// List a dataset's items, with their sizes and what came with them
    Items {
        /// The dataset, by id or name
        dataset: String,
        /// Only those whose picture could not be read
        #[arg(long)]
        missing: bool,
    },
    /// Append items from a manifest as the next version, for jobs that are made from now on
    Append {
        /// The dataset, by id or name
        dataset: String,
        /// A manifest on this machine, sent line by line: CSV (.csv) or JSON lines
        #[arg(long, value_name = "FILE")]
        manifest: PathBuf,
        /// The base that bare paths in it are resolved against, such as s3://bucket/streets/
        #[arg(long, value_name = "URL")]
        base: Option<String>,
        /// Check everything and keep nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the datasets of a team
    List(ListArgs),
    /// Show a dataset
    Show {
        /// Its id or its name
        dataset: String,
    },
}

/// What `swath dataset list` takes.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    page: ListFlags,
    /// Only datasets in this state
    #[arg(long, value_parser = ["importing", "ready", "failed"])]
    state: Option<String>,
}

/// What `swath dataset add` takes.
#[derive(Args)]
pub struct AddArgs {
    /// The dataset's name
    name: String,
    /// The team, by id or name; not needed with only one
    #[arg(long)]
    team: Option<String>,
    #[command(flatten)]
    source: Source,
    /// With --pattern: how many items there are
    #[arg(long, requires = "pattern", value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    count: Option<i64>,
    /// With a manifest: the base that bare paths in it are resolved against, such as s3://bucket/streets/
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// With --folder: the order of its pictures, as people count or by the bytes of their paths
    #[arg(long, requires = "folder", value_parser = order())]
    order: Option<Order>,
    /// With --folder: leave out files that cannot be used, and list them
    #[arg(long, requires = "folder")]
    skip_bad: bool,
    /// Check everything and keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not wait for the import to end
    #[arg(long)]
    no_wait: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// A folder of pictures on the server, below its media roots
    #[arg(long, value_name = "PATH")]
    folder: Option<String>,
    /// A folder of pictures on this machine, which are uploaded one by one
    #[arg(long, value_name = "PATH")]
    upload: Option<PathBuf>,
    /// A manifest on this machine, sent line by line: CSV (.csv) or JSON lines
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// A manifest on the server, below its media roots, or in the object store
    #[arg(long, value_name = "URI")]
    manifest_uri: Option<String>,
    /// A URL with a place for the item's number, as s3://bucket/{:08}.jpg
    #[arg(long, value_name = "URL", requires = "count")]
    pattern: Option<String>,
}

/// Runs a dataset command.
pub async fn run(session: &Session, command: DatasetCommand) -> anyhow::Result<()> {
    match command {
        DatasetCommand::Add(args) => add(session, args).await,
        DatasetCommand::List(args) => {
            let mut query = args.page.query(session).await?;
            query.extend(args.state.map(|state| ("state", state)));
            session.list("/v1/datasets", &query, LIST).await
        }
        DatasetCommand::Append { dataset, manifest, base, dry_run } => {
            let path = format!("/v1/datasets/{}/items", session.dataset(&dataset).await?);
            let mut query: Vec<_> = base.into_iter().map(|base| ("base", base)).collect();
            query.extend(dry_run.then(|| ("dry_run", "true".to_owned())));
            let told: Value =
                session.client.upload(&path, &query, content_type(&manifest), &manifest).await?;
            Ok(session.output.record(if dry_run { TRIAL } else { COLUMNS }, &told)?)
        }
        DatasetCommand::Items { dataset, missing } => {
            let id = session.dataset(&dataset).await?;
            let only: &[_] = if missing { &[("missing", "true".to_owned())] } else { &[] };
            session.list(&format!("/v1/datasets/{id}/items"), only, ITEMS).await
        }
        DatasetCommand::Sizes { dataset, file } => {
            let id = session.dataset(&dataset).await?;
            let told = session
                .client
                .upload(&format!("/v1/datasets/{id}/sizes"), &[], "application/x-ndjson", &file)
                .await?;
            Ok(session.output.record(SIZES, &told)?)
        }
        DatasetCommand::Show { dataset } => {
            session.show(&format!("/v1/datasets/{}", session.dataset(&dataset).await?), COLUMNS).await
        }
    }
}

async fn add(session: &Session, args: AddArgs) -> anyhow::Result<()> {
    let made = match (&args.source.manifest, &args.source.upload) {
        (Some(file), _) => upload(session, &args, file).await?,
        (_, Some(folder)) => upload_folder(session, &args, folder).await?,
        (None, None) => {
            let team = session.optional_team(args.team.as_deref()).await?;
            let (name, source) = (args.name.clone(), args.source_on_server());
            let body = NewDatasetRequest { team, name, source, dry_run: args.dry_run };
            session.client.post("/v1/datasets", &body).await?
        }
    };
    if args.dry_run {
        return Ok(session.output.record(TRIAL, &made)?);
    }
    let dataset = if args.no_wait { made } else { imported(session, made).await? };
    session.output.record(COLUMNS, &dataset)?;
    if dataset["state"] == "failed" {
        bail!("the import failed: {}", dataset["error"].as_str().unwrap_or("the server does not say why"));
    }
    Ok(())
}

impl AddArgs {
    /// A source that the server reads by itself.
    fn source_on_server(&self) -> SourceRequest {
        SourceRequest {
            folder: self.source.folder.clone(),
            manifest: self.source.manifest_uri.clone(),
            pattern: self.source.pattern.clone(),
            count: self.count,
            base: self.base.clone(),
            order: self.order,
            skip_bad: self.skip_bad.then_some(true),
            items: None,
        }
    }
}

/// The words of `--order`, which help and completions list.
fn order() -> impl TypedValueParser<Value = Order> {
    PossibleValuesParser::new(["natural", "bytes"]).try_map(|text| word::<Order>(&text))
}

async fn upload(session: &Session, args: &AddArgs, file: &Path) -> anyhow::Result<Value> {
    let mut query = vec![("name", args.name.clone())];
    if let Some(team) = session.optional_team(args.team.as_deref()).await? {
        query.push(("team", team.to_string()));
    }
    query.extend(args.base.clone().map(|base| ("base", base)));
    query.extend(args.dry_run.then(|| ("dry_run", "true".to_owned())));
    Ok(session.client.upload("/v1/datasets", &query, content_type(file), file).await?)
}

async fn upload_folder(session: &Session, args: &AddArgs, folder: &Path) -> anyhow::Result<Value> {
    let team = session.team(args.team.as_deref()).await?.to_string();
    let mut query = vec![("name", args.name.clone()), ("team", team.clone())];
    query.extend(args.dry_run.then(|| ("dry_run", "true".to_owned())));
    dataset_upload::upload(session, &team, &query, folder).await
}

fn content_type(file: &Path) -> &'static str {
    let is_csv = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if is_csv { "text/csv" } else { "application/x-ndjson" }
}

/// Waits for the end of an import, without a limit: the user can interrupt it.
async fn imported(session: &Session, mut dataset: Value) -> anyhow::Result<Value> {
    let id: DatasetId = id_of(&dataset)?;
    while dataset["state"] == "importing" {
        tokio::time::sleep(IMPORT_PACE).await;
        dataset = session.client.get(&format!("/v1/datasets/{id}"), &[]).await?;
    }
    Ok(dataset)
}
