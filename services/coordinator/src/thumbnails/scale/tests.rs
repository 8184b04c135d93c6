//! Scales pictures, and refuses some that only look like pictures that can be scaled.

use std::io::Cursor;

use image::{GenericImageView, Rgb, Rgba, RgbaImage};

use super::*;

fn scaled(bytes: &[u8]) -> Result<Scaled, Unscaled> {
    let units = MEMORY_BYTES / MEMORY_UNIT;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _inside = runtime.enter();
    scale(Cursor::new(bytes), &Arc::new(Semaphore::new(units)))
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn sample(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) })
        .into()
}

fn shown(scaled: &Scaled) -> DynamicImage {
    image::load_from_memory_with_format(&scaled.bytes, ImageFormat::Jpeg).unwrap()
}

#[test]
fn every_kind_that_browsers_show_is_scaled_to_its_longer_side() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP]
    {
        let small = scaled(&written(&sample(1_000, 500), format)).unwrap();
        assert_eq!((small.width, small.height), (256, 128), "{format:?}");
        let shown = shown(&small);
        assert_eq!(shown.dimensions(), (256, 128));
        let (left, right) = (shown.get_pixel(20, 60), shown.get_pixel(230, 60));
        assert!(left[0] > 200 && right[2] > 200, "{format:?}: {left:?} {right:?}");
    }
    let small = scaled(&written(&sample(40, 30), ImageFormat::Png)).unwrap();
    assert_eq!((small.width, small.height), (40, 30), "nothing is made larger");
}

#[test]
fn what_is_transparent_is_white() {
    let clear = RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 0]));
    let small = scaled(&written(&clear.into(), ImageFormat::Png)).unwrap();
    assert!(shown(&small).get_pixel(5, 5).0[..3].iter().all(|part| *part > 250));
}

#[test]
fn a_picture_that_is_stored_turned_is_shown_upright() {
    let jpeg = written(&sample(400, 200), ImageFormat::Jpeg);
    let exif = b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let turned = [&jpeg[..2], exif, &jpeg[2..]].concat();
    let small = scaled(&turned).unwrap();
    assert_eq!((small.width, small.height), (128, 256));
    // Its left half is stored red; turned to the right, that is above.
    let shown = shown(&small);
    assert!(shown.get_pixel(60, 20)[0] > 200 && shown.get_pixel(60, 230)[2] > 200);
}

/// A PNG whose header claims these sides, without pixels.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = written(&sample(1, 1), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let check = crc(&png[12..29]);
    png[29..33].copy_from_slice(&check.to_be_bytes());
    png
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    })
}

#[test]
fn bombs_are_refused_before_they_take_memory() {
    for (width, height) in [(50_000, 50_000), (8_000, 6_251), (1_000_000, 1), (4_000_000_000, 4_000_000_000)]
    {
        let refused = scaled(&bomb(width, height)).err();
        let expected = if u64::from(width) * u64::from(height) > PIXELS_MAX || width > 1 << 31 {
            [Unscaled::TooLarge, Unscaled::Unreadable]
        } else {
            [Unscaled::Unreadable; 2]
        };
        assert!(refused.is_some_and(|why| expected.contains(&why)), "{width} x {height}: {refused:?}");
    }
    assert_eq!(scaled(&bomb(8_000, 6_251)).err(), Some(Unscaled::TooLarge));
}

#[test]
fn damaged_pictures_and_others_are_refused() {
    let png = written(&sample(300, 300), ImageFormat::Png);
    let jpeg = written(&sample(300, 300), ImageFormat::Jpeg);
    let polyglot = [&jpeg[..20], b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"].concat();
    for bytes in
        [&png[..60], &b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"[..], b"", b"II*\0\x08\0\0\0", &polyglot]
    {
        assert_eq!(scaled(bytes).err(), Some(Unscaled::Unreadable));
    }
}
