//! Invitations to teams.

use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

/// An invitation into a team, as lists show it.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id, by which it is revoked.
    pub id: Uuid,
    /// The team that it leads into.
    pub team: TeamId,
    /// The name of that team.
    pub team_name: String,
    /// The roles that it gives in the team.
    pub roles: Roles,
    /// The manager who made it.
    pub inviter: UserId,
    /// For whom it is meant, in the inviter's words.
    pub note: Option<String>,
    /// When it was made.
    pub created: Time,
    /// Until when it is valid.
    pub expires: Time,
}

/// An invitation to be made.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// The id by which it is listed and revoked; its code is another.
    pub id: Uuid,
    /// The team that it leads into.
    pub team: TeamId,
    /// SHA-256 of its code.
    pub digest: Vec<u8>,
    /// The roles that it gives in the team.
    pub roles: Roles,
    /// For whom it is meant, in the inviter's words.
    pub note: Option<String>,
    /// Until when it is valid.
    pub expires: Time,
}
