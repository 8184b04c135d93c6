//! Tokens: who may make them, what ends them, and when their use is a sign-in. A token ends by hand, with a membership, with
//! its maker's right to make it, or when an administrator's token takes its place.

use std::collections::BTreeSet;

use serde_json::json;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::time::{Micros, seconds};
use swath_domain::{Role, Roles, Time};

use crate::engine::db::{Db, Tx};
use crate::error::{Result, StoreError};
use crate::model::requests::{Asked, Created};
use crate::model::tokens::{NewToken, TokenKind};
use crate::tables::{members, token_uses, tokens, users};
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::rights;

/// Tokens for these roles end when their maker loses the right to make them.
pub(crate) const LEADS: Roles = Roles::of(&[Role::Manager, Role::Reviewer]);

/// After how long without use the next use of a token counts as a sign-in.
pub const SIGN_IN_AFTER: Micros = seconds(8 * 3_600);

/// Locks the accounts of the user and the actor. Refuses to make a token for a user who is not in the team, and for
/// another user unless the actor manages the team.
pub(crate) async fn require_right_to_make(
    db: &mut Db<'_>,
    user: UserId,
    team: Option<TeamId>,
    actor: &Actor,
) -> Result<()> {
    users::lock_all(db, &[user].into_iter().chain(actor.user).collect::<Vec<_>>()).await?;
    let Some(team) = team else { return Ok(()) };
    if members::roles(db, team, user).await? == Roles::NONE {
        return Err(StoreError::NotFound);
    }
    if actor.user == Some(user) { Ok(()) } else { rights::require_manager(db, team, actor).await }
}

/// Locks a token, and refuses one that is not valid any more.
pub(crate) async fn require_valid(db: &mut Db<'_>, token: TokenId, now: Time) -> Result<()> {
    tokens::lock(db, &[token]).await?;
    if tokens::is_valid(db, token, now).await? { Ok(()) } else { Err(StoreError::NotFound) }
}

/// Stores a token. Returns its id; or, where an earlier request under the same key has made one, that one's id.
pub(crate) async fn create(
    tx: &mut Tx,
    token: &NewToken,
    actor: &Actor,
    asked: Option<&Asked>,
) -> Result<Created<TokenId>> {
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked).await? {
        return Ok(Created::before(first));
    }
    require_right_to_make(db, token.user, token.team, actor).await?;
    tokens::insert(db, token, TokenKind::Bearer, actor.user, actor.at).await?;
    let mut audit = Audit::of(actor);
    audit.note("token-create", token.team, Some(token.user), Some(json!({"token": token.id})));
    audit.write(db).await?;
    keep_answer(db, asked, &token.id, actor.at).await?;
    Ok(Created::now(token.id))
}

/// Ends these tokens and the sessions that were opened through them, with an entry for each in the audit log.
pub(crate) async fn end(
    db: &mut Db<'_>,
    mut ending: BTreeSet<TokenId>,
    now: Time,
    audit: &mut Audit<'_>,
) -> Result<()> {
    let named: Vec<_> = ending.iter().copied().collect();
    // The lock waits for sessions that are being opened through these tokens, so that they are found.
    tokens::lock(db, &named).await?;
    ending.extend(tokens::sessions_of(db, &named).await?);
    let ending: Vec<_> = ending.into_iter().collect();
    for token in tokens::unrevoked(db, &ending).await? {
        audit.note("token-revoke", token.team, Some(token.user), Some(json!({"token": token.id})));
    }
    tokens::revoke(db, &ending, now).await
}

/// Ends one token.
pub(crate) async fn revoke(tx: &mut Tx, id: TokenId, actor: &Actor) -> Result<()> {
    let db = &mut tx.db();
    let mut audit = Audit::of(actor);
    end(db, [id].into(), actor.at, &mut audit).await?;
    audit.write(db).await
}

/// Ends all tokens of a user, in all teams or in one, and says how many they were without their sessions.
pub(crate) async fn revoke_of(
    tx: &mut Tx,
    user: UserId,
    team: Option<TeamId>,
    actor: &Actor,
) -> Result<usize> {
    let db = &mut tx.db();
    let ending = match team {
        Some(team) => tokens::of_member(db, team, user).await?,
        None => tokens::of_user(db, user).await?,
    };
    let count = ending.len();
    let mut audit = Audit::of(actor);
    end(db, ending.into_iter().collect(), actor.at, &mut audit).await?;
    audit.write(db).await?;
    Ok(count)
}

/// Makes this token the only one that Swath itself has made for an administrator, and says how many it replaced.
pub(crate) async fn replace_admins(tx: &mut Tx, token: &NewToken, actor: &Actor) -> Result<usize> {
    let db = &mut tx.db();
    let known = tokens::id_of(db, &token.digest).await?;
    let id = known.unwrap_or(token.id);
    let mut ending: BTreeSet<_> = tokens::of_installation(db).await?.into_iter().collect();
    ending.remove(&id);
    let (count, mut audit) = (ending.len(), Audit::of(actor));
    end(db, ending, actor.at, &mut audit).await?;
    if known.is_none() {
        tokens::insert(db, token, TokenKind::Bearer, None, actor.at).await?;
        audit.note("token-create", None, Some(token.user), Some(json!({"token": token.id})));
    }
    audit.write(db).await?;
    Ok(count)
}

/// Stores when tokens were used. The first use of a token is a sign-in, and so is one after a long time without use.
pub(crate) async fn note_uses(tx: &mut Tx, used: &[TokenId], actor: &Actor) -> Result<()> {
    let db = &mut tx.db();
    // Of two gateways that saw the first use, the second one finds it stored.
    tokens::lock(db, used).await?;
    let signing_in = token_uses::unused_since(db, used, actor.at - SIGN_IN_AFTER).await?;
    token_uses::put(db, used, actor.at).await?;
    let mut audit = Audit::of(actor);
    for token in signing_in {
        audit.note("sign-in", token.team, Some(token.user), Some(json!({"token": token.id})));
    }
    audit.write(db).await
}
