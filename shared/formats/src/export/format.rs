//! The formats of an export, and what each of them can represent.

use std::str::FromStr;

use swath_domain::labels::{Class, Shape};

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object on each line.
    Jsonl,
    /// One COCO document.
    Coco,
    /// A Supervisely project, without its pictures, as a tar archive.
    Supervisely,
}

/// The shapes that COCO cannot represent.
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

    /// Whether the format states the size of each picture.
    pub fn needs_sizes(self) -> bool {
        self != Self::Jsonl
    }

    /// Whether figures of these classes may have a shape that the format cannot represent.
    pub fn may_lose(self, classes: &[Class]) -> bool {
        let is_lost = |class: &Class| class.shape == Shape::Any || NOT_COCO.contains(&class.shape);
        self == Self::Coco && classes.iter().any(is_lost)
    }

    /// The file name extension of the export.
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
