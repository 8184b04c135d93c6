//! A change to a job, as flags say it and as the API wants it.

use anyhow::ensure;
use clap::Args;
use serde_json::{Map, Value, json};
use swath_domain::job::Priority;
use swath_domain::review::ReasonCode;

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
    due: Option<String>,
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
    /// The job that is meant.
    pub fn job(&self) -> &str {
        &self.job
    }

    /// The request's body: what was named alone.
    pub async fn body(&self, session: &Session) -> anyhow::Result<Value> {
        let mut body = Map::new();
        let texts = [
            ("title", &self.title),
            ("description", &self.description),
            ("instructions", &self.instructions),
            ("due_date", &self.due),
        ];
        body.extend(
            texts.into_iter().filter_map(|(field, text)| Some((field.to_owned(), json!(text.as_ref()?)))),
        );
        body.extend(self.priority.map(|priority| ("priority".to_owned(), json!(priority))));
        for (field, people, is_everyone) in [
            ("annotators", &self.annotators, self.all_annotators),
            ("reviewers", &self.reviewers, self.all_reviewers),
        ] {
            if is_everyone || !people.is_empty() {
                let people = session.users(people).await?;
                body.insert(field.to_owned(), if is_everyone { Value::Null } else { json!(people) });
            }
        }
        if self.no_reasons || !self.reasons.is_empty() {
            body.insert("reasons".to_owned(), json!(self.reasons));
        }
        if self.no_due {
            body.insert("due_date".to_owned(), Value::Null);
        }
        ensure!(!body.is_empty(), "nothing is to be changed: name what, as with --title");
        Ok(Value::Object(body))
    }
}
