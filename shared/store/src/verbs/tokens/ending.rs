//! The end of tokens: by hand, with a membership, with the right to make them, or by another administrator's token.

use std::collections::BTreeSet;

use serde_json::json;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Role, Roles, Time};
use uuid::Uuid;

use super::{Kind, NewToken, insert, lock_tokens};
use crate::engine::db::{Db, execute_each, fetch_all, fetch_each, fetch_one};
use crate::error::{Result, StoreError};
use crate::model::memory::TokenRecord;
use crate::store::Store;
use crate::verbs::audit_log::{Actor, Audit};

/// Tokens for these roles end when their maker loses the right to make them.
pub(crate) const LEADS: Roles = Roles::of(&[Role::Manager, Role::Reviewer]);

/// The sessions that were opened through these tokens.
async fn sessions_of(db: &mut Db<'_>, tokens: &[TokenId]) -> Result<Vec<TokenId>> {
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
    Ok(rows.into_iter().map(|(id,)| TokenId(id)).collect())
}

/// Ends these tokens and the sessions that were opened through them, with an entry for each in the audit log.
pub(crate) async fn end(
    db: &mut Db<'_>,
    mut tokens: BTreeSet<TokenId>,
    now: Time,
    audit: &mut Audit<'_>,
) -> Result<()> {
    let named: Vec<_> = tokens.iter().copied().collect();
    // A session that is being opened through one of them is waited for, and found.
    lock_tokens(db, &named).await?;
    tokens.extend(sessions_of(db, &named).await?);
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
        insert(db, token, Kind::Bearer, None, actor.at).await?;
        audit.note("token-create", None, Some(token.user), Some(json!({"token": token.id})));
    }
    audit.write(db).await?;
    Ok(count)
}

impl Store {
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
}
