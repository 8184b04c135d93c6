//! The bus on RabbitMQ.
//!
//! There are two supervised connections, one for publishing and one for consuming: a broker that is short of memory
//! blocks everything on a publishing connection, even acknowledgements. Every queue is a quorum queue that is bound
//! by its own name to one direct exchange.

use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::warn;

use self::consumer::Consumer;
use self::publisher::{Publisher, Request};
use self::refusals::Refusals;
use self::shared::Shared;
use self::supervisor::{Links, Supervisor};
use crate::stats::Counters;
use crate::{BadUrl, Envelope, Health, Options, Published, Queue};

mod backoff;
mod consumer;
mod fault;
mod link;
mod publisher;
mod refusals;
mod shared;
mod supervisor;
mod topology;

#[cfg(test)]
mod tests;

pub(crate) struct Rabbit {
    shared: Arc<Shared>,
    publishes: mpsc::Sender<Request>,
    publishing: Links,
    consuming: OnceLock<Links>,
    /// The publisher and the consumers. They end before the connections.
    workers: TaskTracker,
    /// The connections. They end once no worker needs them.
    supervisors: TaskTracker,
    hang_up: CancellationToken,
    _on_drop: (DropGuard, DropGuard),
}

impl Rabbit {
    pub fn start(url: &str, options: Options, counters: Arc<Counters>) -> Result<Self, BadUrl> {
        let uri = link::parse(url)?;
        let (publishes, requests) = mpsc::channel(options.publish_buffer);
        let closing = CancellationToken::new();
        let hang_up = CancellationToken::new();
        let shared = Arc::new(Shared {
            uri,
            options,
            counters,
            refusals: Refusals::default(),
            closing: closing.clone(),
        });
        let (workers, supervisors) = (TaskTracker::new(), TaskTracker::new());

        let (supervisor, publishing) = Supervisor::new("publish", Arc::clone(&shared));
        supervisors.spawn(supervisor.run(hang_up.clone()));
        workers.spawn(Publisher::new(Arc::clone(&shared), publishing.clone(), requests).run());

        Ok(Self {
            shared,
            publishes,
            publishing,
            consuming: OnceLock::new(),
            workers,
            supervisors,
            hang_up: hang_up.clone(),
            _on_drop: (closing.drop_guard(), hang_up.drop_guard()),
        })
    }

    pub async fn publish(&self, queue: Queue, envelope: Envelope) -> Published {
        let deadline = self.shared.options.publish_deadline;
        // Wait for a reconnect only if the broker has not been unreachable for long.
        let unreachable =
            matches!(self.publishing.health(), Health::Down { since, .. } if since.elapsed() > deadline);
        if unreachable || self.shared.closing.is_cancelled() {
            return Published::Unknown;
        }
        let (request, answer) = Request::new(self.name(queue), &envelope);
        let confirmed = timeout(deadline, async {
            self.publishes.send(request).await.ok()?;
            answer.await.ok()
        });
        match confirmed.await {
            Ok(Some(())) => Published::Confirmed,
            Ok(None) | Err(_) => Published::Unknown,
        }
    }

    pub fn subscribe(&self, queue: Queue) -> Subscription {
        let (buffer, received) = mpsc::channel(self.shared.options.receive_buffer);
        let links = self.consuming().clone();
        let consumer = Consumer::new(Arc::clone(&self.shared), links, self.name(queue), buffer);
        self.workers.spawn(consumer.run());
        Subscription { received }
    }

    pub fn health(&self) -> Health {
        let consuming = self.consuming.get().map_or(Health::Up, Links::health);
        self.publishing.health().and(consuming).and(self.shared.refusals.health())
    }

    pub fn blocked(&self) -> bool {
        self.publishing.blocked()
    }

    pub async fn depth(&self, queue: Queue) -> Option<u64> {
        let link = self.publishing.current()?;
        let name = self.name(queue);
        let depth = timeout(self.shared.options.publish_deadline, link.depth(&name)).await.ok()?;
        depth.inspect_err(|fault| warn!(queue = name, %fault, "cannot read the depth of a queue")).ok()
    }

    pub async fn close(&self) {
        let deadline = self.shared.options.network_deadline;
        self.shared.closing.cancel();
        self.workers.close();
        if timeout(deadline, self.workers.wait()).await.is_err() {
            warn!("the broker did not confirm everything before the bus closed");
        }
        self.hang_up.cancel();
        self.supervisors.close();
        if timeout(deadline, self.supervisors.wait()).await.is_err() {
            warn!("the broker did not answer the close of a connection");
        }
    }

    fn name(&self, queue: Queue) -> String {
        queue.name(&self.shared.options.prefix, self.shared.options.shards)
    }

    /// The consuming connection, opened for the first subscription.
    fn consuming(&self) -> &Links {
        self.consuming.get_or_init(|| {
            let (supervisor, links) = Supervisor::new("consume", Arc::clone(&self.shared));
            self.supervisors.spawn(supervisor.run(self.hang_up.clone()));
            links
        })
    }
}

/// The receiving end of a consumer's buffer. Dropping it ends the consumer.
pub(crate) struct Subscription {
    received: mpsc::Receiver<Envelope>,
}

impl Subscription {
    pub async fn recv(&mut self) -> Option<Envelope> {
        self.received.recv().await
    }
}
