//! Examples of responses, generated from their schemas so that they are always correct.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// How deep nested schemas are followed. This ends schemas that contain themselves.
const DEPTH_MAX: usize = 12;

/// A value that fits `schema`, whose references are in `schemas`.
pub(super) fn of(schema: &Value, schemas: &BTreeMap<String, Value>) -> Value {
    made(schema, schemas, DEPTH_MAX)
}

fn made(schema: &Value, schemas: &BTreeMap<String, Value>, depth: usize) -> Value {
    if let Some(given) = given(schema) {
        return given;
    }
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return schemas.get(name).map_or(Value::Null, |schema| made(schema, schemas, depth));
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return together(parts.iter().map(|part| made(part, schemas, depth)));
    }
    let alternatives = ["oneOf", "anyOf"].into_iter().find_map(|key| schema[key].as_array());
    if let Some(alternatives) = alternatives {
        let first = alternatives.iter().find(|one| kind(one) != "null");
        return first.map_or(Value::Null, |one| made(one, schemas, depth));
    }
    match kind(schema) {
        "object" => object(schema, schemas, depth),
        "array" if schema.get("items").is_some() => json!([made(&schema["items"], schemas, depth)]),
        "array" => json!([]),
        "string" => json!(text(schema)),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        _ => Value::Null,
    }
}

/// The value that a schema gives itself.
fn given(schema: &Value) -> Option<Value> {
    let listed = |key: &str| schema[key].as_array().and_then(|values| values.first()).cloned();
    let given = schema.get("example").or_else(|| schema.get("const")).cloned();
    given.or_else(|| listed("examples")).or_else(|| listed("enum"))
}

/// The type of a value, ignoring null.
fn kind(schema: &Value) -> &str {
    let one =
        |kinds: &'_ Value| kinds.as_array().and_then(|kinds| kinds.iter().position(|kind| kind != "null"));
    match (one(&schema["type"]), schema["type"].as_str()) {
        (Some(at), _) => schema["type"][at].as_str().unwrap_or_default(),
        (None, Some(kind)) => kind,
        (None, None) if schema.get("properties").is_some() => "object",
        (None, None) => "",
    }
}

fn object(schema: &Value, schemas: &BTreeMap<String, Value>, depth: usize) -> Value {
    let properties = schema["properties"].as_object().into_iter().flatten();
    Value::Object(properties.map(|(name, schema)| (name.clone(), made(schema, schemas, depth))).collect())
}

fn together(parts: impl Iterator<Item = Value>) -> Value {
    let objects = parts.filter_map(|part| part.as_object().cloned());
    Value::Object(objects.fold(Map::new(), |mut all, part| {
        all.extend(part);
        all
    }))
}

fn text(schema: &Value) -> &'static str {
    match schema["format"].as_str() {
        Some("uuid") => "01890000-0000-7000-8000-000000000001",
        Some("date-time") => "2030-01-31T18:00:00Z",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(schema: Value) -> Value {
        let node = json!({"type": "object", "properties": {
            "id": {"type": "string", "format": "uuid"}, "next": {"$ref": "#/components/schemas/Node"}}});
        of(&schema, &BTreeMap::from([("Node".to_owned(), node)]))
    }

    #[test]
    fn a_value_of_each_kind_is_made() {
        for (schema, expected) in [
            (json!({"type": "string", "example": "said"}), json!("said")),
            (json!({"type": "string", "enum": ["first", "second"]}), json!("first")),
            (json!({"type": ["null", "string"], "format": "date-time"}), json!("2030-01-31T18:00:00Z")),
            (json!({"type": "integer", "minimum": 7}), json!(7)),
            (json!({"type": "array", "items": {"type": "boolean"}}), json!([true])),
            (json!({"oneOf": [{"type": "null"}, {"type": "number"}]}), json!(1)),
            (json!({"type": "object", "additionalProperties": true}), json!({})),
            (
                json!({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}),
                json!({"a": 1, "b": 2}),
            ),
            (json!({"$ref": "#/components/schemas/Unknown"}), Value::Null),
        ] {
            assert_eq!(example(schema.clone()), expected, "{schema}");
        }
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let mut node = &example(json!({"$ref": "#/components/schemas/Node"}));
        let mut depth = 0;
        while node.is_object() {
            (node, depth) = (&node["next"], depth + 1);
        }
        assert!((2..=DEPTH_MAX).contains(&depth), "{depth}");
    }
}
