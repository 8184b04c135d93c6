//! Which roles may call a route. This is checked before path, query and body are read.

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
    /// Users with one of these roles in any team. The handler checks the team of the resource.
    Team(Roles),
    /// Administrators, and users with one of these roles in any team.
    AdminOr(Roles),
}

impl Access {
    /// Managers.
    pub const MANAGER: Access = Access::Team(Roles::of(&[Role::Manager]));
    /// Administrators, and the managers of some team.
    pub const ADMIN_OR_MANAGER: Access = Access::AdminOr(Roles::of(&[Role::Manager]));
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
/// All members of a team.
pub const ANYONE: Roles = Roles::of(&Role::ALL);
