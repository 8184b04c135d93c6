//! What a picture is, by its content alone: the kinds that are imported, and the only ones that are served.

use std::io::{BufRead, Seek, SeekFrom};

use imagesize::ImageType;

/// Sizes that the second header of a BMP may have; the two letters before it stand at the start of many texts.
const BMP_HEADERS: [u32; 7] = [12, 40, 52, 56, 64, 108, 124];
/// Where that size stands.
const BMP_HEADER_AT: u64 = 14;

/// A kind of picture.
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

/// What a picture's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Its kind.
    pub kind: PictureKind,
    /// Pixels.
    pub width: i64,
    /// Pixels.
    pub height: i64,
}

/// Reads a picture's header; what follows it is not looked at. Says what is wrong, and nothing of the content.
pub fn read_header(reader: &mut (impl BufRead + Seek)) -> Result<Picture, &'static str> {
    let format = imagesize::reader_type(&mut *reader).map_err(|_| "it is not a picture")?;
    let kind = PictureKind::of(format).ok_or("its content is not of a supported kind")?;
    if kind == PictureKind::Bmp && !is_bmp(reader) {
        return Err("it is not a picture");
    }
    reader.rewind().map_err(|_| "it cannot be read")?;
    let size = format.reader_size(reader).map_err(|_| "its header is damaged")?;
    let pixels = |value: usize| i64::try_from(value).map_err(|_| "its size is out of range");
    Ok(Picture { kind, width: pixels(size.width)?, height: pixels(size.height)? })
}

fn is_bmp(reader: &mut (impl BufRead + Seek)) -> bool {
    let mut size = [0; 4];
    let read = reader.seek(SeekFrom::Start(BMP_HEADER_AT)).and_then(|_| reader.read_exact(&mut size));
    read.is_ok() && BMP_HEADERS.contains(&u32::from_le_bytes(size))
}

/// Whether a `data:` URI holds a picture of a kind that every browser shows.
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
    fn texts_scripts_and_databases_are_no_pictures() {
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
    fn a_picture_is_known_by_its_content() {
        let mut bmp = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
        bmp.resize(64, 0);
        assert_eq!(kind(&bmp), Ok(PictureKind::Bmp));
        assert_eq!(kind(b"GIF89a\x02\0\x01\0\0\0\0;"), Ok(PictureKind::Gif));
    }

    #[test]
    fn only_pictures_are_taken_as_data() {
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
