//! Accounts, and the audit log of what is done to them.
//!
//! Every write may also answer `StoreError::Collision`, once it has run in vain several times beside other transactions.

use futures::future::BoxFuture;
use swath_domain::email;
use swath_domain::ids::{TeamId, UserId};
use uuid::Uuid;

use super::Store;
use crate::error::Result;
use crate::model::audit::AuditEntry;
use crate::model::list_page::ListPage;
use crate::model::requests::Asked;
use crate::model::users::User;
use crate::tables::{audit_log, revisions, users};
use crate::verbs::account_edits::{self, UserEdit};
use crate::verbs::audit_log::Actor;
use crate::verbs::leavers::Freed;
use crate::verbs::people;

impl Store {
    /// Makes an account. The same request under the same key gets the account that the first one made.
    ///
    /// # Errors
    /// `StoreError::Invalid` where the address belongs to another account; `StoreError::Conflict` where the key was
    /// used for another request; `StoreError::Unavailable` where the database does not answer.
    pub fn user_create(&self, user: User, actor: Actor, asked: Option<Asked>) -> BoxFuture<'_, Result<User>> {
        Box::pin(async move {
            self.write((user, actor, asked), |_, tx, (user, actor, asked)| {
                Box::pin(people::create(tx, user, actor, asked.as_ref()))
            })
            .await
        })
    }

    /// Edits an account. What a deactivated user has leased or reserved is freed in the same transaction, and answered.
    ///
    /// # Errors
    /// `StoreError::NotFound` where there is no such account; `StoreError::Invalid` where the address belongs to
    /// another account; `StoreError::Unavailable` where the database does not answer.
    pub fn user_edit(
        &self,
        id: UserId,
        changes: UserEdit,
        actor: Actor,
    ) -> BoxFuture<'_, Result<(User, Vec<Freed>)>> {
        Box::pin(async move {
            self.write((changes, actor), move |core, tx, (changes, actor)| {
                Box::pin(account_edits::edit(core, tx, id, changes, actor))
            })
            .await
        })
    }

    /// An account; none where there is no such one.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn user(&self, id: UserId) -> BoxFuture<'_, Result<Option<User>>> {
        Box::pin(async move { users::find(&mut self.reader().await?.db(), id).await })
    }

    /// A page of accounts in the order of their ids: all of them, or those with this address.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn users<'a>(
        &'a self,
        address: Option<&'a str>,
        page: &'a ListPage,
    ) -> BoxFuture<'a, Result<Vec<User>>> {
        Box::pin(async move {
            let key = address.map(email::key);
            users::list(&mut self.reader().await?.db(), key.as_deref(), page).await
        })
    }

    /// The names of these users; unknown ones are left out.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn user_names(&self, users: Vec<UserId>) -> BoxFuture<'_, Result<Vec<(UserId, String)>>> {
        Box::pin(async move { users::names(&mut self.reader().await?.db(), &users).await })
    }

    /// The administrators, oldest first, at most 100 of them.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn admins(&self) -> BoxFuture<'_, Result<Vec<User>>> {
        Box::pin(async move { users::admins(&mut self.reader().await?.db()).await })
    }

    /// A number that grows with every change of what users may do: a role, a membership, a token that is revoked. What is
    /// read after this number is current for as long as the number stays the same.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn people_revision(&self) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move { revisions::of_people(&mut self.reader().await?.db()).await })
    }

    /// A page of at most `limit` entries of the audit log behind entry `after`, oldest first: those about a team, or those
    /// of the whole installation.
    ///
    /// # Errors
    /// `StoreError::Corrupt` where an entry does not decode; `StoreError::Unavailable` where the database cannot be
    /// read.
    pub fn audit_log(
        &self,
        team: Option<TeamId>,
        after: Uuid,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<AuditEntry>>> {
        Box::pin(async move {
            let mut reader = self.reader().await?;
            let db = &mut reader.db();
            match team {
                Some(team) => audit_log::page_of_team(db, team, after, limit).await,
                None => audit_log::page(db, after, limit).await,
            }
        })
    }
}
