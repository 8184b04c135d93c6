//! Manifests: lists of media as JSON lines or CSV, parsed piece by piece as they arrive.
//!
//! A [`Parser`] is pushed the body's bytes however they are cut and holds at most one line of them. It goes on behind a
//! line that is wrong, so that all of them can be named at once; a manifest is taken as a whole or not at all.

mod csv;
mod jsonl;
mod lines;

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value};
use swath_domain::FieldError;
use swath_domain::limits;
use swath_domain::text::check_text;
use swath_runtime::Problem;
use swath_runtime::media_path::encode;
use swath_runtime::problem::Fault;

pub(crate) use lines::Lines;

/// The longest line of a manifest, in bytes.
pub const LINE_MAX: usize = 64 * 1024;
/// The most columns of a CSV manifest.
pub const COLUMNS_MAX: usize = 64;
/// The greatest width or height of a picture, in pixels.
pub const SIDE_MAX: i64 = 1_000_000;

/// What the URI of an item may begin with.
const SCHEMES: [&str; 6] = ["https", "http", "s3", "file", "data", "upload"];

const TOO_LONG: &str = "is longer than 65536 bytes";
const NOT_UTF8: &str = "is not valid UTF-8";

/// One item as a manifest, or a request, names it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestItem {
    /// The line it begins on, from 1; zero where it did not come from a manifest.
    #[serde(skip)]
    pub line: u64,
    /// Where the medium lies.
    pub uri: String,
    /// Labels to select by.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Anything else, kept as it is.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// Width in pixels; with `height` or not at all.
    #[serde(default)]
    pub width: Option<i64>,
    /// Height in pixels.
    #[serde(default)]
    pub height: Option<i64>,
    /// How the picture is stored, by its number in EXIF, where Swath measured it.
    #[serde(skip)]
    pub orientation: Option<i64>,
}

/// What is wrong with a manifest, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{message}", field.as_ref().map(|field| format!("`{field}` ")).unwrap_or_default())]
pub struct ManifestError {
    /// The line, from 1; of a CSV record the line it begins on.
    pub line: u64,
    /// The field or column, where one is to blame.
    pub field: Option<String>,
    /// What is wrong, as a sentence fragment. It may quote the content.
    pub message: String,
    /// The same without a word of the content.
    plain: &'static str,
}

/// Names of fields that may be told of any manifest.
const FIELDS: [&str; 5] = ["uri", "labels", "meta", "width", "height"];
/// The most characters of a manifest that an error quotes.
const QUOTED_MAX: usize = 200;

impl ManifestError {
    /// A fault of which nothing but its kind is to be said.
    fn plain(line: u64, plain: &'static str) -> Self {
        Self { line, field: None, message: plain.to_owned(), plain }
    }

    fn new(line: u64, plain: &'static str, message: &str) -> Self {
        Self { line, field: None, message: shortened(message), plain }
    }

    fn of_field(line: u64, error: &FieldError) -> Self {
        let plain = "breaks a rule of manifests";
        let (field, message) = (shortened(&error.field), shortened(&error.message));
        Self { line, field: Some(field), message, plain }
    }

    /// Only the line and the kind of fault: a manifest on the server may be no manifest at all, and not the caller's.
    #[must_use]
    pub fn without_content(self) -> Self {
        let is_known = |field: &String| FIELDS.contains(&field.split('[').next().unwrap_or_default());
        Self { field: self.field.filter(is_known), message: self.plain.to_owned(), ..self }
    }
}

impl From<ManifestError> for Problem {
    fn from(error: ManifestError) -> Self {
        Self::field(error.field.unwrap_or_default(), error.message).at_line(error.line)
    }
}

impl From<ManifestError> for Fault {
    fn from(error: ManifestError) -> Self {
        Self { field: error.field, line: Some(error.line), index: None, message: error.message }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// How a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One JSON object on each line: `{uri, labels?, meta?, width?, height?}`.
    Jsonl,
    /// A header that names the columns: `uri`, `labels` (divided by `|`), `width`, `height`; all others become `meta`.
    Csv,
}

impl Kind {
    /// The kind that a `Content-Type` names.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-ndjson" | "application/jsonl" => Some(Self::Jsonl),
            "text/csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The kind that a file's ending names.
    pub fn of_file_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// What a parser has found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Items, in order.
    pub items: Vec<ManifestItem>,
    /// What is wrong with lines that are no items.
    pub faults: Vec<ManifestError>,
    /// What bare paths are below, where something is.
    base: Option<String>,
}

impl Found {
    /// Nothing yet, of a manifest whose bare paths lie below `base`.
    pub fn below(base: Option<String>) -> Self {
        Self { base, ..Self::default() }
    }

    /// Takes an item in, or says everything that is wrong with it.
    fn accept(&mut self, mut item: ManifestItem) {
        if let Some(base) = self.base.as_ref().filter(|_| is_bare(&item.uri)) {
            item.uri = joined(base, &item.uri);
        }
        let errors = check_item(&item);
        if errors.is_empty() {
            self.items.push(item);
        } else {
            self.faults.extend(errors.iter().map(|error| ManifestError::of_field(item.line, error)));
        }
    }
}

/// Takes a manifest's bytes as they come and gives its items. An error ends it: behind it no line can be told.
#[derive(Debug)]
pub struct Parser {
    mark: Mark,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Jsonl(Lines),
    Csv(Box<csv::Records>),
}

impl Parser {
    /// A parser at the start of a manifest.
    pub fn new(kind: Kind) -> Self {
        let rows = match kind {
            Kind::Jsonl => Rows::Jsonl(Lines::default()),
            Kind::Csv => Rows::Csv(Box::default()),
        };
        Self { mark: Mark::default(), rows }
    }

    /// Takes the next bytes and appends the items that they complete.
    pub fn push(&mut self, bytes: &[u8], out: &mut Found) -> Result<(), ManifestError> {
        let (held, rest) = self.mark.strip(bytes);
        self.rows.push(held, out)?;
        self.rows.push(rest, out)
    }

    /// Takes the end of the manifest. That there were any items at all is for the caller to ask.
    pub fn finish(mut self, out: &mut Found) -> Result<(), ManifestError> {
        self.rows.push(self.mark.held(), out)?;
        match self.rows {
            Rows::Jsonl(lines) => lines.finish(|number, line| jsonl::item_of(number, line, out)),
            Rows::Csv(records) => records.finish(out),
        }
    }
}

impl Rows {
    fn push(&mut self, bytes: &[u8], out: &mut Found) -> Result<(), ManifestError> {
        match self {
            Self::Jsonl(lines) => lines.push(bytes, |number, line| jsonl::item_of(number, line, out)),
            Self::Csv(records) => records.push(bytes, out),
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Leaves out a byte order mark at the very start, wherever the bytes are cut.
#[derive(Debug, Default)]
struct Mark {
    seen: usize,
    over: bool,
}

impl Mark {
    /// Divides what is to be parsed now into bytes held back before and the rest of these.
    fn strip<'a>(&mut self, bytes: &'a [u8]) -> (&'static [u8], &'a [u8]) {
        for (index, byte) in bytes.iter().enumerate() {
            if self.over || self.seen == BYTE_ORDER_MARK.len() {
                self.over = true;
                return (&[], &bytes[index..]);
            }
            if *byte != BYTE_ORDER_MARK[self.seen] {
                let held = self.held();
                self.over = true;
                return (held, &bytes[index..]);
            }
            self.seen += 1;
        }
        (&[], &[])
    }

    /// The beginning of a mark that never became whole.
    fn held(&self) -> &'static [u8] {
        if self.over || self.seen == BYTE_ORDER_MARK.len() { &[] } else { &BYTE_ORDER_MARK[..self.seen] }
    }
}

/// Checks an item's fields, from a manifest and from a request alike.
pub fn check_item(item: &ManifestItem) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_text("uri", &item.uri, limits::URI_MAX, &mut errors);
    if errors.is_empty() {
        errors.extend(unusable(&item.uri).map(|message| FieldError::new("uri", message)));
    }
    check_labels(&item.labels, &mut errors);
    check_sides(item.width, item.height, &mut errors);
    for (key, value) in item.meta.iter().flatten() {
        if key.contains('\0') || holds_nul(value) {
            errors.push(FieldError::new("meta", "must not contain U+0000"));
            break;
        }
    }
    errors
}

/// Whether a URI is only a path, to be looked for below a base.
fn is_bare(uri: &str) -> bool {
    let is_scheme = |text: &str| {
        text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    !uri.is_empty()
        && !uri.starts_with('/')
        && !uri.contains('\\')
        && !uri.split_once(':').is_some_and(|(text, _)| is_scheme(text))
}

/// The URI of a path below a base. A path of the server's disk is written as URIs of files are.
fn joined(base: &str, path: &str) -> String {
    let is_file = base.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:"));
    if is_file { format!("{base}{}", encode(path.as_bytes())) } else { format!("{base}{path}") }
}

/// What is wrong with a base that bare paths are to be looked for below.
pub(crate) fn check_base(field: &str, base: &str) -> Option<FieldError> {
    let fault = if base.ends_with('/') { unusable(base) } else { Some("must end with a slash".to_owned()) };
    let is_long = base.chars().count() > limits::URI_MAX / 2;
    let fault =
        fault.or(is_long.then(|| format!("must not be longer than {} characters", limits::URI_MAX / 2)));
    fault.map(|message| FieldError::new(field, message))
}

/// Why nobody could ever open what a URI names; none where somebody may.
fn unusable(uri: &str) -> Option<String> {
    if uri.chars().any(char::is_control) {
        return Some("must not contain control characters".to_owned());
    }
    if uri.trim() != uri {
        return Some("must not begin or end with a space".to_owned());
    }
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let known = SCHEMES.iter().find(|known| scheme.eq_ignore_ascii_case(known));
    let host = rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match known {
        None => Some(format!("must begin with one of {}:", SCHEMES.join(":, "))),
        Some(&"http" | &"https") if host.is_none_or(str::is_empty) => Some("names no host".to_owned()),
        Some(_) => None,
    }
}

fn check_labels(labels: &[String], errors: &mut Vec<FieldError>) {
    if labels.len() > limits::LABELS_MAX {
        let message = format!("at most {} labels are allowed", limits::LABELS_MAX);
        errors.push(FieldError::new("labels", message));
        return;
    }
    let mut seen = HashSet::new();
    for (index, label) in labels.iter().enumerate() {
        let field = format!("labels[{index}]");
        check_text(&field, label, limits::NAME_MAX, errors);
        if !seen.insert(label) {
            errors.push(FieldError::new(field, "stands here twice"));
        }
    }
}

/// Checks a picture's sides, of which both are given or neither.
pub(crate) fn check_sides(width: Option<i64>, height: Option<i64>, errors: &mut Vec<FieldError>) {
    if width.is_some() != height.is_some() {
        let absent = if width.is_some() { "height" } else { "width" };
        errors.push(FieldError::new(absent, "is needed where the other side is given"));
    }
    for (field, side) in [("width", width), ("height", height)] {
        if side.is_some_and(|side| !(1..=SIDE_MAX).contains(&side)) {
            errors.push(FieldError::new(field, format!("must be 1 to {SIDE_MAX} pixels")));
        }
    }
}

/// Whether U+0000, which PostgreSQL cannot keep, stands anywhere. Parsing has bounded the depth.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
