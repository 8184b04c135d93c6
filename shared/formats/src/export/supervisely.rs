//! A Supervisely project as a tar archive: `meta.json`, `README.md`, `<dataset>/ann/<file>.json` for every picture, and
//! `swath-summary.json` at the end. It contains no pictures, but empty `img/` folders for them.
//!
//! It is not a zip, because a zip's directory must be kept in memory until the end. In a job with several slots every
//! slot is a dataset. Coordinates keep their fractions, which readers of the format accept.

mod meta;

use std::io;

use serde::Serialize;
use serde_json::value::RawValue;
use swath_domain::labels::{Class, Figure, Geometry, Point, Shape, Tag};
use swath_domain::{ItemIndex, Slot, Time};
use tar::{Builder, EntryType, Header};

use super::item::{Head, Item, Provenance};
use super::names::{Layout, Names, folder_name};
use super::summary::{Summary, class_number};

const README: &str = "\
# A Supervisely project, exported by Swath

This project holds annotations only. To complete it, put each dataset's pictures into its `img` folder, under the names
of the files in `ann` without their last `.json`. Where a picture came from stands in its annotation, under
`customBigData`. What this format could not hold is counted in `swath-summary.json`.
";
const SUMMARY: &str = "swath-summary.json";

#[derive(Serialize)]
struct Annotation<'a> {
    description: &'a str,
    size: PictureSize,
    tags: Vec<TagValue<'a>>,
    objects: Vec<Object<'a>>,
    #[serde(rename = "customBigData")]
    custom: Custom<'a>,
}

#[derive(Serialize)]
struct PictureSize {
    height: i64,
    width: i64,
}

/// A tag. A tag without a value gets the empty value, which users cannot enter.
#[derive(Serialize)]
struct TagValue<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    class_title: &'a str,
    description: &'a str,
    tags: Vec<TagValue<'a>>,
    geometry_type: &'a str,
    points: Outline<'a>,
    labeler_login: String,
}

#[derive(Serialize)]
struct Outline<'a> {
    exterior: Vec<Point>,
    interior: &'a [Vec<Point>],
}

#[derive(Serialize)]
struct Custom<'a> {
    swath: Origin<'a>,
}

#[derive(Serialize)]
struct Origin<'a> {
    index: ItemIndex,
    uri: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orientation: Option<i64>,
    #[serde(flatten)]
    provenance: Provenance,
}

/// A project that is being written.
pub(super) struct Project {
    head: Head,
    names: Names,
    summary: Summary,
    archive: Builder<Vec<u8>>,
}

impl Project {
    pub(super) fn new(head: Head) -> Self {
        Self {
            names: Names { base: head.base.clone(), layout: Layout::Flat },
            summary: Summary::new(&head),
            archive: Builder::new(Vec::new()),
            head,
        }
    }

    pub(super) fn summary(&self) -> &Summary {
        &self.summary
    }

    pub(super) fn begin(&mut self) -> io::Result<Vec<u8>> {
        let created = self.head.job.created;
        let meta = serde_json::to_vec_pretty(&meta::of(&self.head.job.spec))?;
        self.file("meta.json", &meta, created)?;
        self.file("README.md", README.as_bytes(), created)?;
        let all = || Slot::of_job(self.head.job.slots).collect();
        let slots: Vec<_> = self.head.slot.map_or_else(all, |slot| vec![slot]);
        for slot in slots {
            let dataset = self.dataset(slot);
            for folder in [format!("{dataset}/"), format!("{dataset}/ann/"), format!("{dataset}/img/")] {
                let mut header = header(EntryType::Directory, 0o755, created);
                self.archive.append_data(&mut header, folder, io::empty())?;
            }
        }
        Ok(self.taken())
    }

    pub(super) fn items(&mut self, page: &[Item]) -> io::Result<Vec<u8>> {
        for item in page {
            if let Some((width, height)) = self.summary.admit(item) {
                let annotation = self.annotation(item, PictureSize { height, width })?;
                let name = self.summary.name(item, self.names.of(&item.uri));
                let path = format!("{}/ann/{name}.json", self.dataset(item.slot));
                self.file(&path, &annotation, item.accepted_at)?;
            }
        }
        Ok(self.taken())
    }

    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        let summary = serde_json::to_vec_pretty(&self.summary)?;
        self.file(SUMMARY, &summary, self.head.job.created)?;
        self.archive.into_inner()
    }

    /// The folder of a slot's annotations, which never has the name of one of the project's own files.
    fn dataset(&self, slot: Slot) -> String {
        let name = folder_name(&self.head.dataset_name);
        match name.to_ascii_lowercase().as_str() {
            _ if self.head.job.slots > 1 && self.head.slot.is_none() => format!("{name}~slot{slot}"),
            "meta.json" | "readme.md" | SUMMARY => format!("_{name}"),
            _ => name,
        }
    }

    fn file(&mut self, path: &str, content: &[u8], at: Time) -> io::Result<()> {
        let mut header = header(EntryType::Regular, 0o644, at);
        header.set_size(content.len() as u64);
        self.archive.append_data(&mut header, path, content)
    }

    /// The bytes written since the last call.
    fn taken(&mut self) -> Vec<u8> {
        std::mem::take(self.archive.get_mut())
    }

    fn annotation(&mut self, item: &Item, size: PictureSize) -> io::Result<Vec<u8>> {
        let summary = &mut self.summary;
        let classes = &self.head.job.spec.classes;
        let figures = item.annotation.figures.iter();
        let annotation = Annotation {
            description: "",
            size,
            tags: tags(&item.annotation.tags),
            objects: figures.flat_map(|figure| objects(item, figure, classes, summary)).collect(),
            custom: Custom {
                swath: Origin {
                    index: item.index,
                    uri: &item.shown_uri,
                    meta: item.meta.as_deref(),
                    orientation: item.orientation,
                    provenance: Provenance::of(item),
                },
            },
        };
        Ok(serde_json::to_vec(&annotation)?)
    }
}

/// The header of an entry. Its time is that of the annotation or the job, so that the same state gives the same bytes.
fn header(kind: EntryType, mode: u32, at: Time) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(0);
    // Tar has no times before 1970.
    header.set_mtime(u64::try_from(at.millis() / 1_000).unwrap_or(0));
    header
}

fn tags(tags: &[Tag]) -> Vec<TagValue<'_>> {
    tags.iter()
        .map(|tag| TagValue { name: &tag.name, value: tag.value.as_deref().unwrap_or_default() })
        .collect()
}

/// A figure as Supervisely's objects: one object, or one for each point of a figure of points.
fn objects<'a>(item: &Item, figure: &'a Figure, classes: &[Class], summary: &mut Summary) -> Vec<Object<'a>> {
    if class_number(classes, &figure.class).is_none() {
        summary.leave_out("figure_of_unknown_class", 1);
        return Vec::new();
    }
    summary.count_figure();
    let object = |points| Object {
        class_title: &figure.class,
        description: "",
        tags: tags(&figure.tags),
        geometry_type: meta::shape(figure.shape),
        points,
        labeler_login: item.author.to_string(),
    };
    outlines(figure, summary).into_iter().map(object).collect()
}

fn outlines<'a>(figure: &'a Figure, summary: &mut Summary) -> Vec<Outline<'a>> {
    let open = |exterior| Outline { exterior, interior: &[] };
    match &figure.geometry {
        Geometry::Rectangle { x, y, width, height } => {
            if *width < 1.0 || *height < 1.0 {
                summary.change("rectangle_widened_to_a_pixel");
            }
            // In Supervisely the right and lower edges are the last pixels inside.
            let (right, bottom) = (x + (width - 1.0).max(0.0), y + (height - 1.0).max(0.0));
            vec![open(vec![[*x, *y], [right, bottom]])]
        }
        Geometry::Polygon { exterior, interior } => vec![Outline { exterior: exterior.clone(), interior }],
        Geometry::Points { points } if figure.shape == Shape::Point => {
            if points.len() > 1 {
                summary.change("points_made_single");
            }
            points.iter().map(|point| open(vec![*point])).collect()
        }
        Geometry::Points { points } => vec![open(points.clone())],
    }
}

#[cfg(test)]
mod tests;
