//! Exchanges, queues and bindings. Each connection declares them once.

use std::collections::HashMap;
use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ExchangeKind};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::warn;

use super::fault::{Fault, within};
use crate::Options;

/// Dead letters are kept for operators to look at.
const DEAD_LETTERS_MAX: i64 = 10_000;
const DEAD_LETTER_TTL: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long a publisher waits before it declares a deleted queue again. If a quorum queue is recreated at once,
/// RabbitMQ (seen with 3.10) does not cancel its old consumers: it goes on to send to them, but they receive nothing.
const REDECLARE_DELAY: Duration = Duration::from_secs(1);

pub(super) struct Topology {
    exchange: String,
    dead_letters: String,
    queue_arguments: FieldTable,
    deadline: Duration,
    declared: Mutex<Declarations>,
}

/// What this connection has declared. Declarations have a channel of their own, because a refused one closes its
/// channel.
#[derive(Default)]
struct Declarations {
    channel: Option<Channel>,
    queues: HashMap<String, QueueState>,
}

/// What this connection knows about a queue.
#[derive(Clone, Copy)]
enum QueueState {
    Declared,
    DeletedSince(Instant),
}

impl Topology {
    pub fn new(options: &Options) -> Self {
        let exchange = options.prefix.clone();
        let dead_letters = format!("{exchange}.dead");
        let queue_arguments = queue_arguments(options, &dead_letters);
        let deadline = options.network_deadline;
        Self { exchange, dead_letters, queue_arguments, deadline, declared: Mutex::default() }
    }

    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Declares and binds a queue, once per connection.
    pub async fn ensure(&self, connection: &Connection, queue: &str) -> Result<(), Fault> {
        let mut declared = self.declared.lock().await;
        match declared.queues.get(queue) {
            Some(QueueState::Declared) => return Ok(()),
            Some(QueueState::DeletedSince(then)) if then.elapsed() < REDECLARE_DELAY => {
                return Err(Fault::Ended("the queue was deleted a moment ago"));
            }
            Some(QueueState::DeletedSince(_)) | None => {}
        }
        // The channel is put back only if no declaration failed, because a failure closes it.
        let channel = match declared.channel.take() {
            Some(channel) => channel,
            None => self.open(connection).await?,
        };
        let channel = match self.declare(&channel, queue).await {
            Ok(()) => channel,
            Err(fault) if fault.is_other_settings() => {
                warn!(queue, "a queue exists with other settings and is used as it is");
                self.open(connection).await?
            }
            Err(fault) => {
                if !fault.is_refused() {
                    warn!(queue, %fault, "cannot declare a queue");
                }
                return Err(fault);
            }
        };
        self.bind(&channel, queue, &self.exchange).await?;
        declared.channel = Some(channel);
        declared.queues.insert(queue.to_owned(), QueueState::Declared);
        Ok(())
    }

    /// Records that the queue was deleted, because the broker returned a message for it.
    pub async fn gone(&self, queue: &str) {
        let deleted = QueueState::DeletedSince(Instant::now());
        let mut declared = self.declared.lock().await;
        let known = declared.queues.entry(queue.to_owned()).or_insert(deleted);
        if matches!(known, QueueState::Declared) {
            *known = deleted;
        }
    }

    /// Lets a queue be declared again.
    pub async fn forget(&self, queue: &str) {
        self.declared.lock().await.queues.remove(queue);
    }

    /// The number of messages in a queue. 0 if the queue does not exist.
    pub async fn depth(&self, connection: &Connection, queue: &str) -> Result<u64, Fault> {
        let channel = within(self.deadline, connection.create_channel()).await?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let declared = channel.queue_declare(queue.into(), passive, FieldTable::default());
        match within(self.deadline, declared).await {
            Ok(queue) => Ok(u64::from(queue.message_count())),
            Err(fault) if fault.is_not_found() => Ok(0),
            Err(fault) => Err(fault),
        }
    }

    /// Opens a channel and declares what all queues share.
    async fn open(&self, connection: &Connection) -> Result<Channel, Fault> {
        let channel = within(self.deadline, connection.create_channel()).await?;
        self.declare_exchange(&channel, &self.exchange, ExchangeKind::Direct).await?;
        self.declare_exchange(&channel, &self.dead_letters, ExchangeKind::Fanout).await?;
        self.declare_queue(&channel, &self.dead_letters, dead_letter_arguments()).await?;
        self.bind(&channel, &self.dead_letters, &self.dead_letters).await?;
        Ok(channel)
    }

    async fn declare(&self, channel: &Channel, queue: &str) -> Result<(), Fault> {
        self.declare_queue(channel, queue, self.queue_arguments.clone()).await
    }

    async fn declare_exchange(&self, channel: &Channel, name: &str, kind: ExchangeKind) -> Result<(), Fault> {
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let declared = channel.exchange_declare(name.into(), kind, durable, FieldTable::default());
        within(self.deadline, declared).await
    }

    async fn declare_queue(&self, channel: &Channel, name: &str, arguments: FieldTable) -> Result<(), Fault> {
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        within(self.deadline, channel.queue_declare(name.into(), durable, arguments)).await?;
        Ok(())
    }

    /// Binds a queue under its own name.
    async fn bind(&self, channel: &Channel, queue: &str, exchange: &str) -> Result<(), Fault> {
        let options = QueueBindOptions::default();
        let bound =
            channel.queue_bind(queue.into(), exchange.into(), queue.into(), options, FieldTable::default());
        within(self.deadline, bound).await
    }
}

/// Sets every argument for which RabbitMQ 3.10 and 4 have different defaults.
fn queue_arguments(options: &Options, dead_letters: &str) -> FieldTable {
    let mut arguments = quorum(i64::from(options.queue_length), options.message_ttl);
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(options.delivery_limit.into()));
    arguments.insert("x-expires".into(), millis(options.queue_ttl));
    arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString(dead_letters.into()));
    arguments
}

fn dead_letter_arguments() -> FieldTable {
    quorum(DEAD_LETTERS_MAX, DEAD_LETTER_TTL)
}

fn quorum(length: i64, ttl: Duration) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(length));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("drop-head".into()));
    arguments.insert("x-message-ttl".into(), millis(ttl));
    arguments
}

fn millis(time: Duration) -> AMQPValue {
    AMQPValue::LongLongInt(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}
