//! The tables of `migrations/`, with rows as values of the domain where there is one.

use swath_domain::coverage::Cover;
use swath_domain::job::{Job, JobStatus};
use swath_domain::log::Entry;
use swath_domain::progress::Progress;
use swath_domain::{Assignment, JobId, Status, Time, UserId};
use uuid::Uuid;

use super::table::Table;
use crate::model::audit::AuditEntry;
use crate::model::datasets::Dataset;
use crate::model::events::NewEvent;
use crate::model::files::FileContent;
use crate::model::requests::Attempt;
use crate::model::rows::GrantRow;
use crate::model::users::User;
use crate::model::verdicts::StoredVerdict;

#[derive(Clone)]
pub(crate) struct TokenRecord {
    pub(crate) user: Uuid,
    pub(crate) team: Option<Uuid>,
    pub(crate) maker: Option<Uuid>,
    pub(crate) digest: Vec<u8>,
    pub(crate) created: i64,
    pub(crate) expires: Option<i64>,
    pub(crate) revoked: Option<i64>,
    pub(crate) session: bool,
    pub(crate) parent: Option<Uuid>,
}

#[derive(Clone)]
pub(crate) struct SignInLinkRecord {
    pub(crate) digest: Vec<u8>,
    pub(crate) user: Uuid,
    pub(crate) team: Option<Uuid>,
    pub(crate) maker: Option<Uuid>,
    pub(crate) parent: Option<Uuid>,
    pub(crate) created: i64,
    pub(crate) expires: i64,
    pub(crate) session_expires: Option<i64>,
    pub(crate) spent: Option<i64>,
}

#[derive(Clone)]
pub(crate) struct MemberRecord {
    pub(crate) roles: i64,
    pub(crate) since: Option<i64>,
}

#[derive(Clone)]
pub(crate) struct InvitationRecord {
    pub(crate) team: Uuid,
    pub(crate) digest: Vec<u8>,
    pub(crate) roles: i64,
    pub(crate) inviter: Uuid,
    pub(crate) note: Option<String>,
    pub(crate) created: i64,
    pub(crate) expires: i64,
    pub(crate) accepted_by: Option<Uuid>,
    pub(crate) revoked: Option<i64>,
}

impl InvitationRecord {
    pub(crate) fn is_open(&self, now: i64) -> bool {
        self.accepted_by.is_none() && self.revoked.is_none() && self.expires > now
    }
}

#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    pub(crate) pattern: Option<String>,
    pub(crate) ready: bool,
    pub(crate) touched: i64,
    pub(crate) as_displayed: bool,
    pub(crate) base: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) uri: String,
    pub(crate) digest: Vec<u8>,
    pub(crate) labels: Option<String>,
    pub(crate) meta: Option<String>,
    pub(crate) size: (Option<i64>, Option<i64>),
    pub(crate) orientation: Option<i64>,
}

#[derive(Clone)]
pub(crate) struct MeasuringRow {
    pub(crate) next: i64,
    pub(crate) pass: i64,
    pub(crate) failed: i64,
    pub(crate) due: i64,
}

#[derive(Clone)]
pub(crate) struct FileRecord {
    pub(crate) team: Uuid,
    pub(crate) kind: i64,
    pub(crate) state: i64,
    pub(crate) bytes: i64,
    pub(crate) content: Option<FileContent>,
    pub(crate) items: i64,
    pub(crate) thumbnail_of: Option<(Uuid, i64)>,
    pub(crate) touched: i64,
}

#[derive(Clone)]
pub(crate) struct PictureSize {
    pub(crate) size: (i64, i64),
    pub(crate) orientation: Option<i64>,
    pub(crate) source: i64,
}

#[derive(Clone)]
pub(crate) struct Annotation {
    pub(crate) lease: Uuid,
    pub(crate) revision: i64,
    pub(crate) skipped: bool,
    pub(crate) body: String,
    pub(crate) updated: i64,
}

#[derive(Clone)]
pub(crate) struct VerdictRecord {
    pub(crate) accept: bool,
    pub(crate) reason: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) figures: Option<String>,
}

impl VerdictRecord {
    /// The bytes of its texts.
    pub(crate) fn bytes(&self) -> i64 {
        let texts = [&self.reason, &self.comment, &self.figures];
        texts.into_iter().flatten().map(String::len).sum::<usize>() as i64
    }

    pub(crate) fn stored(&self, item: i64) -> StoredVerdict {
        let Self { accept, reason, comment, figures } = self.clone();
        StoredVerdict { item, accept, reason, comment, figures }
    }
}

#[derive(Clone)]
pub(crate) struct Accepted {
    pub(crate) assignment: Uuid,
    pub(crate) author: Uuid,
    pub(crate) reviewer: Option<Uuid>,
    pub(crate) at: i64,
}

#[derive(Clone)]
pub(crate) struct MarksRow {
    pub(crate) era: String,
    pub(crate) folded: i64,
    pub(crate) cleared: i64,
}

/// The revision of what people may do.
pub(crate) const PEOPLE: &str = "people";

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $row:ty,)*) => {
        /// Every table by its name.
        #[derive(Default)]
        pub(crate) struct Tables { $($(#[$doc])* pub(crate) $name: Table<$key, $row>,)* }

        impl Tables {
            pub(crate) fn commit(&mut self) {
                $(self.$name.commit();)*
            }

            pub(crate) fn rollback(&mut self) {
                $(self.$name.rollback();)*
            }

            pub(crate) fn written(&self) -> usize {
                0 $(+ self.$name.written)*
            }
        }
    };
}

tables! {
    users: Uuid => User,
    /// By id: its name.
    teams: Uuid => String,
    /// By team and user.
    members: (Uuid, Uuid) => MemberRecord,
    /// By team, kind and place.
    team_media: (Uuid, i64, String) => (),
    tokens: Uuid => TokenRecord,
    /// By token: when it was last used.
    token_uses: Uuid => i64,
    invitations: Uuid => InvitationRecord,
    sign_in_links: Uuid => SignInLinkRecord,
    audit_log: Uuid => AuditEntry,
    /// By team and user: when they lost a role.
    departures: (Uuid, Uuid) => i64,
    /// By user, route and key.
    requests: (Uuid, String, String) => Attempt,
    /// By user, route and key: digest, answer and moment.
    answers: (Uuid, String, String) => (Vec<u8>, String, i64),
    datasets: Uuid => Dataset,
    segments: (Uuid, i64) => Segment,
    items: (Uuid, i64) => Item,
    files: Uuid => FileRecord,
    /// By team: what its files take.
    file_usage: Uuid => i64,
    /// By dataset and item.
    picture_sizes: (Uuid, i64) => PictureSize,
    measuring: Uuid => MeasuringRow,
    /// By dataset and item: since when, and how often.
    missing_pictures: (Uuid, i64) => (i64, i64),
    /// By dataset, item and user: width and height.
    size_reports: (Uuid, i64, Uuid) => (i64, i64),
    jobs: Uuid => Job,
    /// By job and position: start and stop.
    runs: (Uuid, i64) => (i64, i64),
    /// By job and stripe.
    progress: (Uuid, i64) => Progress,
    assignments: Uuid => Assignment,
    grants: Uuid => GrantRow,
    /// By holder, stage and key: the lease.
    grant_keys: (Uuid, i64, String) => Uuid,
    /// By assignment, author and item.
    annotations: (Uuid, Uuid, i64) => Annotation,
    /// By submission, reviewer and item.
    verdicts: (Uuid, Uuid, i64) => VerdictRecord,
    /// By job, item and slot.
    accepted: (Uuid, i64, i64) => Accepted,
    /// By job, number and author: the slot.
    opinions: (Uuid, i64, Uuid) => i64,
    log: (Uuid, i64) => Entry,
    /// By name: how often what is named has changed. The databases count by themselves, the model in its verbs.
    revisions: &'static str => i64,
    /// By position.
    events: i64 => NewEvent,
    /// One row, once something was written there.
    event_marks: () => MarksRow,
    /// By job, level and block.
    coverage: (Uuid, i64, i64) => Cover,
    /// By name: holder and until when.
    duties: String => (Uuid, i64),
}

impl Tables {
    /// What people may do has changed, if a statement has changed anything.
    pub(crate) fn count_change_of_people(&mut self, rows: u64) -> u64 {
        if rows > 0 {
            let number = self.revisions.get(&PEOPLE).copied().unwrap_or_default();
            self.revisions.put(PEOPLE, number + 1);
        }
        rows
    }

    /// The marks of events.
    pub(crate) fn marks(&self) -> MarksRow {
        self.event_marks.get(&()).cloned().unwrap_or(MarksRow { era: "model".into(), folded: 0, cleared: 0 })
    }

    pub(crate) fn change_marks(&mut self, change: impl FnOnce(&mut MarksRow)) -> u64 {
        let mut marks = self.marks();
        change(&mut marks);
        self.event_marks.put((), marks)
    }

    /// The position of the newest event.
    pub(crate) fn last_event(&self) -> i64 {
        let newest = self.events.iter().next_back().map(|(position, _)| *position);
        newest.unwrap_or_else(|| self.marks().cleared)
    }

    pub(crate) fn append_event(&mut self, event: &NewEvent) -> u64 {
        let position = self.last_event() + 1;
        self.events.put(position, event.clone())
    }

    /// The assignments of a job in the order of their ids, which is that of round, number and slot.
    pub(crate) fn of_job(&self, job: JobId) -> impl DoubleEndedIterator<Item = &Assignment> {
        self.assignments.values().filter(move |assignment| assignment.key.job == job)
    }

    /// What a user has saved in an assignment, by item.
    pub(crate) fn annotations_by(
        &self,
        assignment: Uuid,
        author: Uuid,
    ) -> impl Iterator<Item = (i64, &Annotation)> {
        let places = (assignment, author, i64::MIN)..=(assignment, author, i64::MAX);
        self.annotations.range(places).map(|((_, _, item), row)| (*item, row))
    }

    /// The queue of a job: reworks first, then in the order of the dataset.
    pub(crate) fn queue(&self, job: JobId, now: Time) -> Vec<&Assignment> {
        let free =
            |a: &&Assignment| a.status == Status::Pending && !a.needs_manager && !a.is_reserved_after(now);
        let mut queue: Vec<_> = self.of_job(job).filter(free).collect();
        queue.sort_by_key(|a| (-a.key.round.0, a.key.number, a.key.slot.0));
        queue
    }

    /// The submissions of a job that wait for a reviewer, oldest first.
    pub(crate) fn to_review(&self, job: JobId) -> Vec<&Assignment> {
        let mut queue: Vec<_> =
            self.of_job(job).filter(|a| a.status == Status::Completed && a.is_for_review()).collect();
        queue.sort_by_key(|a| (a.since, a.id));
        queue
    }

    /// What is reserved for a user in the jobs that grant, or in one of them.
    pub(crate) fn reserved_for(
        &self,
        person: UserId,
        only: Option<JobId>,
    ) -> impl Iterator<Item = &Assignment> {
        self.assignments.values().filter(move |a| {
            a.status == Status::Pending
                && !a.needs_manager
                && a.reserved_for() == Some(person)
                && only.is_none_or(|only| a.key.job == only)
                && self.jobs.get(&a.key.job.0).is_some_and(|job| job.status == JobStatus::Active)
        })
    }

    /// Whether the user has another opinion on the range, given or in hand.
    pub(crate) fn has_other_opinion(&self, assignment: &Assignment, person: UserId) -> bool {
        let (job, number, slot) = (assignment.key.job, assignment.key.number, assignment.key.slot);
        let given = self.opinions.get(&(job.0, number, person.0)).is_some_and(|given| *given != slot.0);
        let in_hand = |a: &Assignment| {
            let open = matches!(a.status, Status::Pending | Status::InProgress);
            open && a.holder() == Some(person)
                && (a.key.job, a.key.number) == (job, number)
                && a.key.slot != slot
        };
        given || self.assignments.values().any(in_hand)
    }
}
