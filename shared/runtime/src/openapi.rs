//! The OpenAPI document, made from the route table.

mod example;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::access::Access;
use crate::problem::{Fault, Problem};
use crate::route::Route;

/// The OpenAPI document of these routes.
pub fn document(routes: &[Route]) -> Value {
    let mut schemas = BTreeMap::new();
    schemas.insert(Problem::name().into_owned(), json!(Problem::schema()));
    schemas.insert(Fault::name().into_owned(), json!(Fault::schema()));
    for (name, schema) in routes.iter().flat_map(|route| &route.doc.schemas) {
        let schema = json!(schema);
        let before = schemas.insert(name.clone(), schema.clone());
        debug_assert!(before.is_none_or(|before| before == schema), "two schemas are named {name}");
    }
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation(route, &schemas);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Swath",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Hands out annotation work, checks what comes back, and hands out again what was rejected.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": {
                "description": "Why not, with a stable `code`.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }},
        },
    })
}

fn operation(route: &Route, schemas: &BTreeMap<String, Value>) -> Value {
    let mut responses = Map::new();
    for (status, content) in &route.doc.answers {
        let mut answer = json!({"description": "As asked."});
        if content.as_object().is_some_and(|content| !content.is_empty()) {
            answer["content"] = with_example(content.clone(), schemas);
        }
        responses.insert(status.to_string(), answer);
    }
    for status in problems(route) {
        responses.insert(status.to_string(), json!({"$ref": "#/components/responses/Problem"}));
    }
    let mut operation = json!({
        "summary": route.doc.summary,
        "description": callers(route.access),
        "tags": [tag(route.path)],
        "operationId": operation_id(route),
        "parameters": route.doc.parameters,
        "responses": responses,
        "security": match (route.access, route.doc.token_optional) {
            (Access::Open, true) => json!([{}, {"token": []}]),
            (Access::Open, false) => json!([]),
            _ => json!([{"token": []}]),
        },
    });
    if let Some(content) = &route.doc.body {
        operation["requestBody"] = json!({"required": !route.doc.body_optional, "content": content});
    }
    operation
}

/// The content of a response, with an example if it is JSON.
fn with_example(mut content: Value, schemas: &BTreeMap<String, Value>) -> Value {
    let document = content.get_mut("application/json");
    if let Some(document) = document.filter(|document| {
        document["schema"].get("$ref").is_some() || document["schema"].get("properties").is_some()
    }) {
        document["example"] = example::of(&document["schema"], schemas);
    }
    content
}

fn problems(route: &Route) -> Vec<u16> {
    let mut statuses = vec![400, 404, 422, 500, 503];
    if route.access != Access::Open || route.doc.token_optional {
        statuses.extend([401, 403, 409, 412, 429]);
    }
    if route.doc.body.is_some() {
        statuses.extend([408, 413, 415]);
    }
    statuses.extend(&route.doc.refusals);
    let answered: Vec<_> = route.doc.answers.iter().map(|(status, _)| *status).collect();
    statuses.retain(|status| !answered.contains(status));
    statuses
}

fn callers(access: Access) -> String {
    let names = |roles: swath_domain::Roles| {
        let names: Vec<_> = roles.to_vec().iter().map(|role| format!("{role:?}").to_lowercase()).collect();
        names.join(", ")
    };
    match access {
        Access::Open => "Anyone.".into(),
        Access::SignedIn => "Anyone with a token.".into(),
        Access::Admin => "Administrators.".into(),
        Access::Team(roles) => format!("In the team: {}.", names(roles)),
        Access::AdminOr(roles) => format!("Administrators; in the team: {}.", names(roles)),
    }
}

fn tag(path: &str) -> &str {
    path.trim_start_matches("/v1/").trim_start_matches('/').split('/').next().unwrap_or("swath")
}

fn operation_id(route: &Route) -> String {
    let path: String = route.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let parts: Vec<_> = path.split('_').filter(|part| !part.is_empty()).collect();
    format!("{}_{}", route.method.as_str().to_ascii_lowercase(), parts.join("_"))
}
