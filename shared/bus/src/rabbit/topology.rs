//! Exchanges, queues and their bindings, declared once per connection and again after every reconnect.

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

/// Dead letters are for people to look at: few, and for a week.
const DEAD_LETTERS: i64 = 10_000;
const DEAD_LETTER_TTL: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long a publisher leaves a deleted queue deleted. RabbitMQ (seen with 3.10) does not cancel the consumers of a
/// quorum queue that comes back at once: it goes on to send to them, and they see nothing of it.
const MOURNING: Duration = Duration::from_secs(1);

pub(super) struct Topology {
    exchange: String,
    dead_letters: String,
    queue_arguments: FieldTable,
    deadline: Duration,
    declared: Mutex<Declared>,
}

/// Declarations have a channel of their own: a refused one ends the channel that it was made on.
#[derive(Default)]
struct Declared {
    channel: Option<Channel>,
    queues: HashMap<String, Known>,
}

/// What this connection knows of a queue.
#[derive(Clone, Copy)]
enum Known {
    Standing,
    GoneSince(Instant),
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

    /// Declares and binds a queue unless that was done on this connection.
    pub async fn ensure(&self, connection: &Connection, queue: &str) -> Result<(), Fault> {
        let mut declared = self.declared.lock().await;
        match declared.queues.get(queue) {
            Some(Known::Standing) => return Ok(()),
            Some(Known::GoneSince(then)) if then.elapsed() < MOURNING => {
                return Err(Fault::Ended("the queue was deleted a moment ago"));
            }
            Some(Known::GoneSince(_)) | None => {}
        }
        // Taken, and put back only when nothing went wrong on it.
        let channel = match declared.channel.take() {
            Some(channel) => channel,
            None => self.open(connection).await?,
        };
        let channel = match self.declare(&channel, queue).await {
            Ok(()) => channel,
            Err(fault) if fault.is_other_settings() => {
                warn!(queue, "a queue stands with other settings and is used as it is");
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
        declared.queues.insert(queue.to_owned(), Known::Standing);
        Ok(())
    }

    /// Notes that a message for this queue came back.
    pub async fn gone(&self, queue: &str) {
        let gone = Known::GoneSince(Instant::now());
        let mut declared = self.declared.lock().await;
        let known = declared.queues.entry(queue.to_owned()).or_insert(gone);
        if matches!(known, Known::Standing) {
            *known = gone;
        }
    }

    /// Lets a queue be declared again.
    pub async fn forget(&self, queue: &str) {
        self.declared.lock().await.queues.remove(queue);
    }

    /// Messages that wait in a queue; none in one that does not stand.
    pub async fn depth(&self, connection: &Connection, queue: &str) -> Result<u64, Fault> {
        let channel = within(self.deadline, connection.create_channel()).await?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let looked_at = channel.queue_declare(queue.into(), passive, FieldTable::default());
        match within(self.deadline, looked_at).await {
            Ok(queue) => Ok(u64::from(queue.message_count())),
            Err(fault) if fault.is_not_found() => Ok(0),
            Err(fault) => Err(fault),
        }
    }

    /// A channel with everything declared that all queues share.
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

/// Spelled out where RabbitMQ 3.10 and 4 have different defaults.
fn queue_arguments(options: &Options, dead_letters: &str) -> FieldTable {
    let mut arguments = quorum(i64::from(options.queue_length), options.message_ttl);
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(options.delivery_limit.into()));
    arguments.insert("x-expires".into(), millis(options.queue_ttl));
    arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString(dead_letters.into()));
    arguments
}

fn dead_letter_arguments() -> FieldTable {
    quorum(DEAD_LETTERS, DEAD_LETTER_TTL)
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
