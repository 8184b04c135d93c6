//! What a person's browser says of a picture that it was shown: how large it is, or that it could not be loaded.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use swath_domain::assignment::LeaseState;
use swath_domain::ids::{DatasetId, LeaseId, UserId};
use swath_domain::labels::Size;
use swath_domain::planted::{Bug, is};
use swath_domain::{FieldError, LeaseEnd, Ranges, Refusal};
use swath_runtime::{Context, Problem, Result};
use swath_store::ItemRow;
use tokio::time::Instant;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};

use crate::Desk;
use crate::facts::Facts;

/// The greatest width or height of a picture, in pixels.
const SIDE_MAX: i64 = 1_000_000;
/// How long a picture that could not be read is not noted again.
const NOTED: Duration = Duration::from_secs(60);
/// Pictures remembered as noted.
const NOTED_MAX: usize = 10_000;

/// What a browser says of a picture: its size as it is displayed, or whether it could not be loaded.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "ReportFields")]
pub enum PictureReport {
    /// It was shown.
    Size {
        /// Width in pixels.
        width: i64,
        /// Height in pixels.
        height: i64,
    },
    /// It was not.
    Missing {
        /// Whether it could not be loaded.
        missing: bool,
    },
}

impl utoipa::ToSchema for PictureReport {
    fn name() -> Cow<'static, str> {
        "PictureReport".into()
    }
}

/// Written by hand: a derived one would allow further fields.
impl utoipa::PartialSchema for PictureReport {
    fn schema() -> RefOr<Schema> {
        let object =
            || ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)));
        let side = || {
            let kind = ObjectBuilder::new().schema_type(Type::Integer);
            kind.minimum(Some(1)).maximum(Some(SIDE_MAX))
        };
        let size = object().property("width", side()).property("height", side());
        let size = size.required("width").required("height");
        let missing = object().property("missing", ObjectBuilder::new().schema_type(Type::Boolean));
        OneOfBuilder::new().item(size).item(missing.required("missing")).into()
    }
}

/// A report on the wire, before its form is known. To JSON `40.0` is the whole number 40.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportFields {
    width: Option<f64>,
    height: Option<f64>,
    missing: Option<bool>,
}

impl TryFrom<ReportFields> for PictureReport {
    type Error = &'static str;

    fn try_from(fields: ReportFields) -> Result<Self, Self::Error> {
        match fields {
            ReportFields { width: Some(width), height: Some(height), missing: None } => {
                let whole =
                    |side: f64| if side.fract() == 0.0 { Ok(side as i64) } else { Err("pixels are whole") };
                Ok(Self::Size { width: whole(width)?, height: whole(height)? })
            }
            ReportFields { width: None, height: None, missing: Some(missing) } => {
                Ok(Self::Missing { missing })
            }
            _ => Err("expected {width, height} or {missing}"),
        }
    }
}

/// Refuses a size that no picture has.
fn check_size((width, height): Size) -> Result<()> {
    let is_bad = |side: &(&str, i64)| !(1..=SIDE_MAX).contains(&side.1);
    let fault = |(field, _)| FieldError::new(field, format!("must be 1 to {SIDE_MAX} pixels"));
    let errors: Vec<_> =
        [("width", width), ("height", height)].into_iter().filter(is_bad).map(fault).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// Pictures that were noted as missing a moment ago.
#[derive(Default)]
pub struct MissingPictures(Mutex<HashMap<(DatasetId, i64), Instant>>);

impl MissingPictures {
    /// Notes that a picture could not be read: managers see it. A failure of that is only logged, for the person who looks
    /// at the picture cannot mend it.
    pub async fn note(&self, context: &Context, dataset: DatasetId, item: i64) {
        if let Err(error) = self.try_note(context, dataset, item).await {
            tracing::error!(%dataset, item, %error, "a missing picture could not be noted");
        }
    }

    /// Counts at most once in a while, unless the picture is not noted: another process may have seen it in between, and
    /// an attempt to note it may have failed.
    async fn try_note(&self, context: &Context, dataset: DatasetId, item: i64) -> swath_store::Result<()> {
        if !self.is_due((dataset, item)) {
            let next = context.store.missing_pictures(dataset, item - 1, 1).await?;
            if next.first().is_some_and(|picture| picture.item == item) || is(Bug::MissingAgainUnseen) {
                return Ok(());
            }
        }
        if context.store.picture_missing(dataset, item, context.now()).await? {
            tracing::warn!(%dataset, item, "a picture cannot be read");
        }
        Ok(())
    }

    /// Notes that a picture can be read.
    async fn note_found(&self, context: &Context, dataset: DatasetId, item: i64) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(dataset, item));
        Ok(context.store.picture_found(dataset, item).await?)
    }

    fn is_due(&self, place: (DatasetId, i64)) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= NOTED_MAX {
            noted.retain(|_, at| at.elapsed() < NOTED);
        }
        if noted.get(&place).is_some_and(|at| at.elapsed() < NOTED) || noted.len() >= NOTED_MAX {
            return false;
        }
        noted.insert(place, Instant::now());
        true
    }
}

impl Desk {
    /// Takes what a person's browser says of a picture that their lease shows. A size counts where none is certain, as soon
    /// as somebody else's browser says the same.
    pub async fn picture_report(
        &self,
        lease: LeaseId,
        user: UserId,
        index: i64,
        report: PictureReport,
    ) -> Result<()> {
        if let PictureReport::Size { width, height } = report {
            check_size((width, height))?;
        }
        let (facts, item) = self.shown(lease, user, index).await?;
        match report {
            PictureReport::Size { width, height } => {
                self.missing.note_found(&self.context, facts.dataset, index).await?;
                if item.certain_size().is_none() {
                    self.context.store.size_report(facts.dataset, index, user, (width, height)).await?;
                }
            }
            PictureReport::Missing { missing: true } => {
                self.missing.note(&self.context, facts.dataset, index).await;
            }
            PictureReport::Missing { missing: false } => {}
        }
        Ok(())
    }

    /// An item that this person's lease shows now.
    pub(crate) async fn shown(
        &self,
        lease: LeaseId,
        user: UserId,
        index: i64,
    ) -> Result<(Arc<Facts>, ItemRow)> {
        let view = self.own_lease(lease, user).await?;
        if view.assignment.lease_state(self.stage, user, lease) != Some(LeaseState::Current) {
            return Err(Refusal::Stale(view.ended.unwrap_or(LeaseEnd::Expired)).into());
        }
        let facts = self.facts(lease, user).await?;
        if !facts.ranges.contains(index) {
            return Err(Problem::not_found());
        }
        let one = Ranges::of_items([index]);
        let item = self.context.store.items(facts.dataset, &one).await?.pop();
        Ok((facts, item.ok_or_else(Problem::not_found)?))
    }
}
