//! PostgreSQL's connections for transactions. A writing task sends the same few statements over and over, so each has a
//! lane: it finds the connection again that it used before, where they are prepared and the server's process is warm.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::error::{Result, StoreError};

/// A connection that has been idle for longer is asked first whether it still leads anywhere.
pub(crate) const IDLE: Duration = Duration::from_secs(1);
/// How long that may take.
pub(crate) const PING: Duration = Duration::from_secs(1);
/// How long a transaction waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The connections, and which lane each was used in last.
pub(crate) struct Lanes {
    options: PgConnectOptions,
    most: usize,
    open: Arc<AtomicUsize>,
    /// As many as there may be transactions at once.
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<(usize, Live, Instant)>>,
}

/// An open connection, counted for as long as it is open.
struct Live {
    connection: PgConnection,
    _counted: Counted,
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Lanes {
    /// At most so many connections, none of which is opened yet.
    pub(crate) fn new(options: PgConnectOptions, most: usize) -> Arc<Self> {
        Arc::new(Self {
            options,
            most,
            open: Arc::default(),
            turns: Arc::new(Semaphore::new(most)),
            idle: Mutex::default(),
        })
    }

    /// Begins a transaction.
    pub(crate) async fn begin(self: &Arc<Self>, lane: usize) -> Result<LaneTx> {
        let slow = |_| StoreError::Unavailable("no connection to PostgreSQL was free in time".into());
        let turn = timeout(PATIENCE, self.turns.clone().acquire_owned()).await.map_err(slow)?;
        let turn = turn.map_err(|_| StoreError::Unavailable("the store is shutting down".into()))?;
        let live = match self.take(lane) {
            Some((live, since)) => alive(live, since).await,
            None => None,
        };
        let mut live = match live {
            Some(live) => live,
            None => timeout(PATIENCE, self.connect()).await.map_err(slow)??,
        };
        live.connection.execute("BEGIN").await?;
        Ok(LaneTx { live, lane, lanes: self.clone(), _turn: turn })
    }

    /// The lane's own connection; another one's where no more may be opened.
    fn take(&self, lane: usize) -> Option<(Live, Instant)> {
        let mut idle = self.idle();
        let own = idle.iter().position(|(of, ..)| *of == lane);
        let full = self.open.load(Ordering::Acquire) >= self.most;
        let place = own.or_else(|| if full { idle.len().checked_sub(1) } else { None })?;
        let (_, live, since) = idle.swap_remove(place);
        Some((live, since))
    }

    async fn connect(&self) -> Result<Live> {
        self.open.fetch_add(1, Ordering::AcqRel);
        let counted = Counted(self.open.clone());
        Ok(Live { connection: PgConnection::connect_with(&self.options).await?, _counted: counted })
    }

    /// Lets no more transactions begin and closes what is idle; one that runs closes its connection itself.
    pub(crate) async fn close(&self) {
        self.turns.close();
        let idle = std::mem::take(&mut *self.idle());
        for (_, live, _) in idle {
            // A farewell that fails is no loss: the socket closes all the same.
            let _ = timeout(PING, live.connection.close()).await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(usize, Live, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn alive(mut live: Live, since: Instant) -> Option<Live> {
    let answers = since.elapsed() < IDLE || matches!(timeout(PING, live.connection.ping()).await, Ok(Ok(())));
    answers.then_some(live)
}

/// A transaction. One that is dropped before its end takes its connection along, and the server undoes it.
pub(crate) struct LaneTx {
    live: Live,
    lane: usize,
    lanes: Arc<Lanes>,
    _turn: OwnedSemaphorePermit,
}

impl LaneTx {
    /// The connection that it is on.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.live.connection
    }

    /// Ends it with everything that was written.
    pub(crate) async fn commit(self) -> Result<()> {
        self.end("COMMIT").await
    }

    /// Ends it with nothing written.
    pub(crate) async fn rollback(self) -> Result<()> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, word: &'static str) -> Result<()> {
        self.live.connection.execute(word).await?;
        if !self.lanes.turns.is_closed() {
            self.lanes.idle().push((self.lane, self.live, Instant::now()));
        }
        Ok(())
    }
}
