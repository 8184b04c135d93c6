//! The table of tokens, some of which are sessions of browsers.

use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Role, Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, execute_each, fetch_all, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::memory::TokenRecord;
use crate::model::tokens::{NewToken, OwnedToken, OwnedTokenRow, TokenKind};

/// Inserts a token.
pub(crate) async fn insert(
    db: &mut Db<'_>,
    token: &NewToken,
    kind: TokenKind,
    maker: Option<UserId>,
    now: Time,
) -> Result<()> {
    let (session, parent) = match kind {
        TokenKind::Bearer => (false, None),
        TokenKind::Session(parent) => (true, parent.map(|parent| parent.0)),
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
                user: token.user.0,
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

/// Locks these tokens in the order of their ids, so that transactions that decide about one of them take turns.
pub(crate) async fn lock(db: &mut Db<'_>, tokens: &[TokenId]) -> Result<()> {
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

/// Whether a token is not revoked, has not expired, and belongs to an active account.
pub(crate) async fn is_valid(db: &mut Db<'_>, token: TokenId, now: Time) -> Result<bool> {
    let valid = fetch_one!(
        db,
        (Uuid,),
        "SELECT t.id FROM tokens t JOIN users u ON u.id = t.person
         WHERE t.id = $1 AND t.revoked IS NULL AND (t.expires IS NULL OR t.expires > $2) AND u.deactivated IS NULL",
        token.0,
        now.0;
        |t| {
            let valid = t.tokens.get(&token.0).filter(|row| {
                let active = t.users.get(&row.user).is_some_and(|user| user.deactivated.is_none());
                active && row.revoked.is_none() && row.expires.is_none_or(|at| at > now.0)
            });
            valid.map(|_| (token.0,))
        }
    )?;
    Ok(valid.is_some())
}

/// The id of the token with this digest.
pub(crate) async fn id_of(db: &mut Db<'_>, digest: &[u8]) -> Result<Option<TokenId>> {
    let row = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM tokens WHERE digest = $1",
        digest;
        |t| t.tokens.iter().find(|(_, row)| row.digest == digest).map(|(id, _)| (*id,))
    )?;
    Ok(row.map(|(id,)| TokenId(id)))
}

/// The sessions that were opened through these tokens and are not revoked.
pub(crate) async fn sessions_of(db: &mut Db<'_>, tokens: &[TokenId]) -> Result<Vec<TokenId>> {
    let rows = fetch_each!(
        db,
        (Uuid,),
        "SELECT t.id FROM {rows} CROSS JOIN tokens t WHERE t.parent = c.id AND t.revoked IS NULL",
        tokens,
        |token| { id: uuid = token.0 };
        |t| {
            let opened = t.tokens.iter().filter(|(_, row)| row.parent == Some(token.0) && row.revoked.is_none());
            opened.map(|(id, _)| (*id,)).collect::<Vec<_>>()
        }
    )?;
    Ok(ids(rows))
}

/// Those of these tokens that are not revoked.
pub(crate) async fn unrevoked(db: &mut Db<'_>, tokens: &[TokenId]) -> Result<Vec<OwnedToken>> {
    let rows = fetch_each!(
        db,
        OwnedTokenRow,
        "SELECT t.id, t.person, t.team FROM {rows} CROSS JOIN tokens t WHERE t.id = c.id AND t.revoked IS NULL",
        tokens,
        |token| { id: uuid = token.0 };
        |t| {
            let row = t.tokens.get(&token.0).filter(|row| row.revoked.is_none());
            row.map(|row| OwnedTokenRow { id: token.0, user: row.user, team: row.team })
        }
    )?;
    Ok(rows.into_iter().map(OwnedToken::from).collect())
}

/// Revokes these tokens, where they are not revoked yet.
pub(crate) async fn revoke(db: &mut Db<'_>, tokens: &[TokenId], now: Time) -> Result<()> {
    execute_each!(
        db,
        "UPDATE tokens AS t SET revoked = c.at FROM {rows} WHERE t.id = c.id AND t.revoked IS NULL",
        tokens,
        |token| { id: uuid = token.0, at: bigint = now.0 };
        |t| {
            let updated = t.tokens.update(&token.0, |row| row.revoked = row.revoked.or(Some(now.0)));
            Ok::<u64, StoreError>(t.count_change_of_people(updated))
        }
    )?;
    Ok(())
}

/// The tokens of a user that are not revoked.
pub(crate) async fn of_user(db: &mut Db<'_>, user: UserId) -> Result<Vec<TokenId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        "SELECT id FROM tokens WHERE person = $1 AND revoked IS NULL",
        user.0;
        |t| {
            let own = t.tokens.iter().filter(|(_, token)| token.user == user.0 && token.revoked.is_none());
            own.map(|(id, _)| (*id,)).collect()
        }
    )?;
    Ok(ids(rows))
}

/// The tokens of a user in a team that are not revoked. A token without a team is one of them where the user is in no
/// other team and no administrator.
pub(crate) async fn of_member(db: &mut Db<'_>, team: TeamId, user: UserId) -> Result<Vec<TokenId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        "SELECT id FROM tokens WHERE person = $2 AND revoked IS NULL AND (team = $1 OR (team IS NULL
             AND NOT EXISTS (SELECT 1 FROM members WHERE person = $2 AND team <> $1)
             AND NOT EXISTS (SELECT 1 FROM users WHERE id = $2 AND admin)))",
        team.0,
        user.0;
        |t| {
            let elsewhere = t.members.iter().any(|((of, member), _)| *member == user.0 && *of != team.0);
            let admin = t.users.get(&user.0).is_some_and(|user| user.admin);
            let own = t.tokens.iter().filter(|(_, token)| token.user == user.0 && token.revoked.is_none());
            let ends = |token: &TokenRecord| match token.team {
                Some(of) => of == team.0,
                None => !elsewhere && !admin,
            };
            own.filter(|(_, token)| ends(token)).map(|(id, _)| (*id,)).collect()
        }
    )?;
    Ok(ids(rows))
}

/// The tokens, not revoked, that this user made for other members of the team who have one of these roles.
pub(crate) async fn made_for(
    db: &mut Db<'_>,
    team: TeamId,
    maker: UserId,
    roles: Roles,
) -> Result<Vec<TokenId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        "SELECT t.id FROM tokens t JOIN members m ON m.team = t.team AND m.person = t.person
         WHERE t.maker = $2 AND t.team = $1 AND t.person <> $2 AND t.revoked IS NULL AND (m.roles & $3) <> 0",
        team.0,
        maker.0,
        roles.bits();
        |t| {
            let has_role = |user| {
                let member = t.members.get(&(team.0, user));
                member.is_some_and(|member| Roles::from_bits(member.roles).any(roles))
            };
            let made = t.tokens.iter().filter(|(_, token)| {
                token.maker == Some(maker.0) && token.team == Some(team.0) && token.user != maker.0
            });
            made.filter(|(_, token)| token.revoked.is_none() && has_role(token.user)).map(|(id, _)| (*id,)).collect()
        }
    )?;
    Ok(ids(rows))
}

/// The tokens of a user in a team, not revoked, whose makers are others who could not make them now.
pub(crate) async fn made_by_former_managers(
    db: &mut Db<'_>,
    team: TeamId,
    user: UserId,
) -> Result<Vec<TokenId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        "SELECT t.id FROM tokens t JOIN users u ON u.id = t.maker
         WHERE t.team = $1 AND t.person = $2 AND t.maker <> $2 AND t.revoked IS NULL AND NOT u.admin
             AND NOT EXISTS (SELECT 1 FROM members m WHERE m.team = $1 AND m.person = t.maker AND (m.roles & $3) <> 0)",
        team.0,
        user.0,
        Roles::of(&[Role::Manager]).bits();
        |t| {
            let may = |maker: Uuid| {
                let roles = t.members.get(&(team.0, maker)).map(|member| Roles::from_bits(member.roles));
                t.users.get(&maker).is_none_or(|user| user.admin) || roles.is_some_and(|roles| roles.has(Role::Manager))
            };
            let own = t.tokens.iter().filter(|(_, token)| {
                token.user == user.0 && token.team == Some(team.0) && token.revoked.is_none()
            });
            let by_former = |token: &TokenRecord| token.maker.is_some_and(|maker| maker != user.0 && !may(maker));
            own.filter(|(_, token)| by_former(token)).map(|(id, _)| (*id,)).collect()
        }
    )?;
    Ok(ids(rows))
}

/// The tokens of administrators, not revoked, that Swath itself made when it started.
pub(crate) async fn of_installation(db: &mut Db<'_>) -> Result<Vec<TokenId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        "SELECT t.id FROM tokens t JOIN users u ON u.id = t.person WHERE u.admin AND t.maker IS NULL AND t.revoked IS NULL";
        |t| {
            let own = t.tokens.iter().filter(|(_, token)| token.maker.is_none() && token.revoked.is_none());
            let of_admin = |user| t.users.get(user).is_some_and(|user| user.admin);
            own.filter(|(_, token)| of_admin(&token.user)).map(|(id, _)| (*id,)).collect()
        }
    )?;
    Ok(ids(rows))
}

/// The open sessions of a user beyond the newest `newest`, at most as many again.
pub(crate) async fn sessions_beyond(
    db: &mut Db<'_>,
    user: UserId,
    now: Time,
    newest: usize,
) -> Result<Vec<TokenId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        "SELECT id FROM tokens WHERE person = $1 AND session AND revoked IS NULL AND expires > $2
         ORDER BY id DESC LIMIT $4 OFFSET $3",
        user.0,
        now.0,
        newest as i64,
        newest as i64;
        |t| {
            let open = t.tokens.iter().filter(|(_, token)| {
                let is_open = token.revoked.is_none() && token.expires.is_some_and(|expires| expires > now.0);
                token.user == user.0 && token.session && is_open
            });
            let mut open: Vec<_> = open.map(|(id, _)| (*id,)).collect();
            open.sort_unstable_by(|a, b| b.cmp(a));
            open.into_iter().skip(newest).take(newest).collect()
        }
    )?;
    Ok(ids(rows))
}

/// The sessions that expired before `before`, oldest first, at most `limit` of them.
pub(crate) async fn expired_sessions(db: &mut Db<'_>, before: Time, limit: i64) -> Result<Vec<TokenId>> {
    let rows = fetch_all!(
        db,
        (Uuid,),
        "SELECT id FROM tokens WHERE session AND expires < $1 ORDER BY expires LIMIT $2",
        before.0,
        limit;
        |t| {
            let expired = t.tokens.iter().filter_map(|(id, token)| {
                token.expires.filter(|expires| token.session && *expires < before.0).map(|expires| (expires, *id))
            });
            let mut expired: Vec<_> = expired.collect();
            expired.sort_unstable();
            expired.into_iter().take(limit as usize).map(|(_, id)| (id,)).collect()
        }
    )?;
    Ok(ids(rows))
}

/// Deletes these tokens, and says how many they were.
pub(crate) async fn delete(db: &mut Db<'_>, tokens: &[TokenId]) -> Result<u64> {
    execute_each!(
        db,
        "DELETE FROM tokens WHERE id IN (SELECT c.id FROM {rows})",
        tokens,
        |token| { id: uuid = token.0 };
        |t| Ok::<u64, StoreError>(t.tokens.remove(&token.0))
    )
}

fn ids(rows: Vec<(Uuid,)>) -> Vec<TokenId> {
    rows.into_iter().map(|(id,)| TokenId(id)).collect()
}
