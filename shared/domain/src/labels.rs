//! Labels: what a job allows, and what a user drew.

mod geometry;
mod rules;

use serde::{Deserialize, Serialize};

use crate::names;

pub use geometry::{AREA_MIN, LENGTH_MIN, TOLERANCE, area, stored_size};
pub use rules::LabelRules;

/// The form of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A box whose sides are parallel to the picture's.
    Rectangle,
    /// A closed outline with holes.
    Polygon,
    /// A line of several points that is not closed.
    Polyline,
    /// One or more points.
    Point,
    /// Whatever fits; only in a class, never in a figure.
    Any,
}

/// A class of things to be labelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its name, unique in the job.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: String,
    /// The form that its figures take.
    pub shape: Shape,
}

/// A tag that may stand on an item or a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagDefinition {
    /// Its name, unique in the job.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: String,
    /// The values it may take; any value, or none, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 1000)]
    pub values: Option<Vec<String>>,
}

impl Class {
    /// The class under the name that is kept.
    #[must_use]
    pub fn tidy(&self) -> Self {
        Self { name: names::tidy(&self.name), shape: self.shape }
    }
}

impl TagDefinition {
    /// The tag with the names that are kept.
    #[must_use]
    pub fn tidy(&self) -> Self {
        let values =
            self.values.as_ref().map(|values| values.iter().map(|value| names::tidy(value)).collect());
        Self { name: names::tidy(&self.name), values }
    }
}

/// The most labels that one item may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelLimits {
    /// Figures on one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 5000)]
    pub figures: Option<u32>,
    /// Tags on one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 200)]
    pub tags: Option<u32>,
}

/// A tag as set by a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// The name of the tag's definition in the job.
    pub name: String,
    /// Its value, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A point: x and y in pixels from the top left.
pub type Point = [f64; 2];

/// Where a figure stands, in pixels from the top left; fractions are allowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged, try_from = "GeometryFields")]
pub enum Geometry {
    /// A box whose sides are parallel to the picture's.
    Rectangle {
        /// The left edge.
        x: f64,
        /// The upper edge.
        y: f64,
        /// Extent to the right.
        width: f64,
        /// Extent downwards.
        height: f64,
    },
    /// A closed outline with holes.
    Polygon {
        /// The outer ring, not repeated at its end.
        #[schema(value_type = Vec<Vec<f64>>)]
        exterior: Vec<Point>,
        /// One ring for each hole.
        #[schema(value_type = Vec<Vec<Vec<f64>>>)]
        interior: Vec<Vec<Point>>,
    },
    /// The points of a polyline or a point figure.
    Points {
        /// The points, in the order in which they were drawn.
        #[schema(value_type = Vec<Vec<f64>>)]
        points: Vec<Point>,
    },
}

/// What a geometry may look like on the wire, before its form is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeometryFields {
    x: Option<f64>,
    y: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
    exterior: Option<Vec<Point>>,
    interior: Option<Vec<Vec<Point>>>,
    points: Option<Vec<Point>>,
}

impl TryFrom<GeometryFields> for Geometry {
    type Error = &'static str;

    fn try_from(fields: GeometryFields) -> Result<Self, Self::Error> {
        match fields {
            GeometryFields {
                points: Some(points),
                x: None,
                y: None,
                width: None,
                height: None,
                exterior: None,
                interior: None,
            } => Ok(Self::Points { points }),
            GeometryFields {
                exterior: Some(exterior),
                interior,
                x: None,
                y: None,
                width: None,
                height: None,
                points: None,
            } => Ok(Self::Polygon { exterior, interior: interior.unwrap_or_default() }),
            GeometryFields {
                x: Some(x),
                y: Some(y),
                width: Some(width),
                height: Some(height),
                exterior: None,
                interior: None,
                points: None,
            } => Ok(Self::Rectangle { x, y, width, height }),
            _ => Err("expected {x, y, width, height}, {exterior, interior} or {points}"),
        }
    }
}

impl Geometry {
    fn fits(&self, shape: Shape) -> bool {
        matches!(
            (self, shape),
            (Self::Rectangle { .. }, Shape::Rectangle)
                | (Self::Polygon { .. }, Shape::Polygon)
                | (Self::Points { .. }, Shape::Polyline | Shape::Point)
        )
    }

    /// How many points it takes.
    fn point_count(&self) -> usize {
        match self {
            Self::Rectangle { .. } => 2,
            Self::Points { points } => points.len(),
            Self::Polygon { exterior, interior } => {
                exterior.len() + interior.iter().map(Vec::len).sum::<usize>()
            }
        }
    }
}

/// One thing that a user drew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The name of its class.
    pub class: String,
    /// Its form; never `any`.
    pub shape: Shape,
    /// Its position and form in the picture.
    pub geometry: Geometry,
    /// Tags of this figure alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// Why an item was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// In the user's own words.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub reason: String,
}

/// What one user says of one item: its labels, or why there are none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    /// The figures that were drawn, each of a class of the job.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// Tags of the whole item.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Set where the item was skipped; then there is neither figure nor tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
}

/// A picture's size in pixels: width, height.
pub type Size = (i64, i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geometry_of_two_forms_is_no_geometry() {
        assert!(
            serde_json::from_str::<Geometry>(r#"{"x":0,"y":0,"width":1,"height":1,"points":[]}"#).is_err()
        );
        assert!(serde_json::from_str::<Geometry>(r#"{"x":0,"y":0,"width":1}"#).is_err());
    }
}
