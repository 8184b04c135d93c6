//! The dashboards as files: every panel is complete, and no two panels overlap.

use std::collections::HashSet;

use serde_json::Value;

use crate::{at, read};

/// A query of a panel.
pub struct Query {
    /// The panel, for messages.
    pub place: String,
    /// The expression in PromQL.
    pub expression: String,
}

/// The dashboards, by file name.
pub fn boards() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(at("deploy/grafana/dashboards")).unwrap().flatten();
    let mut boards: Vec<_> = files
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .map(|name| {
            let text = read(&format!("deploy/grafana/dashboards/{name}"));
            let board = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, board)
        })
        .collect();
    boards.sort_by(|a, b| a.0.cmp(&b.0));
    boards
}

fn list<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    value[what].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, what: &str) -> &'a str {
    value[what].as_str().unwrap_or_default()
}

/// The panels that show data.
fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    list(board, "panels").iter().filter(|panel| panel["type"] != "row")
}

/// Every query of every panel.
pub fn queries() -> Vec<Query> {
    let mut queries = Vec::new();
    for (name, board) in boards() {
        for panel in panels(&board) {
            for target in list(panel, "targets") {
                queries.push(Query {
                    place: format!("{name}: {}", text(panel, "title")),
                    expression: text(target, "expr").to_owned(),
                });
            }
        }
    }
    queries
}

#[test]
fn every_panel_is_complete() {
    let boards = boards();
    assert_eq!(boards.len(), 3);
    for (name, board) in &boards {
        let variables: HashSet<_> =
            list(&board["templating"], "list").iter().map(|variable| text(variable, "name")).collect();
        assert!(variables.contains("datasource"), "{name}: the data source cannot be chosen");
        assert_eq!(list(board, "links").len(), boards.len() - 1, "{name}: links to the others");
        let mut ids = HashSet::new();
        for panel in panels(board) {
            let place = format!("{name}: {}", text(panel, "title"));
            assert!(panel["id"].as_u64().is_some_and(|id| ids.insert(id)), "{place}: its id");
            assert!(text(panel, "description").len() > 20, "{place}: its description");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{place}: its data source");
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(!text(defaults, "unit").is_empty(), "{place}: its unit");
            assert!(!list(&defaults["thresholds"], "steps").is_empty(), "{place}: its thresholds");
            let targets = list(panel, "targets");
            assert!(!targets.is_empty(), "{place}: it asks nothing");
            let mut letters = HashSet::new();
            for target in targets {
                assert!(letters.insert(text(target, "refId")), "{place}: two queries of one letter");
                let expression = text(target, "expr");
                assert!(!expression.is_empty(), "{place}: an empty query");
                for used in expression.split('$').skip(1) {
                    let variable: String =
                        used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    assert!(variables.contains(variable.as_str()), "{place}: ${variable} is unknown");
                }
            }
        }
    }
}

#[test]
fn no_panel_lies_on_another_or_off_the_grid() {
    for (name, board) in boards() {
        let mut taken = HashSet::new();
        for panel in list(&board, "panels") {
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
            assert!(w > 0 && h > 0 && x + w <= 24, "{name}: {} is off the grid", panel["title"]);
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(taken.insert(cell), "{name}: {} lies on another", panel["title"]);
            }
        }
    }
}
