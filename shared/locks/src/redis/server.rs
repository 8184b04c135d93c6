//! The connection to Redis, behind a breaker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, ErrorKind, IntoConnectionInfo, RedisResult, ServerErrorKind};
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use crate::breaker::Breaker;
use crate::stats::Counters;
use crate::{BadUrl, Health};

/// The time limit of calls that no request waits for.
pub(super) const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Server {
    client: Client,
    connection: Mutex<ConnectionManager>,
    breaker: Mutex<Breaker>,
    counters: Arc<Counters>,
}

impl Server {
    pub fn new(url: &str, breaker_threshold: u32, counters: Arc<Counters>) -> Result<Self, BadUrl> {
        let client = client(url).map_err(|_| BadUrl("it does not parse as redis: or rediss:"))?;
        let connection = connect(&client).map_err(|_| BadUrl("its settings contradict each other"))?;
        let breaker = Mutex::new(Breaker::new(breaker_threshold));
        Ok(Self { client, connection: Mutex::new(connection), breaker, counters })
    }

    /// Makes one call within `budget`. `None` if the call failed, timed out (the server may still have run it), or was
    /// not made because the breaker is open.
    pub async fn call<T>(
        &self,
        budget: Duration,
        call: impl AsyncFnOnce(&mut ConnectionManager) -> RedisResult<T>,
    ) -> Option<T> {
        let allowed = self.breaker().allow(Instant::now(), probe_pause());
        if allowed { self.attempt(budget, call).await } else { None }
    }

    /// Pings the server even if the breaker is open. After a failure it uses a new connection, because the old one may
    /// be dead.
    pub async fn check(&self) {
        if !self.health().is_up() {
            self.connect_anew();
        }
        self.attempt(BACKGROUND_TIMEOUT, async |connection| redis::cmd("PING").exec_async(connection).await)
            .await;
    }

    async fn attempt<T>(
        &self,
        budget: Duration,
        call: impl AsyncFnOnce(&mut ConnectionManager) -> RedisResult<T>,
    ) -> Option<T> {
        let mut connection = self.connection().clone();
        match timeout(budget, call(&mut connection)).await {
            Ok(Ok(answer)) => {
                self.succeeded();
                Some(answer)
            }
            Ok(Err(error)) => {
                // After a failover this connection leads to a replica, and the name resolves to the new primary.
                if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) {
                    self.connect_anew();
                }
                self.failed(error.to_string());
                None
            }
            Err(_) => {
                self.failed(format!("no answer within {budget:?}"));
                None
            }
        }
    }

    /// Opens the breaker because the first call failed, so that no request has to find that out again.
    pub fn presume_unreachable(&self) {
        self.breaker().trip(Instant::now(), probe_pause(), "no answer at start".to_owned());
    }

    pub fn health(&self) -> Health {
        self.breaker().health()
    }

    fn succeeded(&self) {
        if self.breaker().succeeded() {
            info!("Redis answers again");
        }
    }

    fn failed(&self, reason: String) {
        self.counters.error();
        if self.breaker().failed(Instant::now(), probe_pause(), reason.clone()) {
            warn!(reason, "Redis fails; continuing without locks");
        }
    }

    fn connect_anew(&self) {
        // `new` has already accepted the same settings, so this does not fail.
        if let Ok(fresh) = connect(&self.client) {
            *self.connection() = fresh;
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> MutexGuard<'_, ConnectionManager> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn client(url: &str) -> RedisResult<Client> {
    let settings = url.into_connection_info()?;
    Client::open(settings.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

/// A connection that is opened by the first call.
fn connect(client: &Client) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(BACKGROUND_TIMEOUT))
        .set_response_timeout(Some(BACKGROUND_TIMEOUT))
        .set_number_of_retries(1);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}

/// The time between two probes: random, so that many gateways do not probe at the same moment.
fn probe_pause() -> Duration {
    Duration::from_millis(rand::random_range(750..1250))
}
