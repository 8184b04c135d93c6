//! An item of a manifest, and the rules for its fields.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use swath_domain::text::check_text;
use swath_domain::{FieldError, limits};

use super::location::unusable;

/// The largest width or height of a picture, in pixels.
pub const SIDE_MAX: i64 = 1_000_000;

/// One item of a manifest or a request.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestItem {
    /// The line on which the item begins, from 1. 0 if it is not from a manifest.
    #[serde(skip)]
    pub line: u64,
    /// The URI of the picture.
    pub uri: String,
    /// Labels by which jobs select items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Any other data, which is stored unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// The width in pixels. Either both `width` and `height` are given or neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<i64>,
    /// The height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<i64>,
    /// The EXIF orientation of the stored picture, if Swath has measured it.
    #[serde(skip)]
    pub orientation: Option<i64>,
}

/// Checks an item's fields, both of manifests and of requests.
pub fn check_item(item: &ManifestItem) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_text("uri", &item.uri, limits::URI_MAX, &mut errors);
    if errors.is_empty() {
        errors.extend(unusable(&item.uri).map(|message| FieldError::new("uri", message)));
    }
    check_labels(&item.labels, &mut errors);
    check_sides(item.width, item.height, &mut errors);
    for (key, value) in item.meta.iter().flatten() {
        if key.contains('\0') || has_nul(value) {
            errors.push(FieldError::new("meta", "must not contain U+0000"));
            break;
        }
    }
    errors
}

fn check_labels(labels: &[String], errors: &mut Vec<FieldError>) {
    if labels.len() > limits::LABELS_MAX {
        let message = format!("at most {} labels are allowed", limits::LABELS_MAX);
        errors.push(FieldError::new("labels", message));
        return;
    }
    let mut seen = HashSet::new();
    for (index, label) in labels.iter().enumerate() {
        let field = format!("labels[{index}]");
        check_text(&field, label, limits::NAME_MAX, errors);
        if !seen.insert(label) {
            errors.push(FieldError::new(field, "stands here twice"));
        }
    }
}

/// Checks the width and height of a picture. Either both must be given or neither.
pub fn check_sides(width: Option<i64>, height: Option<i64>, errors: &mut Vec<FieldError>) {
    if width.is_some() != height.is_some() {
        let absent = if width.is_some() { "height" } else { "width" };
        errors.push(FieldError::new(absent, "is required if the other side is given"));
    }
    for (field, side) in [("width", width), ("height", height)] {
        if side.is_some_and(|side| !(1..=SIDE_MAX).contains(&side)) {
            errors.push(FieldError::new(field, format!("must be 1 to {SIDE_MAX} pixels")));
        }
    }
}

/// Whether a value contains U+0000, which PostgreSQL cannot store. The JSON parser has limited the depth.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}
