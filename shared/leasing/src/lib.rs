//! What gateways and reviews have in common: which job serves a person next, why there is no work, and a lease as a
//! document with its items and their media URLs.
//!
//! It promises that `no-work` is only said after a plain read found nothing that the person could be given. It holds
//! no state that anyone depends on: everything remembered here is at most a second old, or never changes.

mod cuts;
mod document;
mod facts;
mod granting;
mod holds;
mod jobs;
mod labels;
mod media;
mod meta;
mod opinions;
mod pictures;

pub use document::{AssignmentPart, ItemPage, ItemPart, JobPart, LeaseDocument, VerdictPart};
pub use facts::Facts;
pub use granting::{Ask, LeaseRequest, Outcome};
pub use holds::{HeldPage, ReleaseRequest, Renewed, redirect};
pub use jobs::OpenJobs;
pub use media::{Showing, Shown};
pub use opinions::{Opinion, OpinionPage};
pub use pictures::{MissingPictures, PictureReport};

use std::sync::Arc;

use swath_domain::Stage;
use swath_runtime::Context;

/// One service's way of handing out work of one stage.
#[derive(Clone)]
pub struct Desk {
    /// The running process.
    pub context: Context,
    /// What is handed out.
    pub stage: Stage,
    /// The teams' open jobs.
    pub jobs: Arc<OpenJobs>,
    /// Pictures that could not be read.
    pub missing: Arc<MissingPictures>,
    facts: Arc<facts::Leases>,
    cuts: Arc<cuts::Cuts>,
}

impl Desk {
    /// A desk for one stage.
    pub fn new(context: Context, stage: Stage) -> Self {
        Self {
            context,
            stage,
            jobs: Arc::default(),
            missing: Arc::default(),
            facts: Arc::new(facts::remembered()),
            cuts: Arc::default(),
        }
    }
}
