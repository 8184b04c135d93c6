//! Making tokens, and who may.

use serde_json::json;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::memory::TokenRecord;
use crate::model::requests::Asked;
use crate::store::Store;
use crate::tables::{members, users};
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::rights;

/// A token to be kept.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it will be.
    pub user: UserId,
    /// The team that it belongs to; none for an administrator's.
    pub team: Option<TeamId>,
    /// SHA-256 of the token.
    pub digest: Vec<u8>,
    /// Until when it is good.
    pub expires: Option<Time>,
}

/// What a token is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// It is sent by programs, as a bearer token.
    Bearer,
    /// It is kept in a browser's cookie, and ends with the token through which it was opened, where there is one.
    Session(Option<TokenId>),
}

pub(crate) async fn insert(
    db: &mut Db<'_>,
    token: &NewToken,
    kind: Kind,
    maker: Option<UserId>,
    now: Time,
) -> Result<()> {
    let (session, parent) = match kind {
        Kind::Bearer => (false, None),
        Kind::Session(parent) => (true, parent.map(|parent| parent.0)),
    };
    execute!(
        db,
        "INSERT INTO tokens (id, person, team, maker, digest, created, expires, session, parent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        token.id.0,
        token.user.0,
        token.team.map(|team| team.0),
        maker.map(|user| user.0),
        token.digest.as_slice(),
        now.0,
        token.expires.map(|at| at.0),
        session,
        parent;
        |t| {
            if !t.users.contains(&token.user.0) {
                return Err(StoreError::NotFound);
            }
            t.tokens.insert(token.id.0, TokenRecord {
                person: token.user.0,
                team: token.team.map(|team| team.0),
                maker: maker.map(|user| user.0),
                digest: token.digest.clone(),
                created: now.0,
                expires: token.expires.map(|at| at.0),
                revoked: None,
                session,
                parent,
            })
        }
    )?;
    Ok(())
}

/// Locks the accounts of both, and asks whether the person is in the team, and whether the actor may make tokens for
/// them there.
pub(crate) async fn require_right_to_make(
    db: &mut Db<'_>,
    (user, team): (UserId, Option<TeamId>),
    actor: &Actor,
) -> Result<()> {
    users::lock_all(db, &[user].into_iter().chain(actor.user).collect::<Vec<_>>()).await?;
    let Some(team) = team else { return Ok(()) };
    if members::roles(db, team, user).await? == Roles::NONE {
        return Err(StoreError::NotFound);
    }
    if actor.user == Some(user) { Ok(()) } else { rights::require_manager(db, team, actor).await }
}

/// Locks a token, and asks whether it is still good.
pub(crate) async fn require_good(db: &mut Db<'_>, token: TokenId, now: Time) -> Result<()> {
    lock_tokens(db, &[token]).await?;
    let good = fetch_one!(
        db,
        (Uuid,),
        "SELECT t.id FROM tokens t JOIN users u ON u.id = t.person
         WHERE t.id = $1 AND t.revoked IS NULL AND (t.expires IS NULL OR t.expires > $2) AND u.deactivated IS NULL",
        token.0,
        now.0;
        |t| {
            let good = t.tokens.get(&token.0).filter(|row| {
                let active = t.users.get(&row.person).is_some_and(|user| user.deactivated.is_none());
                active && row.revoked.is_none() && row.expires.is_none_or(|at| at > now.0)
            });
            good.map(|_| (token.0,))
        }
    )?;
    good.map(drop).ok_or(StoreError::NotFound)
}

/// Locks these tokens in the order of their ids: what is decided about one of them takes turns.
pub(crate) async fn lock_tokens(db: &mut Db<'_>, tokens: &[TokenId]) -> Result<()> {
    fetch_each!(
        db,
        (Uuid,),
        [
            "SELECT t.id FROM {rows} CROSS JOIN tokens t WHERE t.id = c.id ORDER BY t.id FOR NO KEY UPDATE OF t",
            "SELECT t.id FROM {rows} CROSS JOIN tokens t WHERE t.id = c.id"
        ],
        tokens,
        |token| { id: uuid = token.0 };
        |t| t.tokens.get(&token.0).map(|_| (token.0,))
    )?;
    Ok(())
}

/// Keeps a token; false where an earlier request under the same key has made one, whose id is answered.
async fn create(
    db: &mut Db<'_>,
    token: &NewToken,
    actor: &Actor,
    asked: Option<&Asked>,
) -> Result<(TokenId, bool)> {
    if let Some(first) = first_answer(db, asked).await? {
        return Ok((first, false));
    }
    require_right_to_make(db, (token.user, token.team), actor).await?;
    insert(db, token, Kind::Bearer, actor.user, actor.at).await?;
    let mut audit = Audit::of(actor);
    audit.note("token-create", token.team, Some(token.user), Some(json!({"token": token.id})));
    audit.write(db).await?;
    keep_answer(db, asked, &token.id, actor.at).await?;
    Ok((token.id, true))
}

impl Store {
    /// Keeps a token by its digest. Answers its id, and whether this call made it: the same request under the same key
    /// gets the first one's id.
    pub async fn token_create(
        &self,
        token: NewToken,
        actor: Actor,
        asked: Option<Asked>,
    ) -> Result<(TokenId, bool)> {
        self.write((token, actor, asked), |_, tx, (token, actor, asked)| {
            Box::pin(async move { create(&mut tx.db(), token, actor, asked.as_ref()).await })
        })
        .await
    }
}
