//! The writing of a transaction to PostgreSQL: all of it in one statement, for what a statement costs beyond its rows
//! is most of what a small batch costs.
//!
//! The statement is made of the parts that have rows, so that nothing is opened for nothing.

use std::sync::OnceLock;

use serde_json::Value;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};
use swath_domain::Status;
use swath_domain::review::Verdict;

use super::{Written, insert};
use crate::db::{Db, arrays};
use crate::error::Result;
use crate::progress;

type Statement = Query<'static, Postgres, PgArguments>;

/// A part of the statement: its text around the arrays that it takes, their types, and how they are bound.
struct Part {
    before: &'static str,
    types: &'static [&'static str],
    after: &'static str,
    is_empty: fn(&Written) -> bool,
    bind: fn(Statement, &Written) -> Statement,
}

const PARTS: [Part; 7] = [CHANGED, GRANTED, ENDED, LOGGED, SAVED, JUDGED, ACCEPTED];
/// The counters come last in every transaction.
const COUNTED: usize = 1 << PARTS.len();

/// Writes all of it.
pub(super) async fn write(connection: &mut PgConnection, written: &Written, stripe: i64) -> Result<()> {
    // Reworks are rare enough to be written apart.
    insert(&mut Db::Postgres(connection), &written.fresh).await?;
    let used = |part: &Part| !(part.is_empty)(written);
    let mut which =
        PARTS.iter().enumerate().filter(|(_, part)| used(part)).map(|(place, _)| 1 << place).sum();
    if !written.progress.is_empty() {
        which += COUNTED;
    }
    if which == 0 {
        return Ok(());
    }
    let mut statement = sqlx::query(AssertSqlSafe(text(which)));
    for part in PARTS.iter().filter(|part| used(part)) {
        statement = (part.bind)(statement, written);
    }
    if which & COUNTED != 0 {
        statement = progress::bind(statement, &written.progress, stripe);
    }
    statement.execute(connection).await?;
    Ok(())
}

/// The statement of these parts; there are few, and each is made once.
fn text(which: usize) -> &'static str {
    static TEXTS: [OnceLock<String>; 2 * COUNTED] = [const { OnceLock::new() }; 2 * COUNTED];
    TEXTS[which].get_or_init(|| {
        let mut next = 1;
        let mut texts = Vec::new();
        for (place, part) in PARTS.iter().enumerate() {
            if which & (1 << place) != 0 {
                texts.push(format!("{}{}{}", part.before, arrays(&mut next, part.types), part.after));
            }
        }
        if which & COUNTED != 0 {
            texts.push(progress::add_text(&mut next));
        }
        let last = texts.pop().unwrap_or_default();
        let firsts: Vec<_> =
            texts.iter().enumerate().map(|(place, text)| format!("part{place} AS ({text})")).collect();
        if firsts.is_empty() { last } else { format!("WITH {} {last}", firsts.join(", ")) }
    })
}

fn column<T, V>(rows: &[T], of: impl Fn(&T) -> V) -> Vec<V> {
    rows.iter().map(of).collect()
}

const CHANGED: Part = Part {
    before: "UPDATE assignments a SET
            status = c.status, fence = c.fence, lease = c.lease, holder = c.holder, expires = c.expires,
            deadline = c.deadline, confirmed = c.confirmed, author = c.author, submission = c.submission,
            review = c.review, reserved_for = c.reserved_for, reserved_until = c.reserved_until, held = c.held,
            accepted = c.accepted, skipped = c.skipped, seq = c.seq, since = c.since
        FROM ",
    types: &[
        "uuid", "bigint", "bigint", "uuid", "uuid", "bigint", "bigint", "bigint", "uuid", "uuid", "boolean", "uuid",
        "bigint", "boolean", "bigint", "bigint", "bigint", "bigint",
    ],
    after: " AS c (id, status, fence, lease, holder, expires, deadline, confirmed, author, submission, review,
            reserved_for, reserved_until, held, accepted, skipped, seq, since)
        WHERE a.id = c.id",
    is_empty: |written| written.changed.is_empty(),
    bind: |statement, written| {
        let rows = &written.changed;
        statement
            .bind(column(rows, |a| a.id.0))
            .bind(column(rows, |a| a.status.code()))
            .bind(column(rows, |a| a.fence))
            .bind(column(rows, |a| a.lease.map(|id| id.0)))
            .bind(column(rows, |a| a.holder.map(|id| id.0)))
            .bind(column(rows, |a| a.expires.0))
            .bind(column(rows, |a| a.deadline.0))
            .bind(column(rows, |a| a.confirmed))
            .bind(column(rows, |a| a.author.map(|id| id.0)))
            .bind(column(rows, |a| a.submission.map(|id| id.0)))
            .bind(column(rows, |a| a.review))
            .bind(column(rows, |a| a.reserved_for.map(|id| id.0)))
            .bind(column(rows, |a| a.reserved_until.0))
            .bind(column(rows, |a| a.held))
            .bind(column(rows, |a| a.accepted))
            .bind(column(rows, |a| a.skipped))
            .bind(column(rows, |a| a.seq))
            .bind(column(rows, |a| a.since.0))
    },
};

const GRANTED: Part = Part {
    before: "INSERT INTO grants (lease, assignment, job, holder, stage, fence, granted, key, digest) SELECT * FROM ",
    types: &["uuid", "uuid", "uuid", "uuid", "bigint", "bigint", "bigint", "text", "bytea"],
    after: "",
    is_empty: |written| written.granted.is_empty(),
    bind: |statement, written| {
        let rows = &written.granted;
        statement
            .bind(column(rows, |g| g.lease.0))
            .bind(column(rows, |g| g.assignment.0))
            .bind(column(rows, |g| g.job.0))
            .bind(column(rows, |g| g.holder.0))
            .bind(column(rows, |g| g.stage.code()))
            .bind(column(rows, |g| g.fence))
            .bind(column(rows, |g| g.at.0))
            .bind(column(rows, |g| g.key.as_ref().map(|key| key.text.clone())))
            .bind(column(rows, |g| g.key.as_ref().map(|key| key.digest.clone())))
    },
};

const ENDED: Part = Part {
    before: "UPDATE grants g SET ended = c.ended, ended_at = c.ended_at, request = c.request,
            request_digest = c.digest, answer = c.answer
        FROM ",
    types: &["uuid", "bigint", "bigint", "text", "bytea", "text"],
    after: " AS c (lease, ended, ended_at, request, digest, answer) WHERE g.lease = c.lease AND g.ended IS NULL",
    is_empty: |written| written.ended.is_empty(),
    bind: |statement, written| {
        let rows = &written.ended;
        statement
            .bind(column(rows, |e| e.lease.0))
            .bind(column(rows, |e| e.how.code()))
            .bind(column(rows, |e| e.at.0))
            .bind(column(rows, |e| e.request()))
            .bind(column(rows, |e| e.request_digest()))
            .bind(column(rows, |e| e.answer()))
    },
};

const LOGGED: Part = Part {
    before: "INSERT INTO decision_log (subject, seq, at, actor, action, before, after, lease, fence, reason, detail)
        SELECT * FROM ",
    types: &[
        "uuid", "bigint", "bigint", "uuid", "text", "bigint", "bigint", "uuid", "bigint", "text", "text",
    ],
    after: "",
    is_empty: |written| written.entries.is_empty(),
    bind: |statement, written| {
        let rows = &written.entries;
        statement
            .bind(column(rows, |e| e.subject))
            .bind(column(rows, |e| e.seq))
            .bind(column(rows, |e| e.at.0))
            .bind(column(rows, |e| e.actor.map(|user| user.0)))
            .bind(column(rows, |e| e.action.clone()))
            .bind(column(rows, |e| e.from.map(Status::code)))
            .bind(column(rows, |e| e.to.map(Status::code)))
            .bind(column(rows, |e| e.lease_id.map(|id| id.0)))
            .bind(column(rows, |e| e.fence))
            .bind(column(rows, |e| e.reason.clone()))
            .bind(column(rows, |e| e.detail.as_ref().map(Value::to_string)))
    },
};

const SAVED: Part = Part {
    before: "INSERT INTO annotations (assignment, author, item, lease, revision, skipped, body, updated) SELECT * FROM ",
    types: &["uuid", "uuid", "bigint", "uuid", "bigint", "boolean", "text", "bigint"],
    after: " ON CONFLICT (assignment, author, item) DO UPDATE SET lease = excluded.lease,
            revision = excluded.revision, skipped = excluded.skipped, body = excluded.body, updated = excluded.updated",
    is_empty: |written| written.saved.is_empty(),
    bind: |statement, written| {
        let rows = &written.saved;
        statement
            .bind(column(rows, |r| r.save.assignment.0))
            .bind(column(rows, |r| r.save.author.0))
            .bind(column(rows, |r| r.save.work.item))
            .bind(column(rows, |r| r.save.lease.0))
            .bind(column(rows, |r| r.revision))
            .bind(column(rows, |r| r.save.work.skipped))
            .bind(column(rows, |r| r.save.work.body.clone()))
            .bind(column(rows, |r| r.save.now.0))
    },
};

const JUDGED: Part = Part {
    before: "INSERT INTO verdicts (submission, reviewer, item, lease, accept, reason, comment, updated) SELECT * FROM ",
    types: &["uuid", "uuid", "bigint", "uuid", "boolean", "text", "text", "bigint"],
    after: " ON CONFLICT (submission, reviewer, item) DO UPDATE SET lease = excluded.lease, accept = excluded.accept,
            reason = excluded.reason, comment = excluded.comment, updated = excluded.updated",
    is_empty: |written| written.judged.is_empty(),
    bind: |statement, written| {
        let rows = &written.judged;
        statement
            .bind(column(rows, |j| j.submission.0))
            .bind(column(rows, |j| j.reviewer.0))
            .bind(column(rows, |j| j.verdict.item))
            .bind(column(rows, |j| j.lease.0))
            .bind(column(rows, |j| j.verdict.verdict == Verdict::Accept))
            .bind(column(rows, |j| j.verdict.reason.clone()))
            .bind(column(rows, |j| j.verdict.comment.clone()))
            .bind(column(rows, |j| j.at.0))
    },
};

const ACCEPTED: Part = Part {
    before: "INSERT INTO accepted (job, item, slot, assignment, author, reviewer, skipped, at) SELECT * FROM ",
    types: &["uuid", "bigint", "bigint", "uuid", "uuid", "uuid", "boolean", "bigint"],
    after: "",
    is_empty: |written| written.accepted.is_empty(),
    bind: |statement, written| {
        let rows = &written.accepted;
        statement
            .bind(column(rows, |a| a.job.0))
            .bind(column(rows, |a| a.item))
            .bind(column(rows, |a| a.slot))
            .bind(column(rows, |a| a.assignment.0))
            .bind(column(rows, |a| a.author.0))
            .bind(column(rows, |a| a.reviewer.0))
            .bind(column(rows, |a| a.skipped))
            .bind(column(rows, |a| a.at.0))
    },
};
