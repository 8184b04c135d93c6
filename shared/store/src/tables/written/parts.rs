//! What a transaction writes, table by table: for each a statement over a batch of rows, with their columns.

use serde_json::Value;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use swath_domain::Status;
use swath_domain::review::Verdict;

use super::rows::Written;
use crate::engine::rowset::{self, Column};
use crate::model::rows::NO_TIME;
use crate::tables::events;

pub(super) type PgStatement = Query<'static, Postgres, PgArguments>;

/// The statement for one table, and how a transaction's rows are bound to it.
pub(super) struct Part {
    /// The statement; `{rows}` stands for the rows.
    pub(super) text: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) is_empty: fn(&Written) -> bool,
    /// Binds an array for each column.
    pub(super) bind: fn(PgStatement, &Written) -> PgStatement,
    /// All rows as one text.
    pub(super) json: fn(&Written) -> String,
}

macro_rules! part {
    ($text:expr, $rows:ident, |$r:ident| { $($name:ident: $type:ident = $field:expr),+ $(,)? }) => {
        Part {
            text: $text,
            columns: &[$((stringify!($name), stringify!($type))),+],
            is_empty: |written| written.$rows.is_empty(),
            bind: |statement, written| {
                statement$(.bind(written.$rows.iter().map(|$r| $field).collect::<Vec<_>>()))+
            },
            json: |written| rowset::written(&written.$rows, |$r, cells| { $(cells.cell($field);)+ }),
        }
    };
}

pub(super) const PARTS: [Part; 8] = [CHANGED, GRANTED, ENDED, LOGGED, SAVED, JUDGED, ACCEPTED, EVENTS];

const CHANGED: Part = part!(
    "UPDATE assignments AS a SET
         status = c.status, fence = c.fence, lease = c.lease, holder = c.holder, expires = c.expires,
         deadline = c.deadline, confirmed = c.confirmed, author = c.author, submission = c.submission,
         review = c.review, reserved_for = c.reserved_for, reserved_until = c.reserved_until, held = c.held,
         accepted = c.accepted, skipped = c.skipped, seq = c.seq, since = c.since
     FROM {rows} WHERE a.id = c.id",
    changed,
    |a| {
        id: uuid = a.id.0,
        status: bigint = a.status.code(),
        fence: bigint = a.fence,
        lease: uuid = a.lease_id().map(|id| id.0),
        holder: uuid = a.holder().map(|user| user.0),
        expires: bigint = a.lease.map_or(NO_TIME, |lease| lease.expires.0),
        deadline: bigint = a.lease.map_or(NO_TIME, |lease| lease.deadline.0),
        confirmed: bigint = a.saved,
        author: uuid = a.author().map(|user| user.0),
        submission: uuid = a.submission_id().map(|id| id.0),
        review: boolean = a.is_for_review(),
        reserved_for: uuid = a.reserved_for().map(|user| user.0),
        reserved_until: bigint = a.reservation.map_or(NO_TIME, |reservation| reservation.until.0),
        held: boolean = a.needs_manager,
        accepted: bigint = a.outcome.accepted,
        skipped: bigint = a.outcome.skipped,
        seq: bigint = a.seq,
        since: bigint = a.since.0,
    }
);

const GRANTED: Part = part!(
    "INSERT INTO grants (lease, assignment, job, holder, stage, fence, granted, key, digest) SELECT * FROM {rows}",
    granted,
    |g| {
        lease: uuid = g.lease.0,
        assignment: uuid = g.assignment.0,
        job: uuid = g.job.0,
        holder: uuid = g.holder.0,
        stage: bigint = g.stage.code(),
        fence: bigint = g.fence,
        granted: bigint = g.at.0,
        key: text = g.key.as_ref().map(|key| key.text.clone()),
        digest: bytea = g.key.as_ref().map(|key| key.digest.clone()),
    }
);

const ENDED: Part = part!(
    "UPDATE grants AS g SET ended = c.ended, ended_at = c.ended_at, request = c.request, request_digest = c.digest,
         answer = c.answer
     FROM {rows} WHERE g.lease = c.lease AND g.ended IS NULL",
    ended,
    |e| {
        lease: uuid = e.lease.0,
        ended: bigint = e.how.code(),
        ended_at: bigint = e.at.0,
        request: text = e.request_text(),
        digest: bytea = e.request_digest(),
        answer: text = e.answer(),
    }
);

const LOGGED: Part = part!(
    "INSERT INTO decision_log (subject, seq, at, actor, action, before, after, lease, fence, reason, detail, maker)
     SELECT * FROM {rows}",
    entries,
    |e| {
        subject: uuid = e.subject,
        seq: bigint = e.seq,
        at: bigint = e.at.0,
        actor: uuid = e.actor.map(|user| user.0),
        action: text = e.action.clone(),
        before: bigint = e.from.map(Status::code),
        after: bigint = e.to.map(Status::code),
        lease: uuid = e.lease_id.map(|id| id.0),
        fence: bigint = e.fence,
        reason: text = e.reason.clone(),
        detail: text = e.detail.as_ref().map(Value::to_string),
        maker: uuid = e.token_maker.map(|user| user.0),
    }
);

const SAVED: Part = part!(
    "INSERT INTO annotations (assignment, author, item, lease, revision, skipped, body, updated)
     SELECT * FROM {rows} WHERE TRUE
     ON CONFLICT (assignment, author, item) DO UPDATE SET lease = excluded.lease, revision = excluded.revision,
         skipped = excluded.skipped, body = excluded.body, updated = excluded.updated",
    saved,
    |r| {
        assignment: uuid = r.save.assignment.0,
        author: uuid = r.save.author.0,
        item: bigint = r.save.work.item.0,
        lease: uuid = r.save.lease.0,
        revision: bigint = r.revision,
        skipped: boolean = r.save.work.skipped,
        body: text = r.save.work.body.clone(),
        updated: bigint = r.save.now.0,
    }
);

const JUDGED: Part = part!(
    "INSERT INTO verdicts (submission, reviewer, item, lease, accept, reason, comment, figures, updated)
     SELECT * FROM {rows} WHERE TRUE
     ON CONFLICT (submission, reviewer, item) DO UPDATE SET lease = excluded.lease, accept = excluded.accept,
         reason = excluded.reason, comment = excluded.comment, figures = excluded.figures,
         updated = excluded.updated",
    judged,
    |j| {
        submission: uuid = j.submission.0,
        reviewer: uuid = j.reviewer.0,
        item: bigint = j.verdict.item.0,
        lease: uuid = j.lease.0,
        accept: boolean = j.verdict.verdict == Verdict::Accept,
        reason: text = j.verdict.reason.clone(),
        comment: text = j.verdict.comment.clone(),
        figures: text = j.verdict.stored_figures(),
        updated: bigint = j.at.0,
    }
);

const ACCEPTED: Part = part!(
    "INSERT INTO accepted (job, item, slot, assignment, author, reviewer, skipped, at) SELECT * FROM {rows}",
    accepted,
    |a| {
        job: uuid = a.job.0,
        item: bigint = a.item.0,
        slot: bigint = a.slot.0,
        assignment: uuid = a.assignment.0,
        author: uuid = a.author.0,
        reviewer: uuid = a.reviewer.map(|user| user.0),
        skipped: boolean = a.skipped,
        at: bigint = a.at.0,
    }
);

const EVENTS: Part = part!(
    events::INSERT,
    events,
    |e| {
        team: uuid = e.team.0,
        at: bigint = e.at.0,
        body: text = e.body(),
    }
);
