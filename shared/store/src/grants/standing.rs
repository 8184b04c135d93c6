//! What stands for the people of a batch before anything is granted: the first answers under their keys, what they hold
//! already, and what is reserved for them. PostgreSQL tells all of it in one statement.

use std::collections::HashMap;

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::{Assignment, Stage};
use uuid::Uuid;

use super::Grant;
use super::keys::{Place, place, route};
use crate::db::{Db, fetch_all, row};
use crate::error::Result;
use crate::memory::Tables;

/// The lease of a first answer, and the digest of the first question.
type First = (LeaseId, Option<Vec<u8>>);

/// An assignment that somebody holds, or held when the lease lapsed.
#[derive(Debug, Clone)]
pub(super) struct HeldRow {
    pub(super) id: Uuid,
    pub(super) team: Uuid,
    pub(super) job: Uuid,
    pub(super) lease: Uuid,
}

/// See the module.
#[derive(Default)]
pub(super) struct Standing {
    first: HashMap<Place, First>,
    held: HashMap<(UserId, Stage), Vec<(HeldRow, bool)>>,
    reserved: HashMap<UserId, Vec<(JobId, AssignmentId)>>,
}

/// What a row tells of.
const FIRST: i64 = 0;
const HELD: i64 = 1;
const RESERVED: i64 = 2;

row! {
    /// One of the three; `code` is a stage or a status.
    #[derive(Debug, Clone)]
    struct StandingRow {
        what: i64, person: Uuid, code: i64, key: Option<String>, lease: Option<Uuid>, answer: Option<String>,
        digest: Option<Vec<u8>>, id: Option<Uuid>, team: Option<Uuid>, job: Option<Uuid>,
    }
}

/// Only jobs that grant, and of each person alike: what one of them cannot have must not hide the rest.
const POSTGRES: &str = "
    SELECT 0::bigint AS what, g.holder AS person, g.stage AS code, g.key, g.lease, NULL::text AS answer, g.digest,
        NULL::uuid AS id, NULL::uuid AS team, NULL::uuid AS job
    FROM UNNEST($1::uuid[], $2::bigint[], $3::text[], $4::text[]) AS c (person, stage, key, route)
    JOIN grants g ON g.holder = c.person AND g.stage = c.stage AND g.key = c.key
    UNION ALL
    SELECT 0, a.person, c.stage, a.key, NULL, a.answer, a.digest, NULL, NULL, NULL
    FROM UNNEST($1::uuid[], $2::bigint[], $3::text[], $4::text[]) AS c (person, stage, key, route)
    JOIN answers a ON a.person = c.person AND a.route = c.route AND a.key = c.key
    UNION ALL
    SELECT 1, holder, status, NULL, lease, NULL, NULL, id, team, job FROM assignments WHERE holder = ANY($5)
    UNION ALL
    SELECT 2, c.person, 0, NULL, NULL, NULL, NULL, r.id, NULL, r.job
    FROM UNNEST($6::uuid[], $7::uuid[]) AS c (person, only_job)
    CROSS JOIN LATERAL (
        SELECT a.job, a.id FROM assignments a JOIN jobs j ON j.id = a.job AND j.status = 0
        WHERE a.reserved_for = c.person AND a.status = 0 AND NOT a.held
          AND (c.only_job IS NULL OR a.job = c.only_job)
        ORDER BY a.id LIMIT 20) r";
/// The same of one person, with a key or an empty one, which nobody has.
const SQLITE: &str = "
    SELECT 0 AS what, holder AS person, stage AS code, key, lease, NULL AS answer, digest, NULL AS id, NULL AS team,
        NULL AS job
    FROM grants WHERE holder = $1 AND stage = $2 AND key = $3
    UNION ALL
    SELECT 0, person, CAST($2 AS BIGINT), key, NULL, answer, digest, NULL, NULL, NULL FROM answers
    WHERE person = $1 AND route = $4 AND key = $3
    UNION ALL
    SELECT 1, holder, status, NULL, lease, NULL, NULL, id, team, job FROM assignments WHERE holder = $1
    UNION ALL
    SELECT * FROM (
        SELECT 2, a.reserved_for, 0, NULL, NULL, NULL, NULL, a.id, NULL, a.job
        FROM assignments a JOIN jobs j ON j.id = a.job AND j.status = 0
        WHERE a.reserved_for = $1 AND a.status = 0 AND NOT a.held AND ($5 IS NULL OR a.job = $5)
        ORDER BY a.id LIMIT 20)";

impl Standing {
    pub(super) async fn read(db: &mut Db<'_>, commands: &[Grant]) -> Result<Self> {
        let mut standing = Self::default();
        for row in rows(db, commands).await? {
            standing.take(row);
        }
        Ok(standing)
    }

    fn take(&mut self, row: StandingRow) {
        let person = UserId(row.person);
        match (row.what, row.id, row.job) {
            (FIRST, ..) => {
                let handed_back = || row.answer.as_deref().and_then(|answer| answer.parse().ok());
                if let Some((lease, key)) = row.lease.map(LeaseId).or_else(handed_back).zip(row.key) {
                    self.first.insert((row.person, row.code, key), (lease, row.digest));
                }
            }
            (HELD, Some(id), Some(job)) => {
                let Some((team, lease)) = row.team.zip(row.lease) else { return };
                let stage = if row.code < 2 { Stage::Annotate } else { Stage::Review };
                let lapsed = row.code == stage.waiting().code();
                self.held
                    .entry((person, stage))
                    .or_default()
                    .push((HeldRow { id, team, job, lease }, lapsed));
            }
            (RESERVED, Some(id), Some(job)) => {
                self.reserved.entry(person).or_default().push((JobId(job), AssignmentId(id)));
            }
            _ => {}
        }
    }

    /// The answer to an earlier question under the same key.
    pub(super) fn first(&self, command: &Grant) -> Option<&First> {
        self.first.get(&place(command)).filter(|_| !is(Bug::GrantKeyForgotten))
    }

    /// What the person holds of the command's stage: the row, and whether the lease has lapsed.
    pub(super) fn held(&self, command: &Grant) -> &[(HeldRow, bool)] {
        self.held.get(&(command.user, command.stage)).map_or(&[], Vec::as_slice)
    }

    /// What is reserved for the person, where it is for annotating that they ask.
    pub(super) fn reserved(&self, command: &Grant) -> &[(JobId, AssignmentId)] {
        match command.stage {
            Stage::Annotate => self.reserved.get(&command.user).map_or(&[], Vec::as_slice),
            Stage::Review => &[],
        }
    }
}

async fn rows(db: &mut Db<'_>, commands: &[Grant]) -> Result<Vec<StandingRow>> {
    if let Db::Postgres(connection) = db {
        let keyed: Vec<_> = commands.iter().filter(|command| command.key.is_some()).map(place).collect();
        let asking: Vec<_> = commands.iter().filter(|command| command.stage == Stage::Annotate).collect();
        let mut people: Vec<_> = commands.iter().map(|command| command.user.0).collect();
        people.sort_unstable();
        people.dedup();
        return Ok(sqlx::query_as::<_, StandingRow>(POSTGRES)
            .bind(keyed.iter().map(|place| place.0).collect::<Vec<_>>())
            .bind(keyed.iter().map(|place| place.1).collect::<Vec<_>>())
            .bind(keyed.iter().map(|place| place.2.clone()).collect::<Vec<_>>())
            .bind(keyed.iter().map(|place| route(place.1)).collect::<Vec<_>>())
            .bind(people)
            .bind(asking.iter().map(|command| command.user.0).collect::<Vec<_>>())
            .bind(asking.iter().map(|command| command.only.map(|job| job.0)).collect::<Vec<_>>())
            .fetch_all(&mut **connection)
            .await?);
    }
    let mut rows = Vec::new();
    for command in commands {
        let (person, stage, key) = place(command);
        let only = command.only.map(|job| job.0);
        let of_one = fetch_all!(
            db,
            StandingRow,
            SQLITE,
            person,
            stage,
            &key,
            route(stage),
            only;
            |t| of_model(t, command)
        );
        rows.extend(of_one?);
    }
    Ok(rows)
}

fn of_model(t: &Tables, command: &Grant) -> Vec<StandingRow> {
    let (person, stage, key) = place(command);
    let blank = StandingRow {
        what: FIRST,
        person,
        code: stage,
        key: None,
        lease: None,
        answer: None,
        digest: None,
        id: None,
        team: None,
        job: None,
    };
    let mut rows = Vec::new();
    if let Some(grant) = t.grant_under(person, stage, &key) {
        let (key, lease) = (Some(key.clone()), Some(grant.lease));
        rows.push(StandingRow { key, lease, digest: grant.digest.clone(), ..blank.clone() });
    }
    if let Some((digest, answer, _)) = t.answers.get(&(person, route(stage).to_owned(), key.clone())) {
        let (answer, digest) = (Some(answer.clone()), Some(digest.clone()));
        rows.push(StandingRow { key: Some(key), answer, digest, ..blank.clone() });
    }
    let of = |what: i64, a: &Assignment| StandingRow {
        what,
        code: a.status.code(),
        lease: a.lease.map(|lease| lease.0),
        id: Some(a.id.0),
        team: Some(a.team.0),
        job: Some(a.job.0),
        ..blank.clone()
    };
    rows.extend(t.assignments.values().filter(|a| a.holder == Some(command.user)).map(|a| of(HELD, a)));
    rows.extend(t.reserved_for(command.user, command.only).take(20).map(|a| of(RESERVED, a)));
    rows
}
