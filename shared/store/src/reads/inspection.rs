//! Stored rows that would be refused today, page by page. Each kind of finding is one query, which reads keys and sizes but
//! no texts that users have written.

use std::collections::BTreeMap;

use swath_domain::ids::{AssignmentId, JobId, TeamId, UserId};
use swath_domain::limits::{ANNOTATION_BYTES_MAX, SPEC_BYTES_MAX};
use swath_domain::{ItemIndex, email};
use uuid::Uuid;

use crate::engine::db::{Db, fetch_all};
use crate::error::Result;
use crate::reads::datasets;

/// A kind of finding. A further kind is a name here and an arm in `Store::inspect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// Annotations that take more bytes than may be saved.
    LargeAnnotations,
    /// Jobs whose specification takes more bytes than a new one may.
    LargeJobs,
    /// Tokens of users who are no administrators that belong to no team.
    TokensWithoutTeam,
    /// Accounts with the same e-mail address as an older account.
    SharedAddresses,
    /// Users who were added to a second team when that did not need their consent yet.
    MembersUnasked,
    /// Teams that may use all media of the server.
    SharedMedia,
    /// Datasets whose pictures were measured as their files store them, and not as they are displayed.
    SizesAsStored,
}

impl Inspection {
    /// All kinds, in the order of a report.
    pub const ALL: [Self; 7] = [
        Self::LargeAnnotations,
        Self::LargeJobs,
        Self::TokensWithoutTeam,
        Self::SharedAddresses,
        Self::MembersUnasked,
        Self::SharedMedia,
        Self::SizesAsStored,
    ];

    /// Its name in reports for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::LargeAnnotations => "large-annotation",
            Self::LargeJobs => "large-job",
            Self::TokensWithoutTeam => "token-without-team",
            Self::SharedAddresses => "shared-address",
            Self::MembersUnasked => "member-unasked",
            Self::SharedMedia => "shared-media",
            Self::SizesAsStored => "sizes-as-stored",
        }
    }
}

/// A row that would be refused today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectionFinding {
    /// The key of the row.
    pub subject: String,
    /// A sentence that says why.
    pub message: String,
}

/// A page of findings.
#[derive(Debug, Clone, Default)]
pub struct InspectionPage {
    /// What was found on this page.
    pub findings: Vec<InspectionFinding>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<InspectionCursor>,
}

/// The key that a page of findings begins after. Each kind of finding uses as much of it as its rows have keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InspectionCursor {
    id: Uuid,
    author: Uuid,
    item: ItemIndex,
}

impl InspectionCursor {
    /// The part of the key that most kinds of findings use.
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    fn of_id(id: Uuid) -> Self {
        Self { id, author: Uuid::nil(), item: ItemIndex::FIRST }
    }
}

impl Default for InspectionCursor {
    /// Before the first row.
    fn default() -> Self {
        Self { id: Uuid::nil(), author: Uuid::nil(), item: ItemIndex(-1) }
    }
}

/// The most rows that are read for one page, so that no statement runs for long.
pub(crate) const ROWS_PER_PAGE: i64 = 10_000;

/// Reads a page of annotations, and returns those that are too large.
pub(crate) async fn large_annotations(db: &mut Db<'_>, after: InspectionCursor) -> Result<InspectionPage> {
    let InspectionCursor { id: assignment, author, item } = after;
    let rows = fetch_all!(
        db,
        (Uuid, Uuid, i64, i64),
        "SELECT assignment, author, item, CAST(octet_length(body) AS BIGINT) FROM annotations
         WHERE (assignment, author, item) > ($1, $2, $3) ORDER BY assignment, author, item LIMIT $4",
        assignment,
        author,
        item.0,
        ROWS_PER_PAGE;
        |t| {
            let behind = t.annotations.range((assignment, author, item.0 + 1)..).take(ROWS_PER_PAGE as usize);
            behind.map(|((of, by, item), note)| (*of, *by, *item, note.body.len() as i64)).collect()
        }
    )?;
    let next = next(&rows, |row| InspectionCursor { id: row.0, author: row.1, item: ItemIndex(row.2) });
    let large = rows.into_iter().filter(|row| row.3 > ANNOTATION_BYTES_MAX as i64);
    let finding = |(assignment, author, item, bytes)| {
        let (assignment, author) = (AssignmentId(assignment), UserId(author));
        let message = too_large("the annotation", bytes, ANNOTATION_BYTES_MAX);
        InspectionFinding { subject: format!("{assignment}/{author}/{item}"), message }
    };
    Ok(InspectionPage { findings: large.map(finding).collect(), next })
}

/// Reads a page of jobs, and returns those whose specification is too large.
pub(crate) async fn large_jobs(db: &mut Db<'_>, after: InspectionCursor) -> Result<InspectionPage> {
    let rows = fetch_all!(
        db,
        (Uuid, i64),
        "SELECT id, CAST(octet_length(spec) AS BIGINT) FROM jobs WHERE id > $1 ORDER BY id LIMIT $2",
        after.id,
        ROWS_PER_PAGE;
        |t| {
            let size = |spec| serde_json::to_string(spec).map_or(0, |text| text.len() as i64);
            let behind = t.jobs.values().filter(|job| job.id.0 > after.id).take(ROWS_PER_PAGE as usize);
            behind.map(|job| (job.id.0, size(&job.spec))).collect()
        }
    )?;
    let next = next(&rows, |row| InspectionCursor::of_id(row.0));
    let large = rows.into_iter().filter(|row| row.1 > SPEC_BYTES_MAX as i64);
    let finding = |(job, bytes)| InspectionFinding {
        subject: JobId(job).to_string(),
        message: too_large("the job's specification", bytes, SPEC_BYTES_MAX),
    };
    Ok(InspectionPage { findings: large.map(finding).collect(), next })
}

/// Reads a page of valid tokens that belong to no team, but for those of administrators.
pub(crate) async fn tokens_without_team(db: &mut Db<'_>, after: InspectionCursor) -> Result<InspectionPage> {
    let rows = fetch_all!(
        db,
        (Uuid, Uuid),
        "SELECT t.id, t.person FROM tokens t JOIN users u ON u.id = t.person
         WHERE t.team IS NULL AND t.revoked IS NULL AND NOT u.admin AND t.id > $1 ORDER BY t.id LIMIT $2",
        after.id,
        ROWS_PER_PAGE;
        |t| {
            let of_admin = |user| t.users.get(user).is_some_and(|user| user.admin);
            let loose = t.tokens.iter().filter(|(id, token)| {
                **id > after.id && token.team.is_none() && token.revoked.is_none() && !of_admin(&token.user)
            });
            loose.take(ROWS_PER_PAGE as usize).map(|(id, token)| (*id, token.user)).collect()
        }
    )?;
    Ok(page(rows, |(token, user)| InspectionFinding {
        subject: token.to_string(),
        message: format!("the token of user {user} opens all teams in which they were at the upgrade"),
    }))
}

/// Reads a page of accounts with the same e-mail address as an older account.
pub(crate) async fn shared_addresses(db: &mut Db<'_>, after: InspectionCursor) -> Result<InspectionPage> {
    let rows = fetch_all!(
        db,
        (Uuid, Uuid),
        "SELECT u.id, o.id FROM users u JOIN users o ON lower(trim(o.email)) = lower(trim(u.email))
         WHERE u.email IS NOT NULL AND o.id < u.id AND u.id > $1 ORDER BY u.id, o.id LIMIT $2",
        after.id,
        ROWS_PER_PAGE;
        |t| {
            let keys = t.users.values().filter_map(|user| Some((user.id.0, email::key(user.email.as_deref()?))));
            let keys: Vec<_> = keys.collect();
            let older = |(user, key): &(Uuid, String)| {
                let same = keys.iter().find(|(other, other_key)| other < user && other_key == key);
                same.map(|(other, _)| (*user, *other))
            };
            keys.iter().filter(|(user, _)| *user > after.id).filter_map(older).take(ROWS_PER_PAGE as usize).collect()
        }
    )?;
    Ok(page(rows, |(user, older)| InspectionFinding {
        subject: user.to_string(),
        message: format!("the account has the same e-mail address as the older account {older}"),
    }))
}

/// Reads a page of users who were added to several teams when that did not need their consent yet.
pub(crate) async fn members_unasked(db: &mut Db<'_>, after: InspectionCursor) -> Result<InspectionPage> {
    let rows = fetch_all!(
        db,
        (Uuid, i64),
        "SELECT person, COUNT(*) FROM members WHERE since IS NULL AND person > $1
         GROUP BY person HAVING COUNT(*) > 1 ORDER BY person LIMIT $2",
        after.id,
        ROWS_PER_PAGE;
        |t| {
            let mut teams = BTreeMap::new();
            let old = t.members.iter().filter(|((_, user), member)| member.since.is_none() && *user > after.id);
            old.for_each(|((_, user), _)| *teams.entry(*user).or_insert(0) += 1);
            teams.into_iter().filter(|(_, count)| *count > 1).take(ROWS_PER_PAGE as usize).collect()
        }
    )?;
    Ok(page(rows, |(user, count)| InspectionFinding {
        subject: user.to_string(),
        message: format!("the user is in {count} teams from before people had to be asked"),
    }))
}

/// The page of these teams, which are a page of the teams that may use all media.
pub(crate) fn shared_media(teams: Vec<(TeamId, String)>) -> InspectionPage {
    let rows = teams.into_iter().map(|(team, name)| (team.0, name)).collect();
    page(rows, |(team, name)| InspectionFinding {
        subject: team.to_string(),
        message: format!("the team `{name}` may use all media of the server"),
    })
}

/// Reads a page of datasets whose pictures were measured as their files store them.
pub(crate) async fn sizes_as_stored(db: &mut Db<'_>, after: InspectionCursor) -> Result<InspectionPage> {
    let found = datasets::measured_as_stored(db, after.id, ROWS_PER_PAGE).await?;
    let rows = found.into_iter().map(|dataset| (dataset.id.0, dataset.name)).collect();
    Ok(page(rows, |(dataset, name)| InspectionFinding {
        subject: dataset.to_string(),
        message: format!(
            "pictures of the dataset `{name}` were measured as they are stored: where EXIF turns one, its sides are \
             exchanged"
        ),
    }))
}

/// The page of rows that are all findings; each begins with its key, and the rows are in the order of that.
fn page<T>(rows: Vec<(Uuid, T)>, finding: impl Fn((Uuid, T)) -> InspectionFinding) -> InspectionPage {
    let next = next(&rows, |row| InspectionCursor::of_id(row.0));
    InspectionPage { findings: rows.into_iter().map(finding).collect(), next }
}

/// Where the next page begins, if this page is full.
fn next<T>(rows: &[T], cursor: impl Fn(&T) -> InspectionCursor) -> Option<InspectionCursor> {
    rows.last().filter(|_| rows.len() as i64 >= ROWS_PER_PAGE).map(cursor)
}

fn too_large(what: &str, bytes: i64, most: usize) -> String {
    format!("{what} takes {bytes} bytes as JSON; today at most {most} are allowed")
}
