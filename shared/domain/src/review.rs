//! Which submissions are reviewed, and what a reviewer says of an item.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::LeaseId;
use crate::text::check_line;
use crate::{FieldError, limits};

/// A reviewer's word on one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The item is final.
    Accept,
    /// Goes back into the queue.
    Reject,
}

/// A reason for rejecting items that a job names, so that rejections can be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonCode {
    /// What verdicts say, unique in the job.
    #[schema(min_length = 1, max_length = 60, pattern = "^[A-Za-z0-9._-]+$")]
    pub code: String,
    /// The title that people read.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub title: String,
}

/// Checks the reasons that a job names.
pub fn check_reasons(reasons: &[ReasonCode], errors: &mut Vec<FieldError>) {
    if reasons.len() > limits::REASONS_MAX {
        errors.push(FieldError::new("reasons", format!("at most {} are allowed", limits::REASONS_MAX)));
        return;
    }
    let mut seen = HashSet::new();
    for (index, ReasonCode { code, title }) in reasons.iter().enumerate() {
        let at = format!("reasons[{index}].code");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if code.is_empty() || code.len() > limits::CODE_MAX || !code.bytes().all(is_plain) {
            let message =
                format!("must be 1 to {} letters, digits, dots, dashes or underscores", limits::CODE_MAX);
            errors.push(FieldError::new(at, message));
        } else if !seen.insert(code) {
            errors.push(FieldError::new(at, format!("`{code}` stands here twice")));
        }
        check_line(&format!("reasons[{index}].title"), title, limits::NAME_MAX, errors);
    }
}

/// Which submissions go before a reviewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReviewRule {
    /// Every submission.
    #[default]
    All,
    /// None: a submission is accepted as it comes.
    None,
    /// This many in a hundred, drawn by hash.
    Sample(u8),
}

impl ReviewRule {
    /// As a number, for the store: the percentage that is reviewed.
    pub fn percent(self) -> u8 {
        match self {
            Self::All => 100,
            Self::None => 0,
            Self::Sample(percent) => percent,
        }
    }

    /// Whether this submission goes before a reviewer: the same answer whenever and wherever it is asked.
    pub fn draws(self, seed: i64, submission: LeaseId) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Sample(percent) => lot(seed, submission) < u64::from(percent),
        }
    }
}

/// A lot from 0 to 99.
fn lot(seed: i64, submission: LeaseId) -> u64 {
    let digest =
        Sha256::new().chain_update(seed.to_be_bytes()).chain_update(submission.0.as_bytes()).finalize();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(bytes) % 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_sample_is_reproducible_and_about_as_large_as_asked_for() {
        let draw = |seed| {
            let ids = (0..10_000).map(|n| LeaseId(Uuid::from_u128(n)));
            ids.map(|id| ReviewRule::Sample(20).draws(seed, id)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let drawn = draw(7).into_iter().filter(|drawn| *drawn).count();
        assert!((1_800..2_200).contains(&drawn), "{drawn}");
    }

    #[test]
    fn the_ends_of_the_scale_are_all_and_nothing() {
        let id = LeaseId(Uuid::from_u128(9));
        assert!(ReviewRule::All.draws(1, id) && ReviewRule::Sample(100).draws(1, id));
        assert!(!ReviewRule::None.draws(1, id) && !ReviewRule::Sample(0).draws(1, id));
    }
}
