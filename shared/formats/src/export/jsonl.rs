//! JSON lines, the format that leaves nothing out.

use std::io;

use serde::Serialize;
use serde_json::value::RawValue;
use swath_domain::labels::{Figure, Tag};
use swath_domain::{AssignmentId, ItemIndex, Round, Slot, Time, UserId};

use super::item::Item;

#[derive(Serialize)]
struct Line<'a> {
    index: ItemIndex,
    uri: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orientation: Option<i64>,
    slot: Slot,
    round: Round,
    annotation: Labels<'a>,
    author: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<UserId>,
    revision: i64,
    accepted_at: Time,
    assignment: AssignmentId,
}

#[derive(Serialize)]
struct Labels<'a> {
    figures: &'a [Figure],
    tags: &'a [Tag],
}

/// Writes a page of accepted items. Skipped items have no labels, and get no line.
pub(super) fn lines(page: &[Item]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for item in page.iter().filter(|item| item.annotation.skip.is_none()) {
        let line = Line {
            index: item.index,
            uri: &item.shown_uri,
            meta: item.meta.as_deref(),
            orientation: item.orientation,
            slot: item.slot,
            round: item.round,
            annotation: Labels { figures: &item.annotation.figures, tags: &item.annotation.tags },
            author: item.author,
            reviewer: item.reviewer,
            revision: item.revision,
            accepted_at: item.accepted_at,
            assignment: item.assignment,
        };
        json_line(&line, &mut bytes)?;
    }
    Ok(bytes)
}

/// Appends a value as JSON and ends the line.
pub(super) fn json_line(line: &impl Serialize, bytes: &mut Vec<u8>) -> io::Result<()> {
    serde_json::to_writer(&mut *bytes, line)?;
    bytes.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{export, head, item, labels};
    use super::super::format::Format;
    use super::Item;

    #[test]
    fn a_line_has_exactly_its_fields() {
        let text = export(Format::Jsonl, head(1), &[item(7, labels())]);
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let mut fields: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "accepted_at",
                "annotation",
                "assignment",
                "author",
                "index",
                "reviewer",
                "revision",
                "round",
                "slot",
                "uri"
            ]
        );
        assert!(String::from_utf8(text).unwrap().starts_with(
            r#"{"index":7,"uri":"sub/7.png","slot":0,"round":1,"annotation":{"figures":[{"class":"car","#
        ));
    }

    #[test]
    fn a_missing_reviewer_and_skipped_items_are_omitted() {
        let skipped = item(8, serde_json::json!({"skip": {"reason": "blurred"}}));
        let unreviewed = Item { reviewer: None, ..item(9, serde_json::json!({})) };
        let text = String::from_utf8(export(Format::Jsonl, head(1), &[skipped, unreviewed])).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains(r#""annotation":{"figures":[],"tags":[]}"#) && !text.contains("reviewer"));
    }
}
