//! A look at the tables from outside, for tests that check whether the verbs keep their promises.

use std::collections::BTreeMap;

use swath_domain::coverage::Cover;
use swath_domain::ids::{AssignmentId, DatasetId, JobId, LeaseId, TeamId, UserId};
use swath_domain::job::Job;
use swath_domain::labels::Size;
use swath_domain::log::Entry;
use swath_domain::progress::Progress;
use swath_domain::{Assignment, ItemIndex, LeaseEnd, Roles, Stage, Time};
use uuid::Uuid;

use crate::model::datasets::Dataset;
use crate::model::memory::{Memory, Tables};
use crate::model::pictures::SizeSource;
use crate::model::requests::RequestKey;
use crate::model::verdicts::VerdictRow;
use crate::tables::coverage;

impl Memory {
    /// Looks at the tables; `None` while a transaction has them.
    pub fn view<R>(&self, look: impl FnOnce(View<'_>) -> R) -> Option<R> {
        self.try_look(|tables| look(View(tables)))
    }
}

/// The tables as they stand between two transactions.
#[derive(Clone, Copy)]
pub struct View<'a>(&'a Tables);

/// A lease as it was granted, and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct GrantView {
    /// The assignment that was leased.
    pub assignment: AssignmentId,
    /// The user who got the lease.
    pub holder: UserId,
    /// To annotate or to review.
    pub stage: Stage,
    /// The fencing token of the lease.
    pub fence: i64,
    /// Why it is over.
    pub ended: Option<LeaseEnd>,
}

impl<'a> View<'a> {
    /// Rows written by all transactions so far: as long as it stays, so does everything else.
    pub fn written(self) -> usize {
        self.0.written()
    }

    /// Every job, by id.
    pub fn jobs(self) -> impl Iterator<Item = &'a Job> {
        self.0.jobs.values()
    }

    /// A job's counters, summed over their stripes.
    pub fn progress(self, job: JobId) -> Progress {
        let mut sum = Progress::default();
        let stripes = self.0.progress.range((job.0, i64::MIN)..=(job.0, i64::MAX));
        stripes.for_each(|(_, stripe)| sum.merge(stripe));
        sum
    }

    /// Every assignment, by id: within a job by round, number and slot.
    pub fn assignments(self) -> impl Iterator<Item = &'a Assignment> {
        self.0.assignments.values()
    }

    /// The assignment with this id, if there is one.
    pub fn assignment(self, id: AssignmentId) -> Option<&'a Assignment> {
        self.0.assignments.get(&id.0)
    }

    /// The log of an assignment or a job behind entry `after`.
    pub fn log(self, subject: Uuid, after: i64) -> impl Iterator<Item = &'a Entry> {
        self.0.log.range((subject, after + 1)..=(subject, i64::MAX)).map(|(_, entry)| entry)
    }

    /// The grant of this lease, if there is one.
    pub fn grant(self, lease: LeaseId) -> Option<GrantView> {
        let row = self.0.grants.get(&lease.0)?;
        let stage = if row.stage == Stage::Review.code() { Stage::Review } else { Stage::Annotate };
        Some(GrantView {
            assignment: AssignmentId(row.assignment),
            holder: UserId(row.holder),
            stage,
            fence: row.fence,
            ended: row.ended.and_then(LeaseEnd::from_code),
        })
    }

    /// What a user has saved of an item: revision and body.
    pub fn annotation(
        self,
        assignment: AssignmentId,
        author: UserId,
        item: ItemIndex,
    ) -> Option<(i64, &'a str)> {
        let row = self.0.annotations.get(&(assignment.0, author.0, item.0))?;
        Some((row.revision, row.body.as_str()))
    }

    /// Under which lease a user has saved an item.
    pub fn saved_under(self, assignment: AssignmentId, author: UserId, item: ItemIndex) -> Option<LeaseId> {
        self.0.annotations.get(&(assignment.0, author.0, item.0)).map(|row| LeaseId(row.lease))
    }

    /// A reviewer's verdict on an item of a submission.
    pub fn verdict(self, submission: LeaseId, reviewer: UserId, item: ItemIndex) -> Option<VerdictRow> {
        Some(self.0.verdicts.get(&(submission.0, reviewer.0, item.0))?.stored(item.0).into())
    }

    /// Who has something saved in an assignment, and of which item.
    pub fn annotations(self) -> impl Iterator<Item = (AssignmentId, UserId, i64)> {
        self.0
            .annotations
            .iter()
            .map(|((assignment, author, item), _)| (AssignmentId(*assignment), UserId(*author), *item))
    }

    /// What the account of a user allows in a team.
    pub fn roles(self, team: TeamId, user: UserId) -> Roles {
        let is_active = self.0.users.get(&user.0).is_some_and(|user| user.deactivated.is_none());
        let member = self.0.members.get(&(team.0, user.0)).filter(|_| is_active);
        member.map_or(Roles::NONE, |member| Roles::from_bits(member.roles))
    }

    /// Every dataset, by id.
    pub fn datasets(self) -> impl Iterator<Item = &'a Dataset> {
        self.0.datasets.values()
    }

    /// The attempt that carries out a request, and until when it is believed to run.
    pub fn attempt(self, request: &RequestKey) -> Option<(Uuid, Time)> {
        self.0.requests.get(&request.row_key().owned()).map(|attempt| (attempt.id, attempt.until))
    }

    /// Whether a request has an answer that is kept.
    pub fn is_answered(self, request: &RequestKey) -> bool {
        self.0.answers.get(&request.row_key().owned()).is_some()
    }

    /// The size of an item's picture that became known later, and how.
    pub fn picture_size(self, dataset: DatasetId, item: ItemIndex) -> Option<(Size, SizeSource)> {
        let row = self.0.picture_sizes.get(&(dataset.0, item.0))?;
        let sources = [SizeSource::Agreed, SizeSource::Told, SizeSource::Measured];
        sources.into_iter().find(|source| source.code() == row.source).map(|source| (row.size, source))
    }

    /// What people's browsers have reported of an item's picture.
    pub fn size_reports(self, dataset: DatasetId, item: ItemIndex) -> impl Iterator<Item = (UserId, Size)> {
        self.0.size_reports_of(dataset, item)
    }

    /// Whether somebody could not see an item's picture.
    pub fn is_picture_missing(self, dataset: DatasetId, item: ItemIndex) -> bool {
        self.0.missing_pictures.get(&(dataset.0, item.0)).is_some()
    }

    /// Every accepted item: job, item, slot, and the assignment and author that it was accepted from.
    pub fn accepted(self) -> impl Iterator<Item = (JobId, i64, i64, AssignmentId, UserId)> {
        self.0.accepted.iter().map(|((job, item, slot), row)| {
            (JobId(*job), *item, *slot, AssignmentId(row.assignment), UserId(row.author))
        })
    }

    /// The coverage of a job by level and block, with what is not counted yet.
    pub fn coverage(self, job: JobId) -> BTreeMap<(i64, i64), Cover> {
        coverage::of_memory(self.0, job)
    }

    /// The position of the newest event.
    pub fn last_event(self) -> i64 {
        self.0.last_event()
    }
}
