//! An assignment as it is shown.

use serde::Serialize;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::ranges::Range;
use swath_domain::{Assignment, Status, Time};
use swath_runtime::{Context, Result};

use super::names::Names;

/// An assignment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AssignmentView {
    id: AssignmentId,
    job: JobId,
    round: i64,
    number: i64,
    slot: i64,
    parent: Option<AssignmentId>,
    #[schema(value_type = Vec<Range>)]
    ranges: Vec<Range>,
    items: i64,
    status: Status,
    fence: i64,
    /// Whose lease stands on it; it has expired if the status is PENDING or COMPLETED.
    holder: Option<UserId>,
    holder_name: Option<String>,
    lease_id: Option<LeaseId>,
    expires_at: Option<Time>,
    /// Items saved by the present holder.
    confirmed: i64,
    author: Option<UserId>,
    author_name: Option<String>,
    /// Whether the submission goes before a reviewer.
    review: bool,
    reserved_for: Option<UserId>,
    reserved_for_name: Option<String>,
    reserved_until: Option<Time>,
    /// Its rounds are used up: it waits for a manager to reassign it.
    waits_for_manager: bool,
    /// Since when it has its status.
    since: Time,
}

impl AssignmentView {
    /// About how many bytes it takes: mostly its ranges.
    pub(crate) fn bytes(&self) -> usize {
        1_024 + 64 * self.ranges.len()
    }

    pub(crate) fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl AssignmentView {
    /// These assignments with the names of the people in them.
    pub(crate) async fn of(context: &Context, assignments: Vec<Assignment>) -> Result<Vec<Self>> {
        let mut people = Vec::new();
        assignments.iter().for_each(|assignment| people.extend(people_in(assignment)));
        let names = Names::of_people(context, people).await?;
        Ok(assignments.into_iter().map(|assignment| Self::named(assignment, &names)).collect())
    }

    /// One of them. What was done to it is done, so names that cannot be read are left out.
    pub(crate) async fn of_one(context: &Context, assignment: Assignment) -> Self {
        let names = Names::of_people(context, people_in(&assignment)).await.unwrap_or_default();
        Self::named(assignment, &names)
    }

    fn named(a: Assignment, names: &Names) -> Self {
        let name = |person: Option<UserId>| person.and_then(|person| names.person(person));
        Self {
            id: a.id,
            job: a.key.job,
            round: a.key.round,
            number: a.key.number,
            slot: a.key.slot,
            parent: a.parent,
            ranges: a.ranges.as_slice().to_vec(),
            items: a.items,
            status: a.status,
            fence: a.fence,
            holder: a.holder(),
            holder_name: name(a.holder()),
            lease_id: a.lease_id(),
            expires_at: a.expires(),
            confirmed: a.saved,
            author: a.author(),
            author_name: name(a.author()),
            review: a.is_for_review(),
            reserved_for: a.reserved_for(),
            reserved_for_name: name(a.reserved_for()),
            reserved_until: a.reservation.map(|reservation| reservation.until),
            waits_for_manager: a.needs_manager,
            since: a.since,
        }
    }
}

fn people_in(a: &Assignment) -> Vec<UserId> {
    [a.holder(), a.author(), a.reserved_for()].into_iter().flatten().collect()
}
