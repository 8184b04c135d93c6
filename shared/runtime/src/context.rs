//! The parts of a running process, which every handler and background task gets.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus::Registry;
use swath_bus::{Bus, Envelope, Message};
use swath_domain::ids::{AssignmentId, JobId, LeaseId};
use swath_domain::{Clock, Ids, Round, Slot, Time};
use swath_files::Files;
use swath_locks::Locks;
use swath_store::{Actor, Cut, Store};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::auth::{Caller, Tokens};
use crate::budget::Budget;
use crate::config::Config;
use crate::media::Signer;
use crate::media_access::MediaAccess;
use crate::rate::Allowance;
use crate::telemetry::{HttpMetrics, Traces};
use crate::writes::Writes;

/// The parts of a running process. Clones share them.
#[derive(Clone)]
pub struct Context(Arc<Parts>);

/// What a [`Context`] shares.
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The message bus.
    pub bus: Bus,
    /// The locks of assignments.
    pub locks: Locks,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// The source of new ids.
    pub ids: Arc<dyn Ids>,
    /// Authenticates requests, with a cache of tokens.
    pub tokens: Tokens,
    /// The rate limit of each user.
    pub allowance: Allowance,
    /// The memory budget of large responses.
    pub answers: Budget,
    /// The memory budget of large requests.
    pub requests: Budget,
    /// Signs media URLs.
    pub signer: Signer,
    /// Which media each team may use.
    pub media: MediaAccess,
    /// Uploads and thumbnails.
    pub files: Files,
    /// The registry of all metrics.
    pub registry: Registry,
    /// Traces of ranges and requests.
    pub traces: Traces,
    /// Metrics of HTTP requests.
    pub http: HttpMetrics,
    /// The id of this process.
    pub instance: Uuid,
    /// Probes whether the database accepts writes.
    pub writes: Writes,
    /// Set once the database is reachable and its schema is current.
    pub booted: AtomicBool,
    /// Set when the process is about to stop but still serves requests.
    pub draining: AtomicBool,
    /// Cancelled when the process must stop.
    pub shutdown: CancellationToken,
}

impl Context {
    /// A context with these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The current time.
    pub fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// A new UUIDv7.
    pub fn next_id(&self) -> Uuid {
        self.0.ids.next(self.now())
    }

    /// The actor of a change for the audit log: the caller, or Swath itself without one.
    pub fn actor(&self, caller: Option<&Caller>) -> Actor {
        let token = caller.map(|caller| caller.token().id);
        Actor { user: caller.map(Caller::user), token, entry: self.next_id(), at: self.now() }
    }

    /// The id of a new lease.
    pub fn lease_id(&self) -> LeaseId {
        LeaseId(self.0.ids.random())
    }

    /// Cuts at most `ranges` more ranges of a job, and traces them.
    ///
    /// # Errors
    /// Those of [`Store::job_cut`].
    pub async fn cut(&self, job: JobId, ranges: i64, now: Time) -> swath_store::Result<Cut> {
        let cut = self.0.store.job_cut(job, ranges, now).await?;
        self.trace_cut(job, &cut, now);
        Ok(cut)
    }

    /// Like [`Context::cut`], if the job is cut up to exactly `from`. Cuts nothing if it has been cut further
    /// meanwhile.
    ///
    /// # Errors
    /// Those of [`Store::job_cut_from`].
    pub async fn cut_from(&self, job: JobId, from: i64, ranges: i64, now: Time) -> swath_store::Result<Cut> {
        let cut = self.0.store.job_cut_from(job, from, ranges, now).await?;
        self.trace_cut(job, &cut, now);
        Ok(cut)
    }

    fn trace_cut(&self, job: JobId, cut: &Cut, now: Time) {
        let (first, count) = cut.ranges;
        self.0.traces.cut(job, first..first + count, now);
    }

    /// A hint that these assignments of a job's round are ready to be leased.
    pub fn hint(&self, job: JobId, round: Round, numbers: Vec<i64>) -> Envelope {
        let first_slots = numbers.iter().map(|number| AssignmentId::of(job, round, *number, Slot::FIRST));
        let traceparent = self.0.traces.sent("hint", first_slots);
        Envelope { message: Message::Hint { job, round, numbers }, traceparent }
    }

    /// Whether the clock is accurate enough to grant new leases.
    pub fn clock_is_fresh(&self) -> bool {
        self.0.clock.is_fresh()
    }

    /// Whether the process is about to stop.
    pub fn is_ending(&self) -> bool {
        self.0.draining.load(Ordering::Acquire) || self.0.shutdown.is_cancelled()
    }

    /// Whether the database is reachable and its schema is current.
    pub fn is_booted(&self) -> bool {
        self.0.booted.load(Ordering::Acquire)
    }
}

impl Deref for Context {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
