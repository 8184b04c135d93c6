//! Publishes messages, with many unconfirmed ones at a time.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use tracing::debug;

use super::backoff::Backoff;
use super::fault::Fault;
use super::link::Link;
use super::refusals::Operation;
use super::shared::Shared;
use super::supervisor::Links;
use crate::Envelope;

const PERSISTENT_DELIVERY: u8 = 2;
/// The queue's name in a refusal to write to the exchange, which concerns all queues.
const ANY_QUEUE: &str = "any queue";

/// A message to publish. Its answer is sent when the broker confirms it, and dropped in every other case.
pub(super) struct Request {
    queue: String,
    body: Vec<u8>,
    traceparent: Option<String>,
    answer: oneshot::Sender<()>,
}

impl Request {
    pub fn new(queue: String, envelope: &Envelope) -> (Self, oneshot::Receiver<()>) {
        let (answer, answered) = oneshot::channel();
        let traceparent = envelope.traceparent.clone();
        (Self { queue, body: envelope.message.encode(), traceparent, answer }, answered)
    }

    fn properties(&self) -> BasicProperties {
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT_DELIVERY)
            .with_content_type("application/json".into());
        match &self.traceparent {
            None => properties,
            Some(trace) => {
                let mut headers = FieldTable::default();
                headers.insert("traceparent".into(), AMQPValue::LongString(LongString::from(trace.as_str())));
                properties.with_headers(headers)
            }
        }
    }
}

/// The one task that owns the publishing channel.
pub(super) struct Publisher {
    shared: Arc<Shared>,
    links: Links,
    requests: mpsc::Receiver<Request>,
}

impl Publisher {
    pub fn new(shared: Arc<Shared>, links: Links, requests: mpsc::Receiver<Request>) -> Self {
        Self { shared, links, requests }
    }

    /// Runs session after session until the bus closes.
    pub async fn run(mut self) {
        let mut backoff = Backoff::default();
        let closing = self.shared.closing.clone();
        while let Some(Some(link)) = closing.run_until_cancelled(self.links.next()).await {
            match self.session(&link, &mut backoff).await {
                Ok(()) => return,
                Err(fault) => {
                    self.shared.refusals.note(Operation::Publish, ANY_QUEUE, &fault);
                    debug!(%fault, "publishing will be retried");
                }
            }
            sleep(backoff.next()).await;
        }
    }

    /// Publishes on one channel until it breaks, or until the bus closes and everything is answered.
    async fn session(&mut self, link: &Link, backoff: &mut Backoff) -> Result<(), Fault> {
        let channel = link.confirming_channel().await?;
        backoff.reset();
        let shared = Arc::clone(&self.shared);
        let limit = shared.options.publish_buffer;
        let mut in_flight = FuturesUnordered::new();
        let mut open = true;
        while open || !in_flight.is_empty() {
            tokio::select! {
                Some(done) = in_flight.next() => done?,
                request = self.requests.recv(), if open && in_flight.len() < limit => match request {
                    // The caller has reached its deadline, so the message is skipped. A sweep finds its work.
                    Some(request) if request.answer.is_closed() => {}
                    Some(request) => in_flight.push(publish(&shared, link, &channel, request)),
                    None => open = false,
                },
                () = shared.closing.cancelled(), if !self.requests.is_closed() => self.requests.close(),
                () = link.ended() => return Err(Fault::Ended("the connection ended")),
            }
        }
        Ok(())
    }
}

/// Publishes one message and waits for its confirm. An error ends the channel's session, but a queue that cannot be
/// declared does not.
async fn publish(shared: &Shared, link: &Link, channel: &Channel, request: Request) -> Result<(), Fault> {
    if let Err(fault) = link.ensure(&request.queue).await {
        shared.refusals.note(Operation::Publish, &request.queue, &fault);
        debug!(queue = request.queue, %fault, "cannot publish to a queue");
        return Ok(());
    }
    let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let exchange = shared.options.prefix.as_str().into();
    let key = request.queue.as_str().into();
    let confirm =
        channel.basic_publish(exchange, key, mandatory, &request.body, request.properties()).await?;
    match confirm.await? {
        Confirmation::Ack(None) => {
            shared.refusals.granted(Operation::Publish, ANY_QUEUE);
            shared.refusals.granted(Operation::Publish, &request.queue);
            // The caller may have reached its deadline by now.
            let _ = request.answer.send(());
        }
        Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
            link.gone(returned.routing_key.as_str()).await;
        }
        Confirmation::Nack(None) | Confirmation::NotRequested => {}
    }
    Ok(())
}
