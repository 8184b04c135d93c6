//! The rate limit of each user, so that a client in an endless loop does not slow down other users.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota};
use swath_domain::ids::UserId;

use crate::problem::{Problem, Result};

/// How many users are tracked before inactive ones are removed.
const USERS_MAX: usize = 20_000;

/// The remaining requests of each user.
pub struct Allowance(Option<DefaultKeyedRateLimiter<UserId>>);

impl Allowance {
    /// Allows `requests` per second, and as many in a burst. 0 is unlimited.
    pub fn per_second(requests: u32) -> Self {
        Self(
            NonZeroU32::new(requests)
                .map(|requests| DefaultKeyedRateLimiter::keyed(Quota::per_second(requests))),
        )
    }

    /// Takes one request off a user's allowance.
    ///
    /// # Errors
    /// `rate-limited` if nothing is left of it.
    pub fn spend(&self, user: UserId) -> Result<()> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        if limiter.len() > USERS_MAX {
            limiter.retain_recent();
        }
        limiter.check_key(&user).map_err(|_| Problem::rate_limited())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_user_has_an_allowance_of_their_own() {
        let allowance = Allowance::per_second(2);
        let (anna, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let refused = (0..100).filter_map(|_| allowance.spend(anna).err()).next().unwrap();
        assert_eq!((refused.code, refused.retry_after), ("rate-limited", Some(1)));
        assert!(allowance.spend(bob).is_ok());
    }

    #[test]
    fn an_allowance_of_0_is_no_limit() {
        let allowance = Allowance::per_second(0);
        assert!((0..10_000).all(|_| allowance.spend(UserId(Uuid::nil())).is_ok()));
    }
}
