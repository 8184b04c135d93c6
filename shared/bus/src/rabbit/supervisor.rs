//! Keeps one connection to the broker up, for ever.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::Event;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::Shared;
use super::backoff::Backoff;
use super::link::Link;
use crate::Health;

/// How often a connection is looked at besides listening to its events.
const LOOK: Duration = Duration::from_secs(1);

/// What is known of the connection.
struct Standing {
    link: Option<Arc<Link>>,
    health: Health,
}

/// The connection as its users see it: the one that stands now, or word of the next.
#[derive(Clone)]
pub(super) struct Links(watch::Receiver<Standing>);

impl Links {
    /// The connection that stands now, if one does.
    pub fn now(&self) -> Option<Arc<Link>> {
        self.0.borrow().link.clone()
    }

    /// Waits until a connection stands; `None` when there will be none.
    pub async fn next(&mut self) -> Option<Arc<Link>> {
        let standing = self.0.wait_for(|standing| standing.link.is_some()).await.ok()?;
        standing.link.clone()
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
    standing: watch::Sender<Standing>,
}

impl Supervisor {
    pub fn new(purpose: &'static str, shared: Arc<Shared>) -> (Self, Links) {
        let (standing, links) =
            watch::channel(Standing { link: None, health: Health::down("not connected yet") });
        (Self { purpose, shared, standing }, Links(links))
    }

    /// Connects, watches over the connection, and begins again when it ends; until `hang_up`.
    pub async fn run(self, hang_up: CancellationToken) {
        hang_up.run_until_cancelled(self.connect_for_ever()).await;
        let link = self.standing.borrow().link.clone();
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
                warn!(purpose = self.purpose, reason, "no connection to the broker; trying for ever");
            } else {
                debug!(purpose = self.purpose, reason, "still no connection to the broker");
            }
            self.down(reason);
            sleep(backoff.next()).await;
        }
    }

    /// Shows a connection to its users until it ends; returns why it ended.
    async fn watch_over(&self, link: Arc<Link>) -> String {
        info!(purpose = self.purpose, "connected to the broker");
        let mut events = link.events();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reason = "connection lost".to_owned();
        while link.is_connected() {
            self.show(&link);
            tokio::select! {
                _ = look.tick() => {}
                event = events.next() => if let Some(Event::Error(error)) = event {
                    reason = error.to_string();
                },
            }
        }
        link.end();
        reason
    }

    /// Shows the connection and whether it may publish; the moment of a block is kept.
    fn show(&self, link: &Arc<Link>) {
        if !link.is_blocked() {
            self.set(Some(Arc::clone(link)), Health::Up);
        } else if !self.shows_a_block() {
            warn!(purpose = self.purpose, "the broker blocks publishes: it is short of memory or disk");
            let health = Health::down("blocked by the broker: short of memory or disk");
            self.set(Some(Arc::clone(link)), health);
        }
    }

    fn shows_a_block(&self) -> bool {
        let standing = self.standing.borrow();
        standing.link.is_some() && !standing.health.is_up()
    }

    /// Keeps the moment since which there is no connection.
    fn down(&self, reason: String) {
        let was = self.standing.borrow().health.clone();
        let health = match was {
            Health::Down { since, .. } => Health::Down { reason, since },
            Health::Up => Health::down(reason),
        };
        self.set(None, health);
    }

    fn set(&self, link: Option<Arc<Link>>, health: Health) {
        self.standing.send_if_modified(|standing| {
            let changed = standing.link.is_some() != link.is_some() || standing.health != health;
            *standing = Standing { link, health };
            changed
        });
    }
}
