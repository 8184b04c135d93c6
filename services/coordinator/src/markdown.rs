//! Renders Markdown as HTML that is safe to show: HTML in it becomes text, links lead to the web only, and pictures come
//! from Swath itself.

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// Elements that Markdown makes.
const ELEMENTS: [&str; 27] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

/// The most columns of a table. A text with a wider one is rendered without tables, because every row is filled up with
/// cells.
const TABLE_COLUMNS_MAX: usize = 12;
/// The most parser events of a text; the rest of it is left out.
const EVENTS_MAX: usize = 20_000;
/// The deepest nesting of elements.
const DEPTH_MAX: usize = 40;

/// Removes every element and attribute that is not listed, whatever produced the HTML.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .tags(HashSet::from(ELEMENTS))
        .add_tag_attributes("a", ["href", "title"])
        .add_tag_attributes("img", ["src", "alt", "title"])
        .add_tag_attributes("ol", ["start"])
        .add_tag_attributes("input", ["type", "checked", "disabled"])
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src") => Some(value.into()).filter(|_| is_own(value)),
            ("input", "type") => Some(value.into()).filter(|_| value == "checkbox"),
            _ => Some(value.into()),
        })
        .link_rel(Some("noopener noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank");
    cleaner
});

/// The HTML of a Markdown text.
pub(crate) fn html(text: &str) -> String {
    let mut options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    options
        .set(Options::ENABLE_TABLES, text.lines().all(|line| line.matches('|').count() <= TABLE_COLUMNS_MAX));
    let mut made = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut made, shallow(harmless(Parser::new_ext(text, options))).take(EVENTS_MAX));
    CLEANER.clean(&made).to_string()
}

/// Turns HTML into text, and a picture from elsewhere into a link to it, or inside a link into its text.
fn harmless<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    /// What a picture becomes.
    enum Becomes {
        Picture,
        Link,
        Text,
    }
    let (mut pictures, mut links) = (Vec::new(), 0);
    events.filter_map(move |event| match event {
        Event::Html(markup) | Event::InlineHtml(markup) => Some(Event::Text(markup)),
        Event::Start(Tag::Link { .. }) => {
            links += 1;
            Some(event)
        }
        Event::End(TagEnd::Link) => {
            links -= 1;
            Some(event)
        }
        Event::Start(Tag::Image { dest_url, title, id, .. }) if !is_own(&dest_url) => {
            pictures.push(if links == 0 { Becomes::Link } else { Becomes::Text });
            let link = Tag::Link { link_type: LinkType::Inline, dest_url, title, id };
            (links == 0).then_some(Event::Start(link))
        }
        Event::Start(Tag::Image { .. }) => {
            pictures.push(Becomes::Picture);
            Some(event)
        }
        Event::End(TagEnd::Image) => match pictures.pop() {
            Some(Becomes::Link) => Some(Event::End(TagEnd::Link)),
            Some(Becomes::Text) => None,
            Some(Becomes::Picture) | None => Some(event),
        },
        event => Some(event),
    })
}

/// Leaves out what is nested too deeply, because the cost of cleaning grows with the square of the depth.
fn shallow<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    let mut depth = 0;
    events.filter(move |event| match event {
        Event::Start(_) => {
            depth += 1;
            depth <= DEPTH_MAX
        }
        Event::End(_) => {
            depth -= 1;
            depth < DEPTH_MAX
        }
        _ => true,
    })
}

/// Whether the address is a path on this server. `//` and `/\` would begin the name of another server.
fn is_own(address: &str) -> bool {
    let mut letters = address.bytes();
    letters.next() == Some(b'/') && !matches!(letters.next(), Some(b'/' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html() {
        let text =
            "# Boxes\n\n- *tight*\n- `any` [guide](https://example.org/a?b=1&c)\n\n|a|b|\n|-|-|\n|1|~~2~~|\n";
        let made = html(text);
        for part in [
            "<h1>Boxes</h1>",
            "<li><em>tight</em></li>",
            "<code>any</code>",
            r#"href="https://example.org/a?b=1&amp;c""#,
            r#"target="_blank""#,
            r#"rel="noopener noreferrer""#,
            "<td>1</td>",
            "<del>2</del>",
        ] {
            assert!(made.contains(part), "{part} in {made}");
        }
    }

    #[test]
    fn markup_shows_as_text() {
        for markup in
            ["<script>alert(1)</script>", "a <img src=x onerror=alert(1)> b", "<div\nonclick=x>\n</div>"]
        {
            let made = html(markup);
            let shown = made.replace("<p>", "").replace("</p>", "");
            assert!(!shown.contains('<') && shown.contains("&lt;"), "{made}");
        }
    }

    #[test]
    fn an_address_that_acts_is_no_link() {
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
        ] {
            let made = html(&format!("[here]({address}) ![there]({address}) <{address}>"));
            assert!(!made.contains("href") && !made.contains("src"), "{made}");
        }
    }

    #[test]
    fn a_picture_from_elsewhere_is_a_link() {
        for address in ["https://example.org/a.png", "//example.org/a.png", "/\\example.org/a.png", "a.png"] {
            let made = html(&format!("![what](<{address}>)"));
            assert!(!made.contains("<img") && made.contains("what"), "{made}");
        }
        let made = html("![what](/v1/media/abc) ![x](https://example.org) ![y](/b)");
        assert!(made.contains(r#"<img src="/v1/media/abc" alt="what">"#), "{made}");
        assert!(made.contains(r#"<img src="/b" alt="y">"#) && made.contains(">x</a>"), "{made}");
    }

    #[test]
    fn a_picture_within_a_link_is_its_text() {
        let made = html("[![logo](https://a.example/x.png)](https://b.example)");
        assert_eq!(made.matches("<a ").count(), 1, "{made}");
        assert!(made.contains(r#"href="https://b.example""#) && made.contains(">logo</a>"), "{made}");
    }

    #[test]
    fn tables_that_fill_up_with_cells_are_bounded() {
        let wide = format!("{}\n{}\n{}\n", "|a".repeat(418), "|-".repeat(418), "a\n".repeat(620)).repeat(7);
        assert!(html(&wide).len() < 100_000);
        let long = format!("{}\n{}\n{}", "|a".repeat(12), "|-".repeat(12), "a\n".repeat(9_900));
        let made = html(&long);
        assert!(made.contains("<td>") && made.len() < 500_000, "{}", made.len());
    }

    #[test]
    fn text_that_nests_deeply_is_no_trouble() {
        for text in [
            ">".repeat(20_000),
            "[".repeat(20_000),
            "*a ".repeat(6_000),
            "- ".repeat(10_000),
            "![".repeat(10_000),
        ] {
            let made = html(&text);
            assert!(made.matches("<blockquote>").count() <= DEPTH_MAX && made.len() < 100_000);
        }
    }
}
