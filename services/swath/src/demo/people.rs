//! What all the simulated people have in common: a seat, a pace, and the way they ask for work.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use swath_domain::labels::{Annotation, Tag};
use swath_domain::{JobId, LeaseId};
use tokio_util::sync::CancellationToken;

use super::digits::{Digit, index_of};
use swath_client::{Client, ClientError};

/// The name of the class that is drawn, and of the tag that says which digit it is.
pub const DIGIT: &str = "digit";
/// However long the server says that there will be no work, a person looks again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A user of Swath.
#[derive(Clone)]
pub struct Person {
    /// What others call them.
    pub name: String,
    /// Their way to the server.
    pub client: Client,
    /// What they sign in with.
    pub token: String,
}

/// Where a person sits and what lies on the table.
pub struct Desk {
    /// Who sits here.
    pub person: Person,
    /// What they work on.
    pub job: JobId,
    /// The right answers; one who errs does so on purpose.
    pub digits: Arc<Vec<Digit>>,
    /// How quick they are.
    pub pace: Pace,
    /// Cancelled when nothing is left to do.
    pub over: CancellationToken,
}

/// A lease or a review, as far as people care.
#[derive(Deserialize)]
pub struct Lease {
    /// Names the lease in every call.
    pub lease_id: LeaseId,
    /// What was leased.
    pub assignment: Assignment,
}

/// Items to work on.
#[derive(Deserialize)]
pub struct Assignment {
    /// 1, and one more each time that something was rejected.
    pub round: u32,
    /// The items.
    pub items: Vec<Item>,
}

/// One picture.
#[derive(Deserialize)]
pub struct Item {
    /// Its number in the dataset.
    pub index: u64,
    /// What the dataset calls it.
    pub uri: String,
    /// Where to look at it.
    pub media_url: Option<String>,
    /// What was said of it before.
    pub annotation: Option<Annotation>,
}

impl Desk {
    /// Asks for work until there is some. None when everything is over.
    pub async fn ask<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Option<T>> {
        while !self.over.is_cancelled() {
            let pause = match self.person.client.post(path, &json!({"job": self.job})).await {
                Ok(work) => return Ok(Some(work)),
                Err(error) if error.is("no-work") || error.passes() => {
                    error.retry_after().unwrap_or(LOOK_AGAIN)
                }
                Err(error) => return Err(self.said(error)),
            };
            tokio::select! {
                () = self.over.cancelled() => return Ok(None),
                () = tokio::time::sleep(pause.min(LOOK_AGAIN)) => {}
            }
        }
        Ok(None)
    }

    /// The digit that an item really shows.
    pub fn truth(&self, item: &Item) -> anyhow::Result<u8> {
        let digit = index_of(&item.uri).and_then(|index| self.digits.get(index));
        digit.map(|digit| digit.value).ok_or_else(|| anyhow::anyhow!("`{}` is none of the digits", item.uri))
    }

    /// A failure with the name of the person who met it.
    pub fn said(&self, error: ClientError) -> anyhow::Error {
        anyhow::Error::new(error).context(self.person.name.clone())
    }
}

/// The digit that an annotation claims.
pub fn claimed(annotation: &Annotation) -> Option<u8> {
    let tag = annotation.tags.iter().find(|tag| tag.name == DIGIT)?;
    tag.value.as_deref()?.parse().ok()
}

/// The tag that claims a digit.
pub fn claim(value: u8) -> Tag {
    Tag { name: DIGIT.to_owned(), value: Some(value.to_string()) }
}

/// How quick a person is, and where they err.
pub struct Pace {
    speed: f64,
    dice: StdRng,
}

impl Pace {
    /// A pace of its own for each `seed`.
    pub fn new(speed: f64, seed: u64) -> Self {
        Self { speed, dice: StdRng::seed_from_u64(seed) }
    }

    /// Takes about as long as a thought of `seconds` does.
    pub async fn think(&mut self, seconds: f64) {
        let seconds = seconds * self.dice.random_range(0.5..1.5) / self.speed;
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.dice.random_bool(probability)
    }

    /// Some digit other than this one.
    pub fn other_digit(&mut self, digit: u8) -> u8 {
        (digit + self.dice.random_range(1..10)) % 10
    }
}
