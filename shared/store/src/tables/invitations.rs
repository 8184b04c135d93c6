//! The table of invitations. One is open while it is neither accepted nor revoked.

use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_all, fetch_one, row};
use crate::error::Result;
use crate::model::invitations::{Invitation, NewInvitation};
use crate::model::memory::{InvitationRecord, Tables};

row! {
    struct InvitationRow {
        id: Uuid, team: Uuid, team_name: String, roles: i64, inviter: Uuid, note: Option<String>, created: i64,
        expires: i64,
    }
}

impl From<InvitationRow> for Invitation {
    fn from(row: InvitationRow) -> Self {
        Self {
            id: row.id,
            team: TeamId(row.team),
            team_name: row.team_name,
            roles: Roles::from_bits(row.roles),
            inviter: UserId(row.inviter),
            note: row.note,
            created: Time(row.created),
            expires: Time(row.expires),
        }
    }
}

impl InvitationRow {
    /// As the statements join it, from the tables in memory.
    fn of_memory(t: &Tables, id: Uuid, row: &InvitationRecord) -> Option<Self> {
        Some(Self {
            id,
            team: row.team,
            team_name: t.teams.get(&row.team)?.clone(),
            roles: row.roles,
            inviter: row.inviter,
            note: row.note.clone(),
            created: row.created,
            expires: row.expires,
        })
    }
}

/// Inserts an invitation.
pub(crate) async fn insert(
    db: &mut Db<'_>,
    new: &NewInvitation,
    inviter: UserId,
    created: Time,
) -> Result<()> {
    execute!(
        db,
        "INSERT INTO invitations (id, team, digest, roles, inviter, note, created, expires)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.team.0,
        new.digest.as_slice(),
        new.roles.bits(),
        inviter.0,
        new.note.as_deref(),
        created.0,
        new.expires.0;
        |t| t.invitations.insert(new.id, InvitationRecord {
            team: new.team.0,
            digest: new.digest.clone(),
            roles: new.roles.bits(),
            inviter: inviter.0,
            note: new.note.clone(),
            created: created.0,
            expires: new.expires.0,
            accepted_by: None,
            revoked: None,
        })
    )?;
    Ok(())
}

/// The invitation with this digest, if it is valid: open, not expired, and its inviter may still invite to the team.
pub(crate) async fn find_valid(db: &mut Db<'_>, digest: &[u8], now: Time) -> Result<Option<Invitation>> {
    let row = fetch_one!(
        db,
        InvitationRow,
        "SELECT i.id, i.team, t.name, i.roles, i.inviter, i.note, i.created, i.expires
         FROM invitations i JOIN teams t ON t.id = i.team JOIN users u ON u.id = i.inviter
             LEFT JOIN members m ON m.team = i.team AND m.person = i.inviter
         WHERE i.digest = $1 AND i.accepted IS NULL AND i.revoked IS NULL AND i.expires > $2
             AND u.deactivated IS NULL AND (u.admin OR (m.roles & $3) <> 0)",
        digest,
        now.0,
        Roles::of(&[Role::Manager]).bits();
        |t| {
            let found = t.invitations.iter().find(|(_, row)| row.digest == digest && row.is_open(now.0));
            found.filter(|(_, row)| may_invite(t, row)).and_then(|(id, row)| InvitationRow::of_memory(t, *id, row))
        }
    )?;
    Ok(row.map(Invitation::from))
}

/// Whether the inviter may still invite, on the tables in memory.
fn may_invite(t: &Tables, row: &InvitationRecord) -> bool {
    let member = t.members.get(&(row.team, row.inviter));
    let manages = member.is_some_and(|member| Roles::from_bits(member.roles).has(Role::Manager));
    t.users.get(&row.inviter).is_some_and(|user| user.deactivated.is_none() && (user.admin || manages))
}

/// At most `limit` open invitations of a team behind invitation `after`, in the order of their ids.
pub(crate) async fn list(
    db: &mut Db<'_>,
    team: TeamId,
    now: Time,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Invitation>> {
    let rows = fetch_all!(
        db,
        InvitationRow,
        "SELECT i.id, i.team, t.name, i.roles, i.inviter, i.note, i.created, i.expires
         FROM invitations i JOIN teams t ON t.id = i.team
         WHERE i.team = $1 AND i.id > $2 AND i.accepted IS NULL AND i.revoked IS NULL AND i.expires > $3
         ORDER BY i.id LIMIT $4",
        team.0,
        after,
        now.0,
        limit;
        |t| {
            let open = t.invitations.iter().filter(|(id, row)| {
                row.team == team.0 && **id > after && row.is_open(now.0)
            });
            open.filter_map(|(id, row)| InvitationRow::of_memory(t, *id, row)).take(limit as usize).collect()
        }
    )?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

/// The team of an open invitation, expired or not.
pub(crate) async fn team_of(db: &mut Db<'_>, id: Uuid) -> Result<Option<TeamId>> {
    let row = fetch_one!(
        db,
        (Uuid,),
        "SELECT team FROM invitations WHERE id = $1 AND accepted IS NULL AND revoked IS NULL",
        id;
        |t| {
            let open = t.invitations.get(&id).filter(|row| row.accepted_by.is_none() && row.revoked.is_none());
            open.map(|row| (row.team,))
        }
    )?;
    Ok(row.map(|(team,)| TeamId(team)))
}

/// Marks an invitation as accepted; false where it is not open any more.
pub(crate) async fn accept(db: &mut Db<'_>, id: Uuid, user: UserId, now: Time) -> Result<bool> {
    let accepted = execute!(
        db,
        "UPDATE invitations SET accepted = $3, accepted_by = $2 WHERE id = $1 AND accepted IS NULL AND revoked IS NULL",
        id,
        user.0,
        now.0;
        |t| {
            let is_open = t.invitations.get(&id).is_some_and(|row| row.is_open(i64::MIN));
            Ok(if is_open { t.invitations.update(&id, |row| row.accepted_by = Some(user.0)) } else { 0 })
        }
    )?;
    Ok(accepted == 1)
}

/// Revokes an invitation; false where it is not open any more.
pub(crate) async fn revoke(db: &mut Db<'_>, id: Uuid, now: Time) -> Result<bool> {
    let revoked = execute!(
        db,
        "UPDATE invitations SET revoked = $2 WHERE id = $1 AND accepted IS NULL AND revoked IS NULL",
        id,
        now.0;
        |t| {
            let is_open = t.invitations.get(&id).is_some_and(|row| row.is_open(i64::MIN));
            Ok(if is_open { t.invitations.update(&id, |row| row.revoked = Some(now.0)) } else { 0 })
        }
    )?;
    Ok(revoked == 1)
}

/// Revokes the open invitations of a user to a team that have not expired, and says how many they were.
pub(crate) async fn revoke_of(db: &mut Db<'_>, team: TeamId, inviter: UserId, now: Time) -> Result<u64> {
    execute!(
        db,
        "UPDATE invitations SET revoked = $3
         WHERE team = $1 AND inviter = $2 AND accepted IS NULL AND revoked IS NULL AND expires > $3",
        team.0,
        inviter.0,
        now.0;
        |t| {
            let open = t.invitations.iter().filter(|(_, row)| {
                row.team == team.0 && row.inviter == inviter.0 && row.is_open(now.0)
            });
            let open: Vec<_> = open.map(|(id, _)| *id).collect();
            Ok(open.iter().map(|id| t.invitations.update(id, |row| row.revoked = Some(now.0))).sum())
        }
    )
}
