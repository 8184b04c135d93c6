//! What the simulated users do with a digit: annotators draw a box around the ink and name the digit; reviewers know
//! the answers.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use futures::FutureExt;
use futures::future::BoxFuture;
use swath_api::leases::ItemPart;
use swath_domain::labels::{Annotation, Figure, Shape, Tag};
use swath_load::{Dice, Seen, Task};

use super::digits::{Digit, index_of, ink_box};

/// The name of the class, and of the tag with the digit.
pub const DIGIT: &str = "digit";
/// From this round on nobody makes mistakes, so that the demo ends.
const CAREFUL_FROM_ROUND: i64 = 3;
/// The share of items that most annotators get wrong, in percent.
const ERRORS_PERCENT: f64 = 1.0;
/// The share of items that careless annotators get wrong, in percent. Every third annotator is careless.
const CARELESS_ERRORS_PERCENT: f64 = 15.0;

/// The task of the demo.
#[derive(Debug)]
pub struct DigitTask {
    /// The right answers. Annotators make their mistakes on purpose.
    pub digits: Arc<Vec<Digit>>,
}

impl Task for DigitTask {
    fn annotate<'a>(&'a self, seen: Seen<'a>, dice: &'a mut Dice) -> BoxFuture<'a, Result<Annotation>> {
        self.look(seen, dice).boxed()
    }

    fn review(&self, seen: Seen<'_>, _dice: &mut Dice) -> Result<Option<String>> {
        let answer = self.answer(seen.item)?;
        Ok(match claimed_of(seen.item)? {
            Some(value) if value == answer => None,
            Some(value) => Some(format!("this is a {answer}, not a {value}")),
            None => Some(format!("this is a {answer}, and nothing was said")),
        })
    }
}

impl DigitTask {
    /// Loads the picture from the server, and annotates the digit that it shows, or on purpose another one.
    async fn look(&self, seen: Seen<'_>, dice: &mut Dice) -> Result<Annotation> {
        let url = seen.item.media_url.as_deref().context("an item came without the URL of its picture")?;
        let picture = seen.person.client.picture(url).await.with_context(|| url.to_owned())?;
        ensure!(!picture.is_empty(), "{url} is empty");
        let answer = self.answer(seen.item)?;
        let errs = dice.happens(errors_percent(seen.number, seen.round));
        let value = if errs { (answer + 1 + dice.below(9)) % 10 } else { answer };
        let geometry = ink_box(&picture).with_context(|| format!("{url} is not the picture of a digit"))?;
        let figure = Figure { class: DIGIT.to_owned(), shape: Shape::Rectangle, geometry, tags: Vec::new() };
        let claim = Tag { name: DIGIT.to_owned(), value: Some(value.to_string()) };
        Ok(Annotation { figures: vec![figure], tags: vec![claim], skip: None })
    }

    /// The digit that an item shows.
    fn answer(&self, item: &ItemPart) -> Result<u8> {
        let digit = index_of(&item.uri).and_then(|index| self.digits.get(index));
        digit.map(|digit| digit.value).with_context(|| format!("`{}` is none of the digits", item.uri))
    }
}

/// The share of items that an annotator gets wrong, in percent.
fn errors_percent(number: usize, round: i64) -> f64 {
    let percent = if number % 3 == 1 { CARELESS_ERRORS_PERCENT } else { ERRORS_PERCENT };
    match round {
        CAREFUL_FROM_ROUND.. => 0.0,
        2 => percent / 2.0,
        _ => percent,
    }
}

/// The digit that an annotation names.
pub fn claimed(annotation: &Annotation) -> Option<u8> {
    let tag = annotation.tags.iter().find(|tag| tag.name == DIGIT)?;
    tag.value.as_deref()?.parse().ok()
}

/// The digit that the stored annotation of an item names.
fn claimed_of(item: &ItemPart) -> Result<Option<u8>> {
    let Some(annotation) = &item.annotation else { return Ok(None) };
    let annotation = serde_json::from_str(annotation.get()).context("an annotation cannot be read")?;
    Ok(claimed(&annotation))
}
