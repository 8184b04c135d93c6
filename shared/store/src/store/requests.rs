//! Requests that carry a key of the client's, and their first answers.
//!
//! Every write may also answer `StoreError::Collision`, once it has run in vain several times beside other transactions.

use futures::future::BoxFuture;
use serde_json::Value;
use swath_domain::Time;
use uuid::Uuid;

use super::Store;
use crate::error::Result;
use crate::model::requests::{Asked, Attempt, RequestKey};
use crate::tables;
use crate::verbs::answers;
use crate::verbs::requests::{self, Begun, Completion};

impl Store {
    /// Begins an attempt to carry out a request, which counts as dead from `until` on unless that is extended: its
    /// process may have died.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer; whether the attempt has begun is not known then.
    pub fn request_begin(
        &self,
        request: RequestKey,
        attempt: Uuid,
        until: Time,
        now: Time,
    ) -> BoxFuture<'_, Result<Begun>> {
        Box::pin(async move {
            let attempt = Attempt { id: attempt, until };
            self.write(request, move |_, tx, request| Box::pin(requests::begin(tx, request, attempt, now)))
                .await
        })
    }

    /// Keeps an attempt alive until `until`; false where another attempt has taken its key over.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn request_extend(
        &self,
        request: RequestKey,
        attempt: Uuid,
        until: Time,
    ) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            let attempt = Attempt { id: attempt, until };
            self.write(request, move |_, tx, request| {
                Box::pin(
                    async move { tables::requests::extend(&mut tx.db(), request.row_key(), attempt).await },
                )
            })
            .await
        })
    }

    /// Ends an attempt that has come to nothing, so that its key is free again. The key of another attempt stays.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn request_abandon(&self, request: RequestKey, attempt: Uuid) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write(request, move |_, tx, request| {
                Box::pin(async move {
                    tables::requests::release(&mut tx.db(), request.row_key(), attempt).await.map(drop)
                })
            })
            .await
        })
    }

    /// Stores the answer of a request that is answered before its work is done.
    ///
    /// # Errors
    /// `StoreError::Conflict` where another attempt has taken the key over; `StoreError::Unavailable` where the
    /// database does not answer.
    pub fn request_complete(
        &self,
        completion: Completion,
        answer: Value,
        now: Time,
    ) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write((completion, answer), move |_, tx, (completion, answer)| {
                Box::pin(async move { requests::complete(&mut tx.db(), Some(completion), answer, now).await })
            })
            .await
        })
    }

    /// Deletes the requests whose attempts count as dead since `before` at the latest, and says how many they were.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn requests_forget(&self, before: Time) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            self.write(before, |_, tx, &before| {
                Box::pin(async move { tables::requests::delete_until(&mut tx.db(), before).await })
            })
            .await
        })
    }

    /// The first answer to a request; none where it was not answered yet.
    ///
    /// # Errors
    /// `StoreError::Conflict` where its key was used for another request; `StoreError::Corrupt` where the answer does
    /// not decode; `StoreError::Unavailable` where the database cannot be read.
    pub fn answer<'a>(&'a self, asked: &'a Asked) -> BoxFuture<'a, Result<Option<Value>>> {
        Box::pin(async move { answers::first_answer(&mut self.reader().await?.db(), Some(asked)).await })
    }

    /// Deletes the oldest answers from before `before`, at most `limit` of them, and says how many they were.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn answers_forget(&self, before: Time, limit: i64) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            self.write((), move |_, tx, ()| {
                Box::pin(async move { tables::answers::delete_before(&mut tx.db(), before, limit).await })
            })
            .await
        })
    }
}
