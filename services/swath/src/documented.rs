//! The API of all services together, which every process documents.

use serde_json::Value;
use swath_runtime::{Route, server};

/// The OpenAPI document.
pub(crate) fn document() -> Value {
    server::document(&routes())
}

fn routes() -> Vec<Route> {
    let services = [swath_coordinator::routes(), swath_gateway::routes(), swath_review::routes()];
    services.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Each operation with its method and path. The route tables themselves assert that examples parse.
    fn operations() -> Vec<(String, Value)> {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, operations)| {
            let operations = operations.as_object().unwrap().iter();
            operations.map(move |(method, operation)| (format!("{method} {path}"), operation.clone()))
        });
        all.collect()
    }

    fn content<'a>(of: &'a Value, about: &str) -> Vec<(&'a String, &'a Value)> {
        let content = of["content"].as_object().unwrap_or_else(|| panic!("{about} has no content"));
        content.iter().collect()
    }

    #[test]
    fn each_route_is_an_operation_with_a_name_of_its_own_and_a_summary() {
        let operations = operations();
        assert_eq!(operations.len(), routes().len());
        let mut names = BTreeSet::new();
        for (about, operation) in &operations {
            let name = operation["operationId"].as_str().unwrap();
            let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            assert!(is_plain && name.starts_with(about.split(' ').next().unwrap()), "{about}: {name}");
            assert!(names.insert(name), "{about}: {name} is the name of another one, too");
            let summary = operation["summary"].as_str().unwrap();
            assert!(summary.len() > 5 && summary.ends_with('.'), "{about}: {summary}");
        }
    }

    #[test]
    fn names_of_operations_are_made_of_method_and_path_and_stay() {
        let operations = operations();
        for (about, expected) in [
            ("post /v1/leases", "post_v1_leases"),
            ("put /v1/leases/{lease_id}/items/{index}", "put_v1_leases_lease_id_items_index"),
            ("get /v1/jobs/{job_id}/export", "get_v1_jobs_job_id_export"),
        ] {
            let operation = operations.iter().find(|(known, _)| known == about);
            let (_, operation) = operation.unwrap_or_else(|| panic!("{about} is gone"));
            assert_eq!(operation["operationId"], expected);
        }
    }

    #[test]
    fn each_json_body_has_an_example_and_each_stream_a_text_that_shows_one() {
        for (about, operation) in operations() {
            let Some(body) = operation.get("requestBody") else { continue };
            for (media_type, media) in content(body, &about) {
                if media_type == "application/json" {
                    assert!(media["example"].is_object(), "{about} has no example");
                } else {
                    let text = media["schema"]["description"].as_str().unwrap_or_default();
                    assert!(text.contains("As in:"), "{about} does not show {media_type}");
                }
            }
        }
    }

    #[test]
    fn each_json_answer_shows_an_example() {
        for (about, operation) in operations() {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let media = &answer["content"]["application/json"];
                let schema = &media["schema"];
                let is_document = schema.get("$ref").or(schema.get("properties")).is_some();
                assert!(!is_document || media["example"].is_object(), "{about}: {status} shows no example");
            }
        }
    }

    #[test]
    fn work_is_asked_for_with_a_body_or_without() {
        let operations = operations();
        for about in ["post /v1/leases", "post /v1/reviews"] {
            let (_, operation) = operations.iter().find(|(known, _)| known == about).unwrap();
            assert_eq!(operation["requestBody"]["required"], false, "{about}");
        }
    }

    #[test]
    fn answers_say_what_they_are_and_pictures_are_no_text() {
        let operations = operations();
        for (about, operation) in &operations {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let has_body = answer.get("$ref").is_some() || answer.get("content").is_some();
                let may_be_bare = ["204", "302", "304"].contains(&status.as_str());
                assert!(has_body || may_be_bare, "{about}: {status} says nothing of its body");
            }
        }
        let (about, media) = operations.iter().find(|(known, _)| known.contains("/v1/media/")).unwrap();
        for status in ["200", "206"] {
            for (media_type, media) in content(&media["responses"][status], about) {
                assert_eq!(media["schema"]["contentMediaType"].as_str(), Some(media_type.as_str()));
                assert!(media["schema"].get("type").is_none(), "{status} {media_type}");
            }
        }
        assert!(media["responses"].get("416").is_some() && media["responses"].get("304").is_some());
    }
}
