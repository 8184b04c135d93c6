//! What tokens are, whose they are, and what they allow.

use std::collections::HashMap;

use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all, fetch_each, fetch_one, row};
use crate::error::Result;
use crate::model::memory::{Tables, TokenRecord};
use crate::model::tokens::{Token, TokenInfo, TokenRights};
use crate::model::users::User;

row! {
    struct InfoRow {
        id: Uuid, user: Uuid, name: String, team: Option<Uuid>, maker: Option<Uuid>, created: i64,
        expires: Option<i64>, revoked: Option<i64>, used: Option<i64>, session: bool,
    }
}

impl From<InfoRow> for TokenInfo {
    fn from(row: InfoRow) -> Self {
        Self {
            id: TokenId(row.id),
            user: (UserId(row.user), row.name),
            team: row.team.map(TeamId),
            maker: row.maker.map(UserId),
            created: Time(row.created),
            expires: row.expires.map(Time),
            revoked: row.revoked.map(Time),
            used: row.used.map(Time),
            is_session: row.session,
        }
    }
}

impl InfoRow {
    /// As the statements join it, from the tables in memory.
    fn of_memory(t: &Tables, id: Uuid, token: &TokenRecord) -> Option<Self> {
        Some(Self {
            id,
            user: token.user,
            name: t.users.get(&token.user)?.name.clone(),
            team: token.team,
            maker: token.maker,
            created: token.created,
            expires: token.expires,
            revoked: token.revoked,
            used: t.token_uses.get(&id).copied(),
            session: token.session,
        })
    }
}

/// At most `limit` tokens behind token `after` that are not revoked, in the order of their ids: those that open one team
/// or all, of one user or of all.
pub(crate) async fn list(
    db: &mut Db<'_>,
    team: Option<TeamId>,
    user: Option<UserId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<TokenInfo>> {
    let rows = fetch_all!(
        db,
        InfoRow,
        "SELECT t.id, t.person, u.name, t.team, t.maker, t.created, t.expires, t.revoked, s.used, t.session
         FROM tokens t JOIN users u ON u.id = t.person LEFT JOIN token_uses s ON s.token = t.id
         WHERE t.revoked IS NULL AND t.id > $3 AND (t.person = $2 OR $2 IS NULL)
             AND (t.team = $1 OR $1 IS NULL OR (t.team IS NULL AND EXISTS
                 (SELECT 1 FROM members m WHERE m.team = $1 AND m.person = t.person AND m.since IS NULL)))
         ORDER BY t.id LIMIT $4",
        team.map(|team| team.0),
        user.map(|user| user.0),
        after,
        limit;
        |t| {
            let wanted = |token: &TokenRecord| {
                token.revoked.is_none()
                    && team.is_none_or(|team| {
                        let member = t.members.get(&(team.0, token.user));
                        let opens = token.team.is_none() && member.is_some_and(|member| member.since.is_none());
                        token.team == Some(team.0) || opens
                    })
                    && user.is_none_or(|user| token.user == user.0)
            };
            let page = t.tokens.iter().filter(|(id, token)| **id > after && wanted(token));
            page.filter_map(|(id, token)| InfoRow::of_memory(t, *id, token)).take(limit as usize).collect()
        }
    )?;
    Ok(rows.into_iter().map(TokenInfo::from).collect())
}

/// One token, revoked or not.
pub(crate) async fn info(db: &mut Db<'_>, id: TokenId) -> Result<Option<TokenInfo>> {
    let row = fetch_one!(
        db,
        InfoRow,
        "SELECT t.id, t.person, u.name, t.team, t.maker, t.created, t.expires, t.revoked, s.used, t.session
         FROM tokens t JOIN users u ON u.id = t.person LEFT JOIN token_uses s ON s.token = t.id WHERE t.id = $1",
        id.0;
        |t| t.tokens.get(&id.0).and_then(|token| InfoRow::of_memory(t, id.0, token))
    )?;
    Ok(row.map(TokenInfo::from))
}

row! {
    struct TokenRow {
        id: Uuid, user: Uuid, team: Option<Uuid>, maker: Option<Uuid>, expires: Option<i64>, revoked: Option<i64>,
        name: String, email: Option<String>, admin: bool, created: i64, deactivated: Option<i64>, by_admin: bool,
        session: bool,
    }
}

impl TokenRow {
    /// As the statement joins it, from the tables in memory.
    fn of_memory(t: &Tables, digest: &[u8]) -> Option<Self> {
        let (id, token) = t.tokens.iter().find(|(_, token)| token.digest == digest)?;
        let user = t.users.get(&token.user)?;
        Some(Self {
            id: *id,
            user: token.user,
            team: token.team,
            maker: token.maker,
            expires: token.expires,
            revoked: token.revoked,
            name: user.name.clone(),
            email: user.email.clone(),
            admin: user.admin,
            created: user.created.0,
            deactivated: user.deactivated.map(|at| at.0),
            by_admin: token.maker.and_then(|maker| t.users.get(&maker)).is_some_and(|maker| maker.admin),
            session: token.session,
        })
    }

    fn into_token(self, teams: Vec<(TeamId, String, Roles)>) -> Token {
        Token {
            id: TokenId(self.id),
            user: User {
                id: UserId(self.user),
                name: self.name,
                email: self.email,
                admin: self.admin,
                created: Time(self.created),
                creator: None,
                deactivated: self.deactivated.map(Time),
            },
            team: self.team.map(TeamId),
            maker: self.maker.map(UserId),
            by_admin: self.by_admin,
            expires: self.expires.map(Time),
            revoked: self.revoked.map(Time),
            is_session: self.session,
            teams,
        }
    }
}

/// The token of this digest, whether it is still valid or not.
pub(crate) async fn of_digest(db: &mut Db<'_>, digest: &[u8]) -> Result<Option<Token>> {
    let row = fetch_one!(
        db,
        TokenRow,
        "SELECT t.id, t.person, t.team, t.maker, t.expires, t.revoked, u.name, u.email, u.admin, u.created,
             u.deactivated, COALESCE(m.admin, FALSE), t.session
         FROM tokens t JOIN users u ON u.id = t.person LEFT JOIN users m ON m.id = t.maker WHERE t.digest = $1",
        digest;
        |t| TokenRow::of_memory(t, digest)
    )?;
    let Some(row) = row else { return Ok(None) };
    let teams = teams_opened(db, UserId(row.user), row.team.map(TeamId)).await?;
    Ok(Some(row.into_token(teams)))
}

/// The teams that a token opens: its own; without one, those in which the user was before tokens had teams.
async fn teams_opened(
    db: &mut Db<'_>,
    user: UserId,
    team: Option<TeamId>,
) -> Result<Vec<(TeamId, String, Roles)>> {
    let rows = fetch_all!(
        db,
        (Uuid, String, i64),
        "SELECT t.id, t.name, m.roles FROM members m JOIN teams t ON t.id = m.team
         WHERE m.person = $1 AND (m.team = $2 OR ($2 IS NULL AND m.since IS NULL)) ORDER BY t.id",
        user.0,
        team.map(|team| team.0);
        |t| {
            let opened = t.members.iter().filter(|((of, member), row)| {
                *member == user.0 && team.map_or(row.since.is_none(), |team| *of == team.0)
            });
            opened.filter_map(|((team, _), row)| Some((*team, t.teams.get(team)?.clone(), row.roles))).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(id, name, bits)| (TeamId(id), name, Roles::from_bits(bits))).collect())
}

row! {
    struct RightsRow {
        id: Uuid, expires: Option<i64>, revoked: Option<i64>, deactivated: Option<i64>, team: Option<Uuid>,
        roles: Option<i64>,
    }
}

/// What these tokens allow; unknown ones are left out.
pub(crate) async fn rights(db: &mut Db<'_>, ids: &[TokenId]) -> Result<HashMap<TokenId, TokenRights>> {
    let rows = fetch_each!(
        db,
        RightsRow,
        "SELECT t.id, t.expires, t.revoked, u.deactivated, m.team, m.roles
         FROM {rows} CROSS JOIN tokens t JOIN users u ON u.id = t.person
             LEFT JOIN members m
                 ON m.person = t.person AND (m.team = t.team OR (t.team IS NULL AND m.since IS NULL))
         WHERE t.id = c.key ORDER BY t.id, m.team",
        ids,
        |id| { key: uuid = id.0 };
        |t| rights_of_memory(t, id.0)
    )?;
    let mut rights: HashMap<TokenId, TokenRights> = HashMap::new();
    for row in rows {
        let of = rights.entry(TokenId(row.id)).or_default();
        of.is_ended = row.revoked.is_some() || row.deactivated.is_some();
        of.expires = row.expires.map(Time);
        of.teams.extend(row.team.zip(row.roles).map(|(team, bits)| (TeamId(team), Roles::from_bits(bits))));
    }
    Ok(rights)
}

/// The rows of [`rights`] for one token, from the tables in memory.
fn rights_of_memory(t: &Tables, id: Uuid) -> Vec<RightsRow> {
    let Some(token) = t.tokens.get(&id) else { return Vec::new() };
    let deactivated = t.users.get(&token.user).and_then(|user| user.deactivated);
    let row = |member: Option<(Uuid, i64)>| RightsRow {
        id,
        expires: token.expires,
        revoked: token.revoked,
        deactivated: deactivated.map(|at| at.0),
        team: member.map(|(team, _)| team),
        roles: member.map(|(_, roles)| roles),
    };
    let opened = t.members.iter().filter(|((of, user), member)| {
        *user == token.user && token.team.map_or(member.since.is_none(), |team| *of == team)
    });
    let mut rows: Vec<_> = opened.map(|((team, _), member)| row(Some((*team, member.roles)))).collect();
    if rows.is_empty() {
        rows.push(row(None));
    }
    rows
}
