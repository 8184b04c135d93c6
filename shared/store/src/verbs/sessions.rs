//! Sessions of browsers. A session is a token: it opens one team, is listed, and is revoked like any other, and it ends
//! with its parent, the token through which it was opened.

use std::collections::BTreeSet;

use serde_json::json;
use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};
use uuid::Uuid;

use crate::engine::db::{Db, execute_each, fetch_all};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::tables::users;
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::sign_in_links as links;
use crate::verbs::tokens::{self, Kind, NewToken};

/// Sessions of a person that are open at once; one more ends the oldest.
pub const OPEN_MAX: usize = 50;

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session's id.
    pub id: TokenId,
    /// SHA-256 of what the browser's cookie will hold.
    pub digest: Vec<u8>,
    /// Until when it is good, unless what it is opened through ends before.
    pub expires: Time,
}

/// A session that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Whose it is.
    pub user: UserId,
    /// Until when it is good.
    pub expires: Time,
}

/// Opens a session through a link.
async fn open_by_link(db: &mut Db<'_>, digest: &[u8], new: &NewSession, actor: &Actor) -> Result<Opened> {
    let person = links::person_of(db, digest).await?.ok_or(StoreError::NotFound)?;
    users::lock_all(db, &[person]).await?;
    let link = links::good(db, digest, actor.at).await?.ok_or(StoreError::NotFound)?;
    let parent = link.parent.map(TokenId);
    if let Some(parent) = parent {
        tokens::require_good(db, parent, actor.at).await?;
    }
    if !links::spend(db, link.id, actor.at).await? {
        return Err(StoreError::NotFound);
    }
    let (team, maker) = (link.team.map(TeamId), link.maker.map(UserId));
    let until = link.session_expires.map(Time);
    open(db, new, (person, team, maker, parent, until), json!({"link": link.id}), actor).await
}

/// Opens a session through a token that is good.
async fn open_by_token(
    db: &mut Db<'_>,
    parent: &tokens::Token,
    new: &NewSession,
    actor: &Actor,
) -> Result<Opened> {
    users::lock_all(db, &[parent.user.id]).await?;
    tokens::require_good(db, parent.id, actor.at).await?;
    let origin = (parent.user.id, parent.team, parent.maker, Some(parent.id), parent.expires);
    open(db, new, origin, json!({"parent": parent.id}), actor).await
}

async fn open(
    db: &mut Db<'_>,
    new: &NewSession,
    (user, team, maker, parent, until): (
        UserId,
        Option<TeamId>,
        Option<UserId>,
        Option<TokenId>,
        Option<Time>,
    ),
    mut detail: serde_json::Value,
    actor: &Actor,
) -> Result<Opened> {
    let expires = until.map_or(new.expires, |until| until.min(new.expires));
    let session = NewToken { id: new.id, user, team, digest: new.digest.clone(), expires: Some(expires) };
    tokens::insert(db, &session, Kind::Session(parent), maker, actor.at).await?;
    tokens::note_first_use(db, new.id, actor.at).await?;
    detail["token"] = json!(new.id);
    if let Some(maker) = maker.filter(|maker| *maker != user) {
        detail["made_by"] = json!(maker);
    }
    let actor = Actor { user: Some(user), token: Some(new.id), ..actor.clone() };
    let mut audit = Audit::of(&actor);
    let oldest = too_many(db, user, actor.at).await?;
    tokens::end(db, oldest, actor.at, &mut audit).await?;
    audit.note("sign-in", team, Some(user), Some(detail));
    audit.write(db).await?;
    Ok(Opened { user, expires })
}

/// The oldest open sessions of a person, beyond the newest [`OPEN_MAX`].
async fn too_many(db: &mut Db<'_>, user: UserId, now: Time) -> Result<BTreeSet<TokenId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        "SELECT id FROM tokens WHERE person = $1 AND session AND revoked IS NULL AND expires > $2
         ORDER BY id DESC LIMIT $4 OFFSET $3",
        user.0,
        now.0,
        OPEN_MAX as i64,
        OPEN_MAX as i64;
        |t| {
            let open = t.tokens.iter().filter(|(_, token)| {
                let is_open = token.revoked.is_none() && token.expires.is_some_and(|expires| expires > now.0);
                token.person == user.0 && token.session && is_open
            });
            let mut open: Vec<_> = open.map(|(id, _)| (*id,)).collect();
            open.sort_unstable_by(|a, b| b.cmp(a));
            open.into_iter().skip(OPEN_MAX).take(OPEN_MAX).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(id,)| TokenId(id)).collect())
}

/// Forgets sessions that were over before `before`, with their uses.
async fn forget(db: &mut Db<'_>, before: Time, limit: i64) -> Result<u64> {
    let over = fetch_all!(
        db,
        (Uuid,),
        "SELECT id FROM tokens WHERE session AND expires < $1 ORDER BY expires LIMIT $2",
        before.0,
        limit;
        |t| {
            let over = t.tokens.iter().filter_map(|(id, token)| {
                token.expires.filter(|expires| token.session && *expires < before.0).map(|expires| (expires, *id))
            });
            let mut over: Vec<_> = over.collect();
            over.sort_unstable();
            over.into_iter().take(limit as usize).map(|(_, id)| (id,)).collect()
        }
    )?;
    execute_each!(
        db,
        "DELETE FROM token_uses WHERE token IN (SELECT c.id FROM {rows})",
        &over,
        |token| { id: uuid = token.0 };
        |t| Ok::<u64, StoreError>(t.token_uses.remove(&token.0))
    )?;
    execute_each!(
        db,
        "DELETE FROM tokens WHERE id IN (SELECT c.id FROM {rows})",
        &over,
        |token| { id: uuid = token.0 };
        |t| Ok::<u64, StoreError>(t.tokens.remove(&token.0))
    )
}

impl Store {
    /// Opens a session through the link with this digest, which is spent by it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such link, or it is not good now.
    pub async fn session_open_by_link(
        &self,
        digest: Vec<u8>,
        new: NewSession,
        actor: Actor,
    ) -> Result<Opened> {
        self.write((digest, new, actor), |_, tx, (digest, new, actor)| {
            Box::pin(async move { open_by_link(&mut tx.db(), digest, new, actor).await })
        })
        .await
    }

    /// Opens a session through a token.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the token is not good any more.
    pub async fn session_open_by_token(
        &self,
        parent: tokens::Token,
        new: NewSession,
        actor: Actor,
    ) -> Result<Opened> {
        self.write((parent, new, actor), |_, tx, (parent, new, actor)| {
            Box::pin(async move { open_by_token(&mut tx.db(), parent, new, actor).await })
        })
        .await
    }

    /// Forgets sessions that were over before `before`, at most `limit` of them.
    pub async fn sessions_forget(&self, before: Time, limit: i64) -> Result<u64> {
        self.write((before, limit), |_, tx, &(before, limit)| {
            Box::pin(async move { forget(&mut tx.db(), before, limit).await })
        })
        .await
    }
}
