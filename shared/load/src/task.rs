//! What users do with the items of a job.

use std::fmt::Debug;

use anyhow::Result;
use futures::FutureExt;
use futures::future::BoxFuture;
use swath_api::leases::ItemPart;
use swath_domain::labels::{Annotation, Figure, Geometry, Shape, Skip};

use crate::dice::Dice;
use crate::person::Person;

/// The class that [`Boxes`] are of.
pub(crate) const BOX_CLASS: &str = "thing";
/// The share of items that are skipped, in percent.
const SKIPPED_PERCENT: f64 = 1.0;
/// From this round on nothing is rejected any more, so that the work ends.
const ACCEPTED_FROM_ROUND: i64 = 3;

/// An item that a user looks at.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The user.
    pub person: &'a Person,
    /// The position of the user among the annotators, or among the reviewers.
    pub number: usize,
    /// The item.
    pub item: &'a ItemPart,
    /// The round of its assignment.
    pub round: i64,
}

/// What users do with the items of a job.
pub trait Task: Debug + Send + Sync {
    /// Annotates an item.
    ///
    /// # Errors
    /// When the item cannot be annotated, which ends the run.
    fn annotate<'a>(&'a self, seen: Seen<'a>, dice: &'a mut Dice) -> BoxFuture<'a, Result<Annotation>>;

    /// Reviews an item. Returns the reason for a rejection, or `None` to accept it.
    ///
    /// # Errors
    /// When the item cannot be reviewed, which ends the run.
    fn review(&self, seen: Seen<'_>, dice: &mut Dice) -> Result<Option<String>>;
}

/// The task of a load: boxes that differ from each other, of which reviewers reject some by chance.
#[derive(Debug, Clone, Copy)]
pub struct Boxes {
    /// The share of items that a reviewer rejects in the first two rounds, in percent.
    pub rejects_percent: f64,
}

impl Task for Boxes {
    fn annotate<'a>(&'a self, _seen: Seen<'a>, dice: &'a mut Dice) -> BoxFuture<'a, Result<Annotation>> {
        let stamp = dice.stamp();
        let annotation = if dice.happens(SKIPPED_PERCENT) {
            let skip = Some(Skip { reason: format!("cannot be told ({stamp})") });
            Annotation { skip, ..Annotation::default() }
        } else {
            Annotation { figures: vec![distinct_box(stamp)], ..Annotation::default() }
        };
        async move { Ok(annotation) }.boxed()
    }

    fn review(&self, seen: Seen<'_>, dice: &mut Dice) -> Result<Option<String>> {
        let percent = if seen.round >= ACCEPTED_FROM_ROUND { 0.0 } else { self.rejects_percent };
        Ok(dice.happens(percent).then(|| "not as the instructions say".to_owned()))
    }
}

/// A box that differs from all others of the user.
#[expect(clippy::cast_precision_loss, reason = "a stamp is a small number")]
fn distinct_box(stamp: u64) -> Figure {
    let geometry = Geometry::Rectangle { x: stamp as f64, y: 1.0, width: 4.0, height: 3.0 };
    Figure { class: BOX_CLASS.to_owned(), shape: Shape::Rectangle, geometry, tags: Vec::new() }
}
