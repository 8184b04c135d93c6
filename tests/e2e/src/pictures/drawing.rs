//! Figures on a picture, and how each format represents them.

use serde_json::{Value, json};

use super::readers::{Corners, Object, Read};

/// A point in pixels.
type Point = [f64; 2];

/// A figure on a picture.
#[derive(Clone, Debug)]
pub enum Figure {
    /// Left, top, width, height.
    Box([f64; 4]),
    /// A closed outline.
    Outline(Vec<Point>),
    /// An outline with a hole.
    Ring(Vec<Point>, Vec<Point>),
    /// A single point.
    Spot(Point),
}

/// The figures of one picture.
#[derive(Clone, Debug, Default)]
pub struct Drawing(Vec<Figure>);

/// Boxes with integer and fractional corners, which fit on any of the photographs.
pub fn boxes(place: usize, width: u32, height: u32) -> Drawing {
    let (width, height, shift) = (f64::from(width), f64::from(height), place as f64);
    Drawing(vec![
        Figure::Box([10.0 + shift, 20.0, 30.0, 40.0]),
        Figure::Box([0.0, 0.0, width, height]),
        Figure::Box([5.25 + shift, 7.5, 20.5, 11.25]),
    ])
}

/// Boxes and outlines.
fn boxes_and_outlines(place: usize, width: u32, height: u32) -> Drawing {
    let mut drawing = boxes(place, width, height);
    let shift = place as f64;
    drawing.0.push(Figure::Outline(vec![
        [30.0 + shift, 30.0],
        [130.0 + shift, 40.0],
        [110.0 + shift, 120.0],
        [40.0 + shift, 100.5],
    ]));
    drawing
}

/// All kinds of figures that a job of these tests allows.
pub fn everything(place: usize, width: u32, height: u32) -> Drawing {
    let mut drawing = boxes_and_outlines(place, width, height);
    let hole = vec![[40.0, 20.0], [80.0, 20.5], [80.0, 60.0]];
    drawing.0.push(Figure::Ring(vec![[10.0, 10.0], [90.0, 10.0], [90.0, 90.5]], hole));
    drawing.0.extend((0..=place).map(|spot| Figure::Spot([spot as f64 + 0.5, 9.0])));
    drawing
}

impl Drawing {
    /// The annotation as Swath takes it. The picture and each figure have a tag.
    pub fn annotation(&self) -> Value {
        let figures: Vec<Value> = self.0.iter().map(Figure::to_json).collect();
        json!({"figures": figures, "tags": [{"name": "note", "value": "whole"}]})
    }

    /// The number of figures of a kind.
    pub fn count(&self, of: fn(&Figure) -> bool) -> usize {
        self.0.iter().filter(|figure| of(figure)).count()
    }

    /// What a COCO reader must find for the picture `name`.
    pub fn as_coco(&self, name: &str) -> Vec<Expected> {
        let figures = self.0.iter().filter(|figure| !matches!(figure, Figure::Spot(_)));
        figures.map(|figure| Expected { file: name.to_owned(), figure: figure.clone() }).collect()
    }

    /// The corners of the boxes.
    pub fn as_corners(&self, name: &str) -> Vec<Corners> {
        let boxes = self.0.iter().filter_map(|figure| match figure {
            Figure::Box([x, y, width, height]) => Some((name.to_owned(), [*x, *y, x + width, y + height])),
            _ => None,
        });
        boxes.collect()
    }

    /// The objects of a Supervisely annotation, reduced to class, outer points and holes.
    pub fn as_supervisely(&self) -> Vec<Object> {
        let points = |figure: &Figure| match figure {
            Figure::Box([x, y, width, height]) => {
                (vec![[*x, *y], [x + width - 1.0, y + height - 1.0]], vec![])
            }
            Figure::Outline(points) => (points.clone(), vec![]),
            Figure::Ring(points, hole) => (points.clone(), vec![hole.clone()]),
            Figure::Spot(point) => (vec![*point], vec![]),
        };
        let object = |figure: &Figure| {
            let (exterior, interior) = points(figure);
            (figure.class().to_owned(), exterior, interior)
        };
        self.0.iter().map(object).collect()
    }

    /// The same as Supervisely's SDK reads it, which truncates coordinates to whole pixels.
    pub fn as_sdk(&self) -> Vec<Object> {
        let cut = |(class, exterior, interior): Object| {
            (class, whole(exterior), interior.into_iter().map(whole).collect())
        };
        self.as_supervisely().into_iter().map(cut).collect()
    }
}

/// Points in whole pixels, as the SDK keeps them.
fn whole(points: Vec<Point>) -> Vec<Point> {
    points.into_iter().map(|point| point.map(f64::trunc)).collect()
}

impl Figure {
    fn class(&self) -> &'static str {
        match self {
            Self::Box(_) => "box",
            Self::Outline(_) | Self::Ring(..) => "outline",
            Self::Spot(_) => "spot",
        }
    }

    fn to_json(&self) -> Value {
        let (shape, geometry) = match self {
            Self::Box([x, y, width, height]) => {
                ("rectangle", json!({"x": x, "y": y, "width": width, "height": height}))
            }
            Self::Outline(points) => ("polygon", json!({"exterior": points, "interior": []})),
            Self::Ring(points, hole) => ("polygon", json!({"exterior": points, "interior": [hole]})),
            Self::Spot(point) => ("point", json!({"points": [point]})),
        };
        let tags = json!([{"name": "note", "value": self.class()}]);
        json!({"class": self.class(), "shape": shape, "geometry": geometry, "tags": tags})
    }
}

/// A figure that must be found in a COCO file.
#[derive(Debug)]
pub struct Expected {
    file: String,
    figure: Figure,
}

impl Expected {
    /// True if the reader found this figure.
    pub fn is(&self, read: &Read) -> bool {
        read.class == self.figure.class()
            && read.file.ends_with(&self.file)
            && read.tags == json!([{"note": "whole"}, {"note": self.figure.class()}])
            && self.has_its_form(read)
    }

    fn has_its_form(&self, read: &Read) -> bool {
        match &self.figure {
            Figure::Box(edges) => close(&read.bbox, edges) && close(&[read.area], &[edges[2] * edges[3]]),
            Figure::Outline(points) => {
                let flat: Vec<f64> = points.iter().flatten().copied().collect();
                let area = area(points);
                close(&read.bbox, &hull(points))
                    && close(&read.outline, &flat)
                    && close(&[read.area], &[area])
                    && covers(read, area)
            }
            Figure::Ring(points, hole) => {
                let area = area(points) - area(hole);
                close(&read.bbox, &hull(points)) && close(&[read.area], &[area]) && covers(read, area)
            }
            Figure::Spot(_) => false,
        }
    }
}

/// True if the mask that the reader draws has about this many pixels.
fn covers(read: &Read, area: f64) -> bool {
    read.pixels.is_some_and(|pixels| (pixels - area).abs() < area * 0.05)
}

fn close(found: &[f64], expected: &[f64]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6)
}

fn hull(points: &[Point]) -> [f64; 4] {
    let fold = |axis: usize, start: f64, pick: fn(f64, f64) -> f64| {
        points.iter().map(|point| point[axis]).fold(start, pick)
    };
    let (left, top) = (fold(0, f64::MAX, f64::min), fold(1, f64::MAX, f64::min));
    [left, top, fold(0, f64::MIN, f64::max) - left, fold(1, f64::MIN, f64::max) - top]
}

/// The shoelace formula.
fn area(points: &[Point]) -> f64 {
    let next = points.iter().cycle().skip(1);
    let twice: f64 = points.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    twice.abs() / 2.0
}
