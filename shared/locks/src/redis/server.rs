//! The connection to Redis, behind a breaker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, ErrorKind, IntoConnectionInfo, RedisResult, ServerErrorKind};
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use super::PATIENCE;
use crate::breaker::Breaker;
use crate::stats::Counters;
use crate::{BadUrl, Health};

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

    /// Makes one call within `budget`; `None` when it failed, ran out of time (it may have been carried out), or the
    /// breaker is open.
    pub async fn call<T>(
        &self,
        budget: Duration,
        call: impl AsyncFnOnce(&mut ConnectionManager) -> RedisResult<T>,
    ) -> Option<T> {
        let allowed = self.breaker().allow(Instant::now(), pause());
        if allowed { self.attempt(budget, call).await } else { None }
    }

    /// Asks whether the server is there, whatever the breaker says. One that failed is asked on a fresh connection:
    /// the old one may lead nowhere.
    pub async fn check(&self) {
        if !self.health().is_up() {
            self.connect_anew();
        }
        self.attempt(PATIENCE, async |connection| redis::cmd("PING").exec_async(connection).await).await;
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
                // After a failover the name leads elsewhere, and this connection to a replica.
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

    /// The very first question was not answered: nobody needs to find that out again.
    pub fn presume_away(&self) {
        self.breaker().trip(Instant::now(), pause(), "no answer at the start".to_owned());
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
        if self.breaker().failed(Instant::now(), pause(), reason.clone()) {
            warn!(reason, "Redis fails; going on without locks");
        }
    }

    fn connect_anew(&self) {
        // The same settings were good at the start.
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

/// Connects with the first call.
fn connect(client: &Client) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE))
        .set_number_of_retries(1);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}

/// A second or so, so that many gateways do not probe in step.
fn pause() -> Duration {
    Duration::from_millis(rand::random_range(750..1250))
}
