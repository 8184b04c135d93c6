//! What stands in the database and would be refused today, page by page. Each kind of finding is one query, which reads
//! sizes and keys, and nothing of what people wrote.

use swath_domain::ids::{AssignmentId, JobId, UserId};
use swath_domain::limits::{ANNOTATION_BYTES_MAX, SPEC_BYTES_MAX};
use uuid::Uuid;

use crate::engine::db::fetch_all;
use crate::error::Result;
use crate::store::Store;

/// What can be looked for. A further kind is a name here and an arm in [`Store::inspect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// Annotations that take more bytes than may be saved.
    LargeAnnotations,
    /// Jobs whose specification takes more bytes than a new one may.
    LargeJobs,
    /// Tokens of people that belong to no team.
    TokensWithoutTeam,
    /// Accounts whose address belongs to an older one.
    SharedAddresses,
    /// People who were added to a second team before they had to be asked.
    MembersUnasked,
    /// Teams that may use all media of the server.
    SharedMedia,
    /// Datasets whose pictures were measured as they are stored, and not as they are displayed.
    SizesAsStored,
}

impl Inspection {
    /// All kinds, in the order in which they are looked for.
    pub const ALL: [Self; 7] = [
        Self::LargeAnnotations,
        Self::LargeJobs,
        Self::TokensWithoutTeam,
        Self::SharedAddresses,
        Self::MembersUnasked,
        Self::SharedMedia,
        Self::SizesAsStored,
    ];

    /// Its name, for programs.
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

/// One thing that would be refused today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectionFinding {
    /// Which row, as its key reads.
    pub subject: String,
    /// What would be refused, for people.
    pub message: String,
}

/// A page of findings.
#[derive(Debug, Clone, Default)]
pub struct InspectionPage {
    /// The findings.
    pub findings: Vec<InspectionFinding>,
    /// Where the next page begins; none at the end.
    pub next: Option<InspectionCursor>,
}

/// Where a page of findings begins: behind a key that every kind reads in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InspectionCursor(Uuid, Uuid, i64);

impl Default for InspectionCursor {
    /// The beginning.
    fn default() -> Self {
        Self(Uuid::nil(), Uuid::nil(), -1)
    }
}

/// Rows that are looked at for one page, so that no statement runs for long.
const LOOKED_AT: i64 = 10_000;

impl Store {
    /// The next page of findings of one kind.
    pub async fn inspect(&self, kind: Inspection, after: InspectionCursor) -> Result<InspectionPage> {
        match kind {
            Inspection::LargeAnnotations => self.large_annotations(after).await,
            Inspection::LargeJobs => self.large_jobs(after).await,
            Inspection::TokensWithoutTeam => self.tokens_without_team(after).await,
            Inspection::SharedAddresses => self.shared_addresses(after).await,
            Inspection::MembersUnasked => self.members_unasked(after).await,
            Inspection::SharedMedia => self.shared_media(after).await,
            Inspection::SizesAsStored => self.sizes_as_stored(after).await,
        }
    }

    async fn large_annotations(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let InspectionCursor(assignment, author, item) = after;
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, Uuid, i64, i64),
            "SELECT assignment, author, item, CAST(octet_length(body) AS BIGINT) FROM annotations
             WHERE (assignment, author, item) > ($1, $2, $3) ORDER BY assignment, author, item LIMIT $4",
            assignment,
            author,
            item,
            LOOKED_AT;
            |t| {
                let behind = t.annotations.range((assignment, author, item + 1)..).take(LOOKED_AT as usize);
                behind.map(|((of, by, item), note)| (*of, *by, *item, note.body.len() as i64)).collect()
            }
        )?;
        let next = next(&rows, |row| InspectionCursor(row.0, row.1, row.2));
        let large = rows.into_iter().filter(|row| row.3 > ANNOTATION_BYTES_MAX as i64);
        let finding = |(assignment, author, item, bytes)| {
            let (assignment, author) = (AssignmentId(assignment), UserId(author));
            let message = too_large("the annotation", bytes, ANNOTATION_BYTES_MAX);
            InspectionFinding { subject: format!("{assignment}/{author}/{item}"), message }
        };
        Ok(InspectionPage { findings: large.map(finding).collect(), next })
    }

    async fn large_jobs(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, i64),
            "SELECT id, CAST(octet_length(spec) AS BIGINT) FROM jobs WHERE id > $1 ORDER BY id LIMIT $2",
            after.0,
            LOOKED_AT;
            |t| {
                let size = |spec| serde_json::to_string(spec).map_or(0, |text| text.len() as i64);
                let behind = t.jobs.values().filter(|job| job.id.0 > after.0).take(LOOKED_AT as usize);
                behind.map(|job| (job.id.0, size(&job.spec))).collect()
            }
        )?;
        let next = next(&rows, |row| InspectionCursor(row.0, Uuid::nil(), 0));
        let large = rows.into_iter().filter(|row| row.1 > SPEC_BYTES_MAX as i64);
        let finding = |(job, bytes)| InspectionFinding {
            subject: JobId(job).to_string(),
            message: too_large("the job's specification", bytes, SPEC_BYTES_MAX),
        };
        Ok(InspectionPage { findings: large.map(finding).collect(), next })
    }
}

impl Store {
    async fn tokens_without_team(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, Uuid),
            "SELECT t.id, t.person FROM tokens t JOIN users u ON u.id = t.person
             WHERE t.team IS NULL AND t.revoked IS NULL AND NOT u.admin AND t.id > $1 ORDER BY t.id LIMIT $2",
            after.0,
            LOOKED_AT;
            |t| {
                let of_admin = |person| t.users.get(person).is_some_and(|user| user.admin);
                let loose = t.tokens.iter().filter(|(id, token)| {
                    **id > after.0 && token.team.is_none() && token.revoked.is_none() && !of_admin(&token.user)
                });
                loose.take(LOOKED_AT as usize).map(|(id, token)| (*id, token.user)).collect()
            }
        )?;
        Ok(page(rows, |(token, person)| InspectionFinding {
            subject: token.to_string(),
            message: format!("the token of user {person} opens all teams in which they were at the upgrade"),
        }))
    }

    async fn shared_addresses(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, Uuid),
            "SELECT u.id, o.id FROM users u JOIN users o ON lower(trim(o.email)) = lower(trim(u.email))
             WHERE u.email IS NOT NULL AND o.id < u.id AND u.id > $1 ORDER BY u.id, o.id LIMIT $2",
            after.0,
            LOOKED_AT;
            |t| {
                let key = |user: &crate::User| user.email.as_deref().map(swath_domain::email::key);
                let twins = t.users.values().filter(|user| user.id.0 > after.0 && user.email.is_some());
                let older = |user: &crate::User| {
                    let same = t.users.values().find(|other| other.id < user.id && key(other) == key(user));
                    same.map(|other| (user.id.0, other.id.0))
                };
                twins.filter_map(older).take(LOOKED_AT as usize).collect()
            }
        )?;
        Ok(page(rows, |(user, older)| InspectionFinding {
            subject: user.to_string(),
            message: format!("the account has the same e-mail address as the older account {older}"),
        }))
    }

    async fn members_unasked(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let mut reader = self.reader().await?;
        let rows = fetch_all!(
            &mut reader.db(),
            (Uuid, i64),
            "SELECT person, COUNT(*) FROM members WHERE since IS NULL AND person > $1
             GROUP BY person HAVING COUNT(*) > 1 ORDER BY person LIMIT $2",
            after.0,
            LOOKED_AT;
            |t| {
                let mut teams = std::collections::BTreeMap::new();
                let old = t.members.iter().filter(|((_, person), member)| member.since.is_none() && *person > after.0);
                old.for_each(|((_, person), _)| *teams.entry(*person).or_insert(0) += 1);
                teams.into_iter().filter(|(_, count)| *count > 1).take(LOOKED_AT as usize).collect()
            }
        )?;
        Ok(page(rows, |(person, count)| InspectionFinding {
            subject: person.to_string(),
            message: format!("the user is in {count} teams from before people had to be asked"),
        }))
    }

    async fn shared_media(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let teams = self.teams_with_shared_media(after.0, LOOKED_AT).await?;
        let rows = teams.into_iter().map(|(team, name)| (team.0, name)).collect();
        Ok(page(rows, |(team, name)| InspectionFinding {
            subject: team.to_string(),
            message: format!("the team `{name}` may use all media of the server"),
        }))
    }

    async fn sizes_as_stored(&self, after: InspectionCursor) -> Result<InspectionPage> {
        let rows = self.datasets_measured_as_stored(after.0, LOOKED_AT).await?;
        Ok(page(rows, |(dataset, name)| InspectionFinding {
            subject: dataset.to_string(),
            message: format!(
                "pictures of the dataset `{name}` were measured as they are stored: where EXIF turns one, its sides are \
                 exchanged"
            ),
        }))
    }
}

/// A page of rows, all of which are findings, in the order of the key that comes first in each.
fn page<T>(rows: Vec<(Uuid, T)>, finding: impl Fn((Uuid, T)) -> InspectionFinding) -> InspectionPage {
    let next = next(&rows, |row| InspectionCursor(row.0, Uuid::nil(), 0));
    InspectionPage { findings: rows.into_iter().map(finding).collect(), next }
}

/// Where the next page begins, if this one is full.
fn next<T>(rows: &[T], cursor: impl Fn(&T) -> InspectionCursor) -> Option<InspectionCursor> {
    rows.last().filter(|_| rows.len() as i64 >= LOOKED_AT).map(cursor)
}

fn too_large(what: &str, bytes: i64, most: usize) -> String {
    format!("{what} takes {bytes} bytes as JSON; today at most {most} are allowed")
}
