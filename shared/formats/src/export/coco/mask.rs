//! Polygons with holes as COCO's runs of pixels, drawn exactly as pycocotools draws polygons.
//!
//! pycocotools walks along an outline in steps of a fifth of a pixel and records where it passes the middle of a
//! column. Here the same crossings are computed for each edge and column, so that the work depends on the columns of
//! the outline and not on the size of the picture. A pixel is in the mask if it is in the outer ring and in no hole.

use serde::Serialize;
use swath_domain::labels::{Point, Size};

/// The number of steps per pixel, as in pycocotools.
const STEPS_PER_PIXEL: i64 = 5;
/// The largest coordinate in steps, which is outside of any picture. Points may be anywhere if the size of the
/// picture was unknown.
const STEP_MAX: f64 = 1e12;

/// A mask in a document.
#[derive(Debug, Serialize)]
pub(super) struct Mask {
    /// The height and the width.
    size: [i64; 2],
    /// The lengths of alternating runs of pixels outside and inside, column by column.
    counts: Vec<u64>,
}

impl Mask {
    pub(super) fn runs(&self) -> usize {
        self.counts.len()
    }
}

/// Where a ring is entered or left: the pixel's number, counted by columns, and the ring.
type Crossing = (u64, usize);

/// The mask of rings, of which the first is the outer one. `None` if they cross more than `crossings_max` columns, or
/// the picture has more pixels than fit into 32 bits, with which readers count.
pub(super) fn mask(rings: &[&[Point]], size: Size, crossings_max: usize) -> Option<Mask> {
    let (width, height) = size;
    let pixels = width.checked_mul(height).and_then(|pixels| u32::try_from(pixels).ok())?;
    let edges: Vec<_> = rings.iter().enumerate().flat_map(|(ring, points)| edges(ring, points)).collect();
    let columns = |edge: &Edge| edge.columns(width);
    let crossed: i64 = edges.iter().map(|edge| columns(edge).end - columns(edge).start).sum();
    if usize::try_from(crossed).ok()? > crossings_max {
        return None;
    }
    let crossings = edges.iter().flat_map(|edge| {
        columns(edge).map(move |column| {
            // A ring above or below the picture is clamped to its edge.
            let row = (edge.step_at(column) + 2).div_euclid(STEPS_PER_PIXEL).clamp(0, height);
            ((column * height + row).unsigned_abs(), edge.ring)
        })
    });
    let mut crossings: Vec<Crossing> = crossings.collect();
    crossings.sort_unstable();
    Some(Mask { size: [height, width], counts: counts(&crossings, rings.len(), pixels.into()) })
}

/// The runs between the pixels at which the outer ring without its holes begins and ends.
fn counts(crossings: &[Crossing], rings: usize, pixels: u64) -> Vec<u64> {
    let mut is_in = vec![false; rings];
    let (mut holes, mut was_inside, mut last) = (0, false, 0);
    let mut counts = Vec::new();
    for here in crossings.chunk_by(|(a, _), (b, _)| a == b) {
        for (_, ring) in here {
            is_in[*ring] = !is_in[*ring];
            match (*ring, is_in[*ring]) {
                (0, _) => {}
                (_, true) => holes += 1,
                (_, false) => holes -= 1,
            }
        }
        let is_inside = is_in[0] && holes == 0;
        if is_inside != was_inside {
            counts.push(here[0].0 - last);
            (was_inside, last) = (is_inside, here[0].0);
        }
    }
    if last < pixels || counts.is_empty() {
        counts.push(pixels - last);
    }
    counts
}

/// An edge of a ring in steps, in the direction of pycocotools.
struct Edge {
    ring: usize,
    start: [i64; 2],
    end: [i64; 2],
}

fn edges(ring: usize, points: &[Point]) -> impl Iterator<Item = Edge> {
    let step = |value: f64| (STEPS_PER_PIXEL as f64 * value + 0.5).clamp(-STEP_MAX, STEP_MAX) as i64;
    let steps = move |point: &Point| point.map(step);
    let following = points.iter().cycle().skip(1);
    points.iter().zip(following).map(move |(a, b)| {
        let (start, end) = (steps(a), steps(b));
        let is_flat = (end[0] - start[0]).abs() >= (end[1] - start[1]).abs();
        let leading = usize::from(!is_flat);
        match start[leading] > end[leading] {
            true => Edge { ring, start: end, end: start },
            false => Edge { ring, start, end },
        }
    })
}

impl Edge {
    /// The columns whose middle the edge passes.
    fn columns(&self, width: i64) -> std::ops::Range<i64> {
        let (left, right) = (self.start[0].min(self.end[0]), self.start[0].max(self.end[0]));
        let first = (left + 2).div_euclid(STEPS_PER_PIXEL).max(0);
        let end = ((right - 3).div_euclid(STEPS_PER_PIXEL) + 1).min(width);
        first..end.max(first)
    }

    /// The upper of the two steps between which the edge passes the middle of a column.
    fn step_at(&self, column: i64) -> i64 {
        let [across, down] = [self.end[0] - self.start[0], self.end[1] - self.start[1]];
        let before = STEPS_PER_PIXEL * column + 2;
        if across.abs() >= down.abs() {
            let slope = down as f64 / across as f64;
            let at = |x: i64| (self.start[1] as f64 + slope * (x - self.start[0]) as f64 + 0.5) as i64;
            return at(before).min(at(before + 1));
        }
        let slope = across as f64 / down as f64;
        let is_before = |t: i64| (self.start[0] as f64 + slope * t as f64 + 0.5) as i64 <= before;
        let guess = (before as f64 + 0.5 - self.start[0] as f64) / slope;
        let mut t = (guess.floor() as i64).clamp(0, down - 1);
        // The guess may be off by a rounding error, so search the exact step from there.
        let begins_before = is_before(0);
        while t > 0 && is_before(t) != begins_before {
            t -= 1;
        }
        while t + 1 < down && is_before(t + 1) == begins_before {
            t += 1;
        }
        self.start[1] + t
    }
}

#[cfg(test)]
mod tests;
