//! The content of an annotation as a number. Equal labels give equal numbers, however they are written.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A digest of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(pub u64);

impl Content {
    /// The digest of an annotation's JSON. Absent, null and empty values are equal.
    pub fn of(annotation: &Value) -> Self {
        let mut hasher = DefaultHasher::new();
        hash(annotation, &mut hasher);
        Self(hasher.finish())
    }
}

fn hash(value: &Value, to: &mut DefaultHasher) {
    match value {
        Value::Null => 0_u8.hash(to),
        Value::Bool(flag) => (1_u8, flag).hash(to),
        // As pixels, 1 and 1.0 are equal.
        Value::Number(number) => (2_u8, number.as_f64().map(f64::to_bits)).hash(to),
        Value::String(text) => (3_u8, text).hash(to),
        Value::Array(values) => {
            (4_u8, values.len()).hash(to);
            values.iter().for_each(|value| hash(value, to));
        }
        Value::Object(fields) => {
            let mut said: Vec<_> = fields.iter().filter(|(_, value)| !is_nothing(value)).collect();
            said.sort_by_key(|(name, _)| *name);
            (5_u8, said.len()).hash(to);
            for (name, value) in said {
                name.hash(to);
                hash(value, to);
            }
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_labels_are_the_same_however_they_are_written() {
        let long = json!({"figures": [{"class": "a", "x": 1.0, "tags": []}], "tags": [], "skip": null});
        let short = json!({"figures": [{"x": 1, "class": "a"}]});
        assert_eq!(Content::of(&long), Content::of(&short));
        assert_ne!(Content::of(&long), Content::of(&json!({"figures": [{"class": "a", "x": 1.5}]})));
        assert_ne!(Content::of(&json!({"tags": ["a", "b"]})), Content::of(&json!({"tags": ["b", "a"]})));
    }
}
