use swath_domain::limits;

use super::error::QUOTED_CHARS_MAX;
use super::*;

/// Parses the bytes in chunks of every small size, which must all give the same result. An error that ends the
/// parsing comes last.
fn read(kind: Kind, bytes: &[u8]) -> Found {
    let whole = read_by(kind, bytes, bytes.len().max(1));
    for size in 1..=7 {
        assert_eq!(read_by(kind, bytes, size), whole, "in chunks of {size}");
    }
    whole
}

fn read_by(kind: Kind, bytes: &[u8], size: usize) -> Found {
    let (mut parser, mut found) = (Parser::new(kind), Found::default());
    let read = bytes.chunks(size).try_for_each(|piece| parser.push(piece, &mut found));
    let ended = read.and_then(|()| parser.finish(&mut found));
    found.faults.extend(ended.err());
    found
}

fn first(found: Found) -> Result<Vec<ManifestItem>, ManifestError> {
    found.faults.into_iter().next().map_or(Ok(found.items), Err)
}

fn parse(kind: Kind, bytes: &[u8]) -> Result<Vec<ManifestItem>, ManifestError> {
    first(read(kind, bytes))
}

fn parse_by(kind: Kind, bytes: &[u8], size: usize) -> Result<Vec<ManifestItem>, ManifestError> {
    first(read_by(kind, bytes, size))
}

/// Line and field of the first fault of a manifest.
fn fault(kind: Kind, text: &str) -> (u64, Option<String>) {
    let error = parse(kind, text.as_bytes()).expect_err(text);
    (error.line, error.field)
}

fn uris(items: &[ManifestItem]) -> Vec<(u64, &str)> {
    items.iter().map(|item| (item.line, item.uri.as_str())).collect()
}

#[test]
fn json_lines_are_parsed_with_all_fields() {
    let text = "\u{feff}{\"uri\":\"s3://b/1\",\"labels\":[\"cat\",\"ß\"],\"meta\":{\"k\":[1]},\"width\":4,\"height\":3}\r\n\n  \n{\"uri\":\"s3://b/2\"}";
    let items = parse(Kind::Jsonl, text.as_bytes()).unwrap();
    assert_eq!(uris(&items), [(1, "s3://b/1"), (4, "s3://b/2")]);
    assert_eq!(items[0].labels, ["cat", "ß"]);
    assert_eq!(items[0].meta.as_ref().unwrap()["k"], serde_json::json!([1]));
    assert_eq!((items[0].width, items[0].height), (Some(4), Some(3)));
}

#[test]
fn csv_is_parsed_with_all_columns() {
    let text = "\u{feff}camera,uri,labels,width,height\r\n\r\nA,s3://b/1,cat|dog,4,3\r\n\"multi\n\"\"line\"\"\",s3://b/2,,,\n,s3://b/3,,,";
    let items = parse(Kind::Csv, text.as_bytes()).unwrap();
    assert_eq!(uris(&items), [(3, "s3://b/1"), (4, "s3://b/2"), (6, "s3://b/3")]);
    assert_eq!(items[0].labels, ["cat", "dog"]);
    assert_eq!((items[0].width, items[0].height), (Some(4), Some(3)));
    assert_eq!(items[1].meta.as_ref().unwrap()["camera"], "multi\n\"line\"");
    assert_eq!(items[2].meta, None);
}

#[test]
fn an_empty_manifest_has_no_items() {
    for kind in [Kind::Jsonl, Kind::Csv] {
        for text in ["", "\u{feff}", "\n\r\n"] {
            assert_eq!(parse(kind, text.as_bytes()), Ok(vec![]));
        }
    }
    assert_eq!(parse(Kind::Csv, b"uri\n"), Ok(vec![]));
}

#[test]
fn errors_in_json_name_line_and_field() {
    let good = "{\"uri\":\"s3://b/a\"}\n";
    let cases = [
        ("{\"uri\":\"s3://b/b\"", None),
        ("{\"uri\":\"s3://b/b\"} {}", None),
        ("[]x", None),
        ("{\"uri\":\"\"}", Some("uri")),
        ("{\"uri\":\"s3://b/a\\u0000\"}", Some("uri")),
        ("{\"uri\":\"s3://b/a\\nb\"}", Some("uri")),
        ("{\"uri\":5}", Some("uri")),
        ("{\"labels\":[]}", None),
        ("{\"uri\":\"s3://b/b\",\"colour\":1}", Some("colour")),
        ("{\"uri\":\"s3://b/b\",\"labels\":[\"x\",7]}", Some("labels[1]")),
        ("{\"uri\":\"s3://b/b\",\"labels\":[\"x\",\"x\"]}", Some("labels[1]")),
        ("{\"uri\":\"s3://b/b\",\"meta\":{\"a\":[{\"b\\u0000\":1}]}}", Some("meta")),
        ("{\"uri\":\"s3://b/b\",\"width\":5}", Some("height")),
        ("{\"uri\":\"s3://b/b\",\"width\":5,\"height\":0}", Some("height")),
    ];
    for (text, field) in cases {
        assert_eq!(fault(Kind::Jsonl, &format!("{good}{text}")), (2, field.map(str::to_owned)), "{text}");
    }
    let error = parse(Kind::Jsonl, b"{\"uri\":\"s3://b/b\",\"width\":\"x\"}").unwrap_err();
    assert_eq!(error.to_string(), "line 1: `width` invalid type: string \"x\", expected i64 (column 29)");
}

#[test]
fn errors_in_csv_name_line_and_column() {
    let cases = [
        ("labels,width\na,1", 1, Some("uri")),
        ("uri,uri\na,b", 1, Some("uri")),
        ("uri,\na,b", 1, Some("")),
        ("uri,labels\na", 2, None),
        ("uri,labels\n\"x\ny\",\nb,c,d", 2, Some("uri")),
        ("uri,note\ns3:x,\"1\n2\"\nb,c,d", 4, None),
        ("uri,width,height\ns3:a,1,1\nb,1.5,2", 3, Some("width")),
        ("uri,labels\ns3:a,x||y", 2, Some("labels[1]")),
        ("uri,note\ns3:a,\"never closed\nb,c\n", 2, None),
        ("uri,note\na,\"never closed", 2, None),
    ];
    for (text, line, field) in cases {
        assert_eq!(fault(Kind::Csv, text), (line, field.map(str::to_owned)), "{text}");
    }
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    for (kind, bytes) in [
        (Kind::Jsonl, &b"{\"uri\":\"s3://b/a\"}\n{\"uri\":\"\xff\"}"[..]),
        (Kind::Csv, b"uri\n\xff"),
        (Kind::Csv, b"x\n\xef\xbb"),
    ] {
        assert!(parse(kind, bytes).is_err());
    }
    assert_eq!(parse(Kind::Jsonl, b"\xef\xbb").unwrap_err().line, 1);
}

#[test]
fn lines_columns_and_labels_are_limited() {
    let long = "x".repeat(LINE_BYTES_MAX);
    assert_eq!(fault(Kind::Jsonl, &format!("\n{long}x")), (2, None));
    assert_eq!(fault(Kind::Csv, &format!("uri\n{long}x")), (2, None));
    let uri = |length: usize| format!("{{\"uri\":\"{}\"}}", "s3:".to_owned() + &"u".repeat(length - 3));
    assert!(parse(Kind::Jsonl, uri(limits::URI_MAX).as_bytes()).is_ok());
    assert_eq!(fault(Kind::Jsonl, &uri(limits::URI_MAX + 1)), (1, Some("uri".into())));

    let columns = |count: usize| (1..count).map(|n| format!("c{n},")).collect::<String>() + "uri\n";
    assert!(parse(Kind::Csv, columns(COLUMNS_MAX).as_bytes()).is_ok());
    assert_eq!(fault(Kind::Csv, &columns(COLUMNS_MAX + 1)), (1, None));

    let labels: Vec<String> = (0..=limits::LABELS_MAX).map(|n| n.to_string()).collect();
    assert_eq!(
        fault(Kind::Csv, &format!("uri,labels\ns3:a,{}", labels.join("|"))),
        (2, Some("labels".into()))
    );
}

#[test]
fn a_bad_last_line_of_many_is_found() {
    let mut text: String = (0..10_000).map(|n| format!("{{\"uri\":\"s3://b/{n}\"}}\n")).collect();
    text.push_str("{\"uri\":1}\n");
    assert_eq!(parse_by(Kind::Jsonl, text.as_bytes(), 4096).unwrap_err().line, 10_001);
}

#[test]
fn formats_are_recognized_by_content_type_and_extension() {
    assert_eq!(Kind::of_content_type("text/CSV; charset=utf-8"), Some(Kind::Csv));
    assert_eq!(Kind::of_content_type("application/x-ndjson"), Some(Kind::Jsonl));
    assert_eq!(Kind::of_content_type("application/json"), None);
    assert_eq!(Kind::of_file_name("a/b.JSONL"), Some(Kind::Jsonl));
    assert_eq!(Kind::of_file_name("csv"), None);
}

#[test]
fn without_content_an_error_has_only_line_and_kind() {
    let secret = "hunter2";
    for (kind, text) in [
        (Kind::Csv, "password=hunter2\npassword=hunter2\n"),
        (Kind::Csv, "hunter2,hunter2\na,b\n"),
        (Kind::Csv, "uri,hunter2,hunter2\n"),
        (Kind::Csv, "uri,width,height\na,hunter2,1\n"),
        (Kind::Csv, "uri\nhunter2,b\n"),
        (Kind::Csv, "uri,labels\na,hunter2|hunter2\n"),
        (Kind::Jsonl, "hunter2"),
        (Kind::Jsonl, "\"hunter2\""),
        (Kind::Jsonl, "{\"hunter2\": 1}"),
        (Kind::Jsonl, "{\"uri\": \"s3://b/a\", \"width\": \"hunter2\"}"),
        (Kind::Jsonl, "{\"uri\": \"s3://b/a\", \"labels\": {\"hunter2\": 1}}"),
        (Kind::Jsonl, "{\"uri\": \"s3://b/a\", \"labels\": [\"hunter2\", \"hunter2\"]}"),
        (Kind::Jsonl, "{\"uri\": \"s3://b/a\"} hunter2"),
    ] {
        let said = parse(kind, text.as_bytes()).expect_err(text).without_content().to_string();
        assert!(said.starts_with("line ") && !said.contains(secret), "{said}");
    }
}

#[test]
fn quotes_of_a_manifest_are_limited() {
    let long = "x".repeat(LINE_BYTES_MAX / 2);
    for (kind, text) in [
        (Kind::Csv, format!("uri,{long},{long}\n")),
        (Kind::Csv, format!("{long}\n")),
        (Kind::Jsonl, format!("{{\"uri\": \"s3://b/a\", \"width\": \"{long}\"}}")),
        (Kind::Jsonl, format!("{{\"uri\": \"s3://b/a\", \"{long}\": 1}}")),
        (Kind::Jsonl, format!("{{\"uri\": \"s3://b/a\", \"labels\": [\"{long}\", \"{long}\"]}}")),
    ] {
        let said = parse_by(kind, text.as_bytes(), 4096).unwrap_err().to_string();
        assert!(said.chars().count() < 3 * QUOTED_CHARS_MAX, "{} characters", said.chars().count());
    }
}

#[test]
fn all_wrong_lines_are_reported_at_once() {
    let lines = |kind, text: &str| -> Vec<u64> {
        read(kind, text.as_bytes()).faults.into_iter().map(|fault| fault.line).collect()
    };
    let json =
        "{\"uri\":1}\n{\"uri\":\"https://h/2\"}\n{\n{\"uri\":\"https://h/4\",\"width\":0,\"height\":0}\n";
    assert_eq!(lines(Kind::Jsonl, json), [1, 3, 4, 4]);
    assert_eq!(lines(Kind::Csv, "uri,width,height\nx,1\n,2,2\nhttps://h/4,2,2\nhttps://h/5,2,\n"), [2, 3, 5]);
    assert_eq!(lines(Kind::Csv, "uri,note\n1.png,x\nhttps://h/3,\"open\n"), [2, 3]);
}

#[test]
fn columns_may_be_separated_by_semicolons_or_tabs() {
    for divider in [",", ";", "\t"] {
        let text =
            format!(" URI {divider}labels{divider}Patient\r\nhttps://h/1{divider}cat | dog{divider}P 1\r\n");
        let items = parse(Kind::Csv, text.as_bytes()).unwrap();
        assert_eq!((items[0].line, items[0].uri.as_str()), (2, "https://h/1"), "{text:?}");
        assert_eq!(items[0].labels, ["cat", "dog"]);
        assert_eq!(items[0].meta.as_ref().unwrap()["Patient"], "P 1");
    }
    let hinted = parse(Kind::Csv, b"\xef\xbb\xbfsep=;\r\nuri;note\r\nhttps://h/1;a,b\r\n").unwrap();
    assert_eq!((hinted[0].line, hinted[0].meta.as_ref().unwrap()["note"].as_str()), (3, Some("a,b")));
    let said = parse(Kind::Csv, b"url;labels\n").unwrap_err().to_string();
    assert!(said.contains("semicolons"), "{said}");
}

#[test]
fn bare_paths_are_resolved_against_a_base() {
    let below = |base: &str, path: &str| {
        let mut found = Found::below(Some(base.to_owned()));
        found.accept(ManifestItem { uri: path.to_owned(), ..ManifestItem::default() });
        found.items.pop().map(|item| item.uri)
    };
    assert_eq!(below("s3://b/x/", "a b/1#.png").as_deref(), Some("s3://b/x/a b/1#.png"));
    assert_eq!(below("file:///d/", "a b/1#.png").as_deref(), Some("file:///d/a%20b/1%23.png"));
    assert_eq!(below("s3://b/x/", "https://h/1.png").as_deref(), Some("https://h/1.png"));
    for hopeless in ["/etc/passwd", "C:\\1.png", "htps://h/1.png"] {
        assert_eq!(below("s3://b/x/", hopeless), None, "{hopeless}");
    }
    for (base, is_good) in [("s3://b/x/", true), ("s3://b/x", false), ("x/", false), ("https:///", false)] {
        assert_eq!(check_base("base", base).is_none(), is_good, "{base}");
    }
}

#[test]
fn uris_that_can_never_be_opened_are_refused() {
    let taken =
        |uri: &str| parse(Kind::Jsonl, serde_json::json!({"uri": uri}).to_string().as_bytes()).is_ok();
    for hopeless in [
        "images/1.jpg",
        "1.jpg",
        "/data/1.jpg",
        "C:\\data\\1.jpg",
        "htps://h/1.jpg",
        "ftp://h/1.jpg",
        "https:///1.jpg",
        "http:h/1.jpg",
        " https://h/1.jpg",
        "https://h/1.jpg ",
    ] {
        assert!(!taken(hopeless), "{hopeless}");
    }
    for good in
        ["https://h/a b?x=1#y", "HTTP://h", "s3://bucket/ä//b", "file:///a.png", "data:image/png;base64,AA"]
    {
        assert!(taken(good), "{good}");
    }
}
