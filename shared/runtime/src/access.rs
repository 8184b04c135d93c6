//! Which role may call which route: the coarse question that is decided before path, query and body are looked at.

use swath_domain::{Role, Roles};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without a token.
    Open,
    /// Anyone with a token.
    SignedIn,
    /// Administrators.
    Admin,
    /// People who have one of these roles in some team; the handler asks for the team that the thing belongs to.
    Team(Roles),
    /// Administrators, and people who have one of these roles.
    AdminOr(Roles),
}

impl Access {
    /// Managers.
    pub const MANAGER: Access = Access::Team(Roles::of(&[Role::Manager]));
    /// Managers and reviewers.
    pub const LEADS: Access = Access::Team(LEADS);
    /// Any member of a team.
    pub const MEMBER: Access = Access::Team(Roles::of(&Role::ALL));
    /// Reviewers.
    pub const REVIEWER: Access = Access::Team(Roles::of(&[Role::Reviewer]));
    /// Annotators.
    pub const ANNOTATOR: Access = Access::Team(Roles::of(&[Role::Annotator]));
}

/// Managers and reviewers.
pub const LEADS: Roles = Roles::of(&[Role::Manager, Role::Reviewer]);
/// Managers.
pub const MANAGER: Roles = Roles::of(&[Role::Manager]);
/// Everybody in the team.
pub const ANYONE: Roles = Roles::of(&Role::ALL);
