//! Idempotency keys of requests for work: a request that comes again under its key gets the lease of the first one.
//!
//! A new lease carries the key on its grant. A lease that was handed back has it among the answers.

use swath_domain::ids::{LeaseId, UserId};
use swath_domain::{Stage, Time};

use crate::engine::db::{Db, execute_each};
use crate::error::{Result, StoreError};
use crate::model::requests::Key;

/// The route under which the answers to requests of a stage are kept.
pub(crate) fn route(stage: Stage) -> &'static str {
    match stage {
        Stage::Annotate => "POST /v1/leases",
        Stage::Review => "POST /v1/reviews",
    }
}

/// A lease that was handed back to a user who asked under a key.
pub(crate) struct HandedBack {
    pub(crate) user: UserId,
    pub(crate) stage: Stage,
    pub(crate) key: Key,
    pub(crate) lease: LeaseId,
    pub(crate) at: Time,
}

/// Keeps the answers to requests that were handed a lease back.
pub(crate) async fn keep(db: &mut Db<'_>, mut answers: Vec<HandedBack>) -> Result<()> {
    // In the order of their keys, so that two transactions do not wait for each other.
    answers.sort_by(|a, b| (a.user, a.stage.code(), &a.key.text).cmp(&(b.user, b.stage.code(), &b.key.text)));
    execute_each!(
        db,
        "INSERT INTO answers (person, route, key, digest, answer, created) SELECT * FROM {rows} WHERE TRUE
         ON CONFLICT DO NOTHING",
        &answers,
        |a| {
            person: uuid = a.user.0,
            route: text = route(a.stage),
            key: text = a.key.text.clone(),
            digest: bytea = a.key.digest.clone(),
            answer: text = a.lease.to_string(),
            created: bigint = a.at.0,
        };
        |t| {
            let key = (a.user.0, route(a.stage).to_owned(), a.key.text.clone());
            let row = (a.key.digest.clone(), a.lease.to_string(), a.at.0);
            Ok::<_, StoreError>(t.answers.insert_new(key, row))
        }
    )?;
    Ok(())
}
