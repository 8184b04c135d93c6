//! `swath job`

use clap::Subcommand;
use serde_json::{Value, json};
use swath_domain::JobId;

use super::job_form::JobForm;
use super::output::Column;
use super::progress::{Meter, Progress};
use super::session::Session;

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("TITLE", "/title"),
    ("STATUS", "/status"),
    ("PRIORITY", "/priority"),
    ("DUE", "/due_date"),
    ("DATASET", "/dataset"),
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
    ("TITLE", "/title"),
];

#[derive(Subcommand)]
pub enum JobCommand {
    /// Make a job over a dataset
    Create(Box<JobForm>),
    /// List the jobs of your teams
    List,
    /// Show a job and how far it is
    Show {
        /// Its id
        id: JobId,
    },
    /// Hand out nothing new; what people hold goes on
    Pause {
        /// Its id
        id: JobId,
    },
    /// Hand out work again
    Resume {
        /// Its id
        id: JobId,
    },
    /// Call off everything that is not decided yet
    Cancel {
        /// Its id
        id: JobId,
    },
    /// Follow a job until it is done or cancelled
    Watch {
        /// Its id
        id: JobId,
    },
    /// Print the job's decision log, one JSON document per line
    Log {
        /// Its id
        id: JobId,
    },
}

/// Carries out a job command.
pub async fn run(session: &Session, command: JobCommand) -> anyhow::Result<()> {
    match command {
        JobCommand::Create(form) => create(session, &form).await,
        JobCommand::List => session.list("/v1/jobs", &[], LIST).await,
        JobCommand::Show { id } => session.show(&format!("/v1/jobs/{id}"), COLUMNS).await,
        JobCommand::Pause { id } => turn(session, id, "pause").await,
        JobCommand::Resume { id } => turn(session, id, "resume").await,
        JobCommand::Cancel { id } => turn(session, id, "cancel").await,
        JobCommand::Watch { id } => watch(session, id).await,
        JobCommand::Log { id } => session.pass_on(&format!("/v1/jobs/{id}/log"), &[]).await,
    }
}

async fn create(session: &Session, form: &JobForm) -> anyhow::Result<()> {
    let team = session.optional_team(form.team()).await?;
    session.create("/v1/jobs", &form.body(team)?, COLUMNS).await
}

async fn turn(session: &Session, id: JobId, verb: &str) -> anyhow::Result<()> {
    session.create(&format!("/v1/jobs/{id}/{verb}"), &json!({}), COLUMNS).await
}

/// Follows a job for as long as it lives and the person looks on.
async fn watch(session: &Session, id: JobId) -> anyhow::Result<()> {
    let mut meter = Meter::new();
    loop {
        let job: Value = session.client.get(&format!("/v1/jobs/{id}"), &[]).await?;
        if session.output.is_json() {
            session.output.record(COLUMNS, &job)?;
        } else {
            meter.show(&serde_json::from_value::<Progress>(job["progress"].clone())?);
        }
        if job["status"] == "done" || job["status"] == "cancelled" {
            meter.end();
            return session
                .output
                .say(&format!("the job is {}", job["status"].as_str().unwrap_or_default()))
                .map_err(Into::into);
        }
        tokio::time::sleep(meter.pace()).await;
    }
}
