//! Labels: what a job allows, what a person drew, and the check of the one against the other.

use serde::{Deserialize, Serialize};

use crate::FieldError;
use crate::limits;

/// The form of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// An upright box.
    Rectangle,
    /// A closed outline with holes.
    Polygon,
    /// An open line.
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
    pub name: String,
    /// The form that its figures take.
    pub shape: Shape,
}

/// A tag that may stand on an item or a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagDefinition {
    /// Its name, unique in the job.
    pub name: String,
    /// The values it may take; any value, or none, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
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

/// A tag as set by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// The tag's name.
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
    /// An upright box.
    Rectangle {
        /// Left edge.
        x: f64,
        /// Upper edge.
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
        /// The holes.
        #[schema(value_type = Vec<Vec<Vec<f64>>>)]
        interior: Vec<Vec<Point>>,
    },
    /// The points of a polyline or a point figure.
    Points {
        /// In drawing order.
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

    /// Every point that the geometry names, with the field it stands in.
    fn corners(&self) -> Vec<(String, Point)> {
        let listed = |field: &str, points: &[Point]| -> Vec<(String, Point)> {
            points.iter().enumerate().map(|(index, point)| (format!("{field}[{index}]"), *point)).collect()
        };
        match self {
            Self::Rectangle { x, y, width, height } => {
                vec![("x".into(), [*x, *y]), ("width".into(), [x + width, y + height])]
            }
            Self::Points { points } => listed("points", points),
            Self::Polygon { exterior, interior } => {
                let holes = interior.iter().enumerate();
                listed("exterior", exterior)
                    .into_iter()
                    .chain(holes.flat_map(|(hole, ring)| listed(&format!("interior[{hole}]"), ring)))
                    .collect()
            }
        }
    }
}

/// One thing that a person drew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The name of its class.
    pub class: String,
    /// Its form; never `any`.
    pub shape: Shape,
    /// Where it stands.
    pub geometry: Geometry,
    /// Tags of this figure alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// Why an item was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// In the person's own words.
    pub reason: String,
}

/// What one person says of one item: its labels, or why there are none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    /// What was drawn.
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

/// What a job allows on its items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelRules {
    /// The classes.
    pub classes: Vec<Class>,
    /// The tags.
    pub tags: Vec<TagDefinition>,
    /// The most of either on one item.
    pub limits: LabelLimits,
}

impl LabelRules {
    /// Checks the rules themselves, as a job's author wrote them.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.classes.is_empty() {
            errors.push(FieldError::new("classes", "a job needs at least one class"));
        }
        check_names("classes", self.classes.iter().map(|class| &class.name), &mut errors);
        check_names("tags", self.tags.iter().map(|tag| &tag.name), &mut errors);
        for (index, tag) in self.tags.iter().enumerate() {
            let values = tag.values.as_deref().unwrap_or(&[]);
            if tag.values.is_some() && (values.is_empty() || values.len() > limits::TAG_VALUES_MAX) {
                let message = format!("a restricted tag has 1 to {} values", limits::TAG_VALUES_MAX);
                errors.push(FieldError::new(format!("tags[{index}].values"), message));
            }
            for (position, value) in values.iter().enumerate() {
                check_text(
                    &format!("tags[{index}].values[{position}]"),
                    value,
                    limits::NAME_MAX,
                    &mut errors,
                );
            }
        }
        errors
    }

    /// Checks one annotation, and its figures against the picture where its size is known.
    pub fn check_annotation(&self, annotation: &Annotation, size: Option<Size>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if let Some(skip) = &annotation.skip {
            if !annotation.figures.is_empty() || !annotation.tags.is_empty() {
                errors.push(FieldError::new("skip", "a skipped item has neither figures nor tags"));
            }
            check_text("skip.reason", &skip.reason, limits::REASON_MAX, &mut errors);
        }
        let most_figures =
            self.limits.figures.map_or(limits::FIGURES_MAX, |n| n as usize).min(limits::FIGURES_MAX);
        if annotation.figures.len() > most_figures {
            errors.push(FieldError::new(
                "figures",
                format!("at most {most_figures} figures are allowed on one item"),
            ));
            return errors;
        }
        let most_tags = self.limits.tags.map_or(limits::TAGS_MAX, |n| n as usize).min(limits::TAGS_MAX);
        self.check_tags("tags", &annotation.tags, most_tags, &mut errors);
        for (index, figure) in annotation.figures.iter().enumerate() {
            self.check_figure(&format!("figures[{index}]"), figure, size, &mut errors);
        }
        errors
    }

    fn check_figure(&self, at: &str, figure: &Figure, size: Option<Size>, errors: &mut Vec<FieldError>) {
        match self.classes.iter().find(|class| class.name == figure.class) {
            None => errors.push(FieldError::new(
                format!("{at}.class"),
                format!("`{}` is not a class of this job", figure.class),
            )),
            Some(class) if class.shape != Shape::Any && class.shape != figure.shape => {
                errors.push(FieldError::new(
                    format!("{at}.shape"),
                    format!("class `{}` does not take this shape", class.name),
                ));
            }
            Some(_) => {}
        }
        if figure.shape == Shape::Any {
            errors.push(FieldError::new(format!("{at}.shape"), "a figure has one definite shape"));
        } else if !figure.geometry.fits(figure.shape) {
            errors
                .push(FieldError::new(format!("{at}.geometry"), "the geometry is not of the figure's shape"));
        } else {
            check_geometry(&format!("{at}.geometry"), figure.shape, &figure.geometry, size, errors);
        }
        self.check_tags(&format!("{at}.tags"), &figure.tags, limits::TAGS_MAX, errors);
    }

    fn check_tags(&self, at: &str, tags: &[Tag], most: usize, errors: &mut Vec<FieldError>) {
        if tags.len() > most {
            errors.push(FieldError::new(at, format!("at most {most} tags are allowed here")));
            return;
        }
        for (index, tag) in tags.iter().enumerate() {
            let Some(definition) = self.tags.iter().find(|known| known.name == tag.name) else {
                errors.push(FieldError::new(
                    format!("{at}[{index}].name"),
                    format!("`{}` is not a tag of this job", tag.name),
                ));
                continue;
            };
            let at = format!("{at}[{index}].value");
            match (&definition.values, &tag.value) {
                (Some(values), Some(value)) if values.contains(value) => {}
                (Some(_), _) => errors.push(FieldError::new(at, "is not one of the tag's values")),
                (None, Some(value)) => check_text(&at, value, limits::REASON_MAX, errors),
                (None, None) => {}
            }
        }
    }
}

fn check_names<'a>(at: &str, names: impl Iterator<Item = &'a String>, errors: &mut Vec<FieldError>) {
    let mut seen = std::collections::HashSet::new();
    for (index, name) in names.enumerate() {
        let field = format!("{at}[{index}].name");
        if index >= limits::CLASSES_MAX {
            errors.push(FieldError::new(at, format!("at most {} are allowed", limits::CLASSES_MAX)));
            return;
        }
        if !seen.insert(name) {
            errors.push(FieldError::new(field.clone(), format!("`{name}` stands here twice")));
        }
        check_text(&field, name, limits::NAME_MAX, errors);
    }
}

/// Refuses empty text, text that is too long, and U+0000, which PostgreSQL cannot keep.
pub fn check_text(field: &str, text: &str, most: usize, errors: &mut Vec<FieldError>) {
    if text.trim().is_empty() {
        errors.push(FieldError::new(field, "must not be empty"));
    } else if text.chars().count() > most {
        errors.push(FieldError::new(field, format!("must not be longer than {most} characters")));
    } else if text.contains('\0') {
        errors.push(FieldError::new(field, "must not contain U+0000"));
    }
}

fn check_geometry(
    at: &str,
    shape: Shape,
    geometry: &Geometry,
    size: Option<Size>,
    errors: &mut Vec<FieldError>,
) {
    let error = |field: &str, message: &str| FieldError::new(format!("{at}.{field}"), message);
    match geometry {
        Geometry::Rectangle { width, height, .. } => {
            if *width <= 0.0 {
                errors.push(error("width", "must be above zero"));
            }
            if *height <= 0.0 {
                errors.push(error("height", "must be above zero"));
            }
        }
        Geometry::Polygon { exterior, interior } => {
            if exterior.len() < 3 {
                errors.push(error("exterior", "an outline has at least three points"));
            }
            for (index, _) in interior.iter().enumerate().filter(|(_, ring)| ring.len() < 3) {
                errors.push(error(&format!("interior[{index}]"), "a hole has at least three points"));
            }
        }
        Geometry::Points { points } => {
            let least = if shape == Shape::Polyline { 2 } else { 1 };
            if points.len() < least {
                errors.push(error("points", &format!("at least {least} needed")));
            }
        }
    }
    let corners = geometry.corners();
    if corners.len() > limits::POINTS_MAX {
        errors.push(FieldError::new(at, format!("at most {} points are allowed", limits::POINTS_MAX)));
    } else if let Some((field, _)) = corners.iter().find(|(_, point)| !inside(*point, size)) {
        errors.push(error(field, "lies outside the picture"));
    }
}

fn inside([x, y]: Point, size: Option<Size>) -> bool {
    let within = |value: f64, most: Option<i64>| {
        value.is_finite() && value >= 0.0 && most.is_none_or(|most| value <= most as f64)
    };
    within(x, size.map(|size| size.0)) && within(y, size.map(|size| size.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> LabelRules {
        LabelRules {
            classes: vec![
                Class { name: "car".into(), shape: Shape::Rectangle },
                Class { name: "thing".into(), shape: Shape::Any },
            ],
            tags: vec![
                TagDefinition { name: "light".into(), values: Some(vec!["day".into(), "night".into()]) },
                TagDefinition { name: "note".into(), values: None },
            ],
            limits: LabelLimits { figures: Some(2), tags: Some(1) },
        }
    }

    fn fields(json: &str) -> Vec<String> {
        let annotation: Annotation = serde_json::from_str(json).unwrap();
        rules().check_annotation(&annotation, Some((100, 50))).into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_good_annotation_passes() {
        let json = r#"{"figures":[{"class":"car","shape":"rectangle","geometry":{"x":0,"y":0,"width":100,"height":50}},
            {"class":"thing","shape":"polygon","geometry":{"exterior":[[0,0],[4,0],[4,4]]}}],"tags":[{"name":"light","value":"day"}]}"#;
        assert!(fields(json).is_empty());
    }

    #[test]
    fn each_fault_is_named_by_its_path() {
        let figure = |class: &str, shape: &str, geometry: &str| {
            fields(&format!(
                r#"{{"figures":[{{"class":"{class}","shape":"{shape}","geometry":{geometry}}}]}}"#
            ))
        };
        assert_eq!(figure("bus", "point", r#"{"points":[[1,1]]}"#), ["figures[0].class"]);
        assert_eq!(figure("car", "point", r#"{"points":[[1,1]]}"#), ["figures[0].shape"]);
        assert_eq!(figure("thing", "any", r#"{"points":[[1,1]]}"#), ["figures[0].shape"]);
        assert_eq!(figure("thing", "polygon", r#"{"points":[[1,1]]}"#), ["figures[0].geometry"]);
        assert_eq!(figure("thing", "polyline", r#"{"points":[[1,1]]}"#), ["figures[0].geometry.points"]);
        assert_eq!(
            figure("car", "rectangle", r#"{"x":0,"y":0,"width":0,"height":1}"#),
            ["figures[0].geometry.width"]
        );
        assert_eq!(
            figure("car", "rectangle", r#"{"x":60,"y":0,"width":41,"height":1}"#),
            ["figures[0].geometry.width"]
        );
        assert_eq!(
            figure("thing", "point", r#"{"points":[[1,1],[-1,0]]}"#),
            ["figures[0].geometry.points[1]"]
        );
        assert_eq!(fields(r#"{"tags":[{"name":"dark"}]}"#), ["tags[0].name"]);
        assert_eq!(fields(r#"{"tags":[{"name":"light","value":"dusk"}]}"#), ["tags[0].value"]);
        assert_eq!(fields(r#"{"tags":[{"name":"light","value":"day"},{"name":"note"}]}"#), ["tags"]);
        assert_eq!(fields(r#"{"skip":{"reason":" "}}"#), ["skip.reason"]);
    }

    #[test]
    fn a_geometry_of_two_forms_is_no_geometry() {
        assert!(
            serde_json::from_str::<Geometry>(r#"{"x":0,"y":0,"width":1,"height":1,"points":[]}"#).is_err()
        );
        assert!(serde_json::from_str::<Geometry>(r#"{"x":0,"y":0,"width":1}"#).is_err());
    }
}
