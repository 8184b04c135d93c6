//! What every handler and every loop is given.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus::Registry;
use swath_bus::{Bus, Envelope, Message};
use swath_domain::ids::{AssignmentId, JobId, LeaseId};
use swath_domain::{Clock, Ids, Time};
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

/// The parts of a running process; clones share them.
#[derive(Clone)]
pub struct Context(Arc<Parts>);

/// See [`Context`].
pub struct Parts {
    /// What was configured.
    pub config: Config,
    /// The truth.
    pub store: Store,
    /// Messages.
    pub bus: Bus,
    /// Locks.
    pub locks: Locks,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Who asks.
    pub tokens: Tokens,
    /// How often each person may ask.
    pub allowance: Allowance,
    /// Memory for large answers.
    pub answers: Budget,
    /// Memory for large requests.
    pub requests: Budget,
    /// Signed media URLs.
    pub signer: Signer,
    /// Which media each team may use.
    pub media: MediaAccess,
    /// Uploads and thumbnails.
    pub files: Files,
    /// Where metrics are registered.
    pub registry: Registry,
    /// Where the ways of ranges are told to.
    pub traces: Traces,
    /// Requests as they are served.
    pub http: HttpMetrics,
    /// This process among its like.
    pub instance: Uuid,
    /// Whether the store takes writes.
    pub writes: Writes,
    /// Set once the truth and its schema have been found.
    pub booted: AtomicBool,
    /// Set when the process is about to end, while it still serves.
    pub draining: AtomicBool,
    /// Set when the process is to end.
    pub shutdown: CancellationToken,
}

impl Context {
    /// Shares the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// A new UUIDv7.
    pub fn next_id(&self) -> Uuid {
        self.0.ids.next(self.now())
    }

    /// Who changes something about people, as the audit log names them; Swath itself without a caller.
    pub fn actor(&self, caller: Option<&Caller>) -> Actor {
        let token = caller.map(|caller| caller.token().id);
        Actor { user: caller.map(Caller::user), token, entry: self.next_id(), at: self.now() }
    }

    /// The id of a new lease.
    pub fn lease_id(&self) -> LeaseId {
        LeaseId(self.0.ids.random())
    }

    /// Cuts at most `ranges` more ranges of a job.
    pub async fn cut(&self, job: JobId, ranges: i64, now: Time) -> swath_store::Result<Cut> {
        let cut = self.0.store.job_cut(job, ranges, now).await?;
        self.trace_cut(job, &cut, now);
        Ok(cut)
    }

    /// The same for a job that is cut up to `from`; nothing where it has been cut further meanwhile.
    pub async fn cut_from(&self, job: JobId, from: i64, ranges: i64, now: Time) -> swath_store::Result<Cut> {
        let cut = self.0.store.job_cut_from(job, from, ranges, now).await?;
        self.trace_cut(job, &cut, now);
        Ok(cut)
    }

    fn trace_cut(&self, job: JobId, cut: &Cut, now: Time) {
        let (first, count) = cut.ranges;
        self.0.traces.cut(job, first..first + count, now);
    }

    /// What tells gateways that these numbers of a job's round wait.
    pub fn hint(&self, job: JobId, round: i64, numbers: Vec<i64>) -> Envelope {
        let first_slots = numbers.iter().map(|number| AssignmentId::of(job, round, *number, 0));
        let traceparent = self.0.traces.tell("hint", first_slots);
        Envelope { message: Message::Hint { job, round, numbers }, traceparent }
    }

    /// Whether the clock may be trusted enough to hand out new leases.
    pub fn clock_is_fresh(&self) -> bool {
        self.0.clock.is_fresh()
    }

    /// Whether the process is about to end.
    pub fn is_ending(&self) -> bool {
        self.0.draining.load(Ordering::Acquire) || self.0.shutdown.is_cancelled()
    }

    /// Whether the truth has been found.
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
