//! The table of accounts.

use swath_domain::Time;
use swath_domain::ids::UserId;
use uuid::Uuid;

use crate::engine::db::{Db, execute, fetch_as, fetch_each, fetch_one, row};
use crate::error::{Result, StoreError};
use crate::model::list_page::ListPage;
use crate::model::users::User;

row! {
    struct UserRow {
        id: Uuid, name: String, email: Option<String>, admin: bool, created: i64, creator: Option<Uuid>,
        deactivated: Option<i64>,
    }
}

/// The columns of [`UserRow`].
macro_rules! user_columns {
    () => {
        "id, name, email, admin, created, creator, deactivated"
    };
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

/// Reads the account with this id.
pub(crate) async fn find(db: &mut Db<'_>, id: UserId) -> Result<Option<User>> {
    const SQL: &str = concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1");
    let row = fetch_as!(
        db,
        UserRow => User,
        SQL,
        id.0;
        |t| t.users.get(&id.0).cloned().into_iter().collect()
    )?;
    Ok(row.into_iter().next())
}

/// An account, locked until the transaction ends.
///
/// # Errors
/// [`StoreError::NotFound`] where there is none.
pub(crate) async fn lock(db: &mut Db<'_>, id: UserId) -> Result<User> {
    const SQLITE: &str = concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1");
    const POSTGRES: &str = concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1 FOR NO KEY UPDATE");
    let row = fetch_as!(
        db,
        UserRow => User,
        [POSTGRES, SQLITE],
        id.0;
        |t| t.users.get(&id.0).cloned().into_iter().collect()
    )?;
    row.into_iter().next().ok_or(StoreError::NotFound)
}

/// Locks these accounts in the order of their ids, so that changes of what their users may do take turns.
pub(crate) async fn lock_all(db: &mut Db<'_>, users: &[UserId]) -> Result<()> {
    let mut users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    users.sort_unstable();
    users.dedup();
    fetch_each!(
        db,
        (Uuid,),
        [
            "SELECT u.id FROM {rows} CROSS JOIN users u WHERE u.id = c.id ORDER BY u.id FOR NO KEY UPDATE OF u",
            "SELECT u.id FROM {rows} CROSS JOIN users u WHERE u.id = c.id"
        ],
        &users,
        |user| { id: uuid = *user };
        |t| t.users.get(user).map(|_| (*user,))
    )?;
    Ok(())
}

/// Whether an account other than `but` has this address. Accounts from before addresses were unique may share one.
pub(crate) async fn is_email_taken(db: &mut Db<'_>, email_key: &str, but: UserId) -> Result<bool> {
    let other = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM users WHERE (email_key = $1 OR lower(trim(email)) = $1) AND id <> $2 LIMIT 1",
        email_key,
        but.0;
        |t| {
            let mut others = t.users.values().filter(|user| user.id != but);
            others.find(|user| user.email_key().as_deref() == Some(email_key)).map(|user| (user.id.0,))
        }
    )?;
    Ok(other.is_some())
}

/// Whether the user is an administrator whose account may do something.
pub(crate) async fn is_active_admin(db: &mut Db<'_>, user: UserId) -> Result<bool> {
    let admin = fetch_one!(
        db,
        (Uuid,),
        "SELECT id FROM users WHERE id = $1 AND admin AND deactivated IS NULL",
        user.0;
        |t| t.users.get(&user.0).filter(|row| row.admin && row.deactivated.is_none()).map(|_| (user.0,))
    )?;
    Ok(admin.is_some())
}

/// Inserts an account.
pub(crate) async fn insert(db: &mut Db<'_>, user: &User) -> Result<()> {
    execute!(
        db,
        "INSERT INTO users (id, name, email, email_key, admin, created, creator) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        user.id.0,
        &user.name,
        &user.email,
        user.email_key(),
        user.admin,
        user.created.0,
        user.creator.map(|creator| creator.0);
        |t| t.users.insert(user.id.0, user.clone())
    )?;
    Ok(())
}

/// Writes an account's name, its address, and whether it may do anything. The unique form of the address stays.
pub(crate) async fn update(db: &mut Db<'_>, user: &User) -> Result<()> {
    execute!(
        db,
        "UPDATE users SET name = $2, email = $3, deactivated = $4 WHERE id = $1",
        user.id.0,
        &user.name,
        &user.email,
        user.deactivated.map(|at| at.0);
        |t| {
            let updated = t.users.update(&user.id.0, |row| row.clone_from(user));
            Ok(t.count_change_of_people(updated))
        }
    )?;
    Ok(())
}

/// Claims the address for this account. It is a statement of its own, since an account that shares an older account's
/// address has no key, and must not get one by other changes.
pub(crate) async fn set_email_key(db: &mut Db<'_>, user: &User) -> Result<()> {
    execute!(
        db,
        "UPDATE users SET email_key = $2 WHERE id = $1",
        user.id.0,
        user.email_key();
        |_t| Ok(1)
    )?;
    Ok(())
}

/// A page of accounts in the order of their ids: all of them, or those with this address.
pub(crate) async fn list(db: &mut Db<'_>, email_key: Option<&str>, page: &ListPage) -> Result<Vec<User>> {
    let (low, high) = page.bounds();
    fetch_as!(
        db,
        UserRow => User,
        {
            page, "id", "name",
            "SELECT ", user_columns!(), " FROM users
             WHERE (email_key = $5 OR lower(trim(email)) = $5 OR $5 IS NULL)"
        },
        low,
        high,
        page.part(),
        page.limit,
        email_key;
        |t| {
            let has_address =
                |user: &User| email_key.is_none() || user.email_key().as_deref() == email_key;
            let fits = |user: &&User| page.admits(user.id.0, &user.name) && has_address(user);
            page.cut(t.users.values().filter(fits).cloned())
        }
    )
}

/// The names of these users; unknown ones are left out.
pub(crate) async fn names(db: &mut Db<'_>, users: &[UserId]) -> Result<Vec<(UserId, String)>> {
    let rows = fetch_each!(
        db,
        (Uuid, String),
        "SELECT u.id, u.name FROM {rows} CROSS JOIN users u WHERE u.id = c.id",
        users,
        |user| { id: uuid = user.0 };
        |t| t.users.get(&user.0).map(|row| (user.0, row.name.clone()))
    )?;
    Ok(rows.into_iter().map(|(id, name)| (UserId(id), name)).collect())
}

/// The oldest administrators, at most 100 of them.
pub(crate) async fn admins(db: &mut Db<'_>) -> Result<Vec<User>> {
    const SQL: &str = concat!("SELECT ", user_columns!(), " FROM users WHERE admin ORDER BY id LIMIT 100");
    fetch_as!(
        db,
        UserRow => User,
        SQL;
        |t| t.users.values().filter(|user| user.admin).take(100).cloned().collect()
    )
}
