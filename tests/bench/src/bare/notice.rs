//! Completions over RabbitMQ: one confirmed message for each group, consumed with a large prefetch and acknowledged
//! in groups.

use anyhow::Context;
use futures::StreamExt;
use futures::future::BoxFuture;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use tokio::sync::mpsc;

const QUEUE: &str = "bare.completed";
/// The most ids in one message, and how many messages are prefetched.
const IDS_PER_MESSAGE_MAX: usize = 500;
const PREFETCH: u16 = 500;
/// How many messages are accepted in one transaction.
const MESSAGES_PER_GROUP_MAX: usize = 16;

/// Publishes completions.
pub struct Notices(mpsc::UnboundedSender<i64>);

impl Notices {
    /// Opens two connections, one to publish completions and one to consume and accept them.
    pub async fn start<F>(amqp: &str, accept: F) -> anyhow::Result<Self>
    where
        F: Fn(Vec<i64>) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync + 'static,
    {
        let publisher = channel(amqp).await?;
        publisher.confirm_select(ConfirmSelectOptions::default()).await?;
        let consumer = channel(amqp).await?;
        consumer.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let deliveries = consumer
            .basic_consume(QUEUE.into(), "bare".into(), BasicConsumeOptions::default(), FieldTable::default())
            .await?;
        let (publisher_queue, completed) = mpsc::unbounded_channel();
        tokio::spawn(async move { ended(publish(publisher, completed).await) });
        tokio::spawn(async move { ended(consume(deliveries, accept).await) });
        Ok(Self(publisher_queue))
    }

    /// Publishes a completion.
    pub fn publish(&self, id: i64) {
        let _ = self.0.send(id);
    }
}

fn ended(outcome: anyhow::Result<()>) {
    if let Err(error) = outcome {
        eprintln!("RabbitMQ: {error:#}");
    }
}

async fn channel(amqp: &str) -> anyhow::Result<Channel> {
    let connection = Connection::connect(amqp, ConnectionProperties::default()).await.context("RabbitMQ")?;
    let channel = connection.create_channel().await?;
    // The connection lives as long as the process.
    std::mem::forget(connection);
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(QUEUE.into(), options, arguments).await?;
    Ok(channel)
}

async fn publish(channel: Channel, mut completed: mpsc::UnboundedReceiver<i64>) -> anyhow::Result<()> {
    let mut group = Vec::new();
    while completed.recv_many(&mut group, IDS_PER_MESSAGE_MAX).await > 0 {
        let body = serde_json::to_vec(&group)?;
        let properties = BasicProperties::default().with_delivery_mode(2);
        let options = BasicPublishOptions::default();
        channel.basic_publish("".into(), QUEUE.into(), options, &body, properties).await?.await?;
        group.clear();
    }
    Ok(())
}

async fn consume(
    deliveries: Consumer,
    accept: impl Fn(Vec<i64>) -> BoxFuture<'static, anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let mut chunks = deliveries.ready_chunks(MESSAGES_PER_GROUP_MAX);
    while let Some(chunk) = chunks.next().await {
        let mut ids = Vec::new();
        let mut last = None;
        for delivery in chunk {
            let delivery = delivery?;
            ids.extend(serde_json::from_slice::<Vec<i64>>(&delivery.data)?);
            last = Some(delivery);
        }
        accept(ids).await?;
        if let Some(delivery) = last {
            delivery.acker.ack(BasicAckOptions { multiple: true }).await?;
        }
    }
    Ok(())
}
