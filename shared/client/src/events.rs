//! The stream of events.

use futures::TryStreamExt;
use serde_json::Value;
use tokio_util::io::StreamReader;

use crate::client::{Client, Result};
use crate::error::ClientError;
use crate::transfer::next_line;

/// A message of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventMessage {
    /// The position in the stream after this message. Only the last message of a group has one.
    pub id: Option<String>,
    /// The kind of message, as in `assignments`.
    pub event: String,
    /// The content.
    pub data: Value,
}

impl Client {
    /// Passes each message to `take` until the stream ends. `after` is the id of the last message that was read before.
    ///
    /// # Errors
    /// If the server refuses the request, the stream breaks or stalls, or a message is not JSON.
    pub async fn events(&self, after: Option<&str>, mut take: impl FnMut(EventMessage)) -> Result<()> {
        let query: Vec<_> = after.map(|after| ("after", after.to_owned())).into_iter().collect();
        let chunks = self.download("/v1/events", &query).await?.map_err(std::io::Error::other);
        let mut reader = StreamReader::new(Box::pin(chunks));
        let broken = |error| ClientError::File { path: "/v1/events".to_owned(), error };
        let mut message = EventMessage::default();
        while let Some(line) = next_line(&mut reader).await.map_err(broken)? {
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            match line.split_once(": ") {
                None if line.is_empty() => take(std::mem::take(&mut message)),
                None => {}
                Some(("id", id)) => message.id = Some(id.to_owned()),
                Some(("event", event)) => message.event = event.to_owned(),
                Some(("data", data)) => {
                    message.data = serde_json::from_str(data).map_err(ClientError::Decode)?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}
