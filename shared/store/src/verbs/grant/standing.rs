//! What stands for the people of a batch before anything is granted: the first answers under their keys, what they hold
//! already, and what is reserved for them, all of it in one statement.

use std::collections::HashMap;

use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};
use swath_domain::planted::{Bug, is};
use swath_domain::{Assignment, Stage};
use uuid::Uuid;

use super::Grant;
use super::keys::{Place, place, route};
use crate::engine::db::{Db, fetch_each, row};
use crate::error::Result;
use crate::model::memory::Tables;

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

/// What is reserved comes from jobs that grant, and of each person alike: what one of them cannot have must not hide the
/// rest.
macro_rules! standing {
    ($reserved:literal) => {
        concat!(
            "WITH asked AS (SELECT * FROM {rows})
             SELECT CAST(0 AS BIGINT), g.holder, g.stage, g.key, g.lease, CAST(NULL AS TEXT), g.digest, CAST(NULL AS UUID),
                 CAST(NULL AS UUID), CAST(NULL AS UUID)
             FROM asked c CROSS JOIN grants g WHERE g.holder = c.person AND g.stage = c.stage AND g.key = c.key
             UNION ALL
             SELECT 0, a.person, c.stage, a.key, NULL, a.answer, a.digest, NULL, NULL, NULL
             FROM asked c CROSS JOIN answers a WHERE a.person = c.person AND a.route = c.route AND a.key = c.key
             UNION ALL
             SELECT 1, a.holder, a.status, NULL, a.lease, NULL, NULL, a.id, a.team, a.job
             FROM asked c CROSS JOIN assignments a WHERE a.holder = c.person
             UNION ALL
             SELECT 2, c.person, 0, NULL, NULL, NULL, NULL, a.id, NULL, a.job
             FROM asked c CROSS JOIN ",
            $reserved
        )
    };
}
const POSTGRES: &str = standing!(
    "LATERAL (
         SELECT r.id, r.job FROM assignments r JOIN jobs j ON j.id = r.job AND j.status = 0
         WHERE r.reserved_for = c.person AND r.status = 0 AND NOT r.held AND r.team = c.team
             AND (c.job IS NULL OR r.job = c.job)
         ORDER BY r.id LIMIT 20) a
     WHERE c.annotates"
);
const SQLITE: &str = standing!(
    "assignments a
     WHERE c.annotates AND a.id IN (
         SELECT r.id FROM assignments r JOIN jobs j ON j.id = r.job AND j.status = 0
         WHERE r.reserved_for = c.person AND r.status = 0 AND NOT r.held AND r.team = c.team
             AND (c.job IS NULL OR r.job = c.job)
         ORDER BY r.id LIMIT 20)"
);

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
    fetch_each!(
        db,
        StandingRow,
        [POSTGRES, SQLITE],
        commands,
        |command| {
            person: uuid = command.user.0,
            stage: bigint = command.stage.code(),
            key: text = command.key.as_ref().map(|key| key.text.clone()),
            route: text = route(command.stage.code()),
            team: uuid = command.team.0,
            job: uuid = command.only.map(|job| job.0),
            annotates: boolean = command.stage == Stage::Annotate,
        };
        |t| of_model(t, command)
    )
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
    rows.extend(
        t.reserved_for(command.user, command.only)
            .filter(|a| a.team == command.team)
            .take(20)
            .map(|a| of(RESERVED, a)),
    );
    rows
}
