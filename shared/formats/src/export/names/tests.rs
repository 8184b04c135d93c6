use std::collections::HashSet;

use proptest::prelude::*;

use super::escape::unescape;
use super::*;

fn base(uris: &[&str]) -> String {
    uris.iter().fold(None, |base: Option<String>, uri| Some(shared_base(base.as_deref(), uri))).unwrap()
}

fn name(layout: Layout, base: &str, uri: &str) -> Name {
    Names { base: base.into(), layout }.of(uri)
}

/// The names of files in a folder, each with the kind of change.
fn of_files(layout: Layout, files: &[&str]) -> Vec<(String, Option<&'static str>)> {
    let uri = |file: &&str| format!("file:///d/{}", encode(file.as_bytes()));
    files
        .iter()
        .map(|file| name(layout, "file:///d/", &uri(file)))
        .map(|name| (name.text, name.change))
        .collect()
}

#[test]
fn the_base_ends_at_a_slash() {
    assert_eq!(base(&["file:///a/b/1.png"]), "file:///a/b/");
    assert_eq!(base(&["file:///a/b/1.png", "file:///a/bc.png"]), "file:///a/");
    assert_eq!(base(&["s3://b/ä", "s3://b/å"]), "s3://b/");
    assert_eq!(base(&["s3://b/x", "https://b/x"]), "");
    assert_eq!(base(&["x"]), "");
}

#[test]
fn a_file_in_a_tree_keeps_its_own_path() {
    let long = format!("{}.png", "x".repeat(251));
    let files = [
        "a b.png",
        "50%.png",
        "100%25.png",
        "q?3F15.png",
        "c#1.png",
        "k+l=m&n.png",
        "quote'\".png",
        "2026-01-01T10:00:00.png",
        "til~de.png",
        "a%20b%41%C3%A4.png",
        "%e2%ae.png",
        "CON.png",
        "#lead/in#.png",
        ".hidden",
        "ends. ",
        "שלום.png",
        "u\u{0308}.png",
        "a.png",
        "A.png",
        "...a/b",
        &long,
    ];
    let named = of_files(Layout::Tree, &files);
    let (changed, same): (Vec<_>, Vec<_>) = named.into_iter().partition(|(_, change)| change.is_some());
    assert_eq!(changed, [("100%2525.png".to_owned(), Some("name_escaped"))]);
    let expected: Vec<_> = files.iter().filter(|file| **file != "100%25.png").collect();
    assert_eq!(same.iter().map(|(name, _)| name).collect::<Vec<_>>(), expected);
}

#[test]
fn dangerous_and_invisible_characters_are_escaped() {
    let files = [
        ("..", "%2E."),
        ("a/../b", "a/%2E./b"),
        ("./a", "%2E/a"),
        ("... /a", "%2E.. /a"),
        ("a//b", "a/%2Fb"),
        ("/a/", "%2Fa%2F"),
        ("C:a.png", "C%3Aa.png"),
        ("a\\..\\b", "a%5C..%5Cb"),
        ("a\nb\u{202E}c\u{9B}", "a%0Ab%E2%80%AEc%C2%9B"),
        ("%2Fa%25%~", "%252Fa%2525%25~"),
        ("%E2%80%AE%E2", "%25E2%2580%25AE%25E2"),
    ];
    for (file, expected) in files {
        assert_eq!(escape(file.as_bytes(), Layout::Tree), expected, "{file:?}");
    }
    assert_eq!(name(Layout::Tree, "file:///d/", "file:///d/%E4.png").text, "%E4.png");
}

#[test]
fn a_flat_name_is_safe_on_every_system() {
    let files = [
        ("cats/a b.png", "cats%2Fa b.png", Some("name_with_folders")),
        ("a.png", "a.png", None),
        ("a%20b.png", "a%20b.png", None),
        ("%41.png", "%2541.png", Some("name_escaped")),
        ("c#1~.png", "c#1~.png", None),
        ("q?:*\"<>|\\.png", "q%3F%3A%2A%22%3C%3E%7C%5C.png", Some("name_escaped")),
        ("CON", "%43ON", Some("name_escaped")),
        ("nul.tar.gz", "%6Eul.tar.gz", Some("name_escaped")),
        ("Com1 .png", "%43om1 .png", Some("name_escaped")),
        ("lpt².png", "%6Cpt².png", Some("name_escaped")),
        ("console.png", "console.png", None),
        ("a. ", "a.%20", Some("name_escaped")),
        ("..", ".%2E", Some("name_escaped")),
    ];
    let named = of_files(Layout::Flat, &files.map(|(file, ..)| file));
    assert_eq!(named, files.map(|(_, name, change)| (name.to_owned(), change)));
}

#[test]
fn a_long_name_is_cut_and_gets_a_digest() {
    let [long, other] = ["x", "y"].map(|end| format!("s3://b/d/{}{end}.png", "ä".repeat(300)));
    for (layout, most) in [(Layout::Tree, SEGMENT_BYTES_MAX), (Layout::Flat, FLAT_BYTES_MAX)] {
        let named = name(layout, "s3://b/", &long);
        let last = named.text.rsplit('/').next().unwrap();
        assert!(last.len() <= most && last.len() > most - 2 && last.ends_with(".png"), "{named:?}");
        assert_eq!(named.change, Some("name_with_digest"));
        assert_eq!(named.text.starts_with("d/ä"), layout == Layout::Tree);
        assert_ne!(named, name(layout, "s3://b/", &other));
    }
    let deep = format!("s3://b/{}z.png", "abcdefg/".repeat(600));
    let named = name(Layout::Tree, "s3://b/", &deep).text;
    assert!(named.starts_with("z%~") && named.ends_with(".png"), "{named}");
}

#[test]
fn a_long_query_is_not_in_the_name() {
    let uri = format!("https://h/d/a.png?signature={}", "f".repeat(400));
    let named = name(Layout::Tree, "https://h/", &uri).text;
    assert!(named.starts_with("d/a%~") && named.ends_with(".png") && named.len() == 5 + 32 + 4, "{named}");
    assert_eq!(name(Layout::Tree, "https://h/", "https://h/img?id=1").text, "img?id=1");
}

#[test]
fn an_unusual_encoding_has_its_path_in_a_tree_and_a_digest_in_a_flat_name() {
    let (base, uri) = ("file:///d/", "file:///d/a(1).png");
    assert_eq!(name(Layout::Tree, base, uri), Name { text: "a(1).png".into(), change: None });
    let flat = name(Layout::Flat, base, uri);
    assert_eq!(flat.change, Some("name_with_digest"));
    assert_ne!(flat, name(Layout::Flat, base, "file:///d/a%281%29.png"));
    let broken = name(Layout::Tree, base, "file:///d/%zz.png");
    assert!(broken.text.starts_with("%zz%~") && broken.text.ends_with(".png"), "{broken:?}");
}

#[test]
fn a_path_may_be_empty_or_have_no_base() {
    assert!(name(Layout::Tree, "s3://b/", "s3://b/").text.starts_with(DIGEST_MARK));
    let drawn = name(Layout::Tree, "data:image/", "data:image/png;base64,iVBO/Rw0").text;
    assert_eq!((drawn.starts_with(DIGEST_MARK), drawn.len()), (true, 2 + 32));
    assert_eq!(name(Layout::Tree, "", "https://h/a.png").text, "https:/%2Fh/a.png");
    assert_eq!(name(Layout::Flat, "", "s3://h/a.png").text, "s3%3A%2F%2Fh%2Fa.png");
}

#[test]
fn folders_are_named_safely() {
    assert_eq!(folder_name(" ../Photos: v1.2. "), "_.._Photos_ v1.2");
    assert_eq!(folder_name(""), "_");
    assert_eq!(folder_name("/"), "_");
    assert_eq!(folder_name("con"), "_con");
    assert_eq!(folder_name(&"ä".repeat(100)).len(), FOLDER_BYTES_MAX);
}

fn layouts() -> impl Strategy<Value = Layout> {
    prop_oneof![Just(Layout::Tree), Just(Layout::Flat)]
}

/// Bytes with many characters that are difficult in names.
fn paths() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop_oneof![
        Just("%".to_owned()),
        "%[02345EC][02345AEF]",
        "%(E2|C2|C3|F0)%(80|A4|9F)%(AE|98|A4)",
        "[a-c~./ :?]{1,3}",
        "(con|NUL|lpt1)",
        "[\\\\\u{202E}\u{85}ä😀\n]",
    ];
    let bytes = prop_oneof![
        8 => parts.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..3),
    ];
    prop::collection::vec(bytes, 1..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_path_can_be_restored_from_its_name(path in paths(), layout in layouts()) {
        let name = escape(&path, layout);
        prop_assert_eq!(unescape(&name, layout), path, "{}", name);
    }

    #[test]
    fn a_name_is_safe(path in paths(), layout in layouts(), scheme in "(file:///|s3://)") {
        let uri = format!("{scheme}{}", encode(&path));
        let name = name(layout, &scheme, &uri).text;
        prop_assert!(name.split('/').all(|part| !part.is_empty() && part.len() <= SEGMENT_BYTES_MAX));
        prop_assert!(!name.split('/').any(|part| matches!(part.trim_end_matches(' '), "." | "..")), "{}", name);
        let is_hidden = |c: char| c == '\\' || c.is_control() || c == '\u{202E}';
        prop_assert!(!name.contains(is_hidden), "{}", name);
        prop_assert!(name.as_bytes().get(1) != Some(&b':'));
        if layout == Layout::Flat {
            prop_assert!(name.len() <= FLAT_BYTES_MAX && !name.contains(['/', ':', '?']) && !name.ends_with(['.', ' ']));
            prop_assert!(!escape::is_device(name.as_bytes()), "{}", name);
        }
    }

    #[test]
    fn different_uris_have_different_names(
        uris in prop::collection::hash_set("(s3|https)://b/[a-c~./%25EF\\\\?]{0,9}", 1..30),
        layout in layouts(),
        base in "(s3://b/)?",
    ) {
        let names = Names { base, layout };
        let uris = uris.iter().filter(|uri| uri.starts_with(&names.base));
        let named: Vec<_> = uris.map(|uri| names.of(uri).text).collect();
        prop_assert_eq!(named.iter().collect::<HashSet<_>>().len(), named.len(), "{:?}", named);
    }
}
