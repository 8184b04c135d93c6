//! Invitations to teams.

use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

/// An invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id, by which it is revoked.
    pub id: Uuid,
    /// The team.
    pub team: TeamId,
    /// The team's name.
    pub team_name: String,
    /// The roles that it gives in the team.
    pub roles: Roles,
    /// Who invites.
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
    /// Its id.
    pub id: Uuid,
    /// The team.
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
