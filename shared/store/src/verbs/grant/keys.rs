//! Keys of questions for work: whoever asks again under one hears of the lease that the first question gave. A new
//! lease has the key on its grant; one that was handed back has it among the answers.

use swath_domain::Stage;
use swath_domain::ids::LeaseId;
use uuid::Uuid;

use super::Grant;
use crate::engine::db::{Db, execute_each};
use crate::error::Result;

/// Who asked for which stage under which key.
pub(super) type Place = (Uuid, i64, String);
pub(super) fn place(command: &Grant) -> Place {
    let key = command.key.as_ref().map_or_else(String::new, |key| key.text.clone());
    (command.user.0, command.stage.code(), key)
}

pub(super) fn route(stage: i64) -> &'static str {
    if stage == Stage::Annotate.code() { "POST /v1/leases" } else { "POST /v1/reviews" }
}

/// Keeps what was handed back under a key.
pub(super) async fn keep(db: &mut Db<'_>, held: Vec<(&Grant, LeaseId)>) -> Result<()> {
    let keyed = held.into_iter().filter_map(|(command, lease)| Some((command, command.key.as_ref()?, lease)));
    let mut keyed: Vec<_> = keyed.collect();
    keyed.sort_by_key(|(command, ..)| place(command));
    execute_each!(
        db,
        "INSERT INTO answers (person, route, key, digest, answer, created) SELECT * FROM {rows} WHERE TRUE
         ON CONFLICT DO NOTHING",
        &keyed,
        |k| {
            person: uuid = k.0.user.0,
            route: text = route(k.0.stage.code()),
            key: text = k.1.text.clone(),
            digest: bytea = k.1.digest.clone(),
            answer: text = k.2.to_string(),
            created: bigint = k.0.now.0,
        };
        |t| {
            let place = (k.0.user.0, route(k.0.stage.code()).to_owned(), k.1.text.clone());
            let row = (k.1.digest.clone(), k.2.to_string(), k.0.now.0);
            Ok::<_, crate::error::StoreError>(t.answers.insert_new(place, row))
        }
    )?;
    Ok(())
}
