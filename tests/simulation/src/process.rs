//! A simulated process: every service on the shared tables. A process dies by being dropped.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use prometheus::Registry;
use secrecy::SecretString;
use swath_bus::Bus;
use swath_coordinator::{Coverage, CoverageMetrics, Cutter, Hinter, Sweeper};
use swath_domain::Ids as _;
use swath_files::Files;
use swath_gateway::Gateway;
use swath_locks::{FaultInjectingLocks, Locks};
use swath_review::Review;
use swath_runtime::auth::Tokens;
use swath_runtime::budget::Budget;
use swath_runtime::context::Parts;
use swath_runtime::media::Signer;
use swath_runtime::media_access::MediaAccess;
use swath_runtime::media_path::{MediaFiles, Places, Private};
use swath_runtime::rate::Allowance;
use swath_runtime::telemetry::{HttpMetrics, Traces};
use swath_runtime::writes::Writes;
use swath_runtime::{Config, Context};
use swath_store::{Memory, Store, Target};
use tokio_util::sync::CancellationToken;

use crate::sources::{CountedIds, VirtualClock};

/// What all processes of a world share.
#[derive(Clone)]
pub struct Common {
    /// The configuration.
    pub config: Config,
    /// The database.
    pub memory: Memory,
    /// The bus. The simulation takes all messages off it and delivers them itself.
    pub bus: Bus,
    /// The locks, in which the simulation injects faults.
    pub locks: FaultInjectingLocks,
    /// The clock.
    pub clock: VirtualClock,
    /// The source of new ids.
    pub ids: CountedIds,
}

/// One process.
pub struct Process {
    /// The context that its services share.
    pub context: Context,
    /// Its gateway.
    pub gateway: Arc<Gateway>,
    /// Its review service.
    pub review: Arc<Review>,
    /// Its cutter.
    pub cutter: Cutter,
    /// Its hinter.
    pub hinter: Hinter,
    /// Its sweeper.
    pub sweeper: Sweeper,
    /// The task that counts the coverage of jobs.
    pub coverage: Coverage,
}

impl Process {
    /// Starts a process that writes to this shard of the counters.
    pub async fn start(common: &Common, stripe: i64) -> anyhow::Result<Self> {
        let registry = Registry::new();
        let parts = Parts {
            store: Store::open(&Target::Memory(common.memory.clone()), stripe).await?,
            bus: common.bus.clone(),
            locks: Locks::fault_injecting(common.locks.clone()),
            clock: Arc::new(common.clock.clone()),
            ids: Arc::new(common.ids.clone()),
            tokens: Tokens::default(),
            answers: Budget::default(),
            requests: Budget::default(),
            allowance: Allowance::per_second(0),
            signer: Signer::new(SecretString::from("a secret of no importance at all")),
            files: Files::not_configured(),
            media: MediaAccess::new(MediaFiles::new(Vec::new(), Private::default()), Places::default()),
            traces: Traces::default(),
            http: HttpMetrics::new(&registry)?,
            registry,
            instance: common.ids.random(),
            writes: Writes::default(),
            booted: AtomicBool::new(true),
            draining: AtomicBool::new(false),
            shutdown: CancellationToken::new(),
            config: common.config.clone(),
        };
        let context = Context::new(parts);
        Ok(Self {
            gateway: Gateway::new(context.clone())?,
            review: Review::new(context.clone())?,
            cutter: Cutter::new(context.clone()),
            hinter: Hinter::new(context.clone()),
            sweeper: Sweeper::new(context.clone()),
            coverage: Coverage::new(context.clone(), CoverageMetrics::new(&context.registry)?),
            context,
        })
    }
}
