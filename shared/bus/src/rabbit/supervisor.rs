//! Keeps one connection to the broker open, and reconnects whenever it is lost.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::Event;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::backoff::Backoff;
use super::link::Link;
use super::shared::Shared;
use crate::Health;

/// How often the state of a connection is checked, besides listening to its events.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The state of the connection.
struct State {
    link: Option<Arc<Link>>,
    health: Health,
}

/// The connection as its users see it: the current one, or a way to wait for the next.
#[derive(Clone)]
pub(super) struct Links(watch::Receiver<State>);

impl Links {
    /// The connection, if it is open.
    pub fn current(&self) -> Option<Arc<Link>> {
        self.0.borrow().link.clone()
    }

    /// Waits until a connection is open. `None` if the supervisor has ended.
    pub async fn next(&mut self) -> Option<Arc<Link>> {
        let state = self.0.wait_for(|state| state.link.is_some()).await.ok()?;
        state.link.clone()
    }

    pub fn health(&self) -> Health {
        self.0.borrow().health.clone()
    }

    pub fn blocked(&self) -> bool {
        self.0.borrow().link.as_ref().is_some_and(|link| link.is_blocked())
    }
}

pub(super) struct Supervisor {
    purpose: &'static str,
    shared: Arc<Shared>,
    state: watch::Sender<State>,
}

impl Supervisor {
    pub fn new(purpose: &'static str, shared: Arc<Shared>) -> (Self, Links) {
        let (state, links) = watch::channel(State { link: None, health: Health::down("not connected yet") });
        (Self { purpose, shared, state }, Links(links))
    }

    /// Connects, and reconnects when the connection is lost, until `hang_up`.
    pub async fn run(self, hang_up: CancellationToken) {
        hang_up.run_until_cancelled(self.connect_for_ever()).await;
        let link = self.state.borrow().link.clone();
        if let Some(link) = link {
            link.end();
            if let Err(fault) = link.close().await {
                debug!(purpose = self.purpose, %fault, "closing the connection to the broker failed");
            }
        }
        self.set(None, Health::down("closed"));
    }

    async fn connect_for_ever(&self) {
        let mut backoff = Backoff::default();
        let mut connected_before = false;
        loop {
            let reason = match Link::open(&self.shared, self.purpose).await {
                Ok(link) => {
                    if std::mem::replace(&mut connected_before, true) {
                        self.shared.counters.reconnects.add_one();
                    }
                    backoff.reset();
                    self.watch_over(Arc::new(link)).await
                }
                Err(fault) => fault.to_string(),
            };
            if backoff.is_fresh() {
                warn!(
                    purpose = self.purpose,
                    reason, "no connection to the broker; retrying until there is one"
                );
            } else {
                debug!(purpose = self.purpose, reason, "still no connection to the broker");
            }
            self.down(reason);
            sleep(backoff.next()).await;
        }
    }

    /// Offers a connection to its users until it ends, and returns why it ended.
    async fn watch_over(&self, link: Arc<Link>) -> String {
        info!(purpose = self.purpose, "connected to the broker");
        let mut events = link.events();
        let mut check = interval(CHECK_INTERVAL);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reason = "connection lost".to_owned();
        while link.is_connected() {
            self.show(&link);
            tokio::select! {
                _ = check.tick() => {}
                event = events.next() => if let Some(Event::Error(error)) = event {
                    reason = error.to_string();
                },
            }
        }
        link.end();
        reason
    }

    /// Publishes the connection and its health. A block keeps the time at which it began.
    fn show(&self, link: &Arc<Link>) {
        if !link.is_blocked() {
            self.set(Some(Arc::clone(link)), Health::Up);
        } else if !self.shows_blocked() {
            warn!(purpose = self.purpose, "the broker blocks publishes: it is short of memory or disk");
            let health = Health::down("blocked by the broker: short of memory or disk");
            self.set(Some(Arc::clone(link)), health);
        }
    }

    fn shows_blocked(&self) -> bool {
        let state = self.state.borrow();
        state.link.is_some() && !state.health.is_up()
    }

    /// Marks the connection as down. A new reason keeps the time at which it went down.
    fn down(&self, reason: String) {
        let was = self.state.borrow().health.clone();
        let health = match was {
            Health::Down { since, .. } => Health::Down { reason, since },
            Health::Up => Health::down(reason),
        };
        self.set(None, health);
    }

    fn set(&self, link: Option<Arc<Link>>, health: Health) {
        self.state.send_if_modified(|state| {
            let changed = state.link.is_some() != link.is_some() || state.health != health;
            *state = State { link, health };
            changed
        });
    }
}
