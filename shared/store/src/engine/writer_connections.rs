//! PostgreSQL's connections for transactions. A writing task sends the same few statements over and over, so each gets the
//! connection back that it used before: its statements are prepared there, and the server's process has warm caches.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::engine::connections::Connections;
use crate::error::{Result, StoreError};

/// How long a connection that was idle may take for its first answer before it counts as broken.
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a transaction waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The connections, and which writing task used each last.
pub(crate) struct WriterConnections {
    options: PgConnectOptions,
    most: usize,
    open: Arc<AtomicUsize>,
    /// One permit for each transaction that may run at once.
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<(usize, Live)>>,
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

impl WriterConnections {
    /// At most so many connections; none of them is opened yet.
    pub(crate) fn new(options: PgConnectOptions, most: usize) -> Arc<Self> {
        Arc::new(Self {
            options,
            most,
            open: Arc::default(),
            turns: Arc::new(Semaphore::new(most)),
            idle: Mutex::default(),
        })
    }

    /// Begins a transaction on the connection of this writing task.
    pub(crate) async fn begin(self: &Arc<Self>, writer: usize) -> Result<WriterTx> {
        let slow = |_| StoreError::Unavailable("no connection to PostgreSQL was free in time".into());
        let turn = timeout(CONNECT_TIMEOUT, self.turns.clone().acquire_owned()).await.map_err(slow)?;
        let turn = turn.map_err(|_| StoreError::Unavailable("the store is shutting down".into()))?;
        let live = match self.take(writer) {
            Some(live) => begun_again(live).await,
            None => None,
        };
        let live = match live {
            Some(live) => live,
            None => timeout(CONNECT_TIMEOUT, self.begun_anew()).await.map_err(slow)??,
        };
        Ok(WriterTx { live, writer, connections: self.clone(), _turn: turn })
    }

    /// The connection that this writing task used before; another one where no more may be opened.
    fn take(&self, writer: usize) -> Option<Live> {
        let mut idle = self.idle();
        let own = idle.iter().position(|(of, _)| *of == writer);
        let full = self.open.load(Ordering::Acquire) >= self.most;
        let place = own.or_else(|| if full { idle.len().checked_sub(1) } else { None })?;
        Some(idle.swap_remove(place).1)
    }

    async fn begun_anew(&self) -> Result<Live> {
        self.open.fetch_add(1, Ordering::AcqRel);
        let counted = Counted(self.open.clone());
        let mut connection = PgConnection::connect_with(&self.options).await?;
        connection.execute("BEGIN").await?;
        Ok(Live { connection, _counted: counted })
    }

    /// How many connections there are.
    pub(crate) fn connections(&self, pool: &'static str) -> Connections {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let open = count(self.open.load(Ordering::Acquire));
        Connections { pool, open, idle: count(self.idle().len()), most: count(self.most) }
    }

    /// Lets no more transactions begin, and closes idle connections. A running transaction closes its own.
    pub(crate) async fn close(&self) {
        self.turns.close();
        let idle = std::mem::take(&mut *self.idle());
        for (_, live) in idle {
            // If closing fails, the socket is closed all the same.
            let _ = timeout(PING_TIMEOUT, live.connection.close()).await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(usize, Live)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins on a connection that was used before. One that the server has closed since says so here, where nothing is
/// written yet, and is no failure of the transaction.
async fn begun_again(mut live: Live) -> Option<Live> {
    matches!(timeout(PING_TIMEOUT, live.connection.execute("BEGIN")).await, Ok(Ok(_))).then_some(live)
}

/// A transaction. One that is dropped before its end takes its connection along, and the server undoes it.
pub(crate) struct WriterTx {
    live: Live,
    writer: usize,
    connections: Arc<WriterConnections>,
    _turn: OwnedSemaphorePermit,
}

impl WriterTx {
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
        if !self.connections.turns.is_closed() {
            self.connections.idle().push((self.writer, self.live));
        }
        Ok(())
    }
}
