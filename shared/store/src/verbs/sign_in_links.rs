//! Links with which people sign in from a browser. A link is good once, for a short while, and only as long as its person
//! is in the team and its maker may make tokens for them.

use serde::{Deserialize, Serialize};
use serde_json::json;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Role, Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_one, row};
use crate::error::Result;
use crate::model::memory::{SignInLinkRecord, Tables};
use crate::model::requests::Asked;
use crate::store::Store;
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::tokens;

/// A link to be kept.
#[derive(Debug, Clone)]
pub struct NewSignInLink {
    /// Its id.
    pub id: Uuid,
    /// SHA-256 of its code.
    pub digest: Vec<u8>,
    /// Who signs in with it.
    pub user: UserId,
    /// The team that the session will open; none for an administrator's.
    pub team: Option<TeamId>,
    /// The token with which the session ends, where the link is for oneself.
    pub parent: Option<TokenId>,
    /// Until when the link is good.
    pub expires: Time,
    /// When the session ends at the latest, where the token that is used has an end.
    pub session_expires: Option<Time>,
}

/// A link that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeLink {
    /// Its id.
    pub id: Uuid,
    /// Until when it is good.
    pub expires: Time,
}

row! {
    pub(crate) struct LinkRow {
        id: Uuid, team: Option<Uuid>, maker: Option<Uuid>, parent: Option<Uuid>,
        session_expires: Option<i64>,
    }
}

async fn create_link(
    db: &mut Db<'_>,
    new: &NewSignInLink,
    actor: &Actor,
    asked: Option<&Asked>,
) -> Result<(MadeLink, bool)> {
    if let Some(first) = first_answer(db, asked).await? {
        return Ok((first, false));
    }
    tokens::require_right_to_make(db, (new.user, new.team), actor).await?;
    execute!(
        db,
        "INSERT INTO sign_in_links (id, digest, person, team, maker, parent, created, expires, session_expires)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.digest.as_slice(),
        new.user.0,
        new.team.map(|team| team.0),
        actor.user.map(|user| user.0),
        new.parent.map(|token| token.0),
        actor.at.0,
        new.expires.0,
        new.session_expires.map(|at| at.0);
        |t| t.sign_in_links.insert(new.id, SignInLinkRecord {
            digest: new.digest.clone(),
            person: new.user.0,
            team: new.team.map(|team| team.0),
            maker: actor.user.map(|user| user.0),
            parent: new.parent.map(|token| token.0),
            created: actor.at.0,
            expires: new.expires.0,
            session_expires: new.session_expires.map(|at| at.0),
            spent: None,
        })
    )?;
    let mut audit = Audit::of(actor);
    audit.note("sign-in-link-create", new.team, Some(new.user), Some(json!({"link": new.id})));
    audit.write(db).await?;
    let made = MadeLink { id: new.id, expires: new.expires };
    keep_answer(db, asked, &made, actor.at).await?;
    Ok((made, true))
}

/// A link that is good now: its person is still in the team, as at the time of its making, and its maker may still make
/// tokens for that person.
pub(crate) async fn good(db: &mut Db<'_>, digest: &[u8], now: Time) -> Result<Option<LinkRow>> {
    fetch_one!(
        db,
        LinkRow,
        "SELECT l.id, l.team, l.maker, l.parent, l.session_expires
         FROM sign_in_links l JOIN users u ON u.id = l.person
             LEFT JOIN members m ON m.team = l.team AND m.person = l.person
             LEFT JOIN users k ON k.id = l.maker
             LEFT JOIN members km ON km.team = l.team AND km.person = l.maker
         WHERE l.digest = $1 AND l.spent IS NULL AND l.expires > $2 AND u.deactivated IS NULL
             AND (CASE WHEN l.team IS NULL THEN u.admin ELSE m.roles <> 0 AND COALESCE(m.since, 0) <= l.created END)
             AND (l.maker IS NULL OR l.maker = l.person
                 OR (k.deactivated IS NULL AND (k.admin OR (km.roles & $3) <> 0)))",
        digest,
        now.0,
        Roles::of(&[Role::Manager]).bits();
        |t| {
            let found = t.sign_in_links.iter().find(|(_, row)| row.digest == digest);
            found.filter(|(_, row)| is_good(t, row, now)).map(|(id, row)| LinkRow {
                id: *id,
                team: row.team,
                maker: row.maker,
                parent: row.parent,
                session_expires: row.session_expires,
            })
        }
    )
}

fn is_good(t: &Tables, link: &SignInLinkRecord, now: Time) -> bool {
    let active = |user| t.users.get(&user).filter(|user| user.deactivated.is_none());
    let Some(person) = active(link.person) else { return false };
    let is_in = match link.team {
        None => person.admin,
        Some(team) => t
            .members
            .get(&(team, link.person))
            .is_some_and(|member| member.roles != 0 && member.since.unwrap_or(0) <= link.created),
    };
    let may = |maker: Uuid| {
        let manages = |team| {
            let member = t.members.get(&(team, maker));
            member.is_some_and(|member| Roles::from_bits(member.roles).has(Role::Manager))
        };
        active(maker).is_some_and(|user| user.admin || link.team.is_some_and(manages))
    };
    let is_open = link.spent.is_none() && link.expires > now.0;
    is_open && is_in && link.maker.is_none_or(|maker| maker == link.person || may(maker))
}

/// Marks a link as spent; false where somebody was quicker.
pub(crate) async fn spend(db: &mut Db<'_>, id: Uuid, now: Time) -> Result<bool> {
    let spent = execute!(
        db,
        "UPDATE sign_in_links SET spent = $2 WHERE id = $1 AND spent IS NULL",
        id,
        now.0;
        |t| {
            let is_open = t.sign_in_links.get(&id).is_some_and(|row| row.spent.is_none());
            Ok(if is_open { t.sign_in_links.update(&id, |row| row.spent = Some(now.0)) } else { 0 })
        }
    )?;
    Ok(spent == 1)
}

/// Whose a link is, spent or not: their account is locked before it is looked at whether the link is good.
pub(crate) async fn person_of(db: &mut Db<'_>, digest: &[u8]) -> Result<Option<UserId>> {
    let row = fetch_one!(
        db,
        (Uuid,),
        "SELECT person FROM sign_in_links WHERE digest = $1",
        digest;
        |t| t.sign_in_links.iter().find(|(_, row)| row.digest == digest).map(|(_, row)| (row.person,))
    )?;
    Ok(row.map(|(person,)| UserId(person)))
}

impl Store {
    /// Keeps a link by the digest of its code. Answers the link, and whether this call made it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the person is not in the team, or the actor may not make tokens there.
    pub async fn sign_in_link_create(
        &self,
        new: NewSignInLink,
        actor: Actor,
        asked: Option<Asked>,
    ) -> Result<(MadeLink, bool)> {
        self.write((new, actor, asked), |_, tx, (new, actor, asked)| {
            Box::pin(async move { create_link(&mut tx.db(), new, actor, asked.as_ref()).await })
        })
        .await
    }

    /// Whether there is a link with this digest, spent or not.
    pub async fn sign_in_link_is_known(&self, digest: &[u8]) -> Result<bool> {
        let mut reader = self.reader().await?;
        Ok(person_of(&mut reader.db(), digest).await?.is_some())
    }

    /// Forgets links that were good until `before`, at most `limit` of them.
    pub async fn sign_in_links_forget(&self, before: Time, limit: i64) -> Result<u64> {
        self.write((before, limit), |_, tx, &(before, limit)| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "DELETE FROM sign_in_links WHERE id IN
                     (SELECT id FROM sign_in_links WHERE expires < $1 ORDER BY expires LIMIT $2)",
                    before.0,
                    limit;
                    |t| {
                        let old = t.sign_in_links.iter().filter(|(_, link)| link.expires < before.0);
                        let mut old: Vec<_> = old.map(|(id, link)| (link.expires, *id)).collect();
                        old.sort_unstable();
                        Ok(old.iter().take(limit as usize).map(|(_, id)| t.sign_in_links.remove(id)).sum())
                    }
                )
            })
        })
        .await
    }
}
