//! Members of teams.

use swath_domain::Roles;
use swath_domain::ids::UserId;

/// A member of a team.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The user's id.
    pub user: UserId,
    /// The user's name.
    pub name: String,
    /// The roles in the team.
    pub roles: Roles,
}
