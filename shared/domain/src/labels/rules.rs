//! The check of labels: a job's own, and what a person drew against them.

use std::collections::HashSet;

use super::{Annotation, Class, Figure, Geometry, LabelLimits, Point, Shape, Size, Tag, TagDefinition};
use crate::{FieldError, limits};

/// What a job allows on its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LabelRules<'a> {
    /// The classes.
    pub classes: &'a [Class],
    /// The tags.
    pub tags: &'a [TagDefinition],
    /// The most of either on one item.
    pub limits: LabelLimits,
}

impl LabelRules<'_> {
    /// Checks the rules themselves, as a job's author wrote them.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.classes.is_empty() {
            errors.push(FieldError::new("classes", "a job needs at least one class"));
        }
        for (field, most, bound) in [
            ("limits.figures", self.limits.figures, limits::FIGURES_MAX),
            ("limits.tags", self.limits.tags, limits::TAGS_MAX),
        ] {
            if most.is_some_and(|most| most as usize > bound) {
                errors.push(FieldError::new(field, format!("must be between 0 and {bound}")));
            }
        }
        check_names("classes", self.classes.iter().map(|class| &class.name), &mut errors);
        check_names("tags", self.tags.iter().map(|tag| &tag.name), &mut errors);
        for (index, tag) in self.tags.iter().enumerate() {
            let values = tag.values.as_deref().unwrap_or(&[]);
            if tag.values.is_some() && (values.is_empty() || values.len() > limits::TAG_VALUES_MAX) {
                let message = format!("a restricted tag has 1 to {} values", limits::TAG_VALUES_MAX);
                errors.push(FieldError::new(format!("tags[{index}].values"), message));
            }
            let mut seen = HashSet::new();
            for (position, value) in values.iter().enumerate() {
                let field = format!("tags[{index}].values[{position}]");
                if !seen.insert(value) {
                    errors.push(FieldError::new(field.clone(), format!("`{value}` stands here twice")));
                }
                check_text(&field, value, limits::NAME_MAX, &mut errors);
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
    let mut seen = HashSet::new();
    for (index, name) in names.enumerate() {
        let field = format!("{at}[{index}].name");
        if index >= limits::CLASSES_MAX {
            errors.push(FieldError::new(at, format!("at most {} are allowed", limits::CLASSES_MAX)));
            return;
        }
        if !seen.insert(name) {
            errors.push(FieldError::new(field.clone(), format!("`{name}` stands here twice")));
        }
        check_line(&field, name, limits::NAME_MAX, errors);
    }
}

/// Refuses empty text, text that is too long, and characters that a reader cannot see and that change how the rest is
/// shown: control characters but for tabs and line ends, and those that turn the direction of writing.
pub fn check_text(field: &str, text: &str, most: usize, errors: &mut Vec<FieldError>) {
    if text.trim().is_empty() {
        errors.push(FieldError::new(field, "must not be empty"));
    } else if text.chars().count() > most {
        errors.push(FieldError::new(field, format!("must not be longer than {most} characters")));
    } else if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
        errors.push(FieldError::new(field, format!("must not contain U+{:04X}", u32::from(hidden))));
    }
}

/// As [`check_text`], for what stands on one line and is told apart by it: a name or a title. It holds nothing that takes
/// no place, but for what joins letters and signs.
pub fn check_line(field: &str, text: &str, most: usize, errors: &mut Vec<FieldError>) {
    if text.contains(['\t', '\n', '\r', '\u{2028}', '\u{2029}']) {
        errors.push(FieldError::new(field, "must be one line"));
    } else if let Some(unseen) = text.chars().find(|c| is_unseen(*c)) {
        errors.push(FieldError::new(field, format!("must not contain U+{:04X}", u32::from(unseen))));
    } else {
        check_text(field, text, most, errors);
    }
}

/// Characters that a reader cannot see. Joiners and selectors of a form are left, because words and signs need them.
pub(crate) fn is_unseen(c: char) -> bool {
    is_hidden(c)
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{200E}'
            | '\u{200F}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn is_hidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
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
    use crate::job::JobSpec;

    fn spec() -> JobSpec {
        JobSpec {
            classes: vec![
                Class { name: "car".into(), shape: Shape::Rectangle },
                Class { name: "thing".into(), shape: Shape::Any },
            ],
            tags: vec![
                TagDefinition { name: "light".into(), values: Some(vec!["day".into(), "night".into()]) },
                TagDefinition { name: "note".into(), values: None },
            ],
            limits: LabelLimits { figures: Some(2), tags: Some(1) },
            ..JobSpec::default()
        }
    }

    fn fields(json: &str) -> Vec<String> {
        let annotation: Annotation = serde_json::from_str(json).unwrap();
        let errors = spec().rules().check_annotation(&annotation, Some((100, 50)));
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_value_that_stands_twice_is_named_by_its_place() {
        let mut spec = spec();
        spec.tags[0].values = Some(vec!["day".into(), "night".into(), "day".into()]);
        let fields: Vec<_> = spec.rules().check().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["tags[0].values[2]"]);
    }

    #[test]
    fn a_good_annotation_passes() {
        let json = r#"{"figures":[{"class":"car","shape":"rectangle","geometry":{"x":0,"y":0,"width":100,"height":50}},
            {"class":"thing","shape":"polygon","geometry":{"exterior":[[0,0],[4,0],[4,4]]}}],"tags":[{"name":"light","value":"day"}]}"#;
        assert!(fields(json).is_empty());
    }

    #[test]
    fn text_holds_nothing_that_cannot_be_seen() {
        let faults = |check: fn(&str, &str, usize, &mut Vec<FieldError>), text: &str| {
            let mut errors = Vec::new();
            check("text", text, 20, &mut errors);
            errors.len()
        };
        for good in ["Ärger", "a\tb\r\nc", "שלום", "می\u{200C}خواهم", "👩\u{200D}👩"] {
            assert_eq!(faults(check_text, good), 0, "{good:?}");
        }
        for bad in [
            "",
            " ",
            "a\0",
            "\u{1b}[31m",
            "a\u{9b}b",
            "\u{202E}gpj",
            "\u{2066}a",
            "\u{FEFF}a",
            "123456789012345678901",
        ] {
            assert_eq!(faults(check_text, bad), 1, "{bad:?}");
        }
        assert_eq!((faults(check_line, "one line"), faults(check_line, "two\nlines")), (0, 1));
        for unseen in ["Acme\u{200B}", "\u{3164}", "a\u{AD}b", "a\u{200E}"] {
            assert_eq!(faults(check_line, unseen), 1, "{unseen:?}");
        }
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
}
