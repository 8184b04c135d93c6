//! Generated pictures that compress and decode about as badly as photographs.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use png::{BitDepth, ColorType, Encoder};

/// How many different pictures there are. The others are copies with names of their own, which a browser loads and
/// decodes as new ones.
const DISTINCT: usize = 12;
/// Their width and height.
pub const SIZE: (u32, u32) = (1_280, 960);

/// Writes `count` pictures into a folder.
pub fn fill(folder: &Path, count: usize) -> anyhow::Result<()> {
    let name = |number: usize| folder.join(format!("{number:05}.png"));
    for number in 0..count {
        match number.checked_sub(DISTINCT) {
            None => write(&name(number), number)?,
            Some(_) => fs::hard_link(name(number % DISTINCT), name(number))?,
        }
    }
    Ok(())
}

/// Writes a picture of slow colour waves with some noise; each number gives another one.
fn write(path: &Path, number: usize) -> anyhow::Result<()> {
    let (width, height) = SIZE;
    let mut encoder = Encoder::new(BufWriter::new(File::create(path)?), width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    let mut noise = 1 + number as u32;
    let mut bytes = Vec::with_capacity(3 * (width * height) as usize);
    for place in 0..width * height {
        let (x, y) = (f64::from(place % width), f64::from(place / width));
        for colour in 0..3 {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let phase = f64::from(colour) + number as f64;
            let wave = (x / 90.0 + phase).sin() * (y / 70.0 - phase).cos();
            bytes.push((120.0 + 90.0 * wave) as u8 + (noise >> 28) as u8);
        }
    }
    encoder.write_header()?.write_image_data(&bytes)?;
    Ok(())
}
