//! A job: one labelling task over a selection of a dataset, and the rules it sets.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{DatasetId, JobId, TeamId, UserId};
use crate::labels::{Class, LabelLimits, LabelRules, TagDefinition};
use crate::review::{ReasonCode, ReviewRule};
use crate::time::{Micros, Time, seconds};
use crate::{FieldError, limits};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Work is handed out.
    Active,
    /// No new leases are granted; leased work goes on.
    Paused,
    /// Being cancelled, row by row.
    Cancelling,
    /// Nothing undecided is left, and the rest was called off.
    Cancelled,
    /// Every item is decided.
    Done,
}

impl JobStatus {
    /// Every status, at the index that the store keeps for it.
    pub const ALL: [JobStatus; 5] =
        [Self::Active, Self::Paused, Self::Cancelling, Self::Cancelled, Self::Done];

    /// As a number, for the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// From the store's number.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }
}

impl fmt::Display for JobStatus {
    /// The word that the API uses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        })
    }
}

/// How urgent a job is; higher classes are served first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// The default: after urgent jobs and before low ones.
    #[default]
    Normal,
    /// Before normal and low jobs.
    High,
    /// A delivery hangs on it.
    ReleaseBlocker,
}

impl Priority {
    /// All, the least urgent first.
    pub const ALL: [Priority; 4] = [Self::Low, Self::Normal, Self::High, Self::ReleaseBlocker];

    /// As a number, for the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// From the store's number.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }
}

/// What a job asks for and allows; kept as one document beside the columns that queries need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct JobSpec {
    /// Markdown for the people who do the work.
    pub description: Option<String>,
    /// What is to be labelled.
    pub classes: Vec<Class>,
    /// Tags that may be set.
    pub tags: Vec<TagDefinition>,
    /// The most labels per item.
    pub limits: LabelLimits,
    /// Short instructions that come with every lease.
    pub instructions: Option<String>,
    /// Who may annotate; everyone in the team where absent.
    pub annotators: Option<Vec<UserId>>,
    /// Who may review; every reviewer of the team where absent.
    pub reviewers: Option<Vec<UserId>>,
    /// Why items may be rejected; in the reviewer's own words where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonCode>,
    /// Which fields of an item's `meta` are shown to the people who work on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown_meta: Vec<String>,
}

impl JobSpec {
    /// The part that checks labels.
    pub fn rules(&self) -> LabelRules<'_> {
        LabelRules { classes: &self.classes, tags: &self.tags, limits: self.limits }
    }

    /// The part that decides who is given work.
    pub fn people(&self) -> JobPeople {
        JobPeople { annotators: self.annotators.clone(), reviewers: self.reviewers.clone() }
    }

    /// Checks the size of the whole, as it is stored. The field that takes the most of it is named.
    pub fn check_size(&self) -> Result<(), FieldError> {
        let bytes = json_bytes(self);
        if bytes <= limits::SPEC_BYTES_MAX {
            return Ok(());
        }
        let fields = [
            ("description", json_bytes(&self.description)),
            ("classes", json_bytes(&self.classes)),
            ("tags", json_bytes(&self.tags)),
            ("instructions", json_bytes(&self.instructions)),
            ("annotators", json_bytes(&self.annotators)),
            ("reviewers", json_bytes(&self.reviewers)),
            ("reasons", json_bytes(&self.reasons)),
            ("shown_meta", json_bytes(&self.shown_meta)),
        ];
        let field = fields.into_iter().max_by_key(|(_, bytes)| *bytes).map_or("", |(field, _)| field);
        let most = limits::SPEC_BYTES_MAX;
        let message = format!("the job takes {bytes} bytes as JSON; at most {most} are allowed");
        Err(FieldError::new(field, message))
    }
}

fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}

/// The people that a job is restricted to; the part of its specification that decides who is given work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
pub struct JobPeople {
    /// Who may annotate; everyone in the team where absent.
    pub annotators: Option<Vec<UserId>>,
    /// Who may review; every reviewer of the team where absent.
    pub reviewers: Option<Vec<UserId>>,
}

impl JobPeople {
    /// Whether this user may annotate here at all.
    pub fn admits_annotator(&self, user: UserId) -> bool {
        admits(self.annotators.as_deref(), user)
    }

    /// Whether this user may review here at all.
    pub fn admits_reviewer(&self, user: UserId) -> bool {
        admits(self.reviewers.as_deref(), user)
    }
}

fn admits(people: Option<&[UserId]>, user: UserId) -> bool {
    people.is_none_or(|people| people.contains(&user))
}

/// The times and bounds that a job sets for its leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeasePolicy {
    /// How long a lease runs without a sign of life.
    pub lease: Micros,
    /// How long a lease may be renewed at all, from its grant.
    pub deadline: Micros,
    /// How long rework waits for its author.
    pub reserve: Micros,
    /// The last round that is handed out without a manager.
    pub rounds: i64,
}

impl LeasePolicy {
    /// A policy in seconds.
    pub const fn of_seconds(lease: i64, deadline: i64, reserve: i64, rounds: i64) -> Self {
        Self { lease: seconds(lease), deadline: seconds(deadline), reserve: seconds(reserve), rounds }
    }
}

/// A job as the store keeps it, with as much of its specification as its reader needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Job<S = Arc<JobSpec>> {
    /// The id, from which the ids of its assignments are computed.
    pub id: JobId,
    /// The team that it belongs to.
    pub team: TeamId,
    /// The dataset, at `version`.
    pub dataset: DatasetId,
    /// The pinned version of the dataset.
    pub version: i64,
    /// The title that people read.
    pub title: String,
    /// What it asks for.
    pub spec: S,
    /// Whether it grants leases, and whether it has ended.
    pub status: JobStatus,
    /// How urgent it is.
    pub priority: Priority,
    /// When it is due.
    pub due: Option<Time>,
    /// How many items a range has; the last range may have fewer.
    pub range_size: i64,
    /// Opinions asked for of each range.
    pub slots: i64,
    /// Times and bounds of its leases.
    pub lease_policy: LeasePolicy,
    /// Which submissions a reviewer sees.
    pub review: ReviewRule,
    /// Seed of the sample.
    pub seed: i64,
    /// How many items are selected.
    pub selected: i64,
    /// How many of them have been cut into ranges.
    pub cut_to: i64,
    /// How many entries its own log has.
    pub seq: i64,
    /// The user who made it.
    pub creator: UserId,
    /// When it was made.
    pub created: Time,
}

/// A job without its specification, for lists of many.
pub type JobHead = Job<()>;

impl<S> Job<S> {
    /// Whether new leases may be granted.
    pub fn is_open(&self) -> bool {
        self.status == JobStatus::Active
    }

    /// The same job with another part of its specification.
    pub fn with<T>(self, spec: T) -> Job<T> {
        Job {
            id: self.id,
            team: self.team,
            dataset: self.dataset,
            version: self.version,
            title: self.title,
            spec,
            status: self.status,
            priority: self.priority,
            due: self.due,
            range_size: self.range_size,
            slots: self.slots,
            lease_policy: self.lease_policy,
            review: self.review,
            seed: self.seed,
            selected: self.selected,
            cut_to: self.cut_to,
            seq: self.seq,
            creator: self.creator,
            created: self.created,
        }
    }
}

impl Job {
    /// Whether this user may annotate here at all.
    pub fn admits_annotator(&self, user: UserId) -> bool {
        admits(self.spec.annotators.as_deref(), user)
    }

    /// The job without its specification.
    pub fn head(&self) -> JobHead {
        self.clone().with(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_displayed_as_it_is_serialized() {
        for status in JobStatus::ALL {
            assert_eq!(serde_json::json!(status), status.to_string());
        }
    }

    #[test]
    fn a_specification_that_is_too_large_is_named_by_its_largest_part() {
        let tag = |name: &str, values: usize| TagDefinition {
            name: name.into(),
            values: Some((0..values).map(|value| format!("{value:0>100}")).collect()),
        };
        let mut spec = JobSpec { tags: vec![tag("a", 100)], ..JobSpec::default() };
        assert!(spec.check_size().is_ok());
        spec.tags.push(tag("b", 600));
        assert_eq!(spec.check_size().unwrap_err().field, "tags");
        let spec = JobSpec { annotators: Some(vec![UserId(uuid::Uuid::nil()); 2_000]), ..JobSpec::default() };
        assert_eq!(spec.check_size().unwrap_err().field, "annotators");
    }
}
