//! A change of a job, from flags to the API's request.

use anyhow::ensure;
use clap::Args;
use swath_api::jobs::EditRequest;
use swath_domain::job::Priority;
use swath_domain::review::ReasonCode;
use swath_domain::{Time, UserId};

use super::job_form::{due, reason, word};
use super::session::Session;

/// What `swath job edit` takes.
#[derive(Args)]
pub struct JobEdit {
    /// Its id or its title
    job: String,
    /// Another title
    #[arg(long)]
    title: Option<String>,
    /// Another description, in Markdown
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Other instructions, which come with every range
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// When it is due, as 2030-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = due)]
    due: Option<Time>,
    /// Take the due date away
    #[arg(long, conflicts_with = "due")]
    no_due: bool,
    /// How urgent it is: low, normal, high or release_blocker
    #[arg(long, value_name = "CLASS", value_parser = word::<Priority>)]
    priority: Option<Priority>,
    /// Only these people may annotate, by id or name (repeatable)
    #[arg(long = "annotator", id = "annotators", value_name = "USER")]
    annotators: Vec<String>,
    /// Everyone in the team may annotate
    #[arg(long, conflicts_with = "annotators")]
    all_annotators: bool,
    /// Only these people may review, by id or name (repeatable)
    #[arg(long = "reviewer", id = "reviewers", value_name = "USER")]
    reviewers: Vec<String>,
    /// Every reviewer of the team may review
    #[arg(long, conflicts_with = "reviewers")]
    all_reviewers: bool,
    /// The reasons for rejecting items, in place of those so far, by code and what people read (repeatable)
    #[arg(long = "reason", id = "reasons", value_name = "CODE=TITLE", value_parser = reason)]
    reasons: Vec<ReasonCode>,
    /// Let reviewers name reasons in their own words
    #[arg(long, conflicts_with = "reasons")]
    no_reasons: bool,
}

impl JobEdit {
    /// The job's id or title.
    pub fn job(&self) -> &str {
        &self.job
    }

    /// The request, with only the fields that were given.
    pub async fn request(self, session: &Session) -> anyhow::Result<EditRequest> {
        let request = EditRequest {
            annotators: people(session, &self.annotators, self.all_annotators).await?,
            reviewers: people(session, &self.reviewers, self.all_reviewers).await?,
            title: self.title,
            description: self.description.map(Some),
            instructions: self.instructions.map(Some),
            due_date: if self.no_due { Some(None) } else { self.due.map(Some) },
            priority: self.priority,
            reasons: (self.no_reasons || !self.reasons.is_empty()).then_some(self.reasons),
        };
        ensure!(request != EditRequest::default(), "nothing is to be changed: name what, as with --title");
        Ok(request)
    }
}

/// The restriction to these users: none if everyone may, and no change if no user is named.
async fn people(
    session: &Session,
    named: &[String],
    is_everyone: bool,
) -> anyhow::Result<Option<Option<Vec<UserId>>>> {
    match named {
        _ if is_everyone => Ok(Some(None)),
        [] => Ok(None),
        named => Ok(Some(Some(session.users(named).await?))),
    }
}
