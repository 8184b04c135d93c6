//! The database: assignments, leases, annotations, verdicts and the decision log, in PostgreSQL or SQLite.
//!
//! What it promises:
//! - A verb that answered `Ok` is on disk. One that answered an error has changed nothing, except
//!   [`StoreError::Unavailable`], whose outcome may be unknown: the same command finds out.
//! - Every write runs in a task of the store's own. A caller may drop its future at any point.
//! - The guard of every transition is checked on a row that this transaction has locked; rows are locked in the
//!   order of their ids, and no transaction spans two calls.
//!
//! What it does not do: it knows no HTTP, no messages and no locks elsewhere, and it does not check labels.
//!
//! ```
//! use swath_store::{Store, Target};
//!
//! async fn open(file: &str) -> swath_store::Result<Store> {
//!     // This process writes its counters into the first shard.
//!     let store = Store::open(&Target::Sqlite(file.into()), 0).await?;
//!     store.migrate().await?;
//!     Ok(store)
//! }
//! ```

mod engine;
mod error;
mod model;
mod reads;
mod sqlite_to_postgres;
mod store;
mod tables;
mod under_test;
mod verbs;

pub use engine::cache::Cache;
pub use engine::connections::Connections;
pub use engine::pools::Target;
pub use error::{Result, StoreError};
pub use model::annotations::{
    AcceptedItem, AcceptedKey, AnnotationPlace, ItemSize, KeptAnnotation, StoredAnnotation,
};
pub use model::audit::AuditEntry;
pub use model::coverage::{Stretches, levels};
pub use model::datasets::{Dataset, DatasetState, DatasetVersion, NewDataset, OpenedVersion, Source};
pub use model::events::{EventMarks, EventPage, StoredEvent};
pub use model::files::{FileAges, FileContent, FilePurpose, NewFile, StoredFile};
pub use model::fitting::fitting;
pub use model::invitations::{Invitation, NewInvitation};
pub use model::items::{ItemRow, ItemTexts, NewItem, fill_pattern};
pub use model::list_page::ListPage;
pub use model::members::Member;
pub use model::memory::{Fault, Memory};
pub use model::pictures::{Measuring, MissingPicture, NewSize, SizeSource, UnmeasuredItem};
pub use model::requests::{Asked, Created, FirstAnswer, Key, RequestKey, digest};
pub use model::sign_in_links::NewSignInLink;
pub use model::team_media::TeamMedia;
pub use model::tokens::{NewToken, Token, TokenInfo, TokenRights};
pub use model::users::User;
pub use model::verdicts::{VerdictRow, VerdictSize};
pub use model::work::ItemWork;
pub use reads::assignments::{AssignmentFilter, LeaseView, OldestWaiting, WaitingAssignment};
pub use reads::books::Books;
pub use reads::dataset_items::LabelledItems;
pub use reads::inspection::{Inspection, InspectionCursor, InspectionFinding, InspectionPage};
pub use reads::item_texts::ItemTextsPage;
pub use reads::log::{LogPage, LogPosition};
pub use reads::next::Turn;
pub use reads::other_opinions::OtherOpinion;
pub use reads::own_work::{HandedIn, OWN_WORK_MOST, OwnWork, OwnWorkOf, OwnWorkRow};
pub use reads::under_review::{ItemUnderReview, Look, UnderReview};
pub use reads::view::{GrantView, View};
pub use reads::waits::Wait;
pub use sqlite_to_postgres::{Moved, move_to_postgres};
pub use store::Store;
#[doc(hidden)]
pub use under_test::{LockingStatements, locking_statements};
pub use verbs::account_edits::UserEdit;
pub use verbs::audit_log::Actor;
pub use verbs::coverage::{CoverageCheck, Folded};
pub use verbs::cut::Cut;
pub use verbs::decide::{Decide, Decided};
pub use verbs::grant::{Grant, Granted};
pub use verbs::imports::append::Appended;
pub use verbs::imports::finish::Imported;
pub use verbs::jobs::{JobEdit, NewJob};
pub use verbs::joining::{Guest, Joined};
pub use verbs::leases::{Release, Renew, Renewed};
pub use verbs::leavers::Freed;
pub use verbs::manage::Managed;
pub use verbs::requests::{Begun, Completion};
pub use verbs::save::{ItemSaved, SaveItem};
pub use verbs::sessions::{NewSession, Opened, SESSIONS_MAX};
pub use verbs::sign_in_links::MadeLink;
pub use verbs::submit::{Next, Submit, Submitted};
pub use verbs::sweep::{CancelledPage, Expired};
pub use verbs::tokens::SIGN_IN_AFTER;
pub use verbs::verdicts::PutVerdict;
