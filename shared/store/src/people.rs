//! People: users, teams, memberships and tokens.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

use crate::answers::{Asked, first_answer, keep_answer};
use crate::core::Store;
use crate::db::{execute, fetch_all, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::memory::{PEOPLE, Tables, TokenRecord};

/// A person, or an account of a machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// The address.
    pub email: Option<String>,
    /// Whether this is an administrator.
    pub admin: bool,
    /// When the account was made.
    pub created: Time,
}

/// A member of a team.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their roles.
    pub roles: Roles,
}

/// A token by its digest: what it lets its bearer be.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token's id.
    pub id: TokenId,
    /// Whose it is.
    pub user: User,
    /// Until when it is good.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// The person's teams, and what they may do in each.
    pub teams: Vec<(TeamId, String, Roles)>,
}

row! {
    struct TokenRow {
        id: Uuid, person: Uuid, expires: Option<i64>, revoked: Option<i64>, name: String, email: Option<String>,
        admin: bool, created: i64,
    }
}

impl Store {
    /// Makes an account.
    pub async fn user_create(&self, user: User, asked: Option<Asked>) -> Result<User> {
        self.write((user, asked), |_, tx, (user, asked)| {
            Box::pin(async move {
                let db = &mut tx.db();
                if let Some(first) = first_answer(db, asked.as_ref()).await? {
                    return decoded(first);
                }
                execute!(
                    db,
                    "INSERT INTO users (id, name, email, admin, created) VALUES ($1, $2, $3, $4, $5)",
                    user.id.0,
                    &user.name,
                    &user.email,
                    user.admin,
                    user.created.0;
                    |t| t.users.insert(user.id.0, user.clone())
                )?;
                keep_answer(db, asked.as_ref(), &encoded(user)?, user.created).await?;
                Ok(user.clone())
            })
        })
        .await
    }

    /// An account.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (String, Option<String>, bool, i64),
            "SELECT name, email, admin, created FROM users WHERE id = $1",
            id.0;
            |t| t.users.get(&id.0).map(|u| (u.name.clone(), u.email.clone(), u.admin, u.created.0))
        )?;
        Ok(row.map(|(name, email, admin, created)| User { id, name, email, admin, created: Time(created) }))
    }

    /// Whether there is an administrator yet.
    pub async fn has_admin(&self) -> Result<bool> {
        let mut reader = self.reader().await?;
        let admin = fetch_one!(
            &mut reader.db(),
            (Uuid,),
            "SELECT id FROM users WHERE admin LIMIT 1";
            |t| t.users.values().find(|user| user.admin).map(|user| (user.id.0,))
        )?;
        Ok(admin.is_some())
    }

    /// Makes a team; its name must be new.
    pub async fn team_create(
        &self,
        id: TeamId,
        name: String,
        asked: Option<Asked>,
        now: Time,
    ) -> Result<TeamId> {
        self.write((name, asked), move |_, tx, (name, asked)| {
            Box::pin(async move {
                let db = &mut tx.db();
                if let Some(first) = first_answer(db, asked.as_ref()).await? {
                    return decoded(first);
                }
                let made = execute!(
                    db,
                    "INSERT INTO teams (id, name, created) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                    id.0,
                    name.as_str(),
                    now.0;
                    |t| {
                        let taken = t.teams.values().any(|(other, _)| other == name);
                        Ok(if taken { 0 } else { t.teams.insert_new(id.0, (name.clone(), now.0)) })
                    }
                )?;
                if made == 0 {
                    // It may be this very request, sent twice, that was quicker.
                    let first = first_answer(db, asked.as_ref()).await?;
                    let taken = || StoreError::Conflict(format!("there is a team `{name}` already"));
                    return first.ok_or_else(taken).and_then(decoded);
                }
                keep_answer(db, asked.as_ref(), &encoded(&id)?, now).await?;
                Ok(id)
            })
        })
        .await
    }

    /// A page of all teams.
    pub async fn teams(&self, after: Uuid, limit: i64) -> Result<Vec<(TeamId, String)>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, String),
            "SELECT id, name FROM teams WHERE id > $1 ORDER BY id LIMIT $2",
            after,
            limit;
            |t| {
                let behind = t.teams.iter().filter(|(id, _)| **id > after);
                behind.take(limit as usize).map(|(id, (name, _))| (*id, name.clone())).collect()
            }
        )?;
        Ok(rows.into_iter().map(|(id, name)| (TeamId(id), name)).collect())
    }

    /// A team's name.
    pub async fn team_name(&self, id: TeamId) -> Result<Option<String>> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (String,),
            "SELECT name FROM teams WHERE id = $1",
            id.0;
            |t| t.teams.get(&id.0).map(|(name, _)| (name.clone(),))
        )?;
        Ok(row.map(|(name,)| name))
    }

    /// Sets what a person may do in a team; no role at all ends the membership.
    pub async fn member_put(&self, team: TeamId, user: UserId, roles: Roles) -> Result<()> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                let db = &mut tx.db();
                if roles == Roles::NONE {
                    execute!(
                        db,
                        "DELETE FROM members WHERE team = $1 AND person = $2",
                        team.0,
                        user.0;
                        |t| {
                            let removed = t.members.remove(&(team.0, user.0));
                            Ok(t.count_change_of_people(removed))
                        }
                    )?;
                    return Ok(());
                }
                execute!(
                    db,
                    "INSERT INTO members (team, person, roles) VALUES ($1, $2, $3)
                     ON CONFLICT (team, person) DO UPDATE SET roles = excluded.roles",
                    team.0,
                    user.0,
                    roles.bits();
                    |t| match t.teams.contains(&team.0) && t.users.contains(&user.0) {
                        true => {
                            let put = t.members.put((team.0, user.0), roles.bits());
                            Ok(t.count_change_of_people(put))
                        }
                        false => Err(StoreError::NotFound),
                    }
                )?;
                Ok(())
            })
        })
        .await
    }

    /// A page of a team's members, in the order of their ids.
    pub async fn members(&self, team: TeamId, after: Uuid, limit: i64) -> Result<Vec<Member>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, String, i64),
            "SELECT m.person, u.name, m.roles FROM members m JOIN users u ON u.id = m.person
             WHERE m.team = $1 AND m.person > $2 ORDER BY m.person LIMIT $3",
            team.0,
            after,
            limit;
            |t| {
                let of_team = t.members.iter().filter(|((of, person), _)| *of == team.0 && *person > after);
                let named = of_team.filter_map(|((_, person), bits)| {
                    Some((*person, t.users.get(person)?.name.clone(), *bits))
                });
                named.take(limit as usize).collect()
            }
        )?;
        let member =
            |(user, name, roles)| Member { user: UserId(user), name, roles: Roles::from_bits(roles) };
        Ok(rows.into_iter().map(member).collect())
    }

    /// What a person may do in a team.
    pub async fn member_roles(&self, team: TeamId, user: UserId) -> Result<Roles> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT roles FROM members WHERE team = $1 AND person = $2",
            team.0,
            user.0;
            |t| t.members.get(&(team.0, user.0)).map(|bits| (*bits,))
        )?;
        Ok(row.map_or(Roles::NONE, |(bits,)| Roles::from_bits(bits)))
    }

    /// The teams of a person.
    pub async fn teams_of(&self, user: UserId) -> Result<Vec<(TeamId, String, Roles)>> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, String, i64),
            "SELECT t.id, t.name, m.roles FROM members m JOIN teams t ON t.id = m.team WHERE m.person = $1 ORDER BY t.id",
            user.0;
            |t| {
                let own = t.members.iter().filter(|((_, person), _)| *person == user.0);
                own.filter_map(|((team, _), bits)| Some((*team, t.teams.get(team)?.0.clone(), *bits))).collect()
            }
        )?;
        Ok(rows.into_iter().map(|(id, name, bits)| (TeamId(id), name, Roles::from_bits(bits))).collect())
    }

    /// Keeps a token by its digest. Answers the id that the first request under the same key was given.
    pub async fn token_create(
        &self,
        token: (TokenId, UserId, Vec<u8>),
        expires: Option<Time>,
        asked: Option<Asked>,
        now: Time,
    ) -> Result<TokenId> {
        self.write((token, asked), move |_, tx, ((id, user, digest), asked)| {
            Box::pin(async move {
                let db = &mut tx.db();
                if let Some(first) = first_answer(db, asked.as_ref()).await? {
                    return decoded(first);
                }
                execute!(
                    db,
                    "INSERT INTO tokens (id, person, digest, created, expires) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (digest) DO NOTHING",
                    id.0,
                    user.0,
                    digest.as_slice(),
                    now.0,
                    expires.map(|at| at.0);
                    |t| {
                        if !t.users.contains(&user.0) {
                            return Err(StoreError::NotFound);
                        }
                        let (person, digest) = (user.0, digest.clone());
                        let taken = t.tokens.values().any(|token| token.digest == digest);
                        let token = TokenRecord { person, digest, expires: expires.map(|at| at.0), revoked: None };
                        Ok(if taken { 0 } else { t.tokens.insert_new(id.0, token) })
                    }
                )?;
                keep_answer(db, asked.as_ref(), &encoded(id)?, now).await?;
                Ok(*id)
            })
        })
        .await
    }

    /// Whose token this is.
    pub async fn token_owner(&self, id: TokenId) -> Result<Option<UserId>> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (Uuid,),
            "SELECT person FROM tokens WHERE id = $1",
            id.0;
            |t| t.tokens.get(&id.0).map(|token| (token.person,))
        )?;
        Ok(row.map(|(person,)| UserId(person)))
    }

    /// Revokes a token.
    pub async fn token_revoke(&self, id: TokenId, now: Time) -> Result<()> {
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "UPDATE tokens SET revoked = $2 WHERE id = $1 AND revoked IS NULL",
                    id.0,
                    now.0;
                    |t| {
                        let updated = t.tokens.update(&id.0, |token| token.revoked = token.revoked.or(Some(now.0)));
                        Ok(t.count_change_of_people(updated))
                    }
                )?;
                Ok(())
            })
        })
        .await
    }

    /// A number that grows with every change of what people may do: a role, a membership, a token that is revoked. What
    /// is read after this number is good for as long as the number stands.
    pub async fn people_revision(&self) -> Result<i64> {
        let mut reader = self.reader().await?;
        let row = fetch_one!(
            &mut reader.db(),
            (i64,),
            "SELECT number FROM revisions WHERE name = 'people'";
            |t| Some((t.revisions.get(&PEOPLE).copied().unwrap_or_default(),))
        )?;
        Ok(row.map_or(0, |(number,)| number))
    }

    /// The token of this digest, whether it is still good or not.
    pub async fn token(&self, digest: &[u8]) -> Result<Option<Token>> {
        let row = {
            let mut reader = self.reader().await?;
            fetch_one!(
                &mut reader.db(),
                TokenRow,
                "SELECT t.id, t.person, t.expires, t.revoked, u.name, u.email, u.admin, u.created
                 FROM tokens t JOIN users u ON u.id = t.person WHERE t.digest = $1",
                digest;
                |t| token_row(t, digest)
            )?
        };
        let Some(row) = row else { return Ok(None) };
        let id = UserId(row.person);
        let user =
            User { id, name: row.name, email: row.email, admin: row.admin, created: Time(row.created) };
        Ok(Some(Token {
            id: TokenId(row.id),
            user,
            expires: row.expires.map(Time),
            revoked: row.revoked.map(Time),
            teams: self.teams_of(id).await?,
        }))
    }
}

/// The token of a digest with its bearer, as the statement joins them.
fn token_row(t: &Tables, digest: &[u8]) -> Option<TokenRow> {
    let (id, token) = t.tokens.iter().find(|(_, token)| token.digest == digest)?;
    let user = t.users.get(&token.person)?;
    Some(TokenRow {
        id: *id,
        person: token.person,
        expires: token.expires,
        revoked: token.revoked,
        name: user.name.clone(),
        email: user.email.clone(),
        admin: user.admin,
        created: user.created.0,
    })
}

fn encoded<T: Serialize>(answer: &T) -> Result<serde_json::Value> {
    serde_json::to_value(answer).map_err(|error| StoreError::Conflict(error.to_string()))
}

fn decoded<T: for<'de> Deserialize<'de>>(answer: serde_json::Value) -> Result<T> {
    serde_json::from_value(answer).map_err(|error| StoreError::Conflict(error.to_string()))
}
