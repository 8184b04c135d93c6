//! CSV with a header row.

use std::collections::HashSet;
use std::str::Utf8Error;

use csv_core::{ReadRecordResult, Reader};
use serde_json::{Map, Value};
use swath_domain::FieldError;
use swath_domain::labels::check_text;
use swath_domain::limits;

use super::{COLUMNS_MAX, LINE_MAX, ManifestError, ManifestItem, NOT_UTF8, TOO_LONG, accept};

const TOO_WIDE: &str = "has more than 64 columns";

/// Gathers bytes into records. Holds one record at most.
#[derive(Debug)]
pub(super) struct Records {
    reader: Reader,
    /// The fields of the record so far, one after another.
    text: Vec<u8>,
    filled: usize,
    /// Where each field ends in `text`.
    ends: Vec<usize>,
    fields: usize,
    /// The line that the current record began on, once it has begun.
    begun: Option<u64>,
    header: Option<Vec<Column>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Column {
    Uri,
    Labels,
    Width,
    Height,
    Meta(String),
}

impl Default for Records {
    fn default() -> Self {
        Self {
            reader: Reader::new(),
            text: vec![0; LINE_MAX],
            filled: 0,
            ends: vec![0; COLUMNS_MAX],
            fields: 0,
            begun: None,
            header: None,
        }
    }
}

impl Records {
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        out: &mut Vec<ManifestItem>,
    ) -> Result<(), ManifestError> {
        loop {
            if self.begun.is_none() {
                bytes = self.skip_empty_lines(bytes);
            }
            if bytes.is_empty() {
                return Ok(());
            }
            let line = *self.begun.get_or_insert(self.reader.line());
            let (result, read, written, ended) =
                self.reader.read_record(bytes, &mut self.text[self.filled..], &mut self.ends[self.fields..]);
            bytes = &bytes[read..];
            self.filled += written;
            self.fields += ended;
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return Ok(()),
                ReadRecordResult::Record => self.end_record(line, out)?,
                ReadRecordResult::OutputFull => {
                    return Err(ManifestError::plain(line, TOO_LONG));
                }
                ReadRecordResult::OutputEndsFull => {
                    return Err(ManifestError::plain(line, TOO_WIDE));
                }
            }
        }
    }

    pub(super) fn finish(mut self, out: &mut Vec<ManifestItem>) -> Result<(), ManifestError> {
        // A last line without its end gets one; only within quotes does that not end the record.
        self.push(b"\n", out)?;
        match self.begun {
            None => Ok(()),
            Some(line) => Err(ManifestError::plain(line, "has a quote that is never closed")),
        }
    }

    /// The parser would skip them as well, but then a record's first line could not be told.
    fn skip_empty_lines<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
        let lines = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
        self.reader.set_line(self.reader.line() + lines as u64);
        &bytes[end..]
    }

    fn end_record(&mut self, line: u64, out: &mut Vec<ManifestItem>) -> Result<(), ManifestError> {
        let (text, ends) = (&self.text[..self.filled], &self.ends[..self.fields]);
        let fields = fields(text, ends).map_err(|_| ManifestError::plain(line, NOT_UTF8))?;
        match &self.header {
            None => self.header = Some(header(&fields, line)?),
            Some(header) => accept(item(header, &fields, line)?, out)?,
        }
        (self.filled, self.fields, self.begun) = (0, 0, None);
        Ok(())
    }
}

fn fields<'a>(text: &'a [u8], ends: &[usize]) -> Result<Vec<&'a str>, Utf8Error> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, end)| std::str::from_utf8(&text[start..*end])).collect()
}

fn header(fields: &[&str], line: u64) -> Result<Vec<Column>, ManifestError> {
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for name in fields.iter().map(|name| name.trim()) {
        check_text(name, name, limits::NAME_MAX, &mut errors);
        if !seen.insert(name) {
            errors.push(FieldError::new(name, "names two columns"));
        }
    }
    if !seen.contains("uri") {
        errors.push(FieldError::new("uri", "is needed as a column of the header"));
    }
    match errors.into_iter().next() {
        Some(error) => Err(ManifestError::of_field(line, &error)),
        None => Ok(fields.iter().map(|name| column(name.trim())).collect()),
    }
}

fn column(name: &str) -> Column {
    match name {
        "uri" => Column::Uri,
        "labels" => Column::Labels,
        "width" => Column::Width,
        "height" => Column::Height,
        other => Column::Meta(other.to_owned()),
    }
}

fn item(header: &[Column], fields: &[&str], line: u64) -> Result<ManifestItem, ManifestError> {
    if fields.len() != header.len() {
        let message = format!("has {} fields where the header has {}", fields.len(), header.len());
        return Err(ManifestError::new(line, "has more or fewer fields than the header", &message));
    }
    let mut item = ManifestItem { line, ..ManifestItem::default() };
    let mut meta = Map::new();
    for (column, field) in header.iter().zip(fields).filter(|(_, field)| !field.is_empty()) {
        match column {
            Column::Uri => item.uri = (*field).to_owned(),
            Column::Labels => item.labels = field.split('|').map(str::to_owned).collect(),
            Column::Width => item.width = Some(pixels("width", field, line)?),
            Column::Height => item.height = Some(pixels("height", field, line)?),
            Column::Meta(name) => {
                meta.insert(name.clone(), Value::String((*field).to_owned()));
            }
        }
    }
    item.meta = (!meta.is_empty()).then_some(meta);
    Ok(item)
}

fn pixels(column: &str, field: &str, line: u64) -> Result<i64, ManifestError> {
    let error = |_| FieldError::new(column, "must be a whole number of pixels");
    field.trim().parse().map_err(error).map_err(|error| ManifestError::of_field(line, &error))
}
