//! The public type of the bus, with its two implementations behind it.

use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::memory::{self, Memory};
use crate::rabbit::{self, Rabbit};
use crate::stats::Counters;
use crate::{BadUrl, Envelope, Health, Message, Options, Published, Queue, Stats};

/// How many messages of one [`Bus::publish_all`] may wait for their confirms at a time.
const PUBLISHES_IN_FLIGHT_MAX: usize = 64;

/// A handle on the bus. Clones share one connection per direction. Dropping the last handle ends the bus.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    counters: Arc<Counters>,
}

enum Backend {
    Memory(Memory),
    Rabbit(Rabbit),
}

impl Bus {
    /// A bus inside this process, for the embedded deployment.
    pub fn memory() -> Self {
        Self::memory_with(Options::default())
    }

    /// Like [`Bus::memory`], with the given limits.
    pub fn memory_with(options: Options) -> Self {
        let counters = Arc::<Counters>::default();
        let backend = Backend::Memory(Memory::new(options, Arc::clone(&counters)));
        Self { inner: Arc::new(Inner { backend, counters }) }
    }

    /// A bus on RabbitMQ 3.10 or later. Returns at once and connects in tasks of its own.
    ///
    /// # Errors
    /// [`BadUrl`] if `url` is not an `amqp:` or `amqps:` URL. An unreachable broker is not an error.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn rabbit(url: &str, options: Options) -> Result<Self, BadUrl> {
        let counters = Arc::<Counters>::default();
        let backend = Backend::Rabbit(Rabbit::start(url, options, Arc::clone(&counters))?);
        Ok(Self { inner: Arc::new(Inner { backend, counters }) })
    }

    /// Sends a message and waits for the broker's confirm, at most until the publish deadline.
    pub async fn publish(&self, queue: Queue, message: impl Into<Envelope>) -> Published {
        self.inner.counters.published.add_one();
        let published = match &self.inner.backend {
            Backend::Memory(memory) => memory.publish(queue, message.into()),
            Backend::Rabbit(rabbit) => rabbit.publish(queue, message.into()).await,
        };
        match published {
            Published::Confirmed => self.inner.counters.confirmed.add_one(),
            Published::Unknown => self.inner.counters.unknown.add_one(),
        }
        published
    }

    /// Sends messages concurrently and returns a result for each, in order. Concurrent, because the broker stores many
    /// messages in the time of one.
    pub async fn publish_all(&self, messages: Vec<(Queue, Envelope)>) -> Vec<Published> {
        let publishing = messages.into_iter().map(|(queue, message)| self.publish(queue, message));
        stream::iter(publishing).buffered(PUBLISHES_IN_FLIGHT_MAX).collect().await
    }

    /// Receives messages of a queue until the subscription is dropped. Each message goes to one of the queue's
    /// subscribers.
    pub fn subscribe(&self, queue: Queue) -> Subscription {
        Subscription(match &self.inner.backend {
            Backend::Memory(memory) => Receiver::Memory(memory.subscribe(queue)),
            Backend::Rabbit(rabbit) => Receiver::Rabbit(rabbit.subscribe(queue)),
        })
    }

    /// Whether the broker accepts and delivers messages. Reads memory only.
    pub fn health(&self) -> Health {
        match &self.inner.backend {
            Backend::Memory(memory) => memory.health(),
            Backend::Rabbit(rabbit) => rabbit.health(),
        }
    }

    /// How many messages wait in a queue. `None` if the broker does not answer within the publish deadline.
    pub async fn depth(&self, queue: Queue) -> Option<u64> {
        match &self.inner.backend {
            Backend::Memory(memory) => Some(memory.depth(queue)),
            Backend::Rabbit(rabbit) => rabbit.depth(queue).await,
        }
    }

    /// The current values of the counters.
    pub fn stats(&self) -> Stats {
        let blocked = match &self.inner.backend {
            Backend::Memory(_) => false,
            Backend::Rabbit(rabbit) => rabbit.blocked(),
        };
        self.inner.counters.snapshot(blocked)
    }

    /// Sends buffered messages, then ends subscriptions and connections, within twice the network deadline. Later
    /// publishes are `Unknown`. Subscriptions return their buffered messages and then `None`.
    pub async fn close(&self) {
        match &self.inner.backend {
            Backend::Memory(memory) => memory.close(),
            Backend::Rabbit(rabbit) => rabbit.close().await,
        }
    }
}

/// One of a queue's competing subscribers.
pub struct Subscription(Receiver);

enum Receiver {
    Memory(memory::Subscription),
    Rabbit(rabbit::Subscription),
}

impl Subscription {
    /// The next message. `None` once the bus is closed or its last handle is dropped. Cancel safe: no message is lost.
    pub async fn recv(&mut self) -> Option<Message> {
        self.recv_envelope().await.map(|envelope| envelope.message)
    }

    /// Like [`Subscription::recv`], with the message's trace.
    pub async fn recv_envelope(&mut self) -> Option<Envelope> {
        match &mut self.0 {
            Receiver::Memory(subscription) => subscription.recv().await,
            Receiver::Rabbit(subscription) => subscription.recv().await,
        }
    }
}
