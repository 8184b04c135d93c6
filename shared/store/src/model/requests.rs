//! Requests that carry a key of the client's, and the answers that are stored for them.

use serde_json::Value;
use sha2::{Digest, Sha256};
use swath_domain::Time;
use swath_domain::ids::{TeamId, UserId};
use uuid::Uuid;

use crate::error::{Result, StoreError};

/// An `Idempotency-Key`, `submission_id` or `decision_id`, and what was asked under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// As the client chose it.
    pub text: String,
    /// SHA-256 of the request's meaning.
    pub digest: Vec<u8>,
}

impl Key {
    /// A key for a request.
    pub fn new(text: impl Into<String>, request: &[u8]) -> Self {
        Self { text: text.into(), digest: digest(request) }
    }

    /// Whether this request is the first one again; another request under the same key is a conflict.
    pub(crate) fn matches(&self, first: Option<&[u8]>) -> Result<()> {
        if first == Some(self.digest.as_slice()) {
            return Ok(());
        }
        Err(StoreError::Conflict(format!("the key `{}` was used for another request", self.text)))
    }
}

/// The SHA-256 of these bytes.
pub fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// A request: who sends it, to which route, under which key.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The user who sent the request.
    pub user: UserId,
    /// The path of the route, with names in place of ids.
    pub route: &'static str,
    /// The key and the request.
    pub key: Key,
}

/// What a request made. The same request under the same key gets what the first one made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created<T> {
    /// What was made.
    pub value: T,
    /// Whether this request made it; else an earlier one under the same key did.
    pub is_new: bool,
}

impl<T> Created<T> {
    /// What this request made.
    pub(crate) fn now(value: T) -> Self {
        Self { value, is_new: true }
    }

    /// What an earlier request under the same key made.
    pub(crate) fn before(value: T) -> Self {
        Self { value, is_new: false }
    }
}

impl Asked {
    pub(crate) fn row_key(&self) -> RowKey<'_> {
        RowKey { user: self.user, route: self.route, text: &self.key.text }
    }
}

/// A key on a route, before the request behind it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The user who sends the request.
    pub user: UserId,
    /// The path of the route, with names in place of ids.
    pub route: &'static str,
    /// As the client chose it.
    pub key: String,
    /// The team of the token that is used, to which the key is bound.
    pub team: Option<TeamId>,
}

impl RequestKey {
    /// The key with the request that it stands for.
    pub fn asked(&self, request: Vec<u8>) -> Asked {
        let digest = match self.team {
            Some(team) => digest(&[team.0.as_bytes(), request.as_slice()].concat()),
            None => request,
        };
        Asked { user: self.user, route: self.route, key: Key { text: self.key.clone(), digest } }
    }

    pub(crate) fn row_key(&self) -> RowKey<'_> {
        RowKey { user: self.user, route: self.route, text: &self.key }
    }
}

/// The primary key of the tables `answers` and `requests`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowKey<'a> {
    pub(crate) user: UserId,
    pub(crate) route: &'a str,
    pub(crate) text: &'a str,
}

impl RowKey<'_> {
    /// As the tables in memory keep it.
    pub(crate) fn owned(self) -> (Uuid, String, String) {
        (self.user.0, self.route.to_owned(), self.text.to_owned())
    }
}

/// One attempt to carry out a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) id: Uuid,
    /// The moment from which the attempt counts as dead, and its key is free again.
    pub(crate) until: Time,
}

/// An answer, and the request that it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstAnswer {
    pub(crate) digest: Vec<u8>,
    pub(crate) answer: Value,
}

impl FirstAnswer {
    /// The answer, if it was given to this very request.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for another request under the same key.
    pub fn to(self, asked: &Asked) -> Result<Value> {
        asked.key.matches(Some(&self.digest)).map(|()| self.answer)
    }
}
