//! Leases: the requests and answers of `/v1/leases`. Reviews are leases too and share most of these types.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use swath_domain::ids::{AssignmentId, JobId, LeaseId, TeamId};
use swath_domain::labels::{Annotation, Class, Figure, LabelLimits, Skip, Tag, TagDefinition};
use swath_domain::ranges::Range;
use swath_domain::review::{ReasonCode, Verdict};
use swath_domain::{Status, Time};

/// The body of `POST /v1/leases` and `POST /v1/reviews`.
// The digest of an idempotency key is that of this as JSON: what is left out or added changes every digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseRequest {
    /// In which team; not needed for someone with one team.
    #[serde(default)]
    pub team: Option<TeamId>,
    /// From this job alone.
    #[serde(default)]
    pub job: Option<JobId>,
}

/// A lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LeaseDocument {
    /// Names the lease in every call; never a secret.
    pub lease_id: LeaseId,
    /// Grows with every grant of the assignment.
    pub fence: i64,
    /// `current`, `lapsed` while nobody has taken the work since, or why it is over.
    pub state: String,
    /// When it expires without a sign of life; none once it is over.
    pub expires_at: Option<Time>,
    /// The same in seconds from now.
    pub expires_in: i64,
    /// The work.
    pub assignment: AssignmentPart,
    /// What it is part of.
    pub job: JobPart,
    /// Whether annotations and verdicts are left out, because together they take more than 4 MiB: then `items` below
    /// the lease gives them page by page.
    pub annotations_left_out: bool,
}

/// The assignment under a lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssignmentPart {
    /// Its id.
    pub id: AssignmentId,
    /// Its number in the job.
    pub number: i64,
    /// Its round.
    pub round: i64,
    /// Its slot.
    pub slot: i64,
    /// Its job.
    pub job: JobId,
    /// Its items as ranges.
    #[schema(value_type = Vec<Range>)]
    pub ranges: Vec<Range>,
    /// Its items one by one.
    pub items: Vec<ItemPart>,
    /// What to look out for.
    pub instructions: Option<String>,
    /// When the job is due.
    pub due_date: Option<Time>,
    /// The submission that this one redoes.
    pub parent: Option<AssignmentId>,
}

/// One item of a lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemPart {
    /// Its number in the dataset.
    pub index: i64,
    /// The media; of a file on the server its path below the media root.
    pub uri: String,
    /// Where a browser loads it from, for as long as the lease is current; none for a former holder, and where the team may
    /// not use it any more.
    pub media_url: Option<String>,
    /// Width in pixels, where known.
    pub width: Option<i64>,
    /// Height in pixels, where known.
    pub height: Option<i64>,
    /// Whether size and coordinates are those of the picture as its file stores it, without what EXIF says: so in datasets
    /// of earlier versions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_stored: bool,
    /// Whether the size is only what two people have reported.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub size_is_provisional: bool,
    /// The fields of the item's `meta` that the job shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// The saved revision, 0 where nothing is saved yet.
    pub revision: i64,
    /// What is saved; in a rework that has nothing saved yet, what was rejected. None where it is left out.
    #[schema(value_type = Option<Annotation>)]
    pub annotation: Option<Box<RawValue>>,
    /// How many bytes the annotation's JSON takes; none where there is no annotation.
    pub annotation_bytes: Option<i64>,
    /// The verdict: a reviewer's own in a review, the former one in a rework.
    pub verdict: Option<VerdictPart>,
    /// In the review of a rework: the verdict of the round before.
    pub former_verdict: Option<VerdictPart>,
}

/// A verdict on an item.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VerdictPart {
    /// Accepted or rejected.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// More for the author.
    pub comment: Option<String>,
    /// Which figures it is about, by their positions from 0 in the annotation that was judged: in a rework and in a former
    /// verdict that is the one handed in before. The item as a whole where there are none.
    #[schema(max_items = 100)]
    pub figures: Vec<u32>,
}

/// The job under a lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobPart {
    /// Its id.
    pub id: JobId,
    /// Its title.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// What is to be labelled.
    pub classes: Vec<Class>,
    /// Tags that may be set.
    pub tags: Vec<TagDefinition>,
    /// The most labels per item.
    pub limits: LabelLimits,
    /// Opinions asked for of each item.
    pub slots: i64,
    /// Why items may be rejected; in the reviewer's own words where there are none.
    pub reasons: Vec<ReasonCode>,
}

/// How long a lease runs now.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Renewed {
    /// When it expires.
    pub expires_at: Time,
    /// The same in seconds from now.
    pub expires_in: i64,
}

/// The body of `DELETE /v1/leases/{lease_id}`, which may be absent.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// Why the work is given back.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
}

/// The body of a submission.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest {
    /// Chosen by the client; the same again gets the first answer.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub submission_id: String,
    /// Items to be saved on the way.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub items: Vec<SubmittedItem>,
}

/// An item that is saved with the submission.
// The digest of a submission is that of these as JSON: what is left out or added changes every digest.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmittedItem {
    /// Its number.
    #[schema(minimum = 0)]
    pub index: i64,
    /// What was drawn.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// Tags of the whole item.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Why it was left out.
    #[serde(default)]
    pub skip: Option<Skip>,
}

/// The answer to a submission.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SubmitAnswer {
    /// The assignment.
    pub assignment: AssignmentId,
    /// Its status right after the submission.
    pub status: Status,
}

/// What is said of an item: its labels, or why it is left out.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRequest {
    /// What was drawn; needed unless the item is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Vec<Figure>>,
    /// Tags of the whole item; needed unless the item is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// Why it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
}

/// What was saved.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemAnswer {
    /// The item.
    pub index: i64,
    /// Its revision; the same body again keeps it.
    pub revision: i64,
}
