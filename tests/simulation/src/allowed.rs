//! Which role a user needs for a lease or a reservation.

use swath_domain::{Assignment, Role, Roles, Stage, Status};

/// The role that work of a stage needs.
pub(crate) fn role(stage: Stage) -> Role {
    if stage == Stage::Annotate { Role::Annotator } else { Role::Reviewer }
}

/// The stage of an undecided assignment. Its holder needs the role for that stage.
pub(crate) fn stage_of(row: &Assignment) -> Option<Stage> {
    match row.status {
        Status::Pending | Status::InProgress => Some(Stage::Annotate),
        Status::Completed | Status::InReview => Some(Stage::Review),
        Status::Accepted | Status::Rejected | Status::Cancelled => None,
    }
}

/// True if these roles allow a lease or a reservation on the assignment.
pub(crate) fn allows(roles: Roles, row: &Assignment) -> bool {
    stage_of(row).is_none_or(|stage| roles.has(role(stage)))
}
