//! The 1,797 handwritten digits: real data with known answers. `digits.md` says where they come from.

use std::io::{Cursor, Read};
use std::path::Path;

use anyhow::{Context, ensure};
use flate2::read::GzDecoder;
use swath_domain::labels::Geometry;

static DATA: &[u8] = include_bytes!("digits.csv.gz");

/// The side of a digit in the data, in pixels.
const GRID: usize = 8;
/// The side of a drawn data pixel, in pixels.
const SCALE: usize = 20;
/// The side of a drawn picture, in pixels.
const SIDE: usize = GRID * SCALE;
/// The darkest value in the data.
const INK_MAX: f64 = 16.0;
/// Grey values below this one are ink; paper is 255.
const INK_BELOW: u8 = 160;

/// One handwritten digit.
#[derive(Debug)]
pub struct Digit {
    ink: [u8; GRID * GRID],
    /// The digit: 0 to 9.
    pub value: u8,
}

/// Every digit, in the order of the file.
pub fn all() -> anyhow::Result<Vec<Digit>> {
    let mut text = String::new();
    GzDecoder::new(DATA).read_to_string(&mut text).context("the embedded digits cannot be unpacked")?;
    text.lines().map(parse).collect()
}

fn parse(line: &str) -> anyhow::Result<Digit> {
    let numbers = line.split(',').map(str::parse).collect::<Result<Vec<u8>, _>>()?;
    let (value, ink) = numbers.split_last().context("an empty line among the digits")?;
    Ok(Digit { ink: ink.try_into().context("a digit of another size")?, value: *value })
}

/// Draws every digit into a folder, under names that do not reveal the answers.
pub fn draw_all(digits: &[Digit], folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (index, digit) in digits.iter().enumerate() {
        std::fs::write(folder.join(format!("digit-{:04}.png", index + 1)), digit.picture()?)?;
    }
    Ok(())
}

/// The index of the digit that a picture's URI names.
pub fn index_of(uri: &str) -> Option<usize> {
    let name = uri.rsplit('/').next()?.strip_prefix("digit-")?.strip_suffix(".png")?;
    name.parse::<usize>().ok()?.checked_sub(1)
}

impl Digit {
    /// Dark ink on white paper, as a PNG.
    fn picture(&self) -> anyhow::Result<Vec<u8>> {
        let pixels: Vec<u8> = (0..SIDE * SIDE).map(|at| self.grey(at % SIDE, at / SIDE)).collect();
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, SIDE as u32, SIDE as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(png)
    }

    /// One pixel of the picture, interpolated between the four nearest of the data.
    fn grey(&self, x: usize, y: usize) -> u8 {
        let place = |at: usize| ((at as f64 + 0.5) / SCALE as f64 - 0.5).clamp(0.0, (GRID - 1) as f64);
        let (x, y) = (place(x), place(y));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(GRID - 1), (top + 1).min(GRID - 1));
        let ink = |x: usize, y: usize| f64::from(self.ink[y * GRID + x]);
        let between = |from: f64, to: f64, share: f64| from + (to - from) * share;
        let above = between(ink(left, top), ink(right, top), x - left as f64);
        let below = between(ink(left, bottom), ink(right, bottom), x - left as f64);
        255 - (between(above, below, y - top as f64) / INK_MAX * 255.0).round() as u8
    }
}

/// The smallest rectangle around the ink of a picture.
pub fn ink_box(picture: &[u8]) -> anyhow::Result<Geometry> {
    let mut reader = png::Decoder::new(Cursor::new(picture)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().context("the picture is too large")?];
    let width = reader.next_frame(&mut pixels)?.width as usize;
    let inked = || {
        pixels
            .iter()
            .enumerate()
            .filter(|(_, grey)| **grey < INK_BELOW)
            .map(|(at, _)| (at % width, at / width))
    };
    let span = |places: Vec<usize>| Some((*places.iter().min()?, *places.iter().max()? + 1));
    let (left, right) = span(inked().map(|(x, _)| x).collect()).context("the picture is empty")?;
    let (top, bottom) = span(inked().map(|(_, y)| y).collect()).context("the picture is empty")?;
    ensure!(right <= width, "the picture is torn");
    let number = |pixels: usize| pixels as f64;
    Ok(Geometry::Rectangle {
        x: number(left),
        y: number(top),
        width: number(right - left),
        height: number(bottom - top),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_there_with_its_answer() {
        let digits = all().unwrap();
        assert_eq!(digits.len(), 1_797);
        let count = |value| digits.iter().filter(|digit| digit.value == value).count();
        let counts: Vec<_> = (0..10).map(count).collect();
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }

    #[test]
    fn the_box_lies_around_the_ink() {
        let mut ink = [0; GRID * GRID];
        ink[2 * GRID + 3] = 16;
        let picture = Digit { ink, value: 1 }.picture().unwrap();
        let Geometry::Rectangle { x, y, width, height } = ink_box(&picture).unwrap() else {
            panic!("no rectangle")
        };
        // The only inked pixel is drawn from (60, 40) to (80, 60), and smoothing adds half a data pixel.
        assert!((50.0..70.0).contains(&x) && (70.0..90.0).contains(&(x + width)), "{x}, {width}");
        assert!((30.0..50.0).contains(&y) && (50.0..70.0).contains(&(y + height)), "{y}, {height}");
    }

    #[test]
    fn names_say_which_digit_and_not_what_it_is() {
        assert_eq!(index_of("file:///somewhere/digits/digit-0001.png"), Some(0));
        assert_eq!(index_of("digit-1797.png"), Some(1_796));
        assert_eq!(index_of("digit-0000.png"), None);
        assert_eq!(index_of("coins.png"), None);
    }
}
