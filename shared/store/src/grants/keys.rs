//! Keys of questions for work: whoever asks again under one hears of the lease that the first question gave. A new
//! lease has the key on its grant; one that was handed back has it among the answers.

use std::collections::HashMap;

use swath_domain::Stage;
use swath_domain::ids::LeaseId;
use uuid::Uuid;

use super::Grant;
use crate::db::{Db, execute_each, fetch_each};
use crate::error::Result;

/// Who asked for which stage under which key.
pub(super) type Place = (Uuid, i64, String);
/// The lease of the first answer, and the digest of the first question.
type First = (LeaseId, Option<Vec<u8>>);

pub(super) fn place(command: &Grant) -> Place {
    let key = command.key.as_ref().map_or_else(String::new, |key| key.text.clone());
    (command.user.0, command.stage.code(), key)
}

fn route(stage: i64) -> &'static str {
    if stage == Stage::Annotate.code() { "POST /v1/leases" } else { "POST /v1/reviews" }
}

/// The first answers to these questions, where there were any.
pub(super) async fn first_leases(db: &mut Db<'_>, commands: &[&Grant]) -> Result<HashMap<Place, First>> {
    const GRANTED_POSTGRES: &str = "
        SELECT g.holder, g.stage, g.key, g.lease, g.digest
        FROM UNNEST($1::uuid[], $2::bigint[], $3::text[]) AS c (holder, stage, key)
        JOIN grants g ON g.holder = c.holder AND g.stage = c.stage AND g.key = c.key";
    const GRANTED_SQLITE: &str =
        "SELECT holder, stage, key, lease, digest FROM grants WHERE holder = $1 AND stage = $2 AND key = $3";
    const HELD_POSTGRES: &str = "
        SELECT a.person, c.stage, a.key, a.answer, a.digest
        FROM UNNEST($1::uuid[], $2::bigint[], $3::text[], $4::text[]) AS c (person, stage, key, route)
        JOIN answers a ON a.person = c.person AND a.route = c.route AND a.key = c.key";
    const HELD_SQLITE: &str = "
        SELECT person, CAST($2 AS BIGINT), key, answer, digest FROM answers
        WHERE person = $1 AND key = $3 AND route = $4";
    let asked: Vec<_> =
        commands.iter().filter(|command| command.key.is_some()).map(|command| place(command)).collect();
    let granted = fetch_each!(
        db,
        (Uuid, i64, String, Uuid, Option<Vec<u8>>),
        [GRANTED_POSTGRES, GRANTED_SQLITE],
        &asked,
        |p| p.0,
        p.1,
        p.2.clone();
        |t| t.grant_under(p.0, p.1, &p.2).map(|row| (p.0, p.1, p.2.clone(), row.lease, row.digest.clone()))
    )?;
    let held = fetch_each!(
        db,
        (Uuid, i64, String, String, Vec<u8>),
        [HELD_POSTGRES, HELD_SQLITE],
        &asked,
        |p| p.0,
        p.1,
        p.2.clone(),
        route(p.1);
        |t| {
            let row = t.answers.get(&(p.0, route(p.1).to_owned(), p.2.clone()));
            row.map(|(digest, answer, _)| (p.0, p.1, p.2.clone(), answer.clone(), digest.clone()))
        }
    )?;
    let mut first = HashMap::new();
    for (person, stage, key, lease, digest) in granted {
        first.insert((person, stage, key), (LeaseId(lease), digest));
    }
    for (person, stage, key, lease, digest) in held {
        if let Ok(lease) = lease.parse() {
            first.insert((person, stage, key), (lease, Some(digest)));
        }
    }
    Ok(first)
}

/// Keeps what was handed back under a key.
pub(super) async fn keep(db: &mut Db<'_>, held: Vec<(&Grant, LeaseId)>) -> Result<()> {
    const POSTGRES: &str = "
        INSERT INTO answers (person, route, key, digest, answer, created)
        SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bigint[])
        ON CONFLICT DO NOTHING";
    const SQLITE: &str = "
        INSERT INTO answers (person, route, key, digest, answer, created) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING";
    let keyed = held.into_iter().filter_map(|(command, lease)| Some((command, command.key.as_ref()?, lease)));
    let mut keyed: Vec<_> = keyed.collect();
    keyed.sort_by_key(|(command, ..)| place(command));
    execute_each!(
        db,
        [POSTGRES, SQLITE],
        &keyed,
        |k| k.0.user.0,
        route(k.0.stage.code()),
        k.1.text.clone(),
        k.1.digest.clone(),
        k.2.to_string(),
        k.0.now.0;
        |t| {
            let place = (k.0.user.0, route(k.0.stage.code()).to_owned(), k.1.text.clone());
            let row = (k.1.digest.clone(), k.2.to_string(), k.0.now.0);
            Ok::<_, crate::error::StoreError>(t.answers.insert_new(place, row))
        }
    )?;
    Ok(())
}
