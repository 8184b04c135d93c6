//! Exports: accepted annotations as JSON lines, a COCO document or a Supervisely project.
//!
//! An [`Encoder`] takes pages of items and returns the bytes of each page. Its memory does not grow with the job. The
//! same items always give the same bytes: no clock is read, and every name and number is derived from the items. What
//! a format cannot represent is left out and counted in the export's own summary. An encoder may block on a temporary
//! file, but never on the network.

mod coco;
mod format;
mod item;
mod jsonl;
mod names;
mod stored;
mod summary;
mod supervisely;
mod tail;

use std::io;

pub use self::format::{Format, NOT_COCO};
pub use self::item::{Head, Item};
pub use self::names::shared_base;
pub use self::stored::{StoredItem, stored_line};
pub use self::summary::{Loss, Losses, Summary};
pub use self::tail::Tail;

/// Turns pages of items into an export's bytes: [`begin`](Self::begin) once, [`items`](Self::items) for every page,
/// [`finish`](Self::finish) at the end.
pub struct Encoder(Inner);

enum Inner {
    Jsonl,
    Coco(Box<coco::Document>),
    Supervisely(Box<supervisely::Project>),
}

impl Encoder {
    /// An encoder that has written nothing yet.
    ///
    /// # Errors
    /// If COCO's temporary file cannot be created.
    pub fn new(format: Format, head: Head) -> io::Result<Self> {
        Ok(Self(match format {
            Format::Jsonl => Inner::Jsonl,
            Format::Coco => Inner::Coco(Box::new(coco::Document::new(head)?)),
            Format::Supervisely => Inner::Supervisely(Box::new(supervisely::Project::new(head))),
        }))
    }

    /// The bytes before the first item.
    ///
    /// # Errors
    /// If a document cannot be encoded.
    pub fn begin(&mut self) -> io::Result<Vec<u8>> {
        match &mut self.0 {
            Inner::Jsonl => Ok(Vec::new()),
            Inner::Coco(document) => document.begin(),
            Inner::Supervisely(project) => project.begin(),
        }
    }

    /// The bytes of the next items, which must come in ascending order of index and slot.
    ///
    /// # Errors
    /// If COCO's temporary file cannot be written.
    pub fn items(&mut self, page: &[Item]) -> io::Result<Vec<u8>> {
        debug_assert!(page.is_sorted_by_key(|item| (item.index, item.slot)), "items come in order");
        match &mut self.0 {
            Inner::Jsonl => jsonl::lines(page),
            Inner::Coco(document) => document.items(page),
            Inner::Supervisely(project) => project.items(page),
        }
    }

    /// What has been left out so far. `None` for JSON lines, which leave nothing out.
    pub fn summary(&self) -> Option<&Summary> {
        match &self.0 {
            Inner::Jsonl => None,
            Inner::Coco(document) => Some(document.summary()),
            Inner::Supervisely(project) => Some(project.summary()),
        }
    }

    /// The bytes after the last item, in chunks.
    ///
    /// # Errors
    /// If COCO's temporary file cannot be read back.
    pub fn finish(self) -> io::Result<Tail> {
        match self.0 {
            Inner::Jsonl => Ok(Tail::default()),
            Inner::Coco(document) => document.finish(),
            Inner::Supervisely(project) => Ok(Tail { last: Some(project.finish()?), ..Tail::default() }),
        }
    }
}

#[cfg(test)]
mod fixtures;
