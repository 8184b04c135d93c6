//! Fuzz tests with random manifests: the parsers accept any bytes, their results do not depend on the chunks, and
//! they keep their limits.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::Parser;
use super::bounds::LINE_BYTES_MAX;
use super::found::Found;
use super::kind::Kind;

/// How long each test runs: a second, or as long as `SWATH_FUZZ_SECONDS` says.
fn duration() -> Duration {
    let seconds = std::env::var("SWATH_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

fn play<S: Strategy>(strategy: &S, holds: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let end = Instant::now() + duration();
    while Instant::now() < end {
        TestRunner::new(Config::with_cases(64)).run(strategy, &holds).unwrap();
    }
}

/// Fragments of manifests, and bytes that do not belong into one.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "sep=;\r\n",
        "uri",
        ",",
        ";",
        "\t",
        "\"",
        "\"\"",
        "\r\n",
        "\n",
        "\r",
        "width",
        "height",
        "labels",
        "|",
        "https://h/",
        "s3://b/",
        "{",
        "}",
        "{\"uri\":\"https://h/1\"}",
        ":",
        "[",
        "]",
        "\\u0000",
        "\\ud800",
        "1e400",
        "-1",
        "null",
        " ",
        "\u{feff}",
        "\u{202e}",
        "ä",
    ];
    let word = prop_oneof![
        6 => prop::sample::select(known.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        2 => vec(any::<u8>(), 0..8),
        1 => (1_usize..LINE_BYTES_MAX + 10).prop_map(|length| vec![b'x'; length]),
    ];
    vec(word, 0..60).prop_map(|words| words.concat())
}

fn read(kind: Kind, bytes: &[u8], sizes: &[usize]) -> Found {
    let (mut parser, mut found) = (Parser::new(kind), Found::default());
    let (mut rest, mut sizes) = (bytes, sizes.iter().cycle());
    let mut read = Ok(());
    while !rest.is_empty() && read.is_ok() {
        let size = sizes.next().copied().unwrap_or(1).clamp(1, rest.len());
        let (chunk, following) = rest.split_at(size);
        read = parser.push(chunk, &mut found);
        rest = following;
    }
    let ended = read.and_then(|()| parser.finish(&mut found));
    found.faults.extend(ended.err());
    found
}

fn holds(kind: Kind, bytes: &[u8], sizes: &[usize]) -> Result<(), TestCaseError> {
    let whole = read(kind, bytes, &[bytes.len().max(1)]);
    prop_assert_eq!(&read(kind, bytes, sizes), &whole);
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    prop_assert!(whole.items.len() <= lines);
    let numbers: Vec<_> = whole.items.iter().map(|item| item.line).collect();
    prop_assert!(numbers.is_sorted() && numbers.iter().all(|line| *line >= 1 && *line <= lines as u64));
    prop_assert!(whole.faults.iter().all(|fault| fault.to_string().len() < 4_000));
    Ok(())
}

#[test]
fn any_bytes_can_be_parsed_as_csv() {
    play(&(text(), vec(1_usize..200, 1..4)), |(bytes, sizes)| holds(Kind::Csv, &bytes, &sizes));
}

#[test]
fn any_bytes_can_be_parsed_as_json_lines() {
    play(&(text(), vec(1_usize..200, 1..4)), |(bytes, sizes)| holds(Kind::Jsonl, &bytes, &sizes));
}
