//! Invitations: how people enter a team. One is good once, for a few days, and only as long as its inviter may give what
//! it gives.

use serde::{Deserialize, Serialize};
use serde_json::json;
use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Roles, Time};
use uuid::Uuid;

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx, execute, fetch_all, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::memory::{InvitationRecord, Tables};
use crate::model::requests::Asked;
use crate::model::tokens::{NewToken, TokenKind};
use crate::model::users::User;
use crate::store::Store;
use crate::tables::tokens;
use crate::tables::users;
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::members;

/// An invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id, by which it is revoked.
    pub id: Uuid,
    /// The team.
    pub team: TeamId,
    /// The team's name.
    pub team_name: String,
    /// What it lets the person do there.
    pub roles: Roles,
    /// Who invites.
    pub inviter: UserId,
    /// For whom it is meant, in the inviter's words.
    pub note: Option<String>,
    /// When it was made.
    pub created: Time,
    /// Until when it is good.
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
    /// What it lets the person do there.
    pub roles: Roles,
    /// For whom it is meant, in the inviter's words.
    pub note: Option<String>,
    /// Until when it is good.
    pub expires: Time,
}

/// Who accepts an invitation.
#[derive(Debug, Clone)]
pub enum Guest {
    /// Somebody with an account.
    Known(UserId),
    /// Somebody who gets this account.
    New(User),
}

/// What has become of an invitation that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The account.
    pub user: UserId,
    /// The team.
    pub team: TeamId,
    /// What the invitation let the person do there.
    pub roles: Vec<Role>,
}

impl Guest {
    /// The account.
    pub fn user(&self) -> UserId {
        match self {
            Self::Known(user) => *user,
            Self::New(user) => user.id,
        }
    }
}

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

async fn create(
    db: &mut Db<'_>,
    new: &NewInvitation,
    actor: &Actor,
    asked: Option<&Asked>,
) -> Result<(Uuid, bool)> {
    if let Some(first) = first_answer(db, asked).await? {
        return Ok((first, false));
    }
    let inviter = actor.user.ok_or(StoreError::NotFound)?;
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
        actor.at.0,
        new.expires.0;
        |t| t.invitations.insert(new.id, InvitationRecord {
            team: new.team.0,
            digest: new.digest.clone(),
            roles: new.roles.bits(),
            inviter: inviter.0,
            note: new.note.clone(),
            created: actor.at.0,
            expires: new.expires.0,
            accepted_by: None,
            revoked: None,
        })
    )?;
    let mut audit = Audit::of(actor);
    let detail = json!({"invitation": new.id, "roles": new.roles.to_vec()});
    audit.note("invitation-create", Some(new.team), None, Some(detail));
    audit.write(db).await?;
    keep_answer(db, asked, &new.id, actor.at).await?;
    Ok((new.id, true))
}

/// Ends the open invitations of a person to a team.
pub(crate) async fn revoke_of(
    db: &mut Db<'_>,
    team: TeamId,
    inviter: UserId,
    now: Time,
    audit: &mut Audit<'_>,
) -> Result<()> {
    let ended = execute!(
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
    )?;
    if ended > 0 {
        audit.note("invitation-revoke", Some(team), Some(inviter), Some(json!({"count": ended})));
    }
    Ok(())
}

/// An invitation that is good now: its inviter may still give what it gives.
async fn good(db: &mut Db<'_>, digest: &[u8], now: Time) -> Result<Option<Invitation>> {
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
            found.filter(|(_, row)| may_invite(t, row)).and_then(|(id, row)| invitation_row(t, *id, row))
        }
    )?;
    Ok(row.map(Invitation::from))
}

fn may_invite(t: &Tables, row: &InvitationRecord) -> bool {
    let member = t.members.get(&(row.team, row.inviter));
    let manages = member.is_some_and(|member| Roles::from_bits(member.roles).has(Role::Manager));
    t.users.get(&row.inviter).is_some_and(|user| user.deactivated.is_none() && (user.admin || manages))
}

fn invitation_row(t: &Tables, id: Uuid, row: &InvitationRecord) -> Option<InvitationRow> {
    Some(InvitationRow {
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

/// Marks an invitation as accepted; false where somebody was quicker.
async fn take(db: &mut Db<'_>, id: Uuid, user: UserId, now: Time) -> Result<bool> {
    let taken = execute!(
        db,
        "UPDATE invitations SET accepted = $3, accepted_by = $2 WHERE id = $1 AND accepted IS NULL AND revoked IS NULL",
        id,
        user.0,
        now.0;
        |t| {
            let is_open = t.invitations.get(&id).is_some_and(|row| row.is_open(now.0));
            Ok(if is_open { t.invitations.update(&id, |row| row.accepted_by = Some(user.0)) } else { 0 })
        }
    )?;
    Ok(taken == 1)
}

/// The person joins the team with the invitation's roles beside those held already, and gets a token for it.
async fn accept(
    core: &Core,
    tx: &mut Tx,
    digest: &[u8],
    (guest, token): (&Guest, &NewToken),
    (actor, asked): (&Actor, Option<&Asked>),
) -> Result<(Joined, bool)> {
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked).await? {
        return Ok((first, false));
    }
    let user = guest.user();
    let invitation = good(db, digest, actor.at).await?.ok_or(StoreError::NotFound)?;
    if let Guest::New(new) = guest {
        users::insert(db, new).await?;
    }
    if !take(db, invitation.id, user, actor.at).await? {
        return Err(StoreError::NotFound);
    }
    let mut audit = Audit::of(actor);
    let detail = json!({"invitation": invitation.id, "inviter": invitation.inviter});
    audit.note("invitation-accept", Some(invitation.team), Some(user), Some(detail));
    let detail = json!({"token": token.id});
    audit.note("token-create", Some(invitation.team), Some(user), Some(detail));
    let next = Uuid::from_u128(actor.entry.as_u128().wrapping_add(2));
    audit.write(db).await?;
    let actor = Actor { entry: next, ..actor.clone() };
    members::join(core, db, (invitation.team, user), invitation.roles, &actor).await?;
    let token = NewToken { team: Some(invitation.team), user, ..token.clone() };
    tokens::insert(db, &token, TokenKind::Bearer, Some(user), actor.at).await?;
    let joined = Joined { user, team: invitation.team, roles: invitation.roles.to_vec() };
    keep_answer(db, asked, &joined, actor.at).await?;
    Ok((joined, true))
}

impl Store {
    /// Keeps an invitation by the digest of its code. Answers its id, and whether this call made it.
    pub async fn invitation_create(
        &self,
        new: NewInvitation,
        actor: Actor,
        asked: Option<Asked>,
    ) -> Result<(Uuid, bool)> {
        self.write((new, actor, asked), |_, tx, (new, actor, asked)| {
            Box::pin(async move { create(&mut tx.db(), new, actor, asked.as_ref()).await })
        })
        .await
    }

    /// A page of a team's open invitations.
    pub async fn invitations(
        &self,
        team: TeamId,
        now: Time,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Invitation>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
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
                open.filter_map(|(id, row)| invitation_row(t, *id, row)).take(limit as usize).collect()
            }
        )?;
        Ok(rows.into_iter().map(Invitation::from).collect())
    }

    /// The invitation of this digest, if it is good now.
    pub async fn invitation(&self, digest: &[u8], now: Time) -> Result<Option<Invitation>> {
        let mut reader = self.reader().await?;
        good(&mut reader.db(), digest, now).await
    }

    /// The team of an open invitation, by its id.
    pub async fn invitation_team(&self, id: Uuid) -> Result<Option<TeamId>> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
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

    /// Ends an invitation that nobody has accepted.
    pub async fn invitation_revoke(&self, id: Uuid, team: TeamId, actor: Actor) -> Result<()> {
        self.write(actor, move |_, tx, actor| {
            Box::pin(async move {
                let db = &mut tx.db();
                let now = actor.at;
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
                if revoked == 0 {
                    return Err(StoreError::NotFound);
                }
                let mut audit = Audit::of(actor);
                audit.note("invitation-revoke", Some(team), None, Some(json!({"invitation": id})));
                audit.write(db).await
            })
        })
        .await
    }

    /// Accepts an invitation: the person joins the team and gets a token for it, unless the same request did so before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such invitation, it was used, has expired, or its inviter may no longer
    /// invite.
    pub async fn invitation_accept(
        &self,
        digest: Vec<u8>,
        guest: Guest,
        token: NewToken,
        actor: Actor,
        asked: Option<Asked>,
    ) -> Result<(Joined, bool)> {
        self.write((digest, guest, token, actor, asked), |core, tx, (digest, guest, token, actor, asked)| {
            Box::pin(accept(core, tx, digest, (guest, token), (actor, asked.as_ref())))
        })
        .await
    }
}
