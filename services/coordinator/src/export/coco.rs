//! A COCO document. Images are written as they come; annotations wait in a temporary file until the images are over.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use serde::Serialize;
use swath_domain::labels::{Class, Figure, Geometry, Point, Shape, Size};

use super::names::{Layout, Names};
use super::summary::class_number;
use super::{Head, Item, Provenance, Summary, Tail};

#[derive(Serialize)]
struct Category<'a> {
    id: usize,
    name: &'a str,
    supercategory: &'a str,
}

#[derive(Serialize)]
struct Image<'a> {
    id: i64,
    file_name: String,
    width: i64,
    height: i64,
    swath: Origin<'a>,
}

#[derive(Serialize)]
struct Origin<'a> {
    index: i64,
    uri: &'a str,
}

#[derive(Serialize)]
struct Object {
    id: u64,
    image_id: i64,
    category_id: usize,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
    segmentation: [Vec<f64>; 1],
    swath: Drawn,
}

#[derive(Serialize)]
struct Drawn {
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

/// A document that is being written.
pub(super) struct Document {
    title: String,
    version: i64,
    classes: Vec<Class>,
    names: Names,
    summary: Summary,
    spool: BufWriter<File>,
    /// The image written last; the opinions of all slots stand side by side and share it.
    image: Option<i64>,
    objects: u64,
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
            objects: 0,
        })
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
                self.annotation(item)?;
            }
        }
        Ok(bytes)
    }

    pub(super) fn finish(self) -> io::Result<Tail> {
        let mut spool = self.spool.into_inner()?;
        spool.rewind()?;
        let info = Info { description: &self.title, version: self.version.to_string(), swath: &self.summary };
        let mut last = br#"],"info":"#.to_vec();
        serde_json::to_writer(&mut last, &info)?;
        last.extend_from_slice(b"}\n");
        Ok(Tail { spool: Some(spool), last: Some(last) })
    }

    fn image(&mut self, item: &Item, (width, height): Size, bytes: &mut Vec<u8>) -> io::Result<()> {
        if self.image == Some(item.index) {
            return Ok(());
        }
        if self.image.is_some() {
            bytes.push(b',');
        }
        self.image = Some(item.index);
        let image = Image {
            id: image_id(item),
            file_name: self.summary.name(item, self.names.of(&item.uri)),
            width,
            height,
            swath: Origin { index: item.index, uri: &item.shown_uri },
        };
        bytes.push(b'\n');
        Ok(serde_json::to_writer(bytes, &image)?)
    }

    fn annotation(&mut self, item: &Item) -> io::Result<()> {
        self.summary.leave_out("item_tag", item.annotation.tags.len());
        for figure in &item.annotation.figures {
            self.summary.leave_out("figure_tag", figure.tags.len());
            let category = class_number(&self.classes, &figure.class).ok_or("figure_of_unknown_class");
            match category.and_then(|category| Ok((category, outline(figure)?))) {
                Ok((category, outline)) => self.object(item, figure, category, &outline)?,
                Err(kind) => self.summary.leave_out(kind, 1),
            }
        }
        Ok(())
    }

    fn object(&mut self, item: &Item, figure: &Figure, category: usize, outline: &[Point]) -> io::Result<()> {
        if self.objects > 0 {
            self.spool.write_all(b",")?;
        }
        self.objects += 1;
        let object = Object {
            id: self.objects,
            image_id: image_id(item),
            category_id: category,
            bbox: bounds(figure, outline),
            area: area(figure, outline),
            iscrowd: 0,
            segmentation: [outline.concat()],
            swath: Drawn { shape: figure.shape, provenance: Provenance::of(item) },
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

/// Numbers from 1, because some readers take 0 for "none".
fn image_id(item: &Item) -> i64 {
    item.index + 1
}

/// The figure as one closed outline, or the name of what COCO's polygons cannot hold.
fn outline(figure: &Figure) -> Result<Vec<Point>, &'static str> {
    match (&figure.geometry, figure.shape) {
        (Geometry::Rectangle { x, y, width, height }, _) => {
            let (right, bottom) = (x + width, y + height);
            Ok(vec![[*x, *y], [right, *y], [right, bottom], [*x, bottom]])
        }
        (Geometry::Polygon { exterior, interior }, _) if interior.is_empty() => Ok(exterior.clone()),
        (Geometry::Polygon { .. }, _) => Err("polygon_with_holes"),
        (Geometry::Points { .. }, Shape::Polyline) => Err("polyline"),
        (Geometry::Points { .. }, _) => Err("point"),
    }
}

/// Left, top, width and height. A rectangle's own numbers are kept: computing them anew could lose a last digit.
fn bounds(figure: &Figure, outline: &[Point]) -> [f64; 4] {
    if let Geometry::Rectangle { x, y, width, height } = figure.geometry {
        return [x, y, width, height];
    }
    let least = |axis: usize| outline.iter().map(|point| point[axis]).fold(f64::INFINITY, f64::min);
    let most = |axis: usize| outline.iter().map(|point| point[axis]).fold(f64::NEG_INFINITY, f64::max);
    [least(0), least(1), most(0) - least(0), most(1) - least(1)]
}

/// The area within the outline, in square pixels, by the shoelace formula.
fn area(figure: &Figure, outline: &[Point]) -> f64 {
    if let Geometry::Rectangle { width, height, .. } = figure.geometry {
        return width * height;
    }
    let following = outline.iter().cycle().skip(1);
    let twice: f64 = outline.iter().zip(following).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    twice.abs() / 2.0
}

#[cfg(test)]
mod tests;
