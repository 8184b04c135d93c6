//! An annotator: looks at each picture, draws a box around the ink, says which digit it is, hands the range in.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use swath_domain::LeaseId;
use swath_domain::labels::{Annotation, Figure, Shape};

use super::digits::ink_box;
use super::people::{DIGIT, Desk, Item, Lease, claim};
use swath_client::{ClientError, new_key};

/// How long one picture takes, in seconds.
const LOOK: f64 = 0.1;
/// From this round on everybody takes care.
const CAREFUL_FROM: u32 = 3;
/// How often a range is gone through again if the server misses something in it.
const TRIES: usize = 3;

/// How a person works.
#[derive(Clone, Copy)]
pub struct Manner {
    errors: f64,
    walks_away: bool,
}

impl Manner {
    /// The last one walks away; of the others each third errs often, the rest hardly ever.
    pub fn of(number: usize, people: usize) -> Self {
        Self { errors: if number % 3 == 1 { 0.15 } else { 0.01 }, walks_away: number + 1 == people }
    }

    fn errors_in(self, round: u32) -> f64 {
        if round >= CAREFUL_FROM { 0.0 } else { self.errors / f64::from(round.max(1)) }
    }
}

/// Works until nothing is left, or walks away in the middle of the first range.
pub async fn run(mut desk: Desk, manner: Manner) -> anyhow::Result<()> {
    while let Some(lease) = desk.ask::<Lease>("/v1/leases").await? {
        if manner.walks_away {
            let half = lease.assignment.items.len() / 2;
            return label(&mut desk, manner, &lease, half).await.map(drop);
        }
        finish(&mut desk, manner, &lease).await?;
    }
    Ok(())
}

/// Labels a whole range and hands it in, unless the lease is lost on the way.
async fn finish(desk: &mut Desk, manner: Manner, lease: &Lease) -> anyhow::Result<()> {
    for _ in 0..TRIES {
        if label(desk, manner, lease, lease.assignment.items.len()).await? == LeaseState::Lost {
            return Ok(());
        }
        match submit(desk, lease.lease_id).await {
            Err(error) if error.is("incomplete") => {}
            Err(error) if lost(&error) => return Ok(()),
            answer => return answer.map_err(|error| desk.said(error)),
        }
    }
    anyhow::bail!("{} confirmed everything, and the server still misses items", desk.person.name)
}

/// Whether the lease still stands.
#[derive(PartialEq, Eq)]
enum LeaseState {
    Kept,
    Lost,
}

/// Labels the first `count` items, each saved at once.
async fn label(desk: &mut Desk, manner: Manner, lease: &Lease, count: usize) -> anyhow::Result<LeaseState> {
    for item in lease.assignment.items.iter().take(count) {
        desk.pace.think(LOOK).await;
        let annotation = look(desk, manner.errors_in(lease.assignment.round), item).await?;
        let path = format!("/v1/leases/{}/items/{}", lease.lease_id, item.index);
        match desk.person.client.put::<Value>(&path, &annotation).await {
            Ok(_) => {}
            Err(error) if lost(&error) => return Ok(LeaseState::Lost),
            Err(error) => return Err(desk.said(error)),
        }
    }
    Ok(LeaseState::Kept)
}

/// Looks at the picture that the server serves, and says what it shows, or on purpose something else.
async fn look(desk: &mut Desk, errors: f64, item: &Item) -> anyhow::Result<Annotation> {
    let address = item.media_url.as_deref().context("an item came without the address of its picture")?;
    let picture = desk.person.client.picture(address).await.with_context(|| address.to_owned())?;
    ensure!(!picture.is_empty(), "{address} is empty");
    let truth = desk.truth(item)?;
    let value = if desk.pace.happens(errors) { desk.pace.other_digit(truth) } else { truth };
    let geometry = ink_box(&picture).with_context(|| format!("{address} is not the picture of a digit"))?;
    let figure = Figure { class: DIGIT.to_owned(), shape: Shape::Rectangle, geometry, tags: Vec::new() };
    Ok(Annotation { figures: vec![figure], tags: vec![claim(value)], skip: None })
}

/// Hands the range in. A submission that was refused as incomplete is another one than the next.
async fn submit(desk: &Desk, lease: LeaseId) -> Result<(), ClientError> {
    let body = json!({"submission_id": new_key()});
    desk.person.client.post::<Value>(&format!("/v1/leases/{lease}/submit"), &body).await.map(drop)
}

/// Somebody else has the range by now, or it was taken back: what was saved is kept, and there is other work.
fn lost(error: &ClientError) -> bool {
    error.is("stale-lease")
}
