//! CSV with a header row. The separator (comma, semicolon or tab) is detected from the header.

mod header;

use std::str::Utf8Error;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde_json::{Map, Value};
use swath_domain::FieldError;

use self::header::{Column, delimiter, header};
use super::bounds::{COLUMNS_MAX, LINE_BYTES_MAX};
use super::error::{ManifestError, NOT_UTF8, TOO_LONG};
use super::found::Found;
use super::item::ManifestItem;

const TOO_WIDE: &str = "has more than 64 columns";
const OTHER_WIDTH: &str = "has more or fewer fields than the header";

/// Splits bytes into records. Keeps at most one record.
#[derive(Debug)]
pub(super) struct Records {
    /// `None` until the first line is complete, which determines the separator.
    reader: Option<Reader>,
    /// The received part of the first line.
    first_line: Vec<u8>,
    /// The number of lines before the first line that the reader parses.
    skipped: u64,
    /// The text of the current record's fields so far.
    text: Vec<u8>,
    filled: usize,
    /// Where each field ends in `text`.
    ends: Vec<usize>,
    fields: usize,
    /// The line on which the current record begins.
    begun: Option<u64>,
    header: Option<Vec<Column>>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            reader: None,
            first_line: Vec::new(),
            skipped: 0,
            text: vec![0; LINE_BYTES_MAX],
            filled: 0,
            ends: vec![0; COLUMNS_MAX],
            fields: 0,
            begun: None,
            header: None,
        }
    }
}

impl Records {
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Found) -> Result<(), ManifestError> {
        match self.reader.take() {
            Some(reader) => self.read(reader, bytes, out),
            None => self.begin(bytes, out),
        }
    }

    pub(super) fn finish(mut self, out: &mut Found) -> Result<(), ManifestError> {
        // The last line may have no line end. An additional line end completes its record, unless a quote is open.
        self.push(b"\n", out)?;
        match self.begun {
            None => Ok(()),
            Some(line) => Err(ManifestError::plain(line, "has a quote that is never closed")),
        }
    }

    /// Collects the first line that is not empty, and starts to parse once it is complete.
    fn begin(&mut self, mut bytes: &[u8], out: &mut Found) -> Result<(), ManifestError> {
        if self.first_line.is_empty() {
            let (empty, rest) = empty_lines(bytes);
            self.skipped += empty;
            bytes = rest;
        }
        if self.first_line.len() + bytes.iter().take_while(|byte| !is_end(byte)).count() > LINE_BYTES_MAX {
            return Err(ManifestError::plain(self.skipped + 1, TOO_LONG));
        }
        self.first_line.extend_from_slice(bytes);
        let Some(end) = self.first_line.iter().position(is_end) else { return Ok(()) };
        if is_hint(&self.first_line[..end]) {
            let Some(newline) = self.first_line.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
            let rest = self.first_line.split_off(newline + 1);
            self.first_line.clear();
            self.skipped += 1;
            return self.begin(&rest, out);
        }
        let mut reader = ReaderBuilder::new().delimiter(delimiter(&self.first_line[..end])).build();
        reader.set_line(self.skipped + 1);
        let first = std::mem::take(&mut self.first_line);
        self.read(reader, &first, out)
    }

    /// Parses the bytes, and keeps the reader for the next ones.
    fn read(&mut self, mut reader: Reader, bytes: &[u8], out: &mut Found) -> Result<(), ManifestError> {
        self.records(&mut reader, bytes, out)?;
        self.reader = Some(reader);
        Ok(())
    }

    fn records(
        &mut self,
        reader: &mut Reader,
        mut bytes: &[u8],
        out: &mut Found,
    ) -> Result<(), ManifestError> {
        loop {
            if self.begun.is_none() {
                // The reader would also skip empty lines, but then the first line of the record would be unknown.
                let (empty, rest) = empty_lines(bytes);
                reader.set_line(reader.line() + empty);
                bytes = rest;
            }
            if bytes.is_empty() {
                return Ok(());
            }
            let line = *self.begun.get_or_insert(reader.line());
            let (text, ends) = (&mut self.text[self.filled..], &mut self.ends[self.fields..]);
            let (result, read, written, ended) = reader.read_record(bytes, text, ends);
            bytes = &bytes[read..];
            self.filled += written;
            self.fields += ended;
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return Ok(()),
                ReadRecordResult::Record => self.end_record(line, out)?,
                ReadRecordResult::OutputFull => return Err(ManifestError::plain(line, TOO_LONG)),
                ReadRecordResult::OutputEndsFull => return Err(ManifestError::plain(line, TOO_WIDE)),
            }
        }
    }

    fn end_record(&mut self, line: u64, out: &mut Found) -> Result<(), ManifestError> {
        let (text, ends) = (&self.text[..self.filled], &self.ends[..self.fields]);
        let fields = fields(text, ends).map_err(|_| ManifestError::plain(line, NOT_UTF8));
        match (&self.header, fields) {
            // Without a header the rows cannot be parsed.
            (None, fields) => self.header = Some(header(&fields?, line)?),
            (Some(header), Ok(fields)) => match item(header, &fields, line) {
                Ok(item) => out.accept(item),
                Err(error) => out.faults.push(error),
            },
            (Some(_), Err(error)) => out.faults.push(error),
        }
        (self.filled, self.fields, self.begun) = (0, 0, None);
        Ok(())
    }
}

/// Whether a line only declares the separator for spreadsheets, as in `sep=;`.
fn is_hint(line: &[u8]) -> bool {
    line.len() == 5 && line[..4].eq_ignore_ascii_case(b"sep=")
}

/// Whether a byte ends a line.
fn is_end(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// The number of empty lines at the start, and what follows them.
fn empty_lines(bytes: &[u8]) -> (u64, &[u8]) {
    let end = bytes.iter().position(|byte| !is_end(byte)).unwrap_or(bytes.len());
    let lines = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
    (lines as u64, &bytes[end..])
}

fn fields<'a>(text: &'a [u8], ends: &[usize]) -> Result<Vec<&'a str>, Utf8Error> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, end)| std::str::from_utf8(&text[start..*end])).collect()
}

fn item(header: &[Column], fields: &[&str], line: u64) -> Result<ManifestItem, ManifestError> {
    if fields.len() != header.len() {
        let message = format!("has {} fields where the header has {}", fields.len(), header.len());
        return Err(ManifestError::new(line, OTHER_WIDTH, &message));
    }
    let mut item = ManifestItem { line, ..ManifestItem::default() };
    let mut meta = Map::new();
    for (column, field) in header.iter().zip(fields).filter(|(_, field)| !field.is_empty()) {
        match column {
            Column::Uri => item.uri = (*field).to_owned(),
            Column::Labels => item.labels = field.split('|').map(|label| label.trim().to_owned()).collect(),
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
