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

/// The key of a request, if it carries one. It is bound to the team of the token that is used, besides to the person.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    text: Option<String>,
    team: Option<TeamId>,
}

impl IdempotencyKey {
    /// Who asked what under this key.
    pub fn asked(&self, user: UserId, route: &'static str, body: &[u8]) -> Option<Asked> {
        self.key(body).map(|key| Asked { user, route, key })
    }

    /// The key on a route, before the request behind it has been read.
    pub fn request(&self, user: UserId, route: &'static str) -> Option<RequestKey> {
        self.text.clone().map(|key| RequestKey { user, route, key, team: self.team })
    }

    /// The same for a route below something whose id stands in the path: a key is bound to that, too.
    pub fn asked_of(
        &self,
        user: UserId,
        route: &'static str,
        of: &impl Display,
        body: &[u8],
    ) -> Option<Asked> {
        self.asked(user, route, &[format!("{of}\n").as_bytes(), body].concat())
    }

    /// The key with the request that it stands for.
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
        let text = value.to_str().ok().map(str::trim).unwrap_or_default();
        check_key("Idempotency-Key", text)?;
        Ok(Self { text: Some(text.to_owned()), team })
    }
}

/// What the first request under the key was answered, if there was one.
///
/// # Errors
/// `conflict` where that was another request.
pub async fn first_answer<T: DeserializeOwned>(
    context: &Context,
    asked: Option<&Asked>,
) -> Result<Option<T>> {
    let Some(asked) = asked else { return Ok(None) };
    let first = context.store.answer(asked).await?;
    first.map(serde_json::from_value).transpose().map_err(|_| Problem::internal())
}

/// Checks a key, `submission_id` or `decision_id`: 1 to 64 visible ASCII characters.
pub fn check_key(field: &str, text: &str) -> Result<()> {
    let fits = (1..=limits::KEY_MAX).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if fits { Ok(()) } else { Err(Problem::field(field, "must be 1 to 64 visible ASCII characters")) }
}
