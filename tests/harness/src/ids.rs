//! Ids that tests make: idempotency keys, submission ids, unique names.

use uuid::Uuid;

/// A random id, new on every call.
#[expect(clippy::disallowed_methods, reason = "a test is a client: its ids come from outside Swath")]
pub fn fresh() -> String {
    Uuid::new_v4().to_string()
}

/// A short random name that starts with `stem`, fit for databases, queues and teams.
pub fn named(stem: &str) -> String {
    let id = fresh();
    format!("{stem}_{}", &id[..8])
}
