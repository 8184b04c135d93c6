//! When each token was last used.

use swath_domain::Time;
use swath_domain::ids::TokenId;

use crate::engine::db::{Db, execute, execute_each, fetch_each};
use crate::error::{Result, StoreError};
use crate::model::tokens::{OwnedToken, OwnedTokenRow};

/// Inserts the first use of a token.
pub(crate) async fn insert(db: &mut Db<'_>, token: TokenId, now: Time) -> Result<()> {
    execute!(
        db,
        "INSERT INTO token_uses (token, used) VALUES ($1, $2)",
        token.0,
        now.0;
        |t| t.token_uses.insert(token.0, now.0)
    )?;
    Ok(())
}

/// Those of these tokens that were never used, or not since a moment.
pub(crate) async fn unused_since(
    db: &mut Db<'_>,
    tokens: &[TokenId],
    since: Time,
) -> Result<Vec<OwnedToken>> {
    let rows = fetch_each!(
        db,
        OwnedTokenRow,
        "SELECT t.id, t.person, t.team FROM {rows} CROSS JOIN tokens t LEFT JOIN token_uses u ON u.token = t.id
         WHERE t.id = c.id AND (u.used IS NULL OR u.used < c.rested)",
        tokens,
        |token| { id: uuid = token.0, rested: bigint = since.0 };
        |t| {
            let used = t.token_uses.get(&token.0).copied();
            let rested = used.is_none_or(|used| used < since.0);
            t.tokens.get(&token.0).filter(|_| rested).map(|row| OwnedTokenRow {
                id: token.0,
                user: row.user,
                team: row.team,
            })
        }
    )?;
    Ok(rows.into_iter().map(OwnedToken::from).collect())
}

/// Writes that these tokens were used, unless a later use is stored; unknown ones are left out.
pub(crate) async fn put(db: &mut Db<'_>, tokens: &[TokenId], now: Time) -> Result<()> {
    execute_each!(
        db,
        "INSERT INTO token_uses (token, used) SELECT t.id, c.at FROM {rows} CROSS JOIN tokens t WHERE t.id = c.id
         ORDER BY t.id
         ON CONFLICT (token) DO UPDATE SET used = excluded.used WHERE token_uses.used < excluded.used",
        tokens,
        |token| { id: uuid = token.0, at: bigint = now.0 };
        |t| {
            let later = t.token_uses.get(&token.0).is_none_or(|used| *used < now.0);
            let puts = later && t.tokens.contains(&token.0);
            Ok::<u64, StoreError>(if puts { t.token_uses.put(token.0, now.0) } else { 0 })
        }
    )?;
    Ok(())
}

/// Deletes the uses of these tokens.
pub(crate) async fn delete(db: &mut Db<'_>, tokens: &[TokenId]) -> Result<()> {
    execute_each!(
        db,
        "DELETE FROM token_uses WHERE token IN (SELECT c.id FROM {rows})",
        tokens,
        |token| { id: uuid = token.0 };
        |t| Ok::<u64, StoreError>(t.token_uses.remove(&token.0))
    )?;
    Ok(())
}
