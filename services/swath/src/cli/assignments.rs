//! `swath assignment`

use clap::{Args, Subcommand};
use serde::Serialize;
use swath_api::assignments::{ReasonRequest, ReassignRequest};
use swath_domain::AssignmentId;

use super::output::Column;
use super::session::Session;

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("JOB", "/job"),
    ("NUMBER", "/number"),
    ("ROUND", "/round"),
    ("SLOT", "/slot"),
    ("STATUS", "/status"),
    ("AT MANAGER", "/waits_for_manager"),
    ("RANGES", "/ranges"),
    ("HOLDER", "/holder_name"),
    ("HOLDER ID", "/holder"),
    ("AUTHOR", "/author_name"),
    ("AUTHOR ID", "/author"),
    ("KEPT FOR", "/reserved_for_name"),
    ("KEPT FOR ID", "/reserved_for"),
    ("EXPIRES", "/expires_at"),
    ("DUE", "/due_date"),
    ("PARENT", "/parent"),
];
const LIST: &[Column] = &[
    ("ID", "/id"),
    ("NUMBER", "/number"),
    ("ROUND", "/round"),
    ("STATUS", "/status"),
    ("AT MANAGER", "/waits_for_manager"),
    ("HOLDER", "/holder_name"),
    ("HOLDER ID", "/holder"),
    ("EXPIRES", "/expires_at"),
    ("RANGES", "/ranges"),
];
const LOG: &[Column] = &[
    ("SEQ", "/seq"),
    ("AT", "/at"),
    ("ACTION", "/action"),
    ("FROM", "/from"),
    ("TO", "/to"),
    ("ACTOR", "/actor_name"),
    ("ACTOR ID", "/actor"),
    ("REASON", "/reason"),
];

#[derive(Subcommand)]
pub enum AssignmentCommand {
    /// List a job's assignments
    List(ListArgs),
    /// Show an assignment
    Show {
        /// Its id
        id: AssignmentId,
    },
    /// Print what happened to an assignment, in order
    Log {
        /// Its id
        id: AssignmentId,
    },
    /// Take an assignment from its holder, and reserve it for a user
    Reassign {
        #[command(flatten)]
        decision: Decision,
        /// The user, by id or name
        #[arg(long, value_name = "USER")]
        to: String,
    },
    /// Reopen a submitted assignment, so that it is annotated again
    Reopen(Decision),
    /// Cancel an assignment
    Cancel(Decision),
}

#[derive(Args)]
pub struct ListArgs {
    /// The job, by id or title
    job: String,
    /// Only those in this status, such as IN_PROGRESS
    #[arg(long)]
    status: Option<String>,
    /// Only those that this user works on, by id or name
    #[arg(long, value_name = "USER")]
    holder: Option<String>,
    /// Only those that this user has submitted, by id or name
    #[arg(long, value_name = "USER")]
    author: Option<String>,
    /// Only those of this round
    #[arg(long)]
    round: Option<u8>,
    /// Only those of the range with this number
    #[arg(long)]
    range: Option<u64>,
    /// Only those past their due date
    #[arg(long)]
    overdue: bool,
    /// What happens next first, with --status: what is handed out, is given to reviewers, or runs out
    #[arg(long, requires = "status", conflicts_with = "range")]
    next: bool,
}

/// What a manager does to an assignment, and why.
#[derive(Args)]
pub struct Decision {
    /// The assignment
    id: AssignmentId,
    /// The reason, for the decision log
    #[arg(long)]
    reason: String,
}

/// Runs an assignment command.
pub async fn run(session: &Session, command: AssignmentCommand) -> anyhow::Result<()> {
    match command {
        AssignmentCommand::List(args) => list(session, args).await,
        AssignmentCommand::Show { id } => session.show(&format!("/v1/assignments/{id}"), COLUMNS).await,
        AssignmentCommand::Log { id } => session.list(&format!("/v1/assignments/{id}/log"), &[], LOG).await,
        AssignmentCommand::Reassign { decision, to } => {
            let Decision { id, reason } = decision;
            let user = Some(session.user(&to).await?);
            decide(session, id, "reassign", &ReassignRequest { reason, user, reserve_seconds: None }).await
        }
        AssignmentCommand::Reopen(Decision { id, reason }) => {
            decide(session, id, "reopen", &ReasonRequest { reason }).await
        }
        AssignmentCommand::Cancel(Decision { id, reason }) => {
            decide(session, id, "cancel", &ReasonRequest { reason }).await
        }
    }
}

async fn list(session: &Session, args: ListArgs) -> anyhow::Result<()> {
    let mut query = Vec::new();
    query.extend(args.status.map(|status| ("status", status.to_ascii_uppercase())));
    let holder = session.optional_user(args.holder.as_deref()).await?;
    query.extend(holder.map(|holder| ("holder", holder.to_string())));
    let author = session.optional_user(args.author.as_deref()).await?;
    query.extend(author.map(|author| ("author", author.to_string())));
    query.extend(args.round.map(|round| ("round", round.to_string())));
    query.extend(args.range.map(|range| ("range", range.to_string())));
    query.extend(args.next.then(|| ("order", "next".to_owned())));
    query.extend(args.overdue.then(|| ("overdue", "true".to_owned())));
    let path = format!("/v1/jobs/{}/assignments", session.job(&args.job).await?);
    session.list(&path, &query, LIST).await
}

async fn decide(
    session: &Session,
    id: AssignmentId,
    verb: &str,
    body: &impl Serialize,
) -> anyhow::Result<()> {
    session.create(&format!("/v1/assignments/{id}/{verb}"), body, COLUMNS).await
}
