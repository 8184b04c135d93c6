//! When tokens were last used, and which uses are sign-ins.

use serde_json::json;
use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};
use uuid::Uuid;

use crate::engine::db::{Db, execute, execute_each, fetch_each};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::verbs::audit_log::{Actor, Audit};

use super::lock_tokens;

/// After how long without use the next use of a token counts as a sign-in, in microseconds.
pub const SIGN_IN_AFTER: i64 = 8 * 3_600 * 1_000_000;

/// Keeps the first use of a token whose making is a sign-in by itself.
pub(crate) async fn note_first_use(db: &mut Db<'_>, token: TokenId, now: Time) -> Result<()> {
    execute!(
        db,
        "INSERT INTO token_uses (token, used) VALUES ($1, $2)",
        token.0,
        now.0;
        |t| t.token_uses.insert(token.0, now.0)
    )?;
    Ok(())
}

/// Keeps when tokens were used; the first use, and one after a long rest, is a sign-in.
async fn note_uses(db: &mut Db<'_>, tokens: &[TokenId], actor: &Actor) -> Result<()> {
    let now = actor.at;
    // Of two gateways that saw the first use, the second finds it kept.
    lock_tokens(db, tokens).await?;
    let rested = fetch_each!(
        db,
        (Uuid, Uuid, Option<Uuid>),
        "SELECT t.id, t.person, t.team FROM {rows} CROSS JOIN tokens t LEFT JOIN token_uses u ON u.token = t.id
         WHERE t.id = c.id AND (u.used IS NULL OR u.used < c.rested)",
        tokens,
        |token| { id: uuid = token.0, rested: bigint = now.0 - SIGN_IN_AFTER };
        |t| {
            let used = t.token_uses.get(&token.0).copied();
            let rested = used.is_none_or(|used| used < now.0 - SIGN_IN_AFTER);
            t.tokens.get(&token.0).filter(|_| rested).map(|row| (token.0, row.person, row.team))
        }
    )?;
    execute_each!(
        db,
        "INSERT INTO token_uses (token, used) SELECT t.id, c.at FROM {rows} CROSS JOIN tokens t WHERE t.id = c.id
         ORDER BY t.id
         ON CONFLICT (token) DO UPDATE SET used = excluded.used WHERE token_uses.used < excluded.used",
        tokens,
        |token| { id: uuid = token.0, at: bigint = now.0 };
        |t| {
            let later = t.token_uses.get(&token.0).is_none_or(|used| *used < now.0);
            Ok::<u64, StoreError>(if later && t.tokens.contains(&token.0) { t.token_uses.put(token.0, now.0) } else { 0 })
        }
    )?;
    let mut audit = Audit::of(actor);
    for (token, person, team) in rested {
        let user = Some(UserId(person));
        audit.note("sign-in", team.map(TeamId), user, Some(json!({"token": TokenId(token)})));
    }
    audit.write(db).await
}

impl Store {
    /// Keeps that these tokens were used.
    pub async fn tokens_used(&self, tokens: Vec<TokenId>, actor: Actor) -> Result<()> {
        self.write((tokens, actor), |_, tx, (tokens, actor)| {
            Box::pin(async move { note_uses(&mut tx.db(), tokens, actor).await })
        })
        .await
    }
}
