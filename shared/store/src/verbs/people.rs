//! Accounts and teams.

use serde::{Deserialize, Serialize};
use serde_json::json;
use swath_domain::ids::{TeamId, UserId};
use swath_domain::{FieldError, Time, email, names};
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_all, fetch_as, fetch_each, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::list_page::ListPage;
use crate::model::memory::PEOPLE;
use crate::model::requests::Asked;
use crate::store::Store;
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};

/// A person, or an account of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Who made it; none where Swath itself did, an invitation was accepted, or that was not kept yet.
    #[serde(default)]
    pub creator: Option<UserId>,
    /// Since when it may do nothing.
    #[serde(default)]
    pub deactivated: Option<Time>,
}

row! {
    struct UserRow {
        id: Uuid, name: String, email: Option<String>, admin: bool, created: i64, creator: Option<Uuid>,
        deactivated: Option<i64>,
    }
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self> {
        Ok(Self {
            id: UserId(row.id),
            name: row.name,
            email: row.email,
            admin: row.admin,
            created: Time(row.created),
            creator: row.creator.map(UserId),
            deactivated: row.deactivated.map(Time),
        })
    }
}

pub(crate) const TAKEN: &str = "belongs to another account";

pub(crate) fn key_of(user: &User) -> Option<String> {
    user.email.as_deref().map(email::key)
}

/// Whether another account has this address. Accounts that are older than the rule may share one.
pub(crate) async fn is_taken(db: &mut Db<'_>, key: Option<&str>, but: UserId) -> Result<bool> {
    let Some(key) = key else { return Ok(false) };
    let other = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM users WHERE (email_key = $1 OR lower(trim(email)) = $1) AND id <> $2 LIMIT 1",
        key,
        but.0;
        |t| t.users.values().find(|u| key_of(u).as_deref() == Some(key) && u.id != but).map(|u| (u.id.0,))
    )?;
    Ok(other.is_some())
}

/// Writes a new account.
pub(crate) async fn insert(db: &mut Db<'_>, user: &User) -> Result<()> {
    execute!(
        db,
        "INSERT INTO users (id, name, email, email_key, admin, created, creator) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        user.id.0,
        &user.name,
        &user.email,
        key_of(user),
        user.admin,
        user.created.0,
        user.creator.map(|creator| creator.0);
        |t| t.users.insert(user.id.0, user.clone())
    )?;
    Ok(())
}

async fn create(db: &mut Db<'_>, user: &User, actor: &Actor, asked: Option<&Asked>) -> Result<User> {
    if let Some(first) = first_answer(db, asked).await? {
        return Ok(first);
    }
    if is_taken(db, key_of(user).as_deref(), user.id).await? {
        // It may be this very request, sent twice, that was quicker.
        let taken = || StoreError::Invalid(FieldError::new("email", TAKEN));
        return first_answer(db, asked).await?.ok_or_else(taken);
    }
    insert(db, user).await?;
    let mut audit = Audit::of(actor);
    audit.note("user-create", None, Some(user.id), None);
    audit.write(db).await?;
    keep_answer(db, asked, user, user.created).await?;
    Ok(user.clone())
}

/// The account, locked until the transaction ends.
pub(crate) async fn lock(db: &mut Db<'_>, id: UserId) -> Result<User> {
    const SQLITE: &str =
        "SELECT id, name, email, admin, created, creator, deactivated FROM users WHERE id = $1";
    const POSTGRES: &str = "SELECT id, name, email, admin, created, creator, deactivated FROM users WHERE id = $1 FOR NO KEY UPDATE";
    let found = fetch_as!(
        db,
        UserRow => User,
        [POSTGRES, SQLITE],
        id.0;
        |t| t.users.get(&id.0).cloned().into_iter().collect()
    )?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

async fn find(db: &mut Db<'_>, id: UserId) -> Result<Option<User>> {
    let found = fetch_as!(
        db,
        UserRow => User,
        "SELECT id, name, email, admin, created, creator, deactivated FROM users WHERE id = $1",
        id.0;
        |t| t.users.get(&id.0).cloned().into_iter().collect()
    )?;
    Ok(found.into_iter().next())
}

async fn make_team(
    db: &mut Db<'_>,
    (id, name): (TeamId, &str),
    actor: &Actor,
    asked: Option<&Asked>,
) -> Result<TeamId> {
    if let Some(first) = first_answer(db, asked).await? {
        return Ok(first);
    }
    let made = execute!(
        db,
        "INSERT INTO teams (id, name, name_key, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        id.0,
        name,
        names::key(name),
        actor.at.0;
        |t| {
            let taken = t.teams.values().any(|(other, _)| names::key(other) == names::key(name));
            Ok(if taken { 0 } else { t.teams.insert_new(id.0, (name.to_owned(), actor.at.0)) })
        }
    )?;
    if made == 0 {
        // It may be this very request, sent twice, that was quicker.
        let first = first_answer(db, asked).await?;
        let taken = || StoreError::Conflict(format!("there is a team `{name}` already"));
        return first.ok_or_else(taken);
    }
    let mut audit = Audit::of(actor);
    audit.note("team-create", Some(id), None, Some(json!({"name": name})));
    audit.write(db).await?;
    keep_answer(db, asked, &id, actor.at).await?;
    Ok(id)
}

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the address belongs to another account.
    pub async fn user_create(&self, user: User, actor: Actor, asked: Option<Asked>) -> Result<User> {
        self.write((user, actor, asked), |_, tx, (user, actor, asked)| {
            Box::pin(async move { create(&mut tx.db(), user, actor, asked.as_ref()).await })
        })
        .await
    }

    /// An account.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        let mut reader = self.reader().await?;
        find(&mut reader.db(), id).await
    }

    /// A page of accounts in the order of their ids: all of them, or those with this address.
    pub async fn users(&self, address: Option<&str>, page: &ListPage) -> Result<Vec<User>> {
        let key = address.map(email::key);
        let (low, high) = page.bounds();
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
            UserRow => User,
            {
                page, "id", "name",
                "SELECT id, name, email, admin, created, creator, deactivated FROM users
                 WHERE (email_key = $5 OR lower(trim(email)) = $5 OR $5 IS NULL)"
            },
            low,
            high,
            page.part(),
            page.limit,
            key.as_deref();
            |t| {
                let fits = |user: &&User| page.admits(user.id.0, &user.name) && (key.is_none() || key_of(user) == key);
                page.cut(t.users.values().filter(fits).cloned())
            }
        )
    }

    /// The names of these people.
    pub async fn user_names(&self, users: Vec<UserId>) -> Result<Vec<(UserId, String)>> {
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            (Uuid, String),
            "SELECT u.id, u.name FROM {rows} CROSS JOIN users u WHERE u.id = c.id",
            &users,
            |user| { id: uuid = user.0 };
            |t| t.users.get(&user.0).map(|row| (user.0, row.name.clone()))
        )?;
        Ok(rows.into_iter().map(|(id, name)| (UserId(id), name)).collect())
    }

    /// The administrators, oldest first.
    pub async fn admins(&self) -> Result<Vec<User>> {
        let mut reader = self.reader().await?;
        fetch_as!(
            &mut reader.db(),
            UserRow => User,
            "SELECT id, name, email, admin, created, creator, deactivated FROM users WHERE admin ORDER BY id LIMIT 100";
            |t| t.users.values().filter(|user| user.admin).cloned().collect()
        )
    }

    /// Makes a team; its name must be new.
    pub async fn team_create(
        &self,
        id: TeamId,
        name: String,
        actor: Actor,
        asked: Option<Asked>,
    ) -> Result<TeamId> {
        self.write((name, actor, asked), move |_, tx, (name, actor, asked)| {
            Box::pin(async move { make_team(&mut tx.db(), (id, name), actor, asked.as_ref()).await })
        })
        .await
    }

    /// A page of all teams.
    pub async fn teams(&self, page: &ListPage) -> Result<Vec<(TeamId, String)>> {
        let (low, high) = page.bounds();
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, String),
            { page, "id", "name", "SELECT id, name FROM teams WHERE TRUE" },
            low,
            high,
            page.part(),
            page.limit;
            |t| {
                let teams = t.teams.iter().filter(|(id, (name, _))| page.admits(**id, name));
                page.cut(teams.map(|(id, (name, _))| (*id, name.clone())))
            }
        )?;
        Ok(rows.into_iter().map(|(id, name)| (TeamId(id), name)).collect())
    }

    /// The names of these teams.
    pub async fn team_names(&self, teams: Vec<TeamId>) -> Result<Vec<(TeamId, String)>> {
        let mut reader = self.reader().await?;
        let rows = fetch_each!(
            &mut reader.db(),
            (Uuid, String),
            "SELECT t.id, t.name FROM {rows} CROSS JOIN teams t WHERE t.id = c.id",
            &teams,
            |team| { id: uuid = team.0 };
            |t| t.teams.get(&team.0).map(|(name, _)| (team.0, name.clone()))
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
}
