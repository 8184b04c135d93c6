//! The counters of a job: a stripe for each task that writes, summed when read.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, Row};
use swath_domain::ids::JobId;
use swath_domain::progress::{Counter, Progress};
use uuid::Uuid;

use crate::engine::db::Db;
use crate::engine::rowset::{Column, arrays, json_rows, written};
use crate::error::Result;

/// The columns after `job` and `stripe`, with something said of each.
fn columns(each: impl Fn(usize, &str) -> String) -> String {
    let parts: Vec<_> =
        Counter::ALL.iter().enumerate().map(|(index, counter)| each(index, counter.column())).collect();
    parts.join(", ")
}

const SUMS: fn(usize, &str) -> String = |_, name| format!("{name} = job_progress.{name} + excluded.{name}");

/// Adds the counters of several jobs, each an array from parameter number `next` on.
pub(crate) fn add_text(next: &mut usize) -> String {
    let counters = Counter::ALL.iter().map(|counter| (counter.column(), "bigint"));
    let given: Vec<_> = [("job", "uuid"), ("stripe", "bigint")].into_iter().chain(counters).collect();
    let (names, sums) = (columns(|_, name| name.to_owned()), columns(SUMS));
    format!(
        "INSERT INTO job_progress (job, stripe, {names}) SELECT * FROM {}
         ON CONFLICT (job, stripe) DO UPDATE SET {sums}",
        arrays(next, &given)
    )
}

/// Binds what [`add_text`] takes, jobs in order.
pub(crate) fn bind(
    statement: Query<'static, Postgres, PgArguments>,
    changes: &BTreeMap<JobId, Progress>,
    stripe: i64,
) -> Query<'static, Postgres, PgArguments> {
    let jobs: Vec<_> = changes.keys().map(|job| job.0).collect();
    let stripes = vec![stripe; jobs.len()];
    Counter::ALL.iter().fold(statement.bind(jobs).bind(stripes), |statement, counter| {
        let column: Vec<_> = changes.values().map(|change| change.get(*counter)).collect();
        statement.bind(column)
    })
}

fn add_all_text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| add_text(&mut 1));
    &TEXT
}

fn add_one_text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let names = columns(|_, name| name.to_owned());
        let values = columns(|index, _| format!("${}", index + 3));
        format!(
            "INSERT INTO job_progress (job, stripe, {names}) VALUES ($1, $2, {values})
             ON CONFLICT (job, stripe) DO UPDATE SET {}",
            columns(SUMS)
        )
    });
    &TEXT
}

fn sum_text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let sums = columns(|_, name| format!("CAST(SUM({name}) AS BIGINT) AS {name}"));
        format!("SELECT job, {sums} FROM job_progress WHERE job = $1 GROUP BY job")
    });
    &TEXT
}

fn page_text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let sums = columns(|_, name| format!("CAST(SUM({name}) AS BIGINT) AS {name}"));
        format!("SELECT job, {sums} FROM job_progress WHERE job > $1 AND job <= $2 GROUP BY job ORDER BY job")
    });
    &TEXT
}

/// Runs a statement of this module on either database, with the counters bound last.
macro_rules! bound {
    ($text:expr, $($arg:expr),* $(,)?) => {
        sqlx::query(sqlx::AssertSqlSafe($text))$(.bind($arg))*
    };
}

/// Adds each job's change to a stripe.
pub(crate) async fn add(db: &mut Db<'_>, changes: &BTreeMap<JobId, Progress>, stripe: i64) -> Result<()> {
    let mut changes = changes.clone();
    changes.retain(|_, change| !change.is_zero());
    match db {
        _ if changes.is_empty() => {}
        Db::Postgres(c) => {
            bind(bound!(add_all_text(),), &changes, stripe).execute(&mut **c).await?;
        }
        Db::Sqlite(c) => {
            for (job, change) in &changes {
                let query = bound!(add_one_text(), job.0, stripe);
                change.0.iter().fold(query, |query, n| query.bind(*n)).execute(&mut **c).await?;
            }
        }
        Db::Memory(t) => {
            for (job, change) in &changes {
                let mut sum = t.progress.get(&(job.0, stripe)).copied().unwrap_or_default();
                sum.merge(change);
                t.progress.put((job.0, stripe), sum);
            }
        }
    }
    Ok(())
}

/// The sum over a job's stripes.
pub(crate) async fn read(db: &mut Db<'_>, job: JobId) -> Result<Progress> {
    let progress = match db {
        Db::Postgres(c) => bound!(sum_text(), job.0).fetch_optional(&mut **c).await?.map(|row| decode(&row)),
        Db::Sqlite(c) => bound!(sum_text(), job.0).fetch_optional(&mut **c).await?.map(|row| decode(&row)),
        Db::Memory(t) => return Ok(summed(t.progress.range((job.0, i64::MIN)..=(job.0, i64::MAX)))),
    };
    progress.transpose().map(Option::unwrap_or_default)
}

fn many_text(database: usize) -> &'static str {
    static TEXTS: LazyLock<[String; 2]> = LazyLock::new(|| {
        let sums = columns(|_, name| format!("CAST(SUM(p.{name}) AS BIGINT) AS {name}"));
        let keys: &[Column] = &[("key", "uuid")];
        [arrays(&mut 1, keys), json_rows(keys)].map(|rows| {
            format!("SELECT p.job, {sums} FROM {rows} CROSS JOIN job_progress p WHERE p.job = c.key GROUP BY p.job")
        })
    });
    &TEXTS[database]
}

/// The sums of these jobs, in one statement.
pub(crate) async fn read_many(db: &mut Db<'_>, jobs: &[JobId]) -> Result<HashMap<JobId, Progress>> {
    match db {
        Db::Postgres(c) => {
            let ids: Vec<_> = jobs.iter().map(|job| job.0).collect();
            let rows = bound!(many_text(0), ids).fetch_all(&mut **c).await?;
            rows.iter().map(|row| Ok((JobId(row.try_get("job")?), decode(row)?))).collect()
        }
        Db::Sqlite(c) => {
            let ids = written(jobs, |job, cells| cells.cell(job.0));
            let rows = bound!(many_text(1), ids).fetch_all(&mut **c).await?;
            rows.iter().map(|row| Ok((JobId(row.try_get("job")?), decode(row)?))).collect()
        }
        Db::Memory(t) => {
            let sum = |job: &JobId| summed(t.progress.range((job.0, i64::MIN)..=(job.0, i64::MAX)));
            Ok(jobs.iter().map(|job| (*job, sum(job))).collect())
        }
    }
}

/// The sums of the jobs behind `after` up to `last`, in the order of their ids.
pub(crate) async fn read_between(db: &mut Db<'_>, after: Uuid, last: Uuid) -> Result<Vec<(JobId, Progress)>> {
    match db {
        Db::Postgres(c) => {
            let rows = bound!(page_text(), after, last).fetch_all(&mut **c).await?;
            rows.iter().map(|row| Ok((JobId(row.try_get("job")?), decode(row)?))).collect()
        }
        Db::Sqlite(c) => {
            let rows = bound!(page_text(), after, last).fetch_all(&mut **c).await?;
            rows.iter().map(|row| Ok((JobId(row.try_get("job")?), decode(row)?))).collect()
        }
        Db::Memory(t) => {
            let mut sums: BTreeMap<JobId, Progress> = BTreeMap::new();
            for ((job, _), stripe) in t.progress.iter().filter(|((job, _), _)| *job > after && *job <= last) {
                sums.entry(JobId(*job)).or_default().merge(stripe);
            }
            Ok(sums.into_iter().collect())
        }
    }
}

fn summed<'a>(stripes: impl Iterator<Item = (&'a (Uuid, i64), &'a Progress)>) -> Progress {
    let mut sum = Progress::default();
    stripes.for_each(|(_, stripe)| sum.merge(stripe));
    sum
}

fn decode<'r, R: Row>(row: &'r R) -> Result<Progress>
where
    &'static str: sqlx::ColumnIndex<R>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let mut progress = Progress::default();
    for counter in Counter::ALL {
        progress.0[counter as usize] = row.try_get(counter.column())?;
    }
    Ok(progress)
}
