//! Completions told over RabbitMQ: one confirmed message per group, consumed with a large prefetch and acknowledged
//! many at a time.

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
/// The most in one message, and the messages that are consumed at once.
const MOST: usize = 500;
const PREFETCH: u16 = 500;
/// Messages that are accepted in one transaction.
const AT_ONCE: usize = 16;

/// Tells of completions.
pub struct Notices(mpsc::UnboundedSender<i64>);

impl Notices {
    /// Connects twice, publishes what is told and has it accepted.
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
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move { ended(publish(publisher, told).await) });
        tokio::spawn(async move { ended(consume(deliveries, accept).await) });
        Ok(Self(tell))
    }

    /// Tells of one.
    pub fn tell(&self, id: i64) {
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

async fn publish(channel: Channel, mut told: mpsc::UnboundedReceiver<i64>) -> anyhow::Result<()> {
    let mut group = Vec::new();
    while told.recv_many(&mut group, MOST).await > 0 {
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
    let mut chunks = deliveries.ready_chunks(AT_ONCE);
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
