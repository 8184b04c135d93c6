//! A COCO document. An image is written once all annotations of its item are known. The annotations are in a
//! temporary file until all images are written.

mod attributes;
mod mask;
mod shape;

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use swath_domain::labels::{Class, Figure, Shape, Size};
use swath_domain::{ItemIndex, Slot};

use self::attributes::Attributes;
use self::shape::{Drawn, Segmentation, drawn};
use super::item::{Head, Item, Provenance};
use super::names::{Layout, Names};
use super::summary::{Summary, class_number};
use super::tail::Tail;

#[derive(Serialize)]
struct Category<'a> {
    id: usize,
    name: &'a str,
    supercategory: &'a str,
}

#[derive(Serialize)]
struct Image {
    id: i64,
    file_name: String,
    width: i64,
    height: i64,
    /// The tags of all annotations of the item.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    swath: Origin,
}

#[derive(Serialize)]
struct Origin {
    index: ItemIndex,
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orientation: Option<i64>,
    /// The tags of each slot, if the job has several slots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opinions: Vec<Opinion>,
}

/// The tags of one slot.
#[derive(Serialize)]
struct Opinion {
    slot: Slot,
    attributes: Attributes,
}

#[derive(Serialize)]
struct Object {
    id: u64,
    image_id: i64,
    category_id: usize,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
    segmentation: Segmentation,
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    swath: Source,
}

#[derive(Serialize)]
struct Source {
    shape: Shape,
    #[serde(flatten)]
    provenance: Provenance,
}

#[derive(Serialize)]
struct Info<'a> {
    description: &'a str,
    version: String,
    swath: &'a Summary,
}

/// The largest number of runs in all masks of a document. It limits the temporary file to about ten gigabytes.
const RUNS_MAX: usize = 1 << 31;

/// A document that is being written.
pub(super) struct Document {
    title: String,
    version: i64,
    classes: Vec<Class>,
    names: Names,
    summary: Summary,
    spool: BufWriter<File>,
    /// The current image, which may still get tags from other slots.
    image: Option<Image>,
    /// Whether the document may contain several annotations of an item.
    has_slots: bool,
    images: u64,
    objects: u64,
    runs_left: usize,
}

impl Document {
    pub(super) fn new(head: Head) -> io::Result<Self> {
        let mut spool = BufWriter::new(tempfile::tempfile()?);
        spool.write_all(br#"],"annotations":["#)?;
        Ok(Self {
            summary: Summary::new(&head),
            title: head.job.title,
            version: head.job.version,
            classes: head.job.spec.classes.clone(),
            names: Names { base: head.base, layout: Layout::Tree },
            spool,
            image: None,
            has_slots: head.job.slots > 1 && head.slot.is_none(),
            images: 0,
            objects: 0,
            runs_left: RUNS_MAX,
        })
    }

    pub(super) fn summary(&self) -> &Summary {
        &self.summary
    }

    pub(super) fn begin(&mut self) -> io::Result<Vec<u8>> {
        let categories: Vec<_> = categories(&self.classes).collect();
        let mut bytes = br#"{"licenses":[],"categories":"#.to_vec();
        serde_json::to_writer(&mut bytes, &categories)?;
        bytes.extend_from_slice(br#","images":["#);
        Ok(bytes)
    }

    pub(super) fn items(&mut self, page: &[Item]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for item in page {
            if let Some(size) = self.summary.admit(item) {
                self.image(item, size, &mut bytes)?;
                self.annotation(item, size)?;
            }
        }
        Ok(bytes)
    }

    pub(super) fn finish(mut self) -> io::Result<Tail> {
        let mut first = Vec::new();
        self.end_image(&mut first)?;
        let mut spool = self.spool.into_inner()?;
        spool.rewind()?;
        let info = Info { description: &self.title, version: self.version.to_string(), swath: &self.summary };
        let mut last = br#"],"info":"#.to_vec();
        serde_json::to_writer(&mut last, &info)?;
        last.extend_from_slice(b"}\n");
        Ok(Tail { first: Some(first), spool: Some(spool), last: Some(last) })
    }

    /// Adds the tags of one annotation to its image.
    fn image(&mut self, item: &Item, size: Size, bytes: &mut Vec<u8>) -> io::Result<()> {
        let (width, height) = size;
        if self.image.as_ref().is_none_or(|image| image.swath.index != item.index) {
            self.end_image(bytes)?;
            self.image = Some(Image {
                id: image_id(item),
                file_name: self.summary.name(item, self.names.of(&item.uri)),
                width,
                height,
                attributes: Attributes::new(),
                swath: Origin {
                    index: item.index,
                    uri: item.shown_uri.clone(),
                    meta: item.meta.clone(),
                    orientation: item.orientation,
                    opinions: Vec::new(),
                },
            });
        }
        let tags = &item.annotation.tags;
        if let Some(image) = self.image.as_mut().filter(|_| !tags.is_empty()) {
            attributes::add(&mut image.attributes, tags);
            if self.has_slots {
                image.swath.opinions.push(Opinion { slot: item.slot, attributes: attributes::of(tags) });
            }
        }
        Ok(())
    }

    fn end_image(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let Some(image) = self.image.take() else { return Ok(()) };
        bytes.extend_from_slice(if self.images > 0 { b",\n" } else { b"\n" });
        self.images += 1;
        Ok(serde_json::to_writer(bytes, &image)?)
    }

    fn annotation(&mut self, item: &Item, size: Size) -> io::Result<()> {
        for figure in &item.annotation.figures {
            let category = class_number(&self.classes, &figure.class).ok_or("figure_of_unknown_class");
            let runs = &mut self.runs_left;
            match category.and_then(|category| Ok((category, drawn(figure, size, runs)?))) {
                Ok((category, drawn)) => self.object(item, figure, category, drawn)?,
                Err(kind) => {
                    self.summary.leave_out(kind, 1);
                    self.summary.leave_out("tag_of_left_out_figure", figure.tags.len());
                }
            }
        }
        Ok(())
    }

    fn object(&mut self, item: &Item, figure: &Figure, category: usize, drawn: Drawn) -> io::Result<()> {
        if drawn.is_joined {
            self.summary.change("holes_joined_to_outline");
        }
        if self.objects > 0 {
            self.spool.write_all(b",")?;
        }
        self.objects += 1;
        let object = Object {
            id: self.objects,
            image_id: image_id(item),
            category_id: category,
            bbox: drawn.bbox,
            area: drawn.area,
            iscrowd: 0,
            segmentation: drawn.segmentation,
            attributes: attributes::of(&figure.tags),
            swath: Source { shape: figure.shape, provenance: Provenance::of(item) },
        };
        self.spool.write_all(b"\n")?;
        serde_json::to_writer(&mut self.spool, &object)?;
        self.summary.count_figure();
        Ok(())
    }
}

fn categories(classes: &[Class]) -> impl Iterator<Item = Category<'_>> {
    (1..).zip(classes).map(|(id, class)| Category { id, name: &class.name, supercategory: "" })
}

/// Image ids start at 1, because some readers interpret 0 as "none".
fn image_id(item: &Item) -> i64 {
    item.index.0 + 1
}

#[cfg(test)]
mod tests;
