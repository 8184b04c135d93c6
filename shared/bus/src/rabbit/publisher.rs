//! Publishes with many confirms under way at once.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use tracing::debug;

use super::Shared;
use super::backoff::Backoff;
use super::fault::Fault;
use super::link::Link;
use super::refusals::Act;
use super::supervisor::Links;
use crate::Envelope;

const PERSISTENT: u8 = 2;
/// What is refused where the user may not write to the exchange, whatever the queue.
const ANY: &str = "any queue";

/// A message on its way; its answer is sent when the broker confirms it and dropped in every other case.
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
            .with_delivery_mode(PERSISTENT)
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
                    self.shared.refusals.note(Act::Publish, ANY, &fault);
                    debug!(%fault, "publishing begins again");
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
                    // Whoever asked has given up: the sweep finds what this message was about.
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

/// One publish up to its confirm. An error ends the channel's session; a queue that cannot be declared does not.
async fn publish(shared: &Shared, link: &Link, channel: &Channel, request: Request) -> Result<(), Fault> {
    if let Err(fault) = link.ensure(&request.queue).await {
        shared.refusals.note(Act::Publish, &request.queue, &fault);
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
            shared.refusals.granted(Act::Publish, ANY);
            shared.refusals.granted(Act::Publish, &request.queue);
            // Whoever asked may be gone by now, which is no fault.
            let _ = request.answer.send(());
        }
        Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
            link.gone(returned.routing_key.as_str()).await;
        }
        Confirmation::Nack(None) | Confirmation::NotRequested => {}
    }
    Ok(())
}
