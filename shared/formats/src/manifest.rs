//! Manifests: lists of media as JSON lines or CSV, parsed as their bytes arrive.
//!
//! A [`Parser`] accepts the bytes in chunks of any size and keeps at most one line. It continues after a line with
//! errors, so that all errors can be reported at once.

mod bounds;
mod byte_order_mark;
mod csv;
mod error;
mod found;
mod item;
mod jsonl;
mod kind;
mod lines;
mod location;

use self::byte_order_mark::ByteOrderMark;

pub use self::bounds::{COLUMNS_MAX, LINE_BYTES_MAX};
pub use self::error::ManifestError;
pub use self::found::Found;
pub use self::item::{ManifestItem, SIDE_MAX, check_item, check_sides};
pub use self::kind::Kind;
pub use self::lines::Lines;
pub use self::location::check_base;

/// Parses the bytes of a manifest as they arrive. After an error it must not be used again, because line numbers are
/// lost.
#[derive(Debug)]
pub struct Parser {
    mark: ByteOrderMark,
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
        Self { mark: ByteOrderMark::default(), rows }
    }

    /// Parses the next bytes and appends the items that they complete.
    ///
    /// # Errors
    /// If a line is too long, or the header of a CSV manifest is wrong. The caller must not go on.
    pub fn push(&mut self, bytes: &[u8], out: &mut Found) -> Result<(), ManifestError> {
        let (kept_back, rest) = self.mark.strip(bytes);
        self.rows.push(kept_back, out)?;
        self.rows.push(rest, out)
    }

    /// Parses the rest at the end of the manifest. A manifest without items is not an error here.
    ///
    /// # Errors
    /// Those of [`push`](Self::push), and if a quote is never closed.
    pub fn finish(mut self, out: &mut Found) -> Result<(), ManifestError> {
        self.rows.push(self.mark.kept_back(), out)?;
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

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
