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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseRequest {
    /// The team; not needed for a user with only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The only job from which work is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// A lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LeaseDocument {
    /// The id of the lease in every call; not a secret.
    pub lease_id: LeaseId,
    /// The fencing token, which grows with every grant of the assignment.
    pub fence: i64,
    /// `current`; `lapsed` if it has expired and nobody has taken the work since; or why it is over.
    pub state: String,
    /// When it expires unless it is renewed; none once it is over.
    pub expires_at: Option<Time>,
    /// The same in seconds from now.
    pub expires_in: i64,
    /// The assignment that is leased.
    pub assignment: AssignmentPart,
    /// The job of the assignment.
    pub job: JobPart,
    /// Whether annotations and verdicts are left out, because together they take more than 4 MiB. The route `items` of the
    /// lease has them, page by page.
    #[serde(default)]
    #[schema(required = true)]
    pub annotations_left_out: bool,
}

/// The assignment under a lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssignmentPart {
    /// Its id.
    pub id: AssignmentId,
    /// The number of its range in the job, from 0.
    pub number: i64,
    /// Its round.
    pub round: i64,
    /// Which of the independent annotations of its range it is, from 0.
    pub slot: i64,
    /// Its job.
    pub job: JobId,
    /// Its items as ranges.
    #[schema(value_type = Vec<Range>)]
    pub ranges: Vec<Range>,
    /// Its items one by one.
    pub items: Vec<ItemPart>,
    /// The job's short instructions, in Markdown.
    pub instructions: Option<String>,
    /// When the job is due.
    pub due_date: Option<Time>,
    /// The submission that it reworks.
    pub parent: Option<AssignmentId>,
}

/// One item of a lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemPart {
    /// Its number in the dataset.
    pub index: i64,
    /// The media; of a file on the server its path below the media root.
    pub uri: String,
    /// The URL from which a browser loads it while the lease is current; none for a former holder, or if the team may not
    /// use the media any more.
    pub media_url: Option<String>,
    /// Width in pixels, where known.
    pub width: Option<i64>,
    /// Height in pixels, where known.
    pub height: Option<i64>,
    /// Whether size and coordinates are those of the picture as its file stores it, without the orientation in EXIF. This is
    /// so in datasets of earlier versions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_stored: bool,
    /// Whether the size is known only from the reports of two users.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub size_is_provisional: bool,
    /// The fields of the item's `meta` that the job shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// The saved revision; 0 if nothing is saved yet.
    pub revision: i64,
    /// The saved annotation; in a rework without a saved one, the rejected annotation. None if it is left out.
    #[schema(value_type = Option<Annotation>)]
    pub annotation: Option<Box<RawValue>>,
    /// The size of the annotation's JSON in bytes; none if there is no annotation.
    pub annotation_bytes: Option<i64>,
    /// In a review the verdict of the reviewer; in a rework that of the round before.
    pub verdict: Option<VerdictPart>,
    /// In the review of a rework: the verdict of the round before.
    pub former_verdict: Option<VerdictPart>,
}

/// A verdict on an item.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VerdictPart {
    /// Accepted or rejected.
    pub verdict: Verdict,
    /// The reason: the code of one of the job's reasons, or the reviewer's words.
    pub reason: Option<String>,
    /// A comment for the author.
    pub comment: Option<String>,
    /// The figures that it is about, by their positions from 0 in the annotation that was judged. In a rework and in a
    /// former verdict that is the annotation of the round before. The verdict is about the whole item if there are none.
    #[serde(default)]
    #[schema(required = true, max_items = 100)]
    pub figures: Vec<u32>,
}

/// The job under a lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobPart {
    /// Its id.
    pub id: JobId,
    /// Its title.
    pub title: String,
    /// The description of the job, in Markdown.
    pub description: Option<String>,
    /// What is to be labelled.
    pub classes: Vec<Class>,
    /// Tags that may be set.
    pub tags: Vec<TagDefinition>,
    /// The most labels on one item.
    pub limits: LabelLimits,
    /// How many independent annotations of each item are wanted.
    #[serde(default = "one")]
    #[schema(required = true)]
    pub slots: i64,
    /// The reasons for which items may be rejected; if there are none, reviewers use their own words.
    #[serde(default)]
    #[schema(required = true)]
    pub reasons: Vec<ReasonCode>,
}

/// Before there were slots, each item had one annotation.
fn one() -> i64 {
    1
}

/// The new end of a renewed lease.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Renewed {
    /// When it expires unless it is renewed again.
    pub expires_at: Time,
    /// The same in seconds from now.
    pub expires_in: i64,
}

/// The body of `DELETE /v1/leases/{lease_id}`, which may be absent.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// Why the work is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: Option<String>,
}

/// The body of a submission.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest {
    /// An id that the client chooses. A repeated request with the same id gets the first answer.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub submission_id: String,
    /// Items to save with the submission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub items: Vec<SubmittedItem>,
}

/// An item that is saved with the submission.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmittedItem {
    /// Its number in the dataset.
    #[schema(minimum = 0)]
    pub index: i64,
    /// The figures that were drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// Tags of the whole item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
}

/// The answer to a submission.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SubmitAnswer {
    /// The id of the assignment.
    pub assignment: AssignmentId,
    /// Its status right after the submission.
    pub status: Status,
}

/// The work on an item: its labels, or why it is skipped.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRequest {
    /// The figures that were drawn; needed unless the item is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Vec<Figure>>,
    /// Tags of the whole item; needed unless the item is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// Why it is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
}

/// The answer to a saved item.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemAnswer {
    /// Its number in the dataset.
    pub index: i64,
    /// Its revision. A repeated request with the same body does not change it.
    pub revision: i64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{LeaseDocument, VerdictPart};

    #[test]
    fn a_lease_of_an_older_server_is_read() {
        let (lease, assignment, job) =
            ["1", "2", "3"].map(|n| format!("01890000-0000-7000-8000-00000000000{n}")).into();
        let document = json!({
            "lease_id": lease, "fence": 1, "state": "current", "expires_at": "2030-01-01T00:00:00Z", "expires_in": 60,
            "assignment": {"id": assignment, "number": 0, "round": 1, "slot": 0, "job": job, "ranges": [], "items": []},
            "job": {"id": job, "title": "Cars", "classes": [], "tags": [], "limits": {}},
        });
        let document: LeaseDocument = serde_json::from_value(document).unwrap();
        assert_eq!((document.job.slots, document.annotations_left_out), (1, false));
        let verdict: VerdictPart = serde_json::from_value(json!({"verdict": "reject"})).unwrap();
        assert!(verdict.figures.is_empty());
    }
}
