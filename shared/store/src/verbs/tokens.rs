//! Tokens, found by their digest and listed.

mod ending;
mod making;
mod uses;

use std::collections::HashMap;

use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all, fetch_each, fetch_one, row};
use crate::error::Result;
use crate::model::memory::{Tables, TokenRecord};
use crate::model::users::User;
use crate::store::Store;

pub(crate) use ending::{LEADS, all_of, end, made_by_former, made_for_leads, own_in};
pub use making::NewToken;
pub(crate) use making::{Kind, insert, lock_tokens, require_good, require_right_to_make};
#[cfg(test)]
pub(crate) use uses::SIGN_IN_AFTER;
pub(crate) use uses::note_first_use;

/// A token by its digest: what it lets its bearer be.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token's id.
    pub id: TokenId,
    /// Whose it is.
    pub user: User,
    /// The team that it belongs to; none for an administrator's, and for one that is older than tokens of teams.
    pub team: Option<TeamId>,
    /// Who made it; none where Swath itself did, or where that was not kept yet.
    pub maker: Option<UserId>,
    /// Whether its maker is an administrator.
    pub by_admin: bool,
    /// Until when it is good.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// Whether it is a session, which comes in a browser's cookie and in no other way.
    pub is_session: bool,
    /// The teams that it opens, and what the person may do in each.
    pub teams: Vec<(TeamId, String, Roles)>,
}

/// A token as it is listed.
#[derive(Debug, Clone)]
pub struct TokenInfo {
    /// Its id.
    pub id: TokenId,
    /// Whose it is, and their name.
    pub user: (UserId, String),
    /// The team that it belongs to.
    pub team: Option<TeamId>,
    /// Who made it.
    pub maker: Option<UserId>,
    /// When it was made.
    pub created: Time,
    /// Until when it is good.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// When it was last used, to a minute or so.
    pub used: Option<Time>,
    /// Whether it is a session of a browser.
    pub is_session: bool,
}

row! {
    struct TokenRow {
        id: Uuid, person: Uuid, team: Option<Uuid>, maker: Option<Uuid>, expires: Option<i64>, revoked: Option<i64>,
        name: String, email: Option<String>, admin: bool, created: i64, deactivated: Option<i64>, by_admin: bool,
        session: bool,
    }
}

row! {
    struct InfoRow {
        id: Uuid, person: Uuid, name: String, team: Option<Uuid>, maker: Option<Uuid>, created: i64,
        expires: Option<i64>, revoked: Option<i64>, used: Option<i64>, session: bool,
    }
}

impl From<InfoRow> for TokenInfo {
    fn from(row: InfoRow) -> Self {
        Self {
            id: TokenId(row.id),
            user: (UserId(row.person), row.name),
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

impl Store {
    /// A page of tokens that are not revoked, in the order of their ids: those that open one team or all, of one user or
    /// of all.
    pub async fn tokens(
        &self,
        team: Option<TeamId>,
        user: Option<UserId>,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<TokenInfo>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
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
                            let member = t.members.get(&(team.0, token.person));
                            let opens = token.team.is_none() && member.is_some_and(|member| member.since.is_none());
                            token.team == Some(team.0) || opens
                        })
                        && user.is_none_or(|user| token.person == user.0)
                };
                let page = t.tokens.iter().filter(|(id, token)| **id > after && wanted(token));
                page.filter_map(|(id, token)| info_row(t, *id, token)).take(limit as usize).collect()
            }
        )?;
        Ok(rows.into_iter().map(TokenInfo::from).collect())
    }

    /// One token, revoked or not.
    pub async fn token_info(&self, id: TokenId) -> Result<Option<TokenInfo>> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            InfoRow,
            "SELECT t.id, t.person, u.name, t.team, t.maker, t.created, t.expires, t.revoked, s.used, t.session
             FROM tokens t JOIN users u ON u.id = t.person LEFT JOIN token_uses s ON s.token = t.id WHERE t.id = $1",
            id.0;
            |t| t.tokens.get(&id.0).and_then(|token| info_row(t, id.0, token))
        )?;
        Ok(row.map(TokenInfo::from))
    }

    /// The token of this digest, whether it is still good or not.
    pub async fn token(&self, digest: &[u8]) -> Result<Option<Token>> {
        let mut reader = self.reader().await?;
        let db = &mut reader.db();
        let row = fetch_one!(
            db,
            TokenRow,
            "SELECT t.id, t.person, t.team, t.maker, t.expires, t.revoked, u.name, u.email, u.admin, u.created,
                 u.deactivated, COALESCE(m.admin, FALSE), t.session
             FROM tokens t JOIN users u ON u.id = t.person LEFT JOIN users m ON m.id = t.maker WHERE t.digest = $1",
            digest;
            |t| token_row(t, digest)
        )?;
        let Some(row) = row else { return Ok(None) };
        let teams = teams_opened(db, UserId(row.person), row.team.map(TeamId)).await?;
        let user = User {
            id: UserId(row.person),
            name: row.name,
            email: row.email,
            admin: row.admin,
            created: Time(row.created),
            creator: None,
            deactivated: row.deactivated.map(Time),
        };
        Ok(Some(Token {
            id: TokenId(row.id),
            user,
            team: row.team.map(TeamId),
            maker: row.maker.map(UserId),
            by_admin: row.by_admin,
            expires: row.expires.map(Time),
            revoked: row.revoked.map(Time),
            is_session: row.session,
            teams,
        }))
    }
}

/// What tokens are good for at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRights {
    /// Whether it was revoked, or its bearer's account deactivated.
    pub is_ended: bool,
    /// Until when it is good.
    pub expires: Option<Time>,
    /// The teams that it opens, and what the person may do in each, by id.
    pub teams: Vec<(TeamId, Roles)>,
}

row! {
    struct RightsRow {
        id: Uuid, expires: Option<i64>, revoked: Option<i64>, deactivated: Option<i64>, team: Option<Uuid>,
        roles: Option<i64>,
    }
}

impl Store {
    /// What these tokens are good for; those that are not there any more are left out.
    pub async fn tokens_rights(&self, ids: &[TokenId]) -> Result<HashMap<TokenId, TokenRights>> {
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            RightsRow,
            "SELECT t.id, t.expires, t.revoked, u.deactivated, m.team, m.roles
             FROM {rows} CROSS JOIN tokens t JOIN users u ON u.id = t.person
                 LEFT JOIN members m
                     ON m.person = t.person AND (m.team = t.team OR (t.team IS NULL AND m.since IS NULL))
             WHERE t.id = c.key ORDER BY t.id, m.team",
            ids,
            |id| { key: uuid = id.0 };
            |t| rights_rows(t, id.0)
        )?;
        let mut rights: HashMap<TokenId, TokenRights> = HashMap::new();
        for row in rows {
            let of = rights.entry(TokenId(row.id)).or_default();
            of.is_ended = row.revoked.is_some() || row.deactivated.is_some();
            of.expires = row.expires.map(Time);
            of.teams
                .extend(row.team.zip(row.roles).map(|(team, bits)| (TeamId(team), Roles::from_bits(bits))));
        }
        Ok(rights)
    }
}

fn rights_rows(t: &Tables, id: Uuid) -> Vec<RightsRow> {
    let Some(token) = t.tokens.get(&id) else { return Vec::new() };
    let deactivated = t.users.get(&token.person).and_then(|user| user.deactivated);
    let row = |member: Option<(Uuid, i64)>| RightsRow {
        id,
        expires: token.expires,
        revoked: token.revoked,
        deactivated: deactivated.map(|at| at.0),
        team: member.map(|(team, _)| team),
        roles: member.map(|(_, roles)| roles),
    };
    let opened = t.members.iter().filter(|((of, person), member)| {
        *person == token.person && token.team.map_or(member.since.is_none(), |team| *of == team)
    });
    let mut rows: Vec<_> = opened.map(|((team, _), member)| row(Some((*team, member.roles)))).collect();
    if rows.is_empty() {
        rows.push(row(None));
    }
    rows
}

/// The teams that a token opens: its own; without one, those in which the person was before tokens had teams.
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
            let opened = t.members.iter().filter(|((of, person), member)| {
                *person == user.0 && team.map_or(member.since.is_none(), |team| *of == team.0)
            });
            opened.filter_map(|((team, _), member)| Some((*team, t.teams.get(team)?.clone(), member.roles))).collect()
        }
    )?;
    Ok(rows.into_iter().map(|(id, name, bits)| (TeamId(id), name, Roles::from_bits(bits))).collect())
}

fn info_row(t: &Tables, id: Uuid, token: &TokenRecord) -> Option<InfoRow> {
    Some(InfoRow {
        id,
        person: token.person,
        name: t.users.get(&token.person)?.name.clone(),
        team: token.team,
        maker: token.maker,
        created: token.created,
        expires: token.expires,
        revoked: token.revoked,
        used: t.token_uses.get(&id).copied(),
        session: token.session,
    })
}

/// The token of a digest with its bearer, as the statement joins them.
fn token_row(t: &Tables, digest: &[u8]) -> Option<TokenRow> {
    let (id, token) = t.tokens.iter().find(|(_, token)| token.digest == digest)?;
    let user = t.users.get(&token.person)?;
    Some(TokenRow {
        id: *id,
        person: token.person,
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
