//! The project's `meta.json` with every class and tag that an annotation may use.

use serde::Serialize;
use swath_domain::job::JobSpec;
use swath_domain::labels::{Shape, TagDefinition};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta<'a> {
    classes: Vec<ClassMeta<'a>>,
    tags: Vec<TagMeta<'a>>,
    project_type: &'a str,
}

#[derive(Serialize)]
struct ClassMeta<'a> {
    title: &'a str,
    shape: &'a str,
    color: String,
    geometry_config: Empty,
    hotkey: &'a str,
}

#[derive(Serialize)]
struct TagMeta<'a> {
    name: &'a str,
    value_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'a [String]>,
    color: String,
    hotkey: &'a str,
    applicable_type: &'a str,
    classes: [&'a str; 0],
}

#[derive(Serialize)]
struct Empty {}

/// The meta of a job's classes and tags.
pub(super) fn of(spec: &JobSpec) -> Meta<'_> {
    let classes = spec.classes.iter().enumerate().map(|(position, class)| ClassMeta {
        title: &class.name,
        shape: shape(class.shape),
        color: color(position),
        geometry_config: Empty {},
        hotkey: "",
    });
    let tags = spec.tags.iter().enumerate().map(|(position, definition)| tag(definition, position));
    Meta { classes: classes.collect(), tags: tags.collect(), project_type: "images" }
}

fn tag(definition: &TagDefinition, position: usize) -> TagMeta<'_> {
    TagMeta {
        name: &definition.name,
        value_type: if definition.values.is_some() { "oneof_string" } else { "any_string" },
        values: definition.values.as_deref(),
        color: color(position),
        hotkey: "",
        applicable_type: "all",
        classes: [],
    }
}

/// Supervisely's name of a shape.
pub(super) fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Rectangle => "rectangle",
        Shape::Polygon => "polygon",
        Shape::Polyline => "line",
        Shape::Point => "point",
        Shape::Any => "any",
    }
}

/// A colour by position. Steps of the golden angle give neighbours different hues.
fn color(position: usize) -> String {
    let hue = (position * 137) % 360;
    let (sector, rise) = (hue / 60, hue % 60 * 255 / 60);
    let (red, green, blue) = match sector {
        0 => (255, rise, 0),
        1 => (255 - rise, 255, 0),
        2 => (0, 255, rise),
        3 => (0, 255 - rise, 255),
        4 => (rise, 0, 255),
        _ => (255, 0, 255 - rise),
    };
    format!("#{red:02X}{green:02X}{blue:02X}")
}
