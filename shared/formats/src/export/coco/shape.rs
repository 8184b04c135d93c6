//! Figures as COCO segmentations.

use serde::Serialize;
use swath_domain::labels::{Figure, Geometry, Point, Shape, Size};

use super::mask::{Mask, mask};

/// How many column crossings a figure may have as a mask. With more, its outline is shorter than the mask.
const CROSSINGS_MAX: usize = 1 << 16;

/// The area of a figure.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Segmentation {
    /// One closed outline, as alternating x and y.
    Outline([Vec<f64>; 1]),
    /// Runs of pixels.
    Mask(Mask),
}

/// A figure as COCO represents it.
#[derive(Debug)]
pub(super) struct Drawn {
    /// Left, top, width and height.
    pub(super) bbox: [f64; 4],
    /// The area in square pixels, without the holes.
    pub(super) area: f64,
    pub(super) segmentation: Segmentation,
    /// Whether the holes are part of one outline, because a mask would be too large.
    pub(super) is_joined: bool,
}

/// The figure, or the kind of figure that COCO cannot represent. A mask uses up runs of the document's `runs_left`.
pub(super) fn drawn(figure: &Figure, size: Size, runs_left: &mut usize) -> Result<Drawn, &'static str> {
    match (&figure.geometry, figure.shape) {
        (Geometry::Rectangle { x, y, width, height }, _) => {
            let (right, bottom) = (x + width, y + height);
            let outline = [[*x, *y], [right, *y], [right, bottom], [*x, bottom]];
            // Uses the original numbers, because computing them from the outline could change the last digit.
            let bbox = [*x, *y, *width, *height];
            let segmentation = Segmentation::Outline([outline.concat()]);
            Ok(Drawn { bbox, area: width * height, segmentation, is_joined: false })
        }
        (Geometry::Polygon { exterior, interior }, _) => {
            let holes: f64 = interior.iter().map(|hole| twice_area(hole).abs() / 2.0).sum();
            let segmentation = polygon(exterior, interior, size, runs_left);
            Ok(Drawn {
                bbox: bounds(exterior),
                area: (twice_area(exterior).abs() / 2.0 - holes).max(0.0),
                is_joined: !interior.is_empty() && matches!(segmentation, Segmentation::Outline(_)),
                segmentation,
            })
        }
        (Geometry::Points { .. }, Shape::Polyline) => Err("polyline"),
        (Geometry::Points { .. }, _) => Err("point"),
    }
}

fn polygon(exterior: &[Point], interior: &[Vec<Point>], size: Size, runs_left: &mut usize) -> Segmentation {
    if interior.is_empty() {
        return Segmentation::Outline([exterior.concat()]);
    }
    let rings: Vec<_> = std::iter::once(exterior).chain(interior.iter().map(Vec::as_slice)).collect();
    match mask(&rings, size, CROSSINGS_MAX.min(*runs_left)) {
        Some(mask) => {
            *runs_left = runs_left.saturating_sub(mask.runs());
            Segmentation::Mask(mask)
        }
        None => Segmentation::Outline([joined(&rings).concat()]),
    }
}

/// One outline that goes from its first point around each hole and back the same way, so that it covers the polygon
/// without its holes. The holes have the opposite direction, for readers that use the winding number.
fn joined(rings: &[&[Point]]) -> Vec<Point> {
    let [exterior, holes @ ..] = rings else { return Vec::new() };
    let mut outline = exterior.to_vec();
    for hole in holes {
        outline.extend(exterior.first());
        outline.extend(hole.first());
        let turns_alike = (twice_area(hole) > 0.0) == (twice_area(exterior) > 0.0);
        match turns_alike {
            true => outline.extend(hole.iter().skip(1).rev()),
            false => outline.extend(hole.iter().skip(1)),
        }
        outline.extend(hole.first());
    }
    outline
}

fn bounds(outline: &[Point]) -> [f64; 4] {
    let least = |axis: usize| outline.iter().map(|point| point[axis]).fold(f64::INFINITY, f64::min);
    let most = |axis: usize| outline.iter().map(|point| point[axis]).fold(f64::NEG_INFINITY, f64::max);
    [least(0), least(1), most(0) - least(0), most(1) - least(1)]
}

/// Twice the area within an outline, in square pixels, by the shoelace formula. The sign depends on the direction.
fn twice_area(outline: &[Point]) -> f64 {
    let following = outline.iter().cycle().skip(1);
    outline.iter().zip(following).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

#[cfg(test)]
mod tests {
    use swath_domain::labels::Shape;

    use super::*;

    fn ring(size: f64) -> Figure {
        let square = |from: f64, to: f64| vec![[from, from], [to, from], [to, to], [from, to]];
        let geometry = Geometry::Polygon { exterior: square(0.0, size), interior: vec![square(2.0, 4.0)] };
        Figure { class: "road".into(), shape: Shape::Polygon, geometry, tags: Vec::new() }
    }

    #[test]
    fn holes_are_subtracted_from_the_area() {
        let mut left = 100;
        let drawn = drawn(&ring(10.0), (20, 20), &mut left).unwrap();
        assert_eq!((drawn.area, drawn.bbox), (96.0, [0.0, 0.0, 10.0, 10.0]));
        let Segmentation::Mask(mask) = drawn.segmentation else { panic!("{drawn:?}") };
        assert_eq!(left, 100 - mask.runs());
    }

    #[test]
    fn a_figure_too_large_for_a_mask_is_one_outline() {
        let too_large = [
            ((20, 20), 10.0, 23),
            ((70_000, 20), 40_000.0, usize::MAX),
            ((1_000_000, 1_000_000), 10.0, usize::MAX),
        ];
        for (size, side, mut left) in too_large {
            let drawn = drawn(&ring(side), size, &mut left).unwrap();
            let Segmentation::Outline([outline]) = &drawn.segmentation else { panic!("{drawn:?}") };
            let points: Vec<Point> = outline.chunks(2).map(|point| [point[0], point[1]]).collect();
            assert!(drawn.is_joined);
            assert_eq!(points.len(), 4 + 2 + 4);
            assert_eq!(twice_area(&points) / 2.0, drawn.area, "the hole has the opposite direction");
        }
    }
}
