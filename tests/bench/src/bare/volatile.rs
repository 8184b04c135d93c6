//! The only statement of the volatile loop, which stores completions.

use sqlx::PgPool;
use uuid::Uuid;

use super::unit::Done;

/// Stores these completions.
pub async fn complete(pool: PgPool, group: Vec<Done>) -> anyhow::Result<()> {
    let ids: Vec<i64> = group.iter().map(|done| done.leased.id).collect();
    let leases: Vec<Uuid> = group.iter().map(|done| done.leased.lease).collect();
    let bodies: Vec<&str> = group.iter().map(|done| done.body.as_str()).collect();
    sqlx::query("INSERT INTO labels SELECT * FROM UNNEST($1::bigint[], $2::uuid[], $3::text[])")
        .bind(&ids)
        .bind(&leases)
        .bind(&bodies)
        .execute(&pool)
        .await?;
    Ok(())
}
