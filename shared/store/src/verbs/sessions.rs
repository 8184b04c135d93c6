//! Sessions of browsers. A session is a token: it opens one team, is listed, and is revoked like any other, and it ends
//! with its parent, the token through which it was opened.

use serde_json::{Value, json};
use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};

use crate::engine::db::{Db, Tx};
use crate::error::{Result, StoreError};
use crate::model::tokens::{NewToken, Token, TokenKind};
use crate::tables::{sign_in_links, token_uses, tokens, users};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::tokens::{end, require_valid};

/// The most sessions of a user that are open at once; one more ends the oldest.
pub const SESSIONS_MAX: usize = 50;

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The id by which it is listed and revoked, as a token.
    pub id: TokenId,
    /// SHA-256 of what the browser's cookie will hold.
    pub digest: Vec<u8>,
    /// Until when it is valid, unless what it is opened through ends before.
    pub expires: Time,
}

/// A session that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The user who is signed in.
    pub user: UserId,
    /// Until when it is valid.
    pub expires: Time,
}

/// What a session takes from the link or the token through which it is opened.
struct Origin {
    user: UserId,
    team: Option<TeamId>,
    maker: Option<UserId>,
    parent: Option<TokenId>,
    /// Until when the session may last.
    until: Option<Time>,
}

/// Opens a session through the link with this digest, which is spent by it.
pub(crate) async fn open_by_link(
    tx: &mut Tx,
    digest: &[u8],
    new: &NewSession,
    actor: &Actor,
) -> Result<Opened> {
    let db = &mut tx.db();
    let user = sign_in_links::user_of(db, digest).await?.ok_or(StoreError::NotFound)?;
    // The account is locked before the link is checked, so that the check sees what a change before it has written.
    users::lock_all(db, &[user]).await?;
    let link = sign_in_links::find_valid(db, digest, actor.at).await?.ok_or(StoreError::NotFound)?;
    if let Some(parent) = link.parent {
        require_valid(db, parent, actor.at).await?;
    }
    if !sign_in_links::spend(db, link.id, actor.at).await? {
        return Err(StoreError::NotFound);
    }
    let origin =
        Origin { user, team: link.team, maker: link.maker, parent: link.parent, until: link.session_expires };
    open(db, new, origin, json!({"link": link.id}), actor).await
}

/// Opens a session through a token.
pub(crate) async fn open_by_token(
    tx: &mut Tx,
    parent: &Token,
    new: &NewSession,
    actor: &Actor,
) -> Result<Opened> {
    let db = &mut tx.db();
    users::lock_all(db, &[parent.user.id]).await?;
    require_valid(db, parent.id, actor.at).await?;
    let origin = Origin {
        user: parent.user.id,
        team: parent.team,
        maker: parent.maker,
        parent: Some(parent.id),
        until: parent.expires,
    };
    open(db, new, origin, json!({"parent": parent.id}), actor).await
}

async fn open(
    db: &mut Db<'_>,
    new: &NewSession,
    origin: Origin,
    mut detail: Value,
    actor: &Actor,
) -> Result<Opened> {
    let Origin { user, team, maker, parent, until } = origin;
    let expires = until.map_or(new.expires, |until| until.min(new.expires));
    let session = NewToken { id: new.id, user, team, digest: new.digest.clone(), expires: Some(expires) };
    tokens::insert(db, &session, TokenKind::Session(parent), maker, actor.at).await?;
    token_uses::insert(db, new.id, actor.at).await?;
    detail["token"] = json!(new.id);
    if let Some(maker) = maker.filter(|maker| *maker != user) {
        detail["made_by"] = json!(maker);
    }
    let actor = Actor { user: Some(user), token: Some(new.id), ..actor.clone() };
    let mut audit = Audit::of(&actor);
    let oldest = tokens::sessions_beyond(db, user, actor.at, SESSIONS_MAX).await?;
    end(db, oldest.into_iter().collect(), actor.at, &mut audit).await?;
    audit.note("sign-in", team, Some(user), Some(detail));
    audit.write(db).await?;
    Ok(Opened { user, expires })
}

/// Deletes sessions that expired before `before`, with their uses, and says how many they were.
pub(crate) async fn forget(tx: &mut Tx, before: Time, limit: i64) -> Result<u64> {
    let db = &mut tx.db();
    let expired = tokens::expired_sessions(db, before, limit).await?;
    token_uses::delete(db, &expired).await?;
    tokens::delete(db, &expired).await
}
