//! What is said on the bus: one enum whose tag carries kind and version.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{AssignmentId, JobId};

/// A message; a group, never one per assignment.
///
/// Two releases meet in every rolling deploy. Within a version fields may only be added, and readers pass over
/// those that they do not know; any other change is a new variant with the next number, sent only once every
/// reader has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Message {
    /// These assignments of a job's round are ready to be taken. Advice: it may be lost, doubled or late.
    #[serde(rename = "hint/1")]
    Hint {
        /// The job that they belong to.
        job: JobId,
        /// Its round.
        round: i64,
        /// The assignments' numbers in that round.
        numbers: Vec<i64>,
    },
    /// These assignments were submitted and wait for the review rule, whatever their jobs.
    #[serde(rename = "completed/1")]
    Completed {
        /// The submitted assignments.
        assignments: Vec<AssignmentId>,
    },
    /// Asks the job's coordinator to look at it now rather than at its next tick.
    #[serde(rename = "wake/1")]
    Wake {
        /// The job to look at.
        job: JobId,
    },
}

/// A message that this release cannot read: another version, another kind, or not a message at all.
#[derive(Debug, thiserror::Error)]
#[error("undecodable message: {0}")]
pub struct Undecodable(#[from] serde_json::Error);

impl Message {
    /// Reads a message from its JSON.
    ///
    /// # Errors
    /// [`Undecodable`] when kind or version are unknown or a field is missing.
    pub fn decode(json: &[u8]) -> Result<Self, Undecodable> {
        Ok(serde_json::from_slice(json)?)
    }

    /// Takes up what another message says, if this one can say it too; otherwise hands that one back.
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
    pub fn encode(&self) -> Vec<u8> {
        // Ids, integers and lists of them have no value that JSON cannot hold.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A message and the trace that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What is said.
    pub message: Message,
    /// The W3C `traceparent` of whoever said it.
    pub traceparent: Option<String>,
}

impl Envelope {
    /// Takes up what another one says, if this one can say it too; otherwise hands that one back. A message has room for
    /// one trace: the first.
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
            Message::Hint { job: JOB, round: 2, numbers: vec![0, 1, 70_000] },
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
    fn a_field_of_a_later_release_is_passed_over() {
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
