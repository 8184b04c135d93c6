//! Scales a picture. Decoders of foreign bytes are bounded in pixels, in memory and in number.

use std::io::{BufRead, Seek, SeekFrom};
use std::sync::Arc;

use axum::http::StatusCode;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use swath_runtime::Problem;
use swath_runtime::media_path::{PictureKind, read_shown};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most pixels of a picture that is scaled.
const PIXELS_MAX: u64 = 50_000_000;
/// The memory that all decoders of a process may take together, in bytes.
pub(super) const MEMORY_BYTES: usize = 448 << 20;
/// The unit in which that memory is shared out, in bytes.
pub(super) const MEMORY_UNIT: usize = 1 << 10;
/// The memory that a decoder takes at most, as a multiple of the decoded picture.
const COPIES: u64 = 2;
/// The same for JPEG, whose decoder keeps the coefficients of a progressive picture.
const JPEG_COPIES: u64 = 3;
/// The longer side of a thumbnail, in pixels.
const SIDE_PIXELS: u32 = 256;
/// The most memory that a decoder may ask for.
const DECODER_BYTES_MAX: u64 = 256 << 20;
/// The quality of thumbnails as JPEG, of 100.
const JPEG_QUALITY: u8 = 80;
/// The media type of thumbnails.
pub(crate) const MEDIA_TYPE: &str = "image/jpeg";

/// Why an item has no thumbnail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unscaled {
    #[error("the picture lies at an address of its own, from which the browser loads it and scales it")]
    Web,
    #[error("the picture cannot be read")]
    Missing,
    #[error("the picture is damaged, or of a kind that is not scaled")]
    Unreadable,
    #[error("the picture is too large to be scaled")]
    TooLarge,
}

impl From<Unscaled> for Problem {
    fn from(why: Unscaled) -> Self {
        let reason = match why {
            Unscaled::Web => "web",
            Unscaled::Missing => "missing",
            Unscaled::Unreadable => "unreadable",
            Unscaled::TooLarge => "too-large",
        };
        Self::new(StatusCode::NOT_FOUND, "no-thumbnail", why.to_string()).with("reason", reason)
    }
}

/// A thumbnail.
pub(super) struct Scaled {
    pub(super) bytes: Vec<u8>,
    pub(super) width: i64,
    pub(super) height: i64,
}

/// Scales a picture. Blocks: it decodes, and it waits for its share of the decoders' memory.
pub(super) fn scale(mut reader: impl BufRead + Seek, memory: &Arc<Semaphore>) -> Result<Scaled, Unscaled> {
    let picture = read_shown(&mut reader).map_err(|_| Unscaled::Unreadable)?;
    reader.seek(SeekFrom::Start(0)).map_err(|_| Unscaled::Missing)?;
    let format = match picture.kind {
        PictureKind::Png => ImageFormat::Png,
        PictureKind::Jpeg => ImageFormat::Jpeg,
        PictureKind::Gif => ImageFormat::Gif,
        PictureKind::Webp => ImageFormat::WebP,
        PictureKind::Bmp => ImageFormat::Bmp,
        PictureKind::Tiff => return Err(Unscaled::Unreadable),
    };
    let sides = (picture.width.unsigned_abs(), picture.height.unsigned_abs());
    if sides.0.saturating_mul(sides.1) > PIXELS_MAX {
        return Err(Unscaled::TooLarge);
    }
    let mut reader = ImageReader::with_format(reader, format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|_| Unscaled::Unreadable)?;
    // The decoder allocates memory for the size that it reads itself, so that size is checked as well.
    let (width, height) = decoder.dimensions();
    let area = u64::from(width) * u64::from(height);
    if area > PIXELS_MAX {
        return Err(Unscaled::TooLarge);
    }
    limits.reserve(decoder.total_bytes()).map_err(|_| Unscaled::TooLarge)?;
    decoder.set_limits(limits).map_err(|_| Unscaled::TooLarge)?;
    let copies = if format == ImageFormat::Jpeg { JPEG_COPIES } else { COPIES };
    let _share = share(memory, decoder.total_bytes().saturating_mul(copies))?;
    let whole = DynamicImage::from_decoder(decoder).map_err(|_| Unscaled::Unreadable)?;
    let mut small =
        if width.max(height) > SIDE_PIXELS { whole.thumbnail(SIDE_PIXELS, SIDE_PIXELS) } else { whole };
    let orientation = u8::try_from(picture.orientation).ok().and_then(Orientation::from_exif);
    small.apply_orientation(orientation.unwrap_or(Orientation::NoTransforms));
    encoded(&flat(&small))
}

/// Waits for this much of the decoders' memory.
fn share(memory: &Arc<Semaphore>, bytes: u64) -> Result<OwnedSemaphorePermit, Unscaled> {
    let bytes = usize::try_from(bytes).map_or(MEMORY_BYTES, |bytes| bytes.min(MEMORY_BYTES));
    let units = u32::try_from(bytes.div_ceil(MEMORY_UNIT)).map_err(|_| Unscaled::TooLarge)?;
    let wait = memory.clone().acquire_many_owned(units);
    // Every holder of a share is decoding and will finish, so this wait ends.
    tokio::runtime::Handle::current().block_on(wait).map_err(|_| Unscaled::Unreadable)
}

/// The picture on a white background, because JPEG has no transparency.
fn flat(picture: &DynamicImage) -> RgbImage {
    let picture = picture.to_rgba8();
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (from, to) in picture.pixels().zip(flat.pixels_mut()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let over_white = |part: u32| ((part * alpha + 255 * (255 - alpha)) / 255) as u8;
        to.0 = [red, green, blue].map(over_white);
    }
    flat
}

fn encoded(picture: &RgbImage) -> Result<Scaled, Unscaled> {
    let mut bytes = Vec::new();
    let written = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(picture);
    written.map_err(|_| Unscaled::Unreadable)?;
    Ok(Scaled { bytes, width: picture.width().into(), height: picture.height().into() })
}

#[cfg(test)]
mod tests;
