//! The `Idempotency-Key` header.

use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use swath_domain::ids::{TeamId, UserId};
use swath_domain::limits;
use swath_store::{Asked, Key, RequestKey};

use crate::auth::Caller;
use crate::context::Context;
use crate::problem::{Problem, Result};

/// The key of a request, if it has one. It belongs to the user and to the team of the token.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    text: Option<String>,
    team: Option<TeamId>,
}

impl IdempotencyKey {
    /// The request under this key, for a route without an id in the path.
    pub fn asked(&self, user: UserId, route: &'static str, body: &[u8]) -> Option<Asked> {
        self.key(body).map(|key| Asked { user, route, key })
    }

    /// The key of a request whose body has not been read yet.
    pub fn request(&self, user: UserId, route: &'static str) -> Option<RequestKey> {
        self.text.clone().map(|key| RequestKey { user, route, key, team: self.team })
    }

    /// Like [`IdempotencyKey::asked`], for a route with an id in the path. The key belongs to that id as well.
    pub fn asked_of(
        &self,
        user: UserId,
        route: &'static str,
        of: &impl Display,
        body: &[u8],
    ) -> Option<Asked> {
        self.asked(user, route, &[format!("{of}\n").as_bytes(), body].concat())
    }

    /// The key with the digest of its request.
    pub fn key(&self, body: &[u8]) -> Option<Key> {
        let text = self.text.clone()?;
        Some(match self.team {
            Some(team) => Key::new(text, &[team.0.as_bytes(), body].concat()),
            None => Key::new(text, body),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let team = parts.extensions.get::<Caller>().and_then(|caller| caller.token().team);
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self { text: None, team }) };
        // A value that is not ASCII becomes empty, which `check_key` refuses.
        let text = value.to_str().map_or("", str::trim);
        check_key("Idempotency-Key", text)?;
        Ok(Self { text: Some(text.to_owned()), team })
    }
}

/// The answer to the first request under the key, if there was one.
///
/// # Errors
/// `conflict` if the first request was a different one.
pub async fn first_answer<T: DeserializeOwned>(
    context: &Context,
    asked: Option<&Asked>,
) -> Result<Option<T>> {
    let Some(asked) = asked else { return Ok(None) };
    let first = context.store.answer(asked).await?;
    first.map(serde_json::from_value).transpose().map_err(|_| Problem::internal())
}

/// Checks an idempotency key, a `submission_id` or a `decision_id`.
///
/// # Errors
/// 422 for the field if the text is not 1 to 64 visible ASCII characters.
pub fn check_key(field: &str, text: &str) -> Result<()> {
    let fits = (1..=limits::KEY_MAX).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if fits { Ok(()) } else { Err(Problem::field(field, "must be 1 to 64 visible ASCII characters")) }
}
