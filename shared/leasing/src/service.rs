//! The lease service of one stage.

use std::sync::Arc;

use swath_domain::{Roles, Stage};
use swath_runtime::Context;

use crate::cuts::Cuts;
use crate::lease_context::{LeaseContexts, lease_contexts};
use crate::media::role_of;
use crate::missing_pictures::MissingPictures;
use crate::open_jobs::OpenJobs;

/// Grants the leases of one stage. Clones share the caches.
#[derive(Clone)]
pub struct LeaseService {
    /// The parts of the process.
    pub context: Context,
    /// The stage: annotation or review.
    pub stage: Stage,
    /// The cache of the teams' open jobs.
    pub jobs: Arc<OpenJobs>,
    /// The pictures that were recently recorded as missing.
    pub missing: Arc<MissingPictures>,
    pub(crate) contexts: Arc<LeaseContexts>,
    pub(crate) cuts: Arc<Cuts>,
}

impl LeaseService {
    /// A service for one stage.
    pub fn new(context: Context, stage: Stage) -> Self {
        Self {
            context,
            stage,
            jobs: Arc::default(),
            missing: Arc::default(),
            contexts: Arc::new(lease_contexts()),
            cuts: Arc::default(),
        }
    }

    /// The role that the stage requires.
    pub(crate) fn role(&self) -> Roles {
        role_of(self.stage)
    }
}
