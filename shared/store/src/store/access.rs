//! How users prove who they are: tokens, sessions of browsers, and links to sign in with.
//!
//! Every write may also answer `StoreError::Collision`, once it has run in vain several times beside other transactions.

use futures::future::BoxFuture;
use std::collections::HashMap;

use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};
use uuid::Uuid;

use super::Store;
use crate::error::Result;
use crate::model::requests::{Asked, Created};
use crate::model::sign_in_links::NewSignInLink;
use crate::model::tokens::{NewToken, Token, TokenInfo, TokenRights};
use crate::verbs::audit_log::Actor;
use crate::verbs::sessions::{self, NewSession, Opened};
use crate::verbs::sign_in_links::{self, MadeLink};
use crate::verbs::tokens;
use crate::{reads, tables};

impl Store {
    /// Stores a token by its digest. Answers its id, and whether this call made it: the same request under the same key
    /// gets the first one's id.
    ///
    /// # Errors
    /// `StoreError::NotFound` where the user is not in the team, or the actor may not make tokens there;
    /// `StoreError::Conflict` where the key was used for another request; `StoreError::Unavailable` where the database
    /// does not answer.
    pub fn token_create(
        &self,
        token: NewToken,
        actor: Actor,
        asked: Option<Asked>,
    ) -> BoxFuture<'_, Result<Created<TokenId>>> {
        Box::pin(async move {
            self.write((token, actor, asked), |_, tx, (token, actor, asked)| {
                Box::pin(tokens::create(tx, token, actor, asked.as_ref()))
            })
            .await
        })
    }

    /// Revokes a token, and the sessions that were opened through it. One that is revoked already stays as it is.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn token_revoke(&self, id: TokenId, actor: Actor) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write(actor, move |_, tx, actor| Box::pin(tokens::revoke(tx, id, actor))).await
        })
    }

    /// Revokes all tokens of a user, in one team or everywhere, and says how many they were.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn tokens_revoke(
        &self,
        user: UserId,
        team: Option<TeamId>,
        actor: Actor,
    ) -> BoxFuture<'_, Result<usize>> {
        Box::pin(async move {
            self.write(actor, move |_, tx, actor| Box::pin(tokens::revoke_of(tx, user, team, actor))).await
        })
    }

    /// Makes this token the only one that Swath itself has made for an administrator, and says how many it replaced.
    ///
    /// # Errors
    /// `StoreError::NotFound` where there is no such user; `StoreError::Unavailable` where the database does not
    /// answer.
    pub fn admin_token_replace(&self, token: NewToken, actor: Actor) -> BoxFuture<'_, Result<usize>> {
        Box::pin(async move {
            self.write((token, actor), |_, tx, (token, actor)| {
                Box::pin(tokens::replace_admins(tx, token, actor))
            })
            .await
        })
    }

    /// Whether Swath itself has made another token for an administrator that is not revoked.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn admin_tokens_differ(&self, token: TokenId) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            let made = tables::tokens::of_installation(&mut self.reader().await?.db()).await?;
            Ok(made.into_iter().any(|id| id != token))
        })
    }

    /// Stores that these tokens were used now. The first use of a token, and one after eight hours without use, is a
    /// sign-in and has an entry in the audit log.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn tokens_used(&self, used: Vec<TokenId>, actor: Actor) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write((used, actor), |_, tx, (used, actor)| Box::pin(tokens::note_uses(tx, used, actor)))
                .await
        })
    }

    /// A page of at most `limit` tokens that are not revoked, behind token `after` in the order of their ids: those that
    /// open one team or all, of one user or of all.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn tokens(
        &self,
        team: Option<TeamId>,
        user: Option<UserId>,
        after: Uuid,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<TokenInfo>>> {
        Box::pin(async move {
            reads::tokens::list(&mut self.reader().await?.db(), team, user, after, limit).await
        })
    }

    /// One token, revoked or not; none where there is no such token.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn token_info(&self, id: TokenId) -> BoxFuture<'_, Result<Option<TokenInfo>>> {
        Box::pin(async move { reads::tokens::info(&mut self.reader().await?.db(), id).await })
    }

    /// The token of this digest, whether it is still valid or not; none where there is no such token.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn token<'a>(&'a self, digest: &'a [u8]) -> BoxFuture<'a, Result<Option<Token>>> {
        Box::pin(async move { reads::tokens::of_digest(&mut self.reader().await?.db(), digest).await })
    }

    /// What these tokens allow; unknown ones are left out.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn tokens_rights<'a>(
        &'a self,
        ids: &'a [TokenId],
    ) -> BoxFuture<'a, Result<HashMap<TokenId, TokenRights>>> {
        Box::pin(async move { reads::tokens::rights(&mut self.reader().await?.db(), ids).await })
    }

    /// Opens a session through the link with this digest, which is spent by it.
    ///
    /// # Errors
    /// `StoreError::NotFound` where there is no such link, or it is not valid now; `StoreError::Unavailable` where the
    /// database does not answer.
    pub fn session_open_by_link(
        &self,
        digest: Vec<u8>,
        new: NewSession,
        actor: Actor,
    ) -> BoxFuture<'_, Result<Opened>> {
        Box::pin(async move {
            self.write((digest, new, actor), |_, tx, (digest, new, actor)| {
                Box::pin(sessions::open_by_link(tx, digest, new, actor))
            })
            .await
        })
    }

    /// Opens a session through a token.
    ///
    /// # Errors
    /// `StoreError::NotFound` where the token is not valid any more; `StoreError::Unavailable` where the database does
    /// not answer.
    pub fn session_open_by_token(
        &self,
        parent: Token,
        new: NewSession,
        actor: Actor,
    ) -> BoxFuture<'_, Result<Opened>> {
        Box::pin(async move {
            self.write((parent, new, actor), |_, tx, (parent, new, actor)| {
                Box::pin(sessions::open_by_token(tx, parent, new, actor))
            })
            .await
        })
    }

    /// Deletes sessions that expired before `before`, at most `limit` of them, and says how many they were.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn sessions_forget(&self, before: Time, limit: i64) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| Box::pin(sessions::forget(tx, before, limit))).await
        })
    }

    /// Stores a link by the digest of its code. Answers the link, and whether this call made it: the same request under
    /// the same key gets the first one's link.
    ///
    /// # Errors
    /// `StoreError::NotFound` where the user is not in the team, or the actor may not make tokens there;
    /// `StoreError::Conflict` where the key was used for another request; `StoreError::Unavailable` where the database
    /// does not answer.
    pub fn sign_in_link_create(
        &self,
        new: NewSignInLink,
        actor: Actor,
        asked: Option<Asked>,
    ) -> BoxFuture<'_, Result<Created<MadeLink>>> {
        Box::pin(async move {
            self.write((new, actor, asked), |_, tx, (new, actor, asked)| {
                Box::pin(sign_in_links::create(tx, new, actor, asked.as_ref()))
            })
            .await
        })
    }

    /// Whether there is a link with this digest, spent or not.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn sign_in_link_is_known<'a>(&'a self, digest: &'a [u8]) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let user = tables::sign_in_links::user_of(&mut self.reader().await?.db(), digest).await?;
            Ok(user.is_some())
        })
    }

    /// Deletes links that expired before `before`, at most `limit` of them, and says how many they were.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn sign_in_links_forget(&self, before: Time, limit: i64) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(
                    async move { tables::sign_in_links::delete_expired(&mut tx.db(), before, limit).await },
                )
            })
            .await
        })
    }
}
