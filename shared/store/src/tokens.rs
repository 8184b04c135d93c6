//! Tokens: made for a user in a team, found by their digest, listed, used, and ended.

use std::collections::BTreeSet;

use serde_json::json;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Role, Roles, Time};
use uuid::Uuid;

use crate::answers::{Asked, first_answer, keep_answer};
use crate::audit_log::{Actor, Audit};
use crate::core::Store;
use crate::db::{Db, execute, execute_each, fetch_all, fetch_each, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::members;
use crate::memory::{Tables, TokenRecord};
use crate::people::{User, decoded, encoded};

/// After how long without use the next use of a token counts as a sign-in, in microseconds.
pub const SIGN_IN_AFTER: i64 = 8 * 3_600 * 1_000_000;
/// The roles for which a token is as good as its maker's own right: whoever loses that right loses the token.
pub(crate) const LEADS: Roles = Roles::of(&[Role::Manager, Role::Reviewer]);

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
    /// The teams that it opens, and what the person may do in each.
    pub teams: Vec<(TeamId, String, Roles)>,
}

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
}

row! {
    struct TokenRow {
        id: Uuid, person: Uuid, team: Option<Uuid>, maker: Option<Uuid>, expires: Option<i64>, revoked: Option<i64>,
        name: String, email: Option<String>, admin: bool, created: i64, deactivated: Option<i64>, by_admin: bool,
    }
}

row! {
    struct InfoRow {
        id: Uuid, person: Uuid, name: String, team: Option<Uuid>, maker: Option<Uuid>, created: i64,
        expires: Option<i64>, revoked: Option<i64>, used: Option<i64>,
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
        }
    }
}

pub(crate) async fn insert(
    db: &mut Db<'_>,
    token: &NewToken,
    maker: Option<UserId>,
    now: Time,
) -> Result<()> {
    execute!(
        db,
        "INSERT INTO tokens (id, person, team, maker, digest, created, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        token.id.0,
        token.user.0,
        token.team.map(|team| team.0),
        maker.map(|user| user.0),
        token.digest.as_slice(),
        now.0,
        token.expires.map(|at| at.0);
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
            })
        }
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
        return Ok((decoded(first)?, false));
    }
    members::lock_people(db, &[token.user].into_iter().chain(actor.user).collect::<Vec<_>>()).await?;
    if let Some(team) = token.team {
        if members::roles(db, team, token.user).await? == Roles::NONE {
            return Err(StoreError::NotFound);
        }
        if actor.user != Some(token.user) {
            members::require_manager(db, team, actor).await?;
        }
    }
    insert(db, token, actor.user, actor.at).await?;
    let mut audit = Audit::of(actor);
    audit.note("token-create", token.team, Some(token.user), Some(json!({"token": token.id})));
    audit.write(db).await?;
    keep_answer(db, asked, &encoded(&token.id)?, actor.at).await?;
    Ok((token.id, true))
}

/// Ends these tokens, with an entry for each in the audit log.
pub(crate) async fn end(
    db: &mut Db<'_>,
    tokens: BTreeSet<TokenId>,
    now: Time,
    audit: &mut Audit<'_>,
) -> Result<()> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let ended = fetch_each!(
        db,
        (Uuid, Uuid, Option<Uuid>),
        "SELECT t.id, t.person, t.team FROM {rows} CROSS JOIN tokens t WHERE t.id = c.id AND t.revoked IS NULL",
        &tokens,
        |token| { id: uuid = token.0 };
        |t| {
            let row = t.tokens.get(&token.0).filter(|row| row.revoked.is_none());
            row.map(|row| (token.0, row.person, row.team))
        }
    )?;
    for (token, person, team) in ended {
        let detail = json!({"token": TokenId(token)});
        audit.note("token-revoke", team.map(TeamId), Some(UserId(person)), Some(detail));
    }
    execute_each!(
        db,
        "UPDATE tokens AS t SET revoked = c.at FROM {rows} WHERE t.id = c.id AND t.revoked IS NULL",
        &tokens,
        |token| { id: uuid = token.0, at: bigint = now.0 };
        |t| {
            let updated = t.tokens.update(&token.0, |row| row.revoked = row.revoked.or(Some(now.0)));
            Ok::<u64, StoreError>(t.count_change_of_people(updated))
        }
    )?;
    Ok(())
}

async fn unrevoked(db: &mut Db<'_>, is_wanted: Wanted) -> Result<Vec<TokenId>> {
    let rows = match is_wanted {
        Wanted::OwnIn(team, user) => fetch_all!(
            db,
            (Uuid,),
            "SELECT id FROM tokens WHERE person = $2 AND revoked IS NULL AND (team = $1 OR (team IS NULL
                 AND NOT EXISTS (SELECT 1 FROM members WHERE person = $2 AND team <> $1)
                 AND NOT EXISTS (SELECT 1 FROM users WHERE id = $2 AND admin)))",
            team.0,
            user.0;
            |t| {
                let elsewhere = t.members.iter().any(|((of, person), _)| *person == user.0 && *of != team.0);
                let admin = t.users.get(&user.0).is_some_and(|user| user.admin);
                let own = t.tokens.iter().filter(|(_, token)| token.person == user.0 && token.revoked.is_none());
                let ends = |token: &TokenRecord| match token.team {
                    Some(of) => of == team.0,
                    None => !elsewhere && !admin,
                };
                own.filter(|(_, token)| ends(token)).map(|(id, _)| (*id,)).collect()
            }
        )?,
        Wanted::MadeForLeads(team, maker) => fetch_all!(
            db,
            (Uuid,),
            "SELECT t.id FROM tokens t JOIN members m ON m.team = t.team AND m.person = t.person
             WHERE t.maker = $2 AND t.team = $1 AND t.person <> $2 AND t.revoked IS NULL AND (m.roles & $3) <> 0",
            team.0,
            maker.0,
            LEADS.bits();
            |t| {
                let leads = |person| {
                    let member = t.members.get(&(team.0, person));
                    member.is_some_and(|member| Roles::from_bits(member.roles).any(LEADS))
                };
                let made = t.tokens.iter().filter(|(_, token)| {
                    token.maker == Some(maker.0) && token.team == Some(team.0) && token.person != maker.0
                });
                made.filter(|(_, token)| token.revoked.is_none() && leads(token.person)).map(|(id, _)| (*id,)).collect()
            }
        )?,
        Wanted::OfInstallation => fetch_all!(
            db,
            (Uuid,),
            "SELECT t.id FROM tokens t JOIN users u ON u.id = t.person WHERE u.admin AND t.maker IS NULL AND t.revoked IS NULL";
            |t| {
                let own = t.tokens.iter().filter(|(_, token)| token.maker.is_none() && token.revoked.is_none());
                let of_admin = |person| t.users.get(person).is_some_and(|user| user.admin);
                own.filter(|(_, token)| of_admin(&token.person)).map(|(id, _)| (*id,)).collect()
            }
        )?,
        Wanted::MadeByFormer(team, user) => fetch_all!(
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
                    let manages = t.members.get(&(team.0, maker)).map(|member| Roles::from_bits(member.roles));
                    t.users.get(&maker).is_none_or(|user| user.admin)
                        || manages.is_some_and(|roles| roles.has(Role::Manager))
                };
                let own = t.tokens.iter().filter(|(_, token)| {
                    token.person == user.0 && token.team == Some(team.0) && token.revoked.is_none()
                });
                let by_former = |token: &TokenRecord| token.maker.is_some_and(|maker| maker != user.0 && !may(maker));
                own.filter(|(_, token)| by_former(token)).map(|(id, _)| (*id,)).collect()
            }
        )?,
        Wanted::Of(user) => fetch_all!(
            db,
            (Uuid,),
            "SELECT id FROM tokens WHERE person = $1 AND revoked IS NULL",
            user.0;
            |t| {
                let own = t.tokens.iter().filter(|(_, token)| token.person == user.0 && token.revoked.is_none());
                own.map(|(id, _)| (*id,)).collect()
            }
        )?,
    };
    Ok(rows.into_iter().map(|(id,)| TokenId(id)).collect())
}

/// Which tokens are looked for among those that are not revoked.
enum Wanted {
    /// A person's in a team. One without a team counts where the person is in no other.
    OwnIn(TeamId, UserId),
    /// Those of a team's managers and reviewers that this person made for them.
    MadeForLeads(TeamId, UserId),
    /// A person's in a team that were made by somebody who could not make them now.
    MadeByFormer(TeamId, UserId),
    /// Those of administrators that Swath itself made, when it started.
    OfInstallation,
    /// All of a person.
    Of(UserId),
}

pub(crate) async fn own_in(db: &mut Db<'_>, team: TeamId, user: UserId) -> Result<Vec<TokenId>> {
    unrevoked(db, Wanted::OwnIn(team, user)).await
}

pub(crate) async fn made_for_leads(db: &mut Db<'_>, team: TeamId, maker: UserId) -> Result<Vec<TokenId>> {
    unrevoked(db, Wanted::MadeForLeads(team, maker)).await
}

pub(crate) async fn made_by_former(db: &mut Db<'_>, team: TeamId, user: UserId) -> Result<Vec<TokenId>> {
    unrevoked(db, Wanted::MadeByFormer(team, user)).await
}

pub(crate) async fn all_of(db: &mut Db<'_>, user: UserId) -> Result<Vec<TokenId>> {
    unrevoked(db, Wanted::Of(user)).await
}

/// Ends all tokens of a person: in all teams, or in one.
async fn revoke_of(db: &mut Db<'_>, user: UserId, team: Option<TeamId>, actor: &Actor) -> Result<usize> {
    let tokens = match team {
        Some(team) => own_in(db, team, user).await?,
        None => all_of(db, user).await?,
    };
    let count = tokens.len();
    let mut audit = Audit::of(actor);
    end(db, tokens.into_iter().collect(), actor.at, &mut audit).await?;
    audit.write(db).await?;
    Ok(count)
}

/// Makes this token the only one that Swath itself has made for an administrator, and says how many it replaced.
async fn replace_admins(db: &mut Db<'_>, token: &NewToken, actor: &Actor) -> Result<usize> {
    let known = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM tokens WHERE digest = $1",
        token.digest.as_slice();
        |t| t.tokens.iter().find(|(_, row)| row.digest == token.digest).map(|(id, _)| (*id,))
    )?;
    let id = known.map_or(token.id, |(id,)| TokenId(id));
    let mut ending: BTreeSet<_> = unrevoked(db, Wanted::OfInstallation).await?.into_iter().collect();
    ending.remove(&id);
    let (count, mut audit) = (ending.len(), Audit::of(actor));
    end(db, ending, actor.at, &mut audit).await?;
    if known.is_none() {
        insert(db, token, None, actor.at).await?;
        audit.note("token-create", None, Some(token.user), Some(json!({"token": token.id})));
    }
    audit.write(db).await?;
    Ok(count)
}

/// Keeps when tokens were used; the first use, and one after a long rest, is a sign-in.
async fn note_uses(db: &mut Db<'_>, tokens: &[TokenId], actor: &Actor) -> Result<()> {
    let now = actor.at;
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
            "SELECT t.id, t.person, u.name, t.team, t.maker, t.created, t.expires, t.revoked, s.used
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
            "SELECT t.id, t.person, u.name, t.team, t.maker, t.created, t.expires, t.revoked, s.used
             FROM tokens t JOIN users u ON u.id = t.person LEFT JOIN token_uses s ON s.token = t.id WHERE t.id = $1",
            id.0;
            |t| t.tokens.get(&id.0).and_then(|token| info_row(t, id.0, token))
        )?;
        Ok(row.map(TokenInfo::from))
    }

    /// Revokes a token.
    pub async fn token_revoke(&self, id: TokenId, actor: Actor) -> Result<()> {
        self.write(actor, move |_, tx, actor| {
            Box::pin(async move {
                let db = &mut tx.db();
                let mut audit = Audit::of(actor);
                end(db, [id].into(), actor.at, &mut audit).await?;
                audit.write(db).await
            })
        })
        .await
    }

    /// Revokes all tokens of a person, in one team or everywhere, and says how many they were.
    pub async fn tokens_revoke(&self, user: UserId, team: Option<TeamId>, actor: Actor) -> Result<usize> {
        self.write(actor, move |_, tx, actor| {
            Box::pin(async move { revoke_of(&mut tx.db(), user, team, actor).await })
        })
        .await
    }

    /// Makes this token the only one that Swath itself has made for an administrator, and says how many it replaced.
    pub async fn admin_token_replace(&self, token: NewToken, actor: Actor) -> Result<usize> {
        self.write((token, actor), |_, tx, (token, actor)| {
            Box::pin(async move { replace_admins(&mut tx.db(), token, actor).await })
        })
        .await
    }

    /// Whether Swath itself has made another token for an administrator that is still good.
    pub async fn admin_tokens_differ(&self, token: TokenId) -> Result<bool> {
        let mut reader = self.reader().await?;
        let made = unrevoked(&mut reader.db(), Wanted::OfInstallation).await?;
        Ok(made.into_iter().any(|id| id != token))
    }

    /// Keeps that these tokens were used.
    pub async fn tokens_used(&self, tokens: Vec<TokenId>, actor: Actor) -> Result<()> {
        self.write((tokens, actor), |_, tx, (tokens, actor)| {
            Box::pin(async move { note_uses(&mut tx.db(), tokens, actor).await })
        })
        .await
    }

    /// The token of this digest, whether it is still good or not.
    pub async fn token(&self, digest: &[u8]) -> Result<Option<Token>> {
        let mut reader = self.reader().await?;
        let db = &mut reader.db();
        let row = fetch_one!(
            db,
            TokenRow,
            "SELECT t.id, t.person, t.team, t.maker, t.expires, t.revoked, u.name, u.email, u.admin, u.created,
                 u.deactivated, COALESCE(m.admin, FALSE)
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
            teams,
        }))
    }
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
            opened.filter_map(|((team, _), member)| Some((*team, t.teams.get(team)?.0.clone(), member.roles))).collect()
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
    })
}
