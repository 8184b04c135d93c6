//! The truth: assignments, leases, annotations, verdicts and the decision log, in PostgreSQL or SQLite.
//!
//! What it promises:
//! - A verb that answered `Ok` is on disk. One that answered an error has changed nothing, except
//!   [`StoreError::Unavailable`], whose outcome may be unknown: the same command finds out.
//! - Every write runs in a task of the store's own. A caller may drop its future at any point.
//! - The guard of every transition is checked on a row that this transaction has locked; rows are locked in the
//!   order of their ids, and no transaction crosses this seam.
//!
//! What it does not do: it knows no HTTP, no messages and no locks elsewhere, and it does not check labels.

mod account_edits;
mod annotations;
mod answers;
mod audit_log;
mod batcher;
mod changes;
mod core;
mod coverage;
mod cutting;
mod datasets;
mod db;
mod duties;
mod error;
mod events;
mod exports;
mod files;
mod grants;
mod heads;
mod holdings;
mod holds;
mod imports;
mod inspection;
mod invitations;
mod item_texts;
mod items;
mod job_lists;
mod jobs;
mod lanes;
mod leased;
mod list_page;
mod listing;
mod log;
mod managing;
mod measuring;
mod members;
mod memory;
mod meters;
mod migrations;
mod missing_pictures;
mod moving;
mod other_opinions;
mod oversight;
mod own_work;
mod people;
mod picture_sizes;
mod pieces;
mod pools;
mod progress;
mod remembered;
mod requests;
mod reviews;
mod rights;
mod rows;
mod rowset;
mod sessions;
mod sign_in_links;
mod submissions;
mod sweeping;
mod team_media;
mod tokens;
mod under_review;
mod verdicts;
mod waiving;

#[cfg(test)]
mod conformance;

pub use account_edits::UserEdit;
pub use annotations::{AnnotationPlace, ItemSize, fitting};
pub use answers::{Asked, Key, digest};
pub use audit_log::{Actor, AuditEntry};
pub use core::Store;
pub use coverage::{CoverageCheck, Folded, Stretches, levels};
pub use cutting::Cut;
pub use datasets::{Dataset, DatasetState, NewDataset, Source, fill_pattern};
pub use error::{Result, StoreError};
pub use events::{EventMarks, EventPage, StoredEvent};
pub use exports::{AcceptedItem, KeptAnnotation, StoredAnnotation};
pub use files::{FileAges, FileContent, FilePurpose, NewFile, StoredFile};
pub use grants::{Grant, Granted, Wait};
pub use holdings::Freed;
pub use holds::{Release, Renew, Renewed};
pub use imports::{Appended, Imported, NewItem};
pub use inspection::{Inspection, InspectionCursor, InspectionFinding, InspectionPage};
pub use invitations::{Guest, Invitation, Joined, NewInvitation};
pub use item_texts::ItemTexts;
pub use items::{Confirm, Confirmed, ItemWork, Save};
pub use jobs::{JobEdit, NewJob};
pub use list_page::ListPage;
pub use listing::{AssignmentFilter, LeaseView, Turn};
pub use log::LogPlace;
pub use managing::Managed;
pub use measuring::Measuring;
pub use members::Member;
pub use memory::{Fault, GrantView, Memory, View};
pub use missing_pictures::MissingPicture;
pub use moving::{Moved, move_to_postgres};
pub use other_opinions::OtherOpinion;
pub use oversight::Books;
pub use own_work::{HandedIn, OWN_WORK_MOST, OwnWork, OwnWorkOf, OwnWorkRow};
pub use people::User;
pub use picture_sizes::{NewSize, SizeSource};
pub use pieces::ItemRow;
pub use pools::{Connections, Target};
pub use remembered::Remembered;
pub use requests::{Begun, Completion, FirstAnswer, RequestKey};
pub use reviews::{Decide, Decided};
pub use sessions::{NewSession, Opened};
pub use sign_in_links::{MadeLink, NewSignInLink};
pub use submissions::{Next, Submit, Submitted};
pub use team_media::TeamMedia;
pub use tokens::{NewToken, Token, TokenInfo, TokenRights};
pub use under_review::{ItemUnderReview, Look, UnderReview};
pub use verdicts::{PutVerdict, VerdictRow};
