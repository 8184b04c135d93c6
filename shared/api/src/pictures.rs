//! Reports of browsers about the pictures of a lease.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};

/// The greatest width or height of a picture, in pixels.
pub const SIDE_MAX: i64 = 1_000_000;

/// A browser's report about a picture: its size as it is displayed, or that it could not be loaded.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged, try_from = "ReportFields")]
pub enum PictureReport {
    /// The browser showed the picture.
    Size {
        /// Width in pixels.
        width: i64,
        /// Height in pixels.
        height: i64,
    },
    /// The browser could not show the picture.
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

/// A report as it is sent. In JSON `40.0` is the whole number 40, so sides are read as `f64`.
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
