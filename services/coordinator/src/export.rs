//! Exports: accepted annotations as JSON lines, a COCO document or a Supervisely project.
//!
//! An [`Encoder`] is driven page by page and gives bytes page by page; what it keeps in between does not grow with the
//! job. The same items give the same bytes: no clock is asked, and every name and number follows from the items. What
//! a format cannot hold is left out and counted in the export's own summary. Encoders block on a temporary file at
//! most, and never on the network.

mod coco;
mod jsonl;
mod names;
pub mod stored;
mod summary;
mod supervisely;

use std::fs::File;
use std::io::{self, Read};
use std::str::FromStr;

use serde::Serialize;
use serde_json::value::RawValue;
use swath_domain::job::Job;
use swath_domain::labels::{Annotation, Class, Shape, Size};
use swath_domain::{AssignmentId, Time, UserId};

pub use self::names::shared_base;
pub use self::summary::Summary;

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object on each line.
    Jsonl,
    /// One COCO document.
    Coco,
    /// A Supervisely project, without its pictures, as a tar archive.
    Supervisely,
}

/// The forms of figures that COCO does not take.
pub const NOT_COCO: [Shape; 2] = [Shape::Polyline, Shape::Point];

impl Format {
    /// The media type of the export.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/x-ndjson",
            Self::Coco => "application/json",
            Self::Supervisely => "application/x-tar",
        }
    }

    /// Whether it states the size of each picture.
    pub fn needs_sizes(self) -> bool {
        self != Self::Jsonl
    }

    /// Whether figures of these classes may have a form that the format does not take.
    pub fn may_lose(self, classes: &[Class]) -> bool {
        let is_lost = |class: &Class| class.shape == Shape::Any || NOT_COCO.contains(&class.shape);
        self == Self::Coco && classes.iter().any(is_lost)
    }

    /// The ending of a file that holds the export.
    pub fn file_extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Coco => "json",
            Self::Supervisely => "tar",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "jsonl" => Ok(Self::Jsonl),
            "coco" => Ok(Self::Coco),
            "supervisely" => Ok(Self::Supervisely),
            _ => Err("is not one of `jsonl`, `coco`, `supervisely`".to_owned()),
        }
    }
}

/// What is known before the first item.
#[derive(Debug, Clone)]
pub struct Head {
    /// The job.
    pub job: Job,
    /// The name of its dataset.
    pub dataset_name: String,
    /// What all URIs of the job's version of it begin with, see [`shared_base`]; file names are what follows it.
    pub base: String,
    /// The only slot whose opinions are exported, where one was chosen.
    pub slot: Option<i64>,
    /// Whether coordinates and sizes are those of pictures as they are stored, and not as they are displayed.
    pub is_stored: bool,
}

/// One accepted opinion on one item.
#[derive(Debug, Clone)]
pub struct Item {
    /// The item's number in the dataset.
    pub index: i64,
    /// Where its medium lies, from which its name follows.
    pub uri: String,
    /// The same as people see it.
    pub shown_uri: String,
    /// Its size in pixels, where known.
    pub size: Option<Size>,
    /// How its picture is stored, by its number in EXIF, where it was measured.
    pub orientation: Option<i64>,
    /// What came with it beside its labels.
    pub meta: Option<Box<RawValue>>,
    /// Which of the opinions asked for this is.
    pub slot: i64,
    /// The round in which it was accepted.
    pub round: i64,
    /// What was accepted.
    pub annotation: Annotation,
    /// Who annotated.
    pub author: UserId,
    /// Who accepted, if a person did.
    pub reviewer: Option<UserId>,
    /// The annotation's revision.
    pub revision: i64,
    /// When it was accepted.
    pub accepted_at: Time,
    /// The assignment it belonged to.
    pub assignment: AssignmentId,
}

/// Where an opinion comes from, as COCO and Supervisely documents carry it beside their own fields.
#[derive(Serialize)]
struct Provenance {
    slot: i64,
    round: i64,
    author: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<UserId>,
    revision: i64,
    accepted_at: Time,
    assignment: AssignmentId,
}

impl Provenance {
    fn of(item: &Item) -> Self {
        Self {
            slot: item.slot,
            round: item.round,
            author: item.author,
            reviewer: item.reviewer,
            revision: item.revision,
            accepted_at: item.accepted_at,
            assignment: item.assignment,
        }
    }
}

/// Turns pages of items into an export's bytes: [`begin`](Self::begin) once, [`items`](Self::items) for every page,
/// [`finish`](Self::finish) at the end.
pub struct Encoder(Form);

enum Form {
    Jsonl,
    Coco(Box<coco::Document>),
    Supervisely(Box<supervisely::Project>),
}

impl Encoder {
    /// An encoder that has written nothing yet. Fails where COCO's temporary file cannot be made.
    pub fn new(format: Format, head: Head) -> io::Result<Self> {
        Ok(Self(match format {
            Format::Jsonl => Form::Jsonl,
            Format::Coco => Form::Coco(Box::new(coco::Document::new(head)?)),
            Format::Supervisely => Form::Supervisely(Box::new(supervisely::Project::new(head))),
        }))
    }

    /// The bytes before the first item.
    pub fn begin(&mut self) -> io::Result<Vec<u8>> {
        match &mut self.0 {
            Form::Jsonl => Ok(Vec::new()),
            Form::Coco(document) => document.begin(),
            Form::Supervisely(project) => project.begin(),
        }
    }

    /// The bytes of the next items, which come in ascending order of index and slot.
    pub fn items(&mut self, page: &[Item]) -> io::Result<Vec<u8>> {
        debug_assert!(page.is_sorted_by_key(|item| (item.index, item.slot)), "items come in order");
        match &mut self.0 {
            Form::Jsonl => jsonl::lines(page),
            Form::Coco(document) => document.items(page),
            Form::Supervisely(project) => project.items(page),
        }
    }

    /// What has been left out so far; nothing ever is of JSON lines.
    pub fn summary(&self) -> Option<&Summary> {
        match &self.0 {
            Form::Jsonl => None,
            Form::Coco(document) => Some(document.summary()),
            Form::Supervisely(project) => Some(project.summary()),
        }
    }

    /// The bytes behind the last item, in pieces.
    pub fn finish(self) -> io::Result<Tail> {
        match self.0 {
            Form::Jsonl => Ok(Tail::default()),
            Form::Coco(document) => document.finish(),
            Form::Supervisely(project) => Ok(Tail { last: Some(project.finish()?), ..Tail::default() }),
        }
    }
}

const PIECE_BYTES: usize = 64 * 1024;

/// The end of an export, in pieces of bounded size.
#[derive(Debug, Default)]
pub struct Tail {
    first: Option<Vec<u8>>,
    spool: Option<File>,
    last: Option<Vec<u8>>,
}

impl Iterator for Tail {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        if let Some(file) = &mut self.spool {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            match file.take(PIECE_BYTES as u64).read_to_end(&mut piece) {
                Ok(0) => self.spool = None,
                Ok(_) => return Some(Ok(piece)),
                Err(error) => {
                    (self.spool, self.last) = (None, None);
                    return Some(Err(error));
                }
            }
        }
        self.last.take().map(Ok)
    }
}

#[cfg(test)]
mod fixtures;
