//! `swath job`

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use swath_domain::JobId;

use super::job_edit::JobEdit;
use super::job_form::{JobForm, People};
use super::list_flags::ListFlags;
use super::output::{Column, Table, cell};
use super::progress::{Meter, Progress};
use super::session::Session;

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("TITLE", "/title"),
    ("STATUS", "/status"),
    ("PRIORITY", "/priority"),
    ("DUE", "/due_date"),
    ("DATASET", "/dataset_name"),
    ("DATASET ID", "/dataset"),
    ("VERSION", "/version"),
    ("PENDING", "/progress/pending"),
    ("IN PROGRESS", "/progress/in_progress"),
    ("COMPLETED", "/progress/completed"),
    ("IN REVIEW", "/progress/in_review"),
    ("ACCEPTED", "/progress/accepted"),
    ("SKIPPED", "/progress/skipped"),
    ("CANCELLED", "/progress/cancelled"),
    ("AT MANAGER", "/counts/waiting_for_manager"),
    ("UNREADABLE", "/pictures_missing"),
    ("NO SIZE", "/exports_lack/items_without_size"),
];
const LIST: &[Column] = &[
    ("ID", "/id"),
    ("STATUS", "/status"),
    ("PRIORITY", "/priority"),
    ("DUE", "/due_date"),
    ("PENDING", "/progress/pending"),
    ("ACCEPTED", "/progress/accepted"),
    ("DATASET", "/dataset_name"),
    ("TITLE", "/title"),
];

const MAP: &[Column] = &[
    ("RANGES", "/ranges"),
    ("WAITING", "/waiting"),
    ("REWORK", "/rework"),
    ("AT MANAGER", "/held"),
    ("IN PROGRESS", "/in_progress"),
    ("COMPLETED", "/completed"),
    ("IN REVIEW", "/in_review"),
    ("ACCEPTED", "/accepted"),
    ("SKIPPED", "/skipped"),
    ("CANCELLED", "/cancelled"),
];

/// What `swath job list` takes.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    page: ListFlags,
    /// Only jobs in this status
    #[arg(long, value_parser = ["active", "paused", "cancelling", "cancelled", "done"])]
    status: Option<String>,
}

#[derive(Subcommand)]
pub enum JobCommand {
    /// Make a job over a dataset
    Create(Box<JobForm>),
    /// List the jobs of a team
    List(ListArgs),
    /// Change a job while work goes on; only what is named changes
    Edit(Box<JobEdit>),
    /// Show a job and its progress
    Show {
        /// Its id or its title
        job: String,
    },
    /// Hand out no new work; leased work goes on
    Pause {
        /// Its id or its title
        job: String,
    },
    /// Hand out work again
    Resume {
        /// Its id or its title
        job: String,
    },
    /// Cancel everything that is not decided yet
    Cancel {
        /// Its id or its title
        job: String,
    },
    /// Follow a job until it is done or cancelled
    Watch {
        /// Its id or its title
        job: String,
    },
    /// Show the progress along the ranges of a job, from the first to the last
    Map {
        /// Its id or its title
        job: String,
        /// The most rows to show
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=2_000))]
        buckets: u16,
        /// The first range
        #[arg(long, value_name = "RANGE")]
        from: Option<u64>,
        /// The range after the last one
        #[arg(long, value_name = "RANGE")]
        to: Option<u64>,
    },
    /// Print the job's decision log, one JSON document per line
    Log {
        /// Its id or its title
        job: String,
    },
}

/// Runs a job command.
pub async fn run(session: &Session, command: JobCommand) -> anyhow::Result<()> {
    match command {
        JobCommand::Create(form) => create(session, &form).await,
        JobCommand::List(args) => list(session, args).await,
        JobCommand::Edit(edit) => {
            let path = format!("/v1/jobs/{}", session.job(edit.job()).await?);
            let edited: Value = session.client.patch(&path, &edit.request(session).await?).await?;
            Ok(session.output.record(COLUMNS, &edited)?)
        }
        JobCommand::Show { job } => {
            session.show(&format!("/v1/jobs/{}", session.job(&job).await?), COLUMNS).await
        }
        JobCommand::Pause { job } => turn(session, session.job(&job).await?, "pause").await,
        JobCommand::Resume { job } => turn(session, session.job(&job).await?, "resume").await,
        JobCommand::Cancel { job } => turn(session, session.job(&job).await?, "cancel").await,
        JobCommand::Watch { job } => watch(session, session.job(&job).await?).await,
        JobCommand::Map { job, buckets, from, to } => {
            map(session, session.job(&job).await?, MapArgs { buckets, from, to }).await
        }
        JobCommand::Log { job } => {
            session.pass_on(&format!("/v1/jobs/{}/log", session.job(&job).await?), &[]).await
        }
    }
}

/// The part of a job's map to show, and its resolution.
struct MapArgs {
    buckets: u16,
    from: Option<u64>,
    to: Option<u64>,
}

async fn map(session: &Session, id: JobId, args: MapArgs) -> anyhow::Result<()> {
    let MapArgs { buckets, from, to } = args;
    let mut query = vec![("buckets", buckets.to_string())];
    query.extend(from.map(|from| ("from", from.to_string())));
    query.extend(to.map(|to| ("to", to.to_string())));
    let map: Value = session.client.get(&format!("/v1/jobs/{id}/coverage"), &query).await?;
    if session.output.is_json() {
        return Ok(session.output.record(MAP, &map)?);
    }
    let (mut first, width, end) = (map["from"].as_i64(), map["width"].as_i64(), map["to"].as_i64());
    let rows = map["buckets"].as_array().into_iter().flatten().map(|bucket| {
        let next = first.zip(width).map(|(first, width)| first + width).min(end.or(first));
        let mut row = bucket.clone();
        row["ranges"] = json!({"start": first, "end": next});
        first = next;
        row
    });
    Ok(session.output.page(&mut Table::new(MAP), &rows.collect::<Vec<_>>())?)
}

async fn list(session: &Session, args: ListArgs) -> anyhow::Result<()> {
    let mut query = args.page.query(session).await?;
    query.extend(args.status.map(|status| ("status", status)));
    session.list("/v1/jobs", &query, LIST).await
}

async fn create(session: &Session, form: &JobForm) -> anyhow::Result<()> {
    let team = session.optional_team(form.team()).await?;
    let dataset = match form.dataset() {
        Some(meant) => Some(session.dataset(meant).await?),
        None => None,
    };
    let people = People {
        annotators: session.users(form.annotators()).await?,
        reviewers: session.users(form.reviewers()).await?,
    };
    session.create("/v1/jobs", &form.body(team, dataset, people)?, COLUMNS).await
}

async fn turn(session: &Session, id: JobId, verb: &str) -> anyhow::Result<()> {
    session.create(&format!("/v1/jobs/{id}/{verb}"), &json!({}), COLUMNS).await
}

/// Follows a job until it has ended or the user interrupts.
async fn watch(session: &Session, id: JobId) -> anyhow::Result<()> {
    let mut meter = Meter::new();
    loop {
        let job: Value = session.client.get(&format!("/v1/jobs/{id}"), &[]).await?;
        if session.output.is_json() {
            session.output.record(COLUMNS, &job)?;
        } else {
            meter.show(&Progress(serde_json::from_value(job["progress"].clone())?));
        }
        if job["status"] == "done" || job["status"] == "cancelled" {
            meter.end();
            return session.output.say(&format!("the job is {}", cell(&job["status"]))).map_err(Into::into);
        }
        tokio::time::sleep(meter.pace()).await;
    }
}
