//! The table of sign-in links.

use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Role, Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_one, row};
use crate::error::Result;
use crate::model::memory::{SignInLinkRecord, Tables};
use crate::model::sign_in_links::{NewSignInLink, SignInLink};

row! {
    struct LinkRow {
        id: Uuid, team: Option<Uuid>, maker: Option<Uuid>, parent: Option<Uuid>,
        session_expires: Option<i64>,
    }
}

impl From<LinkRow> for SignInLink {
    fn from(row: LinkRow) -> Self {
        Self {
            id: row.id,
            team: row.team.map(TeamId),
            maker: row.maker.map(UserId),
            parent: row.parent.map(TokenId),
            session_expires: row.session_expires.map(Time),
        }
    }
}

/// Inserts a link.
pub(crate) async fn insert(
    db: &mut Db<'_>,
    new: &NewSignInLink,
    maker: Option<UserId>,
    created: Time,
) -> Result<()> {
    execute!(
        db,
        "INSERT INTO sign_in_links (id, digest, person, team, maker, parent, created, expires, session_expires)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.digest.as_slice(),
        new.user.0,
        new.team.map(|team| team.0),
        maker.map(|user| user.0),
        new.parent.map(|token| token.0),
        created.0,
        new.expires.0,
        new.session_expires.map(|at| at.0);
        |t| t.sign_in_links.insert(new.id, SignInLinkRecord {
            digest: new.digest.clone(),
            user: new.user.0,
            team: new.team.map(|team| team.0),
            maker: maker.map(|user| user.0),
            parent: new.parent.map(|token| token.0),
            created: created.0,
            expires: new.expires.0,
            session_expires: new.session_expires.map(|at| at.0),
            spent: None,
        })
    )?;
    Ok(())
}

/// The link with this digest, if it is valid: its user is still in the team, as when it was made, and its maker may still
/// make tokens for that user.
pub(crate) async fn find_valid(db: &mut Db<'_>, digest: &[u8], now: Time) -> Result<Option<SignInLink>> {
    let row = fetch_one!(
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
            found.filter(|(_, row)| is_valid(t, row, now)).map(|(id, row)| LinkRow {
                id: *id,
                team: row.team,
                maker: row.maker,
                parent: row.parent,
                session_expires: row.session_expires,
            })
        }
    )?;
    Ok(row.map(SignInLink::from))
}

/// The condition of [`find_valid`] on the tables in memory.
fn is_valid(t: &Tables, link: &SignInLinkRecord, now: Time) -> bool {
    let active = |user| t.users.get(&user).filter(|user| user.deactivated.is_none());
    let Some(user) = active(link.user) else { return false };
    let is_in = match link.team {
        None => user.admin,
        Some(team) => t
            .members
            .get(&(team, link.user))
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
    is_open && is_in && link.maker.is_none_or(|maker| maker == link.user || may(maker))
}

/// Marks a link as spent; false where it was spent before.
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

/// Whose the link with this digest is, spent or not.
pub(crate) async fn user_of(db: &mut Db<'_>, digest: &[u8]) -> Result<Option<UserId>> {
    let row = fetch_one!(
        db,
        (Uuid,),
        "SELECT person FROM sign_in_links WHERE digest = $1",
        digest;
        |t| t.sign_in_links.iter().find(|(_, row)| row.digest == digest).map(|(_, row)| (row.user,))
    )?;
    Ok(row.map(|(user,)| UserId(user)))
}

/// Deletes the links that expired before `before`, oldest first, at most `limit` of them, and says how many they were.
pub(crate) async fn delete_expired(db: &mut Db<'_>, before: Time, limit: i64) -> Result<u64> {
    execute!(
        db,
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
}
