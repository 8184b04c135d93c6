//! Recognizes pictures by their content. Only these kinds are imported and served.

mod bmp;
mod exif;
#[cfg(test)]
mod fuzz;
mod jpeg;
mod png;

use std::io::{BufRead, Seek, SeekFrom};

use imagesize::{Compression, ImageType};

pub use exif::exchanges_sides;

/// The file format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// Portable network graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// Windows bitmap.
    Bmp,
    /// TIFF and BigTIFF.
    Tiff,
}

impl PictureKind {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
        }
    }

    /// The media types of all kinds.
    pub const MEDIA_TYPES: [&str; 6] =
        ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"];

    fn of(kind: ImageType) -> Option<Self> {
        match kind {
            ImageType::Png => Some(Self::Png),
            ImageType::Jpeg => Some(Self::Jpeg),
            ImageType::Gif => Some(Self::Gif),
            ImageType::Webp => Some(Self::Webp),
            ImageType::Bmp => Some(Self::Bmp),
            ImageType::Tiff => Some(Self::Tiff),
            _ => None,
        }
    }
}

/// A picture's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// The kind.
    pub kind: PictureKind,
    /// The width in pixels, as displayed.
    pub width: i64,
    /// The height in pixels, as displayed.
    pub height: i64,
    /// The EXIF orientation of the stored picture: 1 is as displayed, 5 to 8 have width and height exchanged.
    pub orientation: i64,
}

/// Reads a picture's header, and nothing behind it.
///
/// # Errors
/// If it is not a supported picture. The text says why, for users to read, and contains nothing of the file.
pub fn read_header(reader: &mut (impl BufRead + Seek)) -> Result<Picture, &'static str> {
    const DAMAGED: &str = "its header is damaged";
    let format = imagesize::reader_type(&mut *reader).map_err(|_| "it is not a picture")?;
    let kind = PictureKind::of(format).ok_or_else(|| unsupported(format))?;
    // The library expects the position at which its check of the kind has ended.
    reader
        .seek(SeekFrom::Start(if kind == PictureKind::Webp { 12 } else { 0 }))
        .map_err(|_| "it cannot be read")?;
    let (width, height, orientation) = match kind {
        PictureKind::Jpeg => jpeg::read(reader).ok_or(DAMAGED)?,
        PictureKind::Bmp => {
            let (width, height) = bmp::read(reader).ok_or("it is not a picture")?;
            (width, height, 1)
        }
        _ => {
            let size = format.reader_size(&mut *reader).map_err(|_| DAMAGED)?;
            let pixels = |value: usize| i64::try_from(value).map_err(|_| "its size is out of range");
            // Browsers ignore the EXIF orientation of a WebP.
            let orientation = if kind == PictureKind::Png { png::orientation(reader) } else { None };
            (pixels(size.width)?, pixels(size.height)?, orientation.unwrap_or(1))
        }
    };
    let (width, height) = if exchanges_sides(orientation) { (height, width) } else { (width, height) };
    Ok(Picture { kind, width, height, orientation })
}

/// Like [`read_header`], for a picture to be labelled, which must be of a kind that browsers show.
///
/// # Errors
/// Those of [`read_header`], and if it is a TIFF.
pub fn read_shown(reader: &mut (impl BufRead + Seek)) -> Result<Picture, &'static str> {
    const UNSHOWN: &str = "it is a TIFF or BigTIFF, which browsers do not show: turn it into PNG or JPEG";
    let picture = read_header(reader)?;
    if picture.kind == PictureKind::Tiff { Err(UNSHOWN) } else { Ok(picture) }
}

fn unsupported(format: ImageType) -> &'static str {
    match format {
        ImageType::Heif(Compression::Av1) => {
            "it is an AVIF, which is not supported: turn it into JPEG, PNG or WebP"
        }
        ImageType::Heif(_) => "it is a HEIC, which is not supported: turn it into JPEG, PNG or WebP",
        ImageType::Jxl => "it is a JPEG XL, which is not supported: turn it into JPEG, PNG or WebP",
        _ => "its content is not of a supported kind",
    }
}

/// Whether a `data:` URI contains a picture of a kind that every browser shows.
pub fn is_data_picture(uri: &str) -> bool {
    const KINDS: [&str; 5] = ["png", "jpeg", "gif", "webp", "bmp"];
    const START: &str = "data:image/";
    let Some((start, rest)) = uri.split_at_checked(START.len()) else { return false };
    let kind = rest.split([',', ';']).next().unwrap_or_default();
    start.eq_ignore_ascii_case(START)
        && kind.len() < rest.len()
        && KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn kind(bytes: &[u8]) -> Result<PictureKind, &'static str> {
        read_header(&mut Cursor::new(bytes)).map(|picture| picture.kind)
    }

    #[test]
    fn texts_scripts_and_databases_are_not_pictures() {
        let bmw = b"BMW and other makes, one a line\n325i\n";
        let texts: [&[u8]; 9] = [
            b"",
            b"plain",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>",
            b"<?xml version=\"1.0\"?><svg width=\"5\" height=\"5\"></svg>",
            b"<!doctype html><script>alert(1)</script>",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
            b"SQLite format 3\0\x10\0\x01\x01\0@  \0\0\0\x01",
            bmw,
            b"0123456789abcdef0123456789abcdef",
        ];
        for text in texts {
            assert!(kind(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_picture_is_recognized_by_its_content() {
        let mut bmp = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
        bmp.resize(64, 0);
        assert_eq!(kind(&bmp), Ok(PictureKind::Bmp));
        assert_eq!(kind(b"GIF89a\x02\0\x01\0\0\0\0;"), Ok(PictureKind::Gif));
    }

    /// EXIF data with only an orientation.
    fn block(orientation: u8) -> Vec<u8> {
        let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        block
    }

    /// The start of a JPEG of 40 by 30 pixels, with these bytes before its frame.
    fn jpeg(between: &[u8]) -> Vec<u8> {
        [b"\xff\xd8", between, b"\xff\xc0\0\x0b\x08\0\x1e\0\x28\x01\x01\x11\0"].concat()
    }

    fn app1(content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [b"\xff\xe1", length.as_slice(), content].concat()
    }

    fn measured(bytes: &[u8]) -> (i64, i64, i64) {
        let picture = read_header(&mut Cursor::new(bytes)).unwrap();
        (picture.width, picture.height, picture.orientation)
    }

    #[test]
    fn the_size_of_a_jpeg_is_as_displayed() {
        let exif = |orientation| jpeg(&app1(&[b"Exif\0\0", block(orientation).as_slice()].concat()));
        assert_eq!(measured(&jpeg(b"")), (40, 30, 1));
        for orientation in 1..=8 {
            let sides = if orientation < 5 { (40, 30) } else { (30, 40) };
            assert_eq!(measured(&exif(orientation)), (sides.0, sides.1, orientation.into()));
        }
        for strange in [0, 9] {
            assert_eq!(measured(&exif(strange)), (40, 30, 1), "orientation {strange}");
        }
        assert_eq!(measured(&jpeg(&app1(b"Exif\0\0II*\0broken"))), (40, 30, 1));
        assert_eq!(measured(&jpeg(&app1(b"http://ns.adobe.com/xap/1.0/\0<x/>"))), (40, 30, 1));
    }

    #[test]
    fn fill_bytes_and_markers_without_a_length_are_skipped() {
        for between in [&b"\xff\xff\xff"[..], b"\xff\x01\xff\xd0", b"\xff\xff\xfe\0\x04ab\xff"] {
            assert_eq!(measured(&jpeg(between)), (40, 30, 1), "{between:?}");
        }
        for bad in [&b"\xff\xd9"[..], b"\xff\xfe\0\x01", b"\xff\xda\0\x02", b"ab"] {
            assert!(read_header(&mut Cursor::new(jpeg(bad))).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_bitmap_may_begin_with_its_top_row_or_have_the_oldest_header() {
        let bmp = |header: &[u8]| [b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0", header, &[0; 60]].concat();
        assert_eq!(measured(&bmp(b"\x28\0\0\0\x08\0\0\0\x06\0\0\0")), (8, 6, 1));
        assert_eq!(measured(&bmp(b"\x28\0\0\0\x08\0\0\0\xfa\xff\xff\xff")), (8, 6, 1));
        assert_eq!(measured(&bmp(b"\x0c\0\0\0\x08\0\x06\0\x01\0\x18\0")), (8, 6, 1));
    }

    #[test]
    fn a_png_is_rotated_as_browsers_do_and_a_webp_is_not() {
        let exif = block(6);
        let chunk = |name: &[u8], content: &[u8]| {
            [&u32::try_from(content.len()).unwrap().to_be_bytes(), name, content, b"sum!"].concat()
        };
        let head = chunk(b"IHDR", b"\0\0\0\x28\0\0\0\x1e\x08\0\0\0\0");
        let png = [b"\x89PNG\r\n\x1a\n", head.as_slice(), &chunk(b"tEXt", b"a\0b"), &chunk(b"eXIf", &exif)]
            .concat();
        assert_eq!(measured(&png), (30, 40, 6));

        let chunk = |name: &[u8], content: &[u8]| {
            let padding = &[0][..content.len() % 2];
            [name, &u32::try_from(content.len()).unwrap().to_le_bytes(), content, padding].concat()
        };
        let head = chunk(b"VP8X", b"\x08\0\0\0\x27\0\0\x1d\0\0");
        let lossy = chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a\x28\0\x1e\0");
        assert_eq!(measured(&[b"RIFF\0\0\0\0WEBP", lossy.as_slice()].concat()), (40, 30, 1));
        let webp =
            [b"RIFF\0\0\0\0WEBP", head.as_slice(), &chunk(b"ALPH", b"odd"), &chunk(b"EXIF", &exif)].concat();
        assert_eq!(measured(&webp), (40, 30, 1));
    }

    #[test]
    fn only_pictures_are_accepted_as_data() {
        for good in ["data:image/png;base64,AA", "data:image/jpeg,x", "DATA:Image/WebP;base64,AA"] {
            assert!(is_data_picture(good), "{good}");
        }
        for bad in [
            "data:text/html,<b>",
            "data:image/svg+xml,<svg/>",
            "data:image/png",
            "data:,x",
            "data:image/pngx,",
            "data:image/ png,",
            "ä",
        ] {
            assert!(!is_data_picture(bad), "{bad}");
        }
    }
}
