//! Geometry measured: whether a figure has an extent, crosses itself, or lies outside its picture. Each error names the side
//! or the vertex that is wrong.

use super::{Geometry, Point, Shape, Size};
use crate::{FieldError, limits};

/// The least area of a rectangle or a polygon, in square pixels.
pub const AREA_MIN: f64 = 0.01;
/// The least length of a line, in pixels.
pub const LENGTH_MIN: f64 = 0.01;
/// How far a coordinate may lie outside the picture, in pixels: programs that count in parts of a picture miss its edge by a
/// rounding error. It is moved to the edge.
pub const TOLERANCE: f64 = 0.5;
/// Pairs of lines of one outline that are looked at for a crossing. Outlines that people draw need far less.
const PAIRS_MAX: usize = 4_000_000;

impl Geometry {
    /// Moves what lies outside the picture by no more than the tolerance to its edge. Without a size only the upper and the
    /// left edge are known.
    pub fn fit(&mut self, size: Option<Size>) {
        let most = |axis: usize| size.map(|size| [size.0, size.1][axis] as f64);
        match self {
            Self::Rectangle { x, y, width, height } => {
                fit_side(x, width, most(0));
                fit_side(y, height, most(1));
            }
            Self::Points { points } => points.iter_mut().for_each(|point| fit_point(point, most)),
            Self::Polygon { exterior, interior } => {
                let rings = std::iter::once(exterior).chain(interior);
                rings.flatten().for_each(|point| fit_point(point, most));
            }
        }
    }
}

/// The size of a picture as it is stored, by its displayed size and its orientation.
pub fn stored_size(displayed: Size, orientation: i64) -> Size {
    let (width, height) = displayed;
    if (5..=8).contains(&orientation) { (height, width) } else { (width, height) }
}

/// A point of the displayed picture as a point of the stored one.
fn stored_point([x, y]: Point, displayed: Size, orientation: i64) -> Point {
    let (width, height) = displayed;
    let (right, bottom) = (width as f64 - x, height as f64 - y);
    match orientation {
        2 => [right, y],
        3 => [right, bottom],
        4 => [x, bottom],
        5 => [y, x],
        6 => [y, right],
        7 => [bottom, right],
        8 => [bottom, x],
        _ => [x, y],
    }
}

impl Geometry {
    /// Turns it from the displayed picture, which has this size, to the stored one.
    pub fn store(&mut self, displayed: Size, orientation: i64) {
        if !(2..=8).contains(&orientation) {
            return;
        }
        let turn = |point: &mut Point| *point = stored_point(*point, displayed, orientation);
        match self {
            Self::Rectangle { x, y, width, height } => {
                let (mut from, mut to) = ([*x, *y], [*x + *width, *y + *height]);
                turn(&mut from);
                turn(&mut to);
                (*x, *y) = (from[0].min(to[0]), from[1].min(to[1]));
                (*width, *height) = ((from[0] - to[0]).abs(), (from[1] - to[1]).abs());
            }
            Self::Points { points } => points.iter_mut().for_each(turn),
            Self::Polygon { exterior, interior } => {
                std::iter::once(exterior).chain(interior).flatten().for_each(turn);
            }
        }
    }
}

fn fit_point(point: &mut Point, most: impl Fn(usize) -> Option<f64>) {
    for (axis, value) in point.iter_mut().enumerate() {
        *value = fitted(*value, most(axis));
    }
}

fn fitted(value: f64, most: Option<f64>) -> f64 {
    match most {
        _ if (-TOLERANCE..0.0).contains(&value) => 0.0,
        Some(most) if value > most && value <= most + TOLERANCE => most,
        _ => value,
    }
}

fn fit_side(start: &mut f64, length: &mut f64, most: Option<f64>) {
    let end = *start + *length;
    let (new_start, new_end) = (fitted(*start, most), fitted(end, most));
    // What fits is kept to its last digit.
    if new_start != *start || new_end != end {
        (*start, *length) = (new_start, new_end - new_start);
    }
}

/// Checks a geometry that fits its shape, after [`Geometry::fit`].
pub(super) fn check(
    at: &str,
    shape: Shape,
    geometry: &Geometry,
    size: Option<Size>,
    errors: &mut Vec<FieldError>,
) {
    let before = errors.len();
    let mut fault =
        |field: &str, message: String| errors.push(FieldError::new(format!("{at}.{field}"), message));
    if geometry.point_count() > limits::POINTS_MAX {
        errors.push(FieldError::new(at, format!("at most {} points are allowed", limits::POINTS_MAX)));
        return;
    }
    match geometry {
        Geometry::Rectangle { x, y, width, height } => {
            let horizontal = Side { fields: ["x", "width"], start: *x, length: *width };
            horizontal.check(size.map(|size| size.0), &mut fault);
            let vertical = Side { fields: ["y", "height"], start: *y, length: *height };
            vertical.check(size.map(|size| size.1), &mut fault);
            if errors.len() == before && width * height < AREA_MIN {
                let thinner = if width <= height { "width" } else { "height" };
                errors.push(FieldError::new(format!("{at}.{thinner}"), too_small()));
            }
        }
        Geometry::Polygon { exterior, interior } => {
            ring("exterior", "an outline", exterior, size, &mut fault);
            for (index, hole) in interior.iter().enumerate() {
                ring(&format!("interior[{index}]"), "a hole", hole, size, &mut fault);
            }
        }
        Geometry::Points { points } => {
            let least = if shape == Shape::Polyline { 2 } else { 1 };
            if points.len() < least {
                fault("points", format!("at least {least} needed"));
            }
            inside("points", points, size, &mut fault);
            if errors.len() == before && shape == Shape::Polyline && length(points) < LENGTH_MIN {
                errors.push(FieldError::new(
                    format!("{at}.points"),
                    format!("is shorter than {LENGTH_MIN} pixels"),
                ));
            }
        }
    }
}

fn too_small() -> String {
    format!("the area is smaller than {AREA_MIN} square pixels")
}

/// A rectangle along one axis.
struct Side {
    /// The names of the two fields that hold its start and its length.
    fields: [&'static str; 2],
    start: f64,
    length: f64,
}

impl Side {
    /// Checks that it has an extent and lies in a picture that ends at `most`.
    fn check(&self, most: Option<i64>, fault: &mut impl FnMut(&str, String)) {
        let Self { fields: [start_field, length_field], start, length } = *self;
        let end = start + length;
        let most = most.map(|most| most as f64);
        if !start.is_finite() || start < 0.0 || most.is_some_and(|most| start > most) {
            fault(start_field, outside(start, most));
        } else if length <= 0.0 || length.is_nan() {
            fault(length_field, "must be above zero".to_owned());
        } else if !end.is_finite() || most.is_some_and(|most| end > most + EDGE) {
            fault(length_field, outside(end, most));
        }
    }
}

/// What is left of a rounding error after a side was fitted: the sum of its start and length may miss the edge again.
const EDGE: f64 = 1e-6;

fn outside(value: f64, most: Option<f64>) -> String {
    match most {
        Some(most) => format!("lies outside the picture: {value} is not between 0 and {most}"),
        None => format!("lies outside the picture: {value}"),
    }
}

/// Every vertex must lie in the picture.
fn inside(field: &str, points: &[Point], size: Option<Size>, fault: &mut impl FnMut(&str, String)) {
    let sides = size.map(|size| [size.0 as f64, size.1 as f64]);
    for (index, point) in points.iter().enumerate() {
        for axis in 0..2 {
            let (value, most) = (point[axis], sides.map(|sides| sides[axis]));
            if !value.is_finite() || value < 0.0 || most.is_some_and(|most| value > most) {
                fault(&format!("{field}[{index}]"), outside(value, most));
                break;
            }
        }
    }
}

/// Checks a closed outline: enough points, an area, and no crossing of itself.
fn ring(field: &str, what: &str, points: &[Point], size: Option<Size>, fault: &mut impl FnMut(&str, String)) {
    if points.len() < 3 {
        fault(field, format!("{what} has at least three points"));
        return;
    }
    let mut is_outside = false;
    inside(field, points, size, &mut |field, message| {
        is_outside = true;
        fault(field, message);
    });
    if is_outside {
        return;
    }
    if area(points) < AREA_MIN {
        fault(field, too_small());
    } else if let Some((first, second)) = crossing(points) {
        fault(
            &format!("{field}[{first}]"),
            format!("the line from here crosses the one from {field}[{second}]"),
        );
    }
}

/// The area within a closed ring, in square pixels, by the shoelace formula.
pub fn area(ring: &[Point]) -> f64 {
    // Seen from one of its own points, a small ring far from the corner loses no digits.
    let [x, y] = ring.first().copied().unwrap_or_default();
    let following = ring.iter().cycle().skip(1);
    let twice: f64 =
        ring.iter().zip(following).map(|(a, b)| (a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y)).sum();
    twice.abs() / 2.0
}

fn length(points: &[Point]) -> f64 {
    points.windows(2).map(|pair| (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1])).sum()
}

/// A line of a ring, with the number of the vertex that it begins at.
struct Line {
    from: usize,
    left: f64,
    right: f64,
    a: Point,
    b: Point,
}

/// The first two lines of a ring that cross each other, by the vertices that they begin at.
fn crossing(ring: &[Point]) -> Option<(usize, usize)> {
    let line = |from: usize| {
        let (a, b) = (ring[from], ring[(from + 1) % ring.len()]);
        Line { from, left: a[0].min(b[0]), right: a[0].max(b[0]), a, b }
    };
    let mut lines: Vec<_> = (0..ring.len()).map(line).filter(|line| line.a != line.b).collect();
    lines.sort_unstable_by(|one, other| one.left.total_cmp(&other.left));
    let mut looked_at = 0;
    for (place, one) in lines.iter().enumerate() {
        for other in lines[place + 1..].iter().take_while(|other| other.left <= one.right) {
            looked_at += 1;
            if looked_at > PAIRS_MAX {
                return None;
            }
            if cross(one, other) {
                return Some((one.from.min(other.from), one.from.max(other.from)));
            }
        }
    }
    None
}

/// Whether two lines cross in a point that is an end of neither.
fn cross(one: &Line, other: &Line) -> bool {
    let side = |line: &Line, point: Point| {
        let ([ax, ay], [bx, by], [x, y]) = (line.a, line.b, point);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    };
    let apart = |line: &Line, other: &Line| {
        let (first, second) = (side(line, other.a), side(line, other.b));
        first > 0.0 && second < 0.0 || first < 0.0 && second > 0.0
    };
    apart(one, other) && apart(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn faults(shape: Shape, mut geometry: Geometry, size: Option<Size>) -> Vec<String> {
        let mut errors = Vec::new();
        geometry.fit(size);
        check("g", shape, &geometry, size, &mut errors);
        errors.into_iter().map(|error| error.field).collect()
    }

    fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Vec<String> {
        faults(Shape::Rectangle, Geometry::Rectangle { x, y, width, height }, Some((40, 30)))
    }

    fn polygon(exterior: &[Point], holes: &[&[Point]]) -> Vec<String> {
        let interior = holes.iter().map(|hole| hole.to_vec()).collect();
        let geometry = Geometry::Polygon { exterior: exterior.to_vec(), interior };
        faults(Shape::Polygon, geometry, Some((40, 30)))
    }

    #[test]
    fn the_side_that_is_wrong_is_named() {
        assert_eq!(rectangle(41.0, 1.0, 1.0, 1.0), ["g.x"]);
        assert_eq!(rectangle(1.0, 31.0, 1.0, 1.0), ["g.y"]);
        assert_eq!(rectangle(1.0, 1.0, 50.0, 1.0), ["g.width"]);
        assert_eq!(rectangle(1.0, 1.0, 1.0, 40.0), ["g.height"]);
        assert_eq!(rectangle(-1.0, 40.0, 1.0, 1.0), ["g.x", "g.y"]);
        assert_eq!(rectangle(1.0, 1.0, -1.0, 0.0), ["g.width", "g.height"]);
        assert_eq!(rectangle(1.0, 1.0, 1e-300, 1e-30), ["g.width"]);
        assert_eq!(rectangle(f64::NAN, 1.0, 1.0, f64::INFINITY), ["g.x", "g.height"]);
        assert_eq!(rectangle(-0.0, 0.0, 40.0, 30.0), [""; 0]);
    }

    #[test]
    fn what_misses_the_edge_by_half_a_pixel_is_moved_to_it() {
        let mut geometry = Geometry::Rectangle { x: -0.5, y: 29.0, width: 41.0, height: 1.5 };
        geometry.fit(Some((40, 30)));
        assert_eq!(geometry, Geometry::Rectangle { x: 0.0, y: 29.0, width: 40.0, height: 1.0 });
        assert_eq!(rectangle(0.0, 0.0, 40.6, 30.0), ["g.width"]);
        let mut points = Geometry::Points { points: vec![[-0.1, 30.4], [40.2, -0.6]] };
        points.fit(Some((40, 30)));
        assert_eq!(points, Geometry::Points { points: vec![[0.0, 30.0], [40.0, -0.6]] });
        assert_eq!(faults(Shape::Point, points, Some((40, 30))), ["g.points[1]"]);
    }

    #[test]
    fn figures_without_an_extent_are_refused() {
        assert_eq!(polygon(&[[1.0, 1.0], [5.0, 5.0], [9.0, 9.0]], &[]), ["g.exterior"]);
        assert_eq!(polygon(&[[4.0, 4.0]; 3], &[]), ["g.exterior"]);
        let square = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]];
        assert_eq!(polygon(&square, &[&[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]]), ["g.interior[0]"]);
        let line = Geometry::Points { points: vec![[3.0, 3.0]; 2] };
        assert_eq!(faults(Shape::Polyline, line.clone(), None), ["g.points"]);
        assert_eq!(faults(Shape::Point, line, None), [""; 0]);
    }

    #[test]
    fn an_outline_that_crosses_itself_is_refused_by_its_vertices() {
        assert_eq!(polygon(&[[0.0, 0.0], [9.0, 9.0], [9.0, 0.0], [0.0, 5.0]], &[]), ["g.exterior[0]"]);
        // It touches itself, has a point twice, and repeats its first.
        let touching =
            [[0.0, 0.0], [4.0, 4.0], [8.0, 0.0], [8.0, 8.0], [8.0, 8.0], [4.0, 4.0], [0.0, 8.0], [0.0, 0.0]];
        assert_eq!(polygon(&touching, &[]), [""; 0]);
    }

    #[test]
    fn a_corner_of_the_displayed_picture_is_one_of_the_stored_picture() {
        // Where the upper left pixel of the stored picture, 40 by 30, is displayed, by its number in EXIF.
        let shown = |orientation: i64| match orientation {
            1 => (0.0, 0.0),
            2 => (39.0, 0.0),
            3 => (39.0, 29.0),
            4 => (0.0, 29.0),
            5 => (0.0, 0.0),
            6 => (29.0, 0.0),
            7 => (29.0, 39.0),
            _ => (0.0, 39.0),
        };
        for orientation in 1..=8 {
            let displayed = stored_size((40, 30), orientation);
            let (x, y) = shown(orientation);
            let mut pixel = Geometry::Rectangle { x, y, width: 1.0, height: 1.0 };
            pixel.store(displayed, orientation);
            let first = Geometry::Rectangle { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };
            assert_eq!(pixel, first, "orientation {orientation}");
        }
        let mut wide = Geometry::Rectangle { x: 2.0, y: 3.0, width: 5.0, height: 1.0 };
        wide.store((30, 40), 6);
        assert_eq!(wide, Geometry::Rectangle { x: 3.0, y: 23.0, width: 1.0, height: 5.0 });
    }

    #[test]
    fn large_coordinates_of_a_picture_of_unknown_size_break_nothing() {
        let far =
            Geometry::Polygon { exterior: vec![[0.0, 0.0], [1e308, 0.0], [0.0, 1e308]], interior: vec![] };
        assert_eq!(faults(Shape::Polygon, far, None), [""; 0]);
        let wide = Geometry::Rectangle { x: 1e308, y: 0.0, width: 1e308, height: 1.0 };
        assert_eq!(faults(Shape::Rectangle, wide, None), ["g.width"]);
    }

    #[test]
    fn an_intricate_outline_is_looked_at_within_bounds() {
        let tooth = |n: usize| [(n / 2) as f64, if n % 4 < 2 { 0.0 } else { 1_000.0 }];
        let mut comb: Vec<Point> = (0..limits::POINTS_MAX - 1).map(tooth).collect();
        comb.push([0.0, 2_000.0]);
        assert_eq!(crossing(&comb), None);
    }

    proptest! {
        #[test]
        fn a_box_drawn_in_parts_of_its_picture_is_taken(
            width in 1_i64..5_000,
            height in 1_i64..5_000,
            parts in [0_u32..1_000, 0_u32..1_000],
        ) {
            let [x, y] = parts.map(|part| f64::from(part) / 1_000.0);
            let (w, h) = (width as f64, height as f64);
            let geometry = Geometry::Rectangle { x: x * w, y: y * h, width: (1.0 - x) * w, height: (1.0 - y) * h };
            prop_assert!(faults(Shape::Rectangle, geometry, Some((width, height))).is_empty());
        }

        #[test]
        fn fitting_again_changes_nothing(x in -1.0..50.0, y in -1.0..40.0, width in 0.0..50.0, height in 0.0..40.0) {
            let mut geometry = Geometry::Rectangle { x, y, width, height };
            geometry.fit(Some((40, 30)));
            let once = geometry.clone();
            geometry.fit(Some((40, 30)));
            prop_assert_eq!(geometry, once);
        }

        #[test]
        fn a_star_around_a_point_never_crosses_itself(radii in proptest::collection::vec(1.0_f64..9.0, 3..40)) {
            let turn = std::f64::consts::TAU / radii.len() as f64;
            let vertex = |(n, radius): (usize, &f64)| {
                let (sin, cos) = (turn * n as f64).sin_cos();
                [20.0 + radius * cos, 15.0 + radius * sin]
            };
            let ring: Vec<Point> = radii.iter().enumerate().map(vertex).collect();
            prop_assert_eq!(crossing(&ring), None);
        }
    }
}
