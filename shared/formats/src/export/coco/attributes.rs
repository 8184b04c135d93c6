//! Tags as `attributes`, where readers of COCO expect additional data of a picture or a figure.

use serde_json::{Map, Value};
use swath_domain::labels::Tag;

/// Tags by name. A value is a text, a tag without a value is `true`, and different values of a tag are a list.
pub(super) type Attributes = Map<String, Value>;

pub(super) fn of(tags: &[Tag]) -> Attributes {
    let mut attributes = Attributes::new();
    add(&mut attributes, tags);
    attributes
}

/// Adds tags to those of other annotations.
pub(super) fn add(attributes: &mut Attributes, tags: &[Tag]) {
    for tag in tags {
        let value = tag.value.clone().map_or(Value::Bool(true), Value::String);
        match attributes.get_mut(&tag.name) {
            None => {
                attributes.insert(tag.name.clone(), value);
            }
            Some(Value::Array(values)) if !values.contains(&value) => values.push(value),
            Some(Value::Array(_)) => {}
            Some(known) if *known != value => *known = Value::Array(vec![known.take(), value]),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_repeated_tag_is_a_list_of_its_values() {
        let tag = |name: &str, value: Option<&str>| Tag { name: name.into(), value: value.map(Into::into) };
        let tags = [
            tag("note", Some("a")),
            tag("light", None),
            tag("note", Some("b")),
            tag("light", None),
            tag("note", Some("a")),
            tag("note", None),
        ];
        assert_eq!(Value::Object(of(&tags)), json!({"note": ["a", "b", true], "light": true}));
    }
}
