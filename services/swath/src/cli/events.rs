//! `swath events`

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use swath_client::{ClientError, EventMessage};

use super::output::cell;
use super::session::Session;
use crate::cli::output::line;

/// The pause between two tries to open the stream.
const RETRY_PAUSE: Duration = Duration::from_secs(3);

/// What `swath events` takes.
#[derive(Args)]
pub struct EventsArgs {
    /// Continue after the message with this id; if it is too old, the stream begins with `reset`
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

/// Prints events until the user interrupts.
pub async fn run(session: &Session, args: EventsArgs) -> anyhow::Result<()> {
    let mut after = args.after;
    loop {
        let (mut last, mut printed) = (None, Ok(()));
        let ended = session.client.events(after.as_deref(), |message| {
            last = message.id.clone().or(last.take());
            if printed.is_ok() && message.event != "heartbeat" {
                printed = print(session, &message);
            }
        });
        let ended = ended.await;
        printed?;
        after = last.or(after);
        match ended {
            Err(error @ ClientError::Api(_)) if !error.is_temporary() => return Err(error.into()),
            // The server has ended the stream or is unavailable. Nothing is lost between two streams.
            Ok(()) | Err(_) => tokio::time::sleep(RETRY_PAUSE).await,
        }
    }
}

fn print(session: &Session, message: &EventMessage) -> std::io::Result<()> {
    let EventMessage { id, event, data } = message;
    if session.output.is_json() {
        return line(&json!({"id": id, "event": event, "data": data}).to_string());
    }
    // This message only carries the id, which is of no use to people.
    if event == "seen" {
        return Ok(());
    }
    line(format!("{event:<11}  {}", words(data)).trim_end())
}

/// The fields of a message in a few words.
fn words(data: &Value) -> String {
    let fields = data.as_object().into_iter().flatten();
    let words =
        fields.filter(|(_, value)| !value.is_null() && **value != json!(0)).map(
            |(name, value)| match value {
                Value::Array(moved) => moved.iter().map(moved_words).collect::<Vec<_>>().join(", "),
                value => format!("{name} {}", cell(value)),
            },
        );
    words.collect::<Vec<_>>().join("  ")
}

fn moved_words(moved: &Value) -> String {
    format!("{} {}", cell(&moved["id"]), cell(&moved["status"]))
}
