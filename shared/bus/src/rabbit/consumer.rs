//! Consumes one queue into one subscription's buffer.

use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tracing::{debug, warn};

use super::backoff::Backoff;
use super::fault::{Fault, within};
use super::link::Link;
use super::refusals::Operation;
use super::shared::Shared;
use super::supervisor::Links;
use crate::{Envelope, Message};

/// How many deliveries share one acknowledgement, at most.
const ACK_GROUP_MAX: usize = 64;

/// A session ended because its subscription was dropped.
struct Unsubscribed;

pub(super) struct Consumer {
    shared: Arc<Shared>,
    links: Links,
    queue: String,
    buffer: mpsc::Sender<Envelope>,
}

impl Consumer {
    pub fn new(shared: Arc<Shared>, links: Links, queue: String, buffer: mpsc::Sender<Envelope>) -> Self {
        Self { shared, links, queue, buffer }
    }

    /// Consumes until the subscription is dropped or the bus closes, over as many channels and connections as needed.
    pub async fn run(self) {
        let mut links = self.links.clone();
        let over = async {
            tokio::select! {
                () = self.buffer.closed() => {}
                () = self.shared.closing.cancelled() => {}
            }
        };
        tokio::select! {
            () = over => {}
            () = self.consume_for_ever(&mut links) => {}
        }
    }

    async fn consume_for_ever(&self, links: &mut Links) {
        let mut backoff = Backoff::default();
        while let Some(link) = links.next().await {
            match self.session(&link, &mut backoff).await {
                Ok(Unsubscribed) => return,
                Err(fault) => {
                    self.shared.refusals.note(Operation::Consume, &self.queue, &fault);
                    debug!(queue = self.queue, %fault, "consuming will be retried");
                }
            }
            sleep(backoff.next()).await;
        }
    }

    /// Consumes on one channel until it breaks. Dropping the channel closes it, and the broker redelivers
    /// unacknowledged messages to other consumers.
    async fn session(&self, link: &Link, backoff: &mut Backoff) -> Result<Unsubscribed, Fault> {
        // The last session may have ended because the queue was deleted.
        link.forget(&self.queue).await;
        link.ensure(&self.queue).await?;
        let channel = link.channel().await?;
        let mut deliveries = self.consume(&channel).await?;
        self.shared.refusals.granted(Operation::Consume, &self.queue);
        backoff.reset();
        loop {
            let first = tokio::select! {
                delivery = deliveries.next() => delivery.ok_or(Fault::Ended("the broker cancelled the consumer"))??,
                () = link.ended() => return Err(Fault::Ended("the connection ended")),
            };
            let mut last = first.delivery_tag;
            if self.hand_over(first).await.is_err() {
                return Ok(Unsubscribed);
            }
            for _ in 1..ACK_GROUP_MAX {
                let Some(Some(delivery)) = deliveries.next().now_or_never() else { break };
                let delivery = delivery?;
                last = delivery.delivery_tag;
                if self.hand_over(delivery).await.is_err() {
                    return Ok(Unsubscribed);
                }
            }
            self.acknowledge(&channel, last).await?;
        }
    }

    async fn consume(&self, channel: &Channel) -> Result<lapin::Consumer, Fault> {
        let deadline = self.shared.options.network_deadline;
        let prefetch = self.shared.options.prefetch;
        within(deadline, channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let options = BasicConsumeOptions::default();
        let consuming =
            channel.basic_consume(self.queue.as_str().into(), "".into(), options, FieldTable::default());
        within(deadline, consuming).await
    }

    /// Acknowledges all deliveries up to `tag` with one frame.
    async fn acknowledge(&self, channel: &Channel, tag: u64) -> Result<(), Fault> {
        let multiple = BasicAckOptions { multiple: true };
        within(self.shared.options.network_deadline, channel.basic_ack(tag, multiple)).await
    }

    /// Waits for room in the buffer, so that a slow reader slows the broker down instead of filling memory.
    async fn hand_over(&self, delivery: Delivery) -> Result<(), Unsubscribed> {
        let counters = &self.shared.counters;
        if delivery.redelivered {
            counters.redelivered.add_one();
        }
        match Message::decode(&delivery.data) {
            Ok(message) => {
                let envelope = Envelope { message, traceparent: traceparent(&delivery) };
                self.buffer.send(envelope).await.map_err(|_| Unsubscribed)?;
                counters.received.add_one();
            }
            Err(error) => {
                counters.dropped_undecodable.add_one();
                warn!(queue = self.queue, %error, "dropped a message that this release cannot read");
            }
        }
        Ok(())
    }
}

fn traceparent(delivery: &Delivery) -> Option<String> {
    let headers = delivery.properties.headers().as_ref()?;
    match headers.inner().get("traceparent")? {
        AMQPValue::LongString(trace) => Some(trace.to_string()),
        _ => None,
    }
}
