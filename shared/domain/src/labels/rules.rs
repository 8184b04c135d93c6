//! The check of labels: a job's own, and what a user drew against them.

use std::collections::HashSet;

use super::{Annotation, Class, Figure, LabelLimits, Shape, Size, Tag, TagDefinition, geometry};
use crate::names::{check_once, make_tidy};
use crate::text::{check_line, check_text};
use crate::{FieldError, limits};

/// What a job allows on its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LabelRules<'a> {
    /// The classes that figures may have.
    pub classes: &'a [Class],
    /// The tags that items and figures may have.
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
            let at = |position: usize| format!("tags[{index}].values[{position}]");
            check_once(at, values.iter(), &mut errors);
            for (position, value) in values.iter().enumerate() {
                check_text(&at(position), value, limits::NAME_MAX, &mut errors);
            }
        }
        errors
    }

    /// Brings an annotation into the form that is kept: names as the job has them, and figures that miss the picture by less
    /// than the tolerance moved to its edge.
    pub fn make_tidy(&self, annotation: &mut Annotation, size: Option<Size>) {
        for figure in &mut annotation.figures {
            // The names of older jobs are not tidy.
            if !self.classes.iter().any(|class| class.name == figure.class) {
                make_tidy(&mut figure.class);
            }
            figure.geometry.fit(size);
            self.make_tags_tidy(&mut figure.tags);
        }
        self.make_tags_tidy(&mut annotation.tags);
    }

    fn make_tags_tidy(&self, tags: &mut [Tag]) {
        for tag in tags {
            let known = self.tags.iter().find(|known| known.name == tag.name);
            if known.is_none() {
                make_tidy(&mut tag.name);
            }
            let values = known.and_then(|known| known.values.as_ref());
            if let Some(value) =
                tag.value.as_mut().filter(|value| values.is_none_or(|values| !values.contains(value)))
            {
                make_tidy(value);
            }
        }
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
            geometry::check(&format!("{at}.geometry"), figure.shape, &figure.geometry, size, errors);
        }
        self.check_tags(&format!("{at}.tags"), &figure.tags, limits::TAGS_MAX, errors);
    }

    fn check_tags(&self, at: &str, tags: &[Tag], most: usize, errors: &mut Vec<FieldError>) {
        if tags.len() > most {
            errors.push(FieldError::new(at, format!("at most {most} tags are allowed here")));
            return;
        }
        let mut seen = HashSet::new();
        for (index, tag) in tags.iter().enumerate() {
            if !seen.insert(&tag.name) {
                let message = format!("the tag `{}` stands here twice", tag.name);
                errors.push(FieldError::new(format!("{at}[{index}].name"), message));
                continue;
            }
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

fn check_names<'a>(at: &str, names: impl Iterator<Item = &'a String> + Clone, errors: &mut Vec<FieldError>) {
    if names.clone().count() > limits::CLASSES_MAX {
        errors.push(FieldError::new(at, format!("at most {} are allowed", limits::CLASSES_MAX)));
        return;
    }
    let field = |index: usize| format!("{at}[{index}].name");
    check_once(field, names.clone(), errors);
    for (index, name) in names.enumerate() {
        check_line(&field(index), name, limits::NAME_MAX, errors);
    }
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
