//! The bus as callers see it: two implementations behind one type.

use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::memory::{self, Memory};
use crate::rabbit::{self, BadUrl, Rabbit};
use crate::stats::Counters;
use crate::{Envelope, Health, Message, Options, Published, Queue, Stats};

/// Messages of one caller on their way at once.
const AT_ONCE: usize = 64;

/// A handle on the bus; clones share one connection per direction, and the bus ends with the last of them.
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
    /// A bus inside this process, for a process that has all roles.
    pub fn memory() -> Self {
        Self::memory_with(Options::default())
    }

    /// As [`Bus::memory`], with own bounds.
    pub fn memory_with(options: Options) -> Self {
        let counters = Arc::<Counters>::default();
        let backend = Backend::Memory(Memory::new(options, Arc::clone(&counters)));
        Self { inner: Arc::new(Inner { backend, counters }) }
    }

    /// A bus on RabbitMQ 3.10 or later. Returns at once and connects in tasks that it owns, so it must be called
    /// inside a Tokio runtime.
    ///
    /// # Errors
    /// [`BadUrl`] when `url` is not an `amqp:` or `amqps:` URL; a broker that is away is no error.
    pub fn rabbit(url: &str, options: Options) -> Result<Self, BadUrl> {
        let counters = Arc::<Counters>::default();
        let backend = Backend::Rabbit(Rabbit::start(url, options, Arc::clone(&counters))?);
        Ok(Self { inner: Arc::new(Inner { backend, counters }) })
    }

    /// Sends a message, and waits for the broker's confirm at most until the publish deadline.
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

    /// Sends messages side by side, for the broker writes down many at once as quickly as one, and says of each in its
    /// order what became of it.
    pub async fn publish_all(&self, messages: Vec<(Queue, Envelope)>) -> Vec<Published> {
        let publishing = messages.into_iter().map(|(queue, message)| self.publish(queue, message));
        stream::iter(publishing).buffered(AT_ONCE).collect().await
    }

    /// Takes part in a queue until the subscription is dropped; subscribers of one queue compete.
    pub fn subscribe(&self, queue: Queue) -> Subscription {
        Subscription(match &self.inner.backend {
            Backend::Memory(memory) => Receiver::Memory(memory.subscribe(queue)),
            Backend::Rabbit(rabbit) => Receiver::Rabbit(rabbit.subscribe(queue)),
        })
    }

    /// Whether messages flow; cheap.
    pub fn health(&self) -> Health {
        match &self.inner.backend {
            Backend::Memory(memory) => memory.health(),
            Backend::Rabbit(rabbit) => rabbit.health(),
        }
    }

    /// How many messages wait in a queue; `None` when that cannot be found out within the publish deadline.
    pub async fn depth(&self, queue: Queue) -> Option<u64> {
        match &self.inner.backend {
            Backend::Memory(memory) => Some(memory.depth(queue)),
            Backend::Rabbit(rabbit) => rabbit.depth(queue).await,
        }
    }

    /// The counters as they stand.
    pub fn stats(&self) -> Stats {
        let blocked = match &self.inner.backend {
            Backend::Memory(_) => false,
            Backend::Rabbit(rabbit) => rabbit.blocked(),
        };
        self.inner.counters.snapshot(blocked)
    }

    /// Sends what is buffered, ends subscriptions and connections, all within twice the network deadline. Later
    /// publishes are `Unknown`; subscriptions still give what they hold, then `None`.
    pub async fn close(&self) {
        match &self.inner.backend {
            Backend::Memory(memory) => memory.close(),
            Backend::Rabbit(rabbit) => rabbit.close().await,
        }
    }
}

/// A place among a queue's competing subscribers.
pub struct Subscription(Receiver);

enum Receiver {
    Memory(memory::Subscription),
    Rabbit(rabbit::Subscription),
}

impl Subscription {
    /// The next message; `None` once the bus is closed or its last handle gone. Safe to cancel: no message is lost by it.
    pub async fn recv(&mut self) -> Option<Message> {
        self.recv_envelope().await.map(|envelope| envelope.message)
    }

    /// As [`Subscription::recv`], with the message's trace.
    pub async fn recv_envelope(&mut self) -> Option<Envelope> {
        match &mut self.0 {
            Receiver::Memory(subscription) => subscription.recv().await,
            Receiver::Rabbit(subscription) => subscription.recv().await,
        }
    }
}
