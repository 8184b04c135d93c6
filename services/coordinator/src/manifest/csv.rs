//! CSV with a header row. Its columns are divided by commas, semicolons or tabs, as the header shows.

mod header;

use std::str::Utf8Error;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde_json::{Map, Value};
use swath_domain::FieldError;

use self::header::{Column, delimiter, header};
use super::{COLUMNS_MAX, Found, LINE_MAX, ManifestError, ManifestItem, NOT_UTF8, TOO_LONG};

const TOO_WIDE: &str = "has more than 64 columns";
const OTHER_WIDTH: &str = "has more or fewer fields than the header";

/// Gathers bytes into records. Holds one record at most.
#[derive(Debug)]
pub(super) struct Records {
    /// None until the first line is there, which shows what divides the columns.
    reader: Option<Reader>,
    /// The first line as far as it is there.
    first_line: Vec<u8>,
    /// Lines that ended before the reader began.
    skipped: u64,
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

impl Default for Records {
    fn default() -> Self {
        Self {
            reader: None,
            first_line: Vec::new(),
            skipped: 0,
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
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Found) -> Result<(), ManifestError> {
        match self.reader.take() {
            Some(reader) => self.read(reader, bytes, out),
            None => self.begin(bytes, out),
        }
    }

    pub(super) fn finish(mut self, out: &mut Found) -> Result<(), ManifestError> {
        // A last line without its end gets one; only within quotes does that not end the record.
        self.push(b"\n", out)?;
        match self.begun {
            None => Ok(()),
            Some(line) => Err(ManifestError::plain(line, "has a quote that is never closed")),
        }
    }

    /// Gathers the first line that is not empty. With its end the reading begins.
    fn begin(&mut self, mut bytes: &[u8], out: &mut Found) -> Result<(), ManifestError> {
        if self.first_line.is_empty() {
            let (empty, rest) = empty_lines(bytes);
            self.skipped += empty;
            bytes = rest;
        }
        if self.first_line.len() + bytes.iter().take_while(|byte| !is_end(byte)).count() > LINE_MAX {
            return Err(ManifestError::plain(self.skipped + 1, TOO_LONG));
        }
        self.first_line.extend_from_slice(bytes);
        let Some(end) = self.first_line.iter().position(is_end) else { return Ok(()) };
        if is_hint(&self.first_line[..end]) {
            let Some(newline) = self.first_line.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
            let behind = self.first_line.split_off(newline + 1);
            self.first_line.clear();
            self.skipped += 1;
            return self.begin(&behind, out);
        }
        let mut reader = ReaderBuilder::new().delimiter(delimiter(&self.first_line[..end])).build();
        reader.set_line(self.skipped + 1);
        let first = std::mem::take(&mut self.first_line);
        self.read(reader, &first, out)
    }

    /// Reads on, and keeps the reader for the next bytes.
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
                // The parser would skip them as well, but then a record's first line could not be told.
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
            // Nothing can be said of the rows of a header that cannot be read.
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

/// Whether a line only tells a spreadsheet what divides the columns, as in `sep=;`.
fn is_hint(line: &[u8]) -> bool {
    line.len() == 5 && line[..4].eq_ignore_ascii_case(b"sep=")
}

/// Whether a line ends here.
fn is_end(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// How many empty lines bytes begin with, and what follows them.
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
