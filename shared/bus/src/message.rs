//! The messages on the bus: one enum whose tag contains kind and version.

use serde::{Deserialize, Serialize};
use swath_domain::Round;
use swath_domain::ids::{AssignmentId, JobId};

/// A message. It is about a group of assignments, so that there is not one message for each.
///
/// During a rolling upgrade two releases share the bus. Within a version, fields may only be added, and readers ignore
/// unknown fields. Any other change is a new variant with the next version number, which is only sent once every reader
/// knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Message {
    /// Assignments of one round of a job are ready to be leased. Advisory: it may be lost, doubled or late.
    #[serde(rename = "hint/1")]
    Hint {
        /// The job of the assignments.
        job: JobId,
        /// The round of the assignments.
        round: Round,
        /// The assignments' numbers in that round.
        numbers: Vec<i64>,
    },
    /// Assignments, of any jobs, were submitted and wait for the review rule.
    #[serde(rename = "completed/1")]
    Completed {
        /// The submitted assignments.
        assignments: Vec<AssignmentId>,
    },
    /// Asks the coordinator to check the job now instead of at its next tick.
    #[serde(rename = "wake/1")]
    Wake {
        /// The job to check.
        job: JobId,
    },
}

/// A message that this release cannot read: an unknown kind or version, or not a message at all.
#[derive(Debug, thiserror::Error)]
#[error("undecodable message: {0}")]
pub struct Undecodable(#[from] serde_json::Error);

impl Message {
    /// Reads a message from its JSON.
    ///
    /// # Errors
    /// [`Undecodable`] if kind or version are unknown or a field is missing. The caller drops the message, because a
    /// sweep finds the same work.
    pub fn decode(json: &[u8]) -> Result<Self, Undecodable> {
        Ok(serde_json::from_slice(json)?)
    }

    /// Merges another message into this one, or returns the other one unchanged if they cannot be merged.
    fn absorb(&mut self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Completed { assignments }, Self::Completed { assignments: more }) => {
                assignments.extend(more);
                None
            }
            (Self::Hint { job, round, numbers }, Self::Hint { job: of, round: at, numbers: more })
                if (*job, *round) == (of, at) =>
            {
                numbers.extend(more);
                None
            }
            (_, other) => Some(other),
        }
    }

    /// The message's JSON.
    #[expect(
        clippy::expect_used,
        reason = "a message has only ids, integers and lists of them, so it is always valid JSON"
    )]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a message is always valid JSON")
    }
}

/// A message and its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The message.
    pub message: Message,
    /// The W3C `traceparent` of the sender.
    pub traceparent: Option<String>,
}

impl Envelope {
    /// Merges another envelope into this one, or returns the other one unchanged if they cannot be merged. Only the
    /// first trace is kept, because a message has one.
    pub(crate) fn absorb(&mut self, other: Self) -> Option<Self> {
        let traceparent = other.traceparent;
        match self.message.absorb(other.message) {
            Some(message) => Some(Self { message, traceparent }),
            None => {
                self.traceparent = self.traceparent.take().or(traceparent);
                None
            }
        }
    }
}

impl From<Message> for Envelope {
    fn from(message: Message) -> Self {
        Self { message, traceparent: None }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const JOB: JobId = JobId(Uuid::from_u128(7));

    fn all() -> Vec<Message> {
        vec![
            Message::Hint { job: JOB, round: Round(2), numbers: vec![0, 1, 70_000] },
            Message::Completed { assignments: vec![AssignmentId(Uuid::from_u128(9))] },
            Message::Wake { job: JOB },
        ]
    }

    #[test]
    fn every_message_survives_the_wire() {
        for message in all() {
            assert_eq!(Message::decode(&message.encode()).unwrap(), message);
        }
    }

    #[test]
    fn the_wire_form_is_fixed() {
        let json: Vec<String> =
            all().iter().map(|message| String::from_utf8(message.encode()).unwrap()).collect();
        assert_eq!(
            json,
            [
                r#"{"type":"hint/1","job":"00000000-0000-0000-0000-000000000007","round":2,"numbers":[0,1,70000]}"#,
                r#"{"type":"completed/1","assignments":["00000000-0000-0000-0000-000000000009"]}"#,
                r#"{"type":"wake/1","job":"00000000-0000-0000-0000-000000000007"}"#,
            ]
        );
    }

    #[test]
    fn a_field_of_a_later_release_is_ignored() {
        let json = r#"{"type":"wake/1","job":"00000000-0000-0000-0000-000000000007","reason":"new"}"#;
        assert_eq!(Message::decode(json.as_bytes()).unwrap(), Message::Wake { job: JOB });
    }

    #[test]
    fn an_unknown_version_or_kind_is_an_error_and_no_panic() {
        for json in [r#"{"type":"wake/2","job":"x"}"#, r#"{"type":"dance/1"}"#, "{}", "\u{0}", ""] {
            assert!(Message::decode(json.as_bytes()).is_err(), "{json}");
        }
    }
}
