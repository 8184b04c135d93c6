//! Converts assignments into the documents that show them.

use swath_api::assignments::AssignmentView;
use swath_domain::Assignment;
use swath_domain::ids::UserId;
use swath_runtime::{Context, Result};

use super::names::Names;

/// About how many bytes a view takes in memory: mostly its ranges.
pub(super) fn bytes_of(view: &AssignmentView) -> usize {
    1_024 + 64 * view.ranges.len()
}

/// These assignments with the names of the users in them.
pub(super) async fn views_of(context: &Context, assignments: Vec<Assignment>) -> Result<Vec<AssignmentView>> {
    let users: Vec<_> = assignments.iter().flat_map(users_in).collect();
    let names = Names::of_users(context, users).await?;
    Ok(assignments.into_iter().map(|assignment| named(assignment, &names)).collect())
}

/// The same for one. The change to it has been committed, so names that cannot be read are left out instead of failing.
pub(super) async fn view_of(context: &Context, assignment: Assignment) -> AssignmentView {
    let names = Names::of_users(context, users_in(&assignment)).await.unwrap_or_default();
    named(assignment, &names)
}

fn named(a: Assignment, names: &Names) -> AssignmentView {
    let name = |user: Option<UserId>| user.and_then(|user| names.user(user));
    AssignmentView {
        id: a.id,
        job: a.key.job,
        round: a.key.round.0,
        number: a.key.number,
        slot: a.key.slot.0,
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

fn users_in(a: &Assignment) -> Vec<UserId> {
    [a.holder(), a.author(), a.reserved_for()].into_iter().flatten().collect()
}
