//! Fuzz tests: the header of any file is read or refused without a panic.

use std::io::{BufReader, Cursor};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{PictureKind, read_header};

/// How long the test runs: a second, or as long as `SWATH_FUZZ_SECONDS` says.
fn duration() -> Duration {
    let seconds = std::env::var("SWATH_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

/// The beginnings of pictures of each kind.
const STARTS: [&[u8]; 7] = [
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x28\0\0\0\x1e\x08\0\0\0\0sum!\0\0\0\x1aeXIf",
    b"\xff\xd8\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0\xff\xc0\0\x0b\x08\0\x1e\0\x28\x01\x01\x11\0",
    b"GIF89a\x28\0\x1e\0",
    b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0\x27\0\0\x1d\0\0EXIF\x1a\0\0\0",
    b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x28\0\0\0\x1e\0\0\0\x01\0\x18\0",
    b"II*\0\x08\0\0\0\x02\0\0\x01\x04\0\x01\0\0\0\x28\0\0\0\x01\x01\x04\0\x01\0\0\0\x1e\0\0\0",
    b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0",
];

/// A beginning with bytes changed, removed and inserted.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..3_u8);
    let start = prop::sample::select(STARTS.to_vec());
    (start, vec(change, 0..6), vec(any::<u8>(), 0..200)).prop_map(|(start, changes, tail)| {
        let mut bytes = [start, &tail].concat();
        for (at, byte, how) in changes.into_iter().filter(|_| !start.is_empty()) {
            let at = at.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    })
}

#[test]
fn any_file_is_read_or_refused() {
    let end = Instant::now() + duration();
    while Instant::now() < end {
        let played = TestRunner::new(Config::with_cases(2_000)).run(&file(), |bytes| {
            let read = |size| read_header(&mut BufReader::with_capacity(size, Cursor::new(&bytes)));
            let picture = read(8 << 10);
            prop_assert_eq!(picture, read(64), "the size of the buffer changes nothing");
            if let Ok(picture) = picture {
                prop_assert!(
                    picture.width >= 0 && picture.height >= 0 && (1..=8).contains(&picture.orientation)
                );
                prop_assert!(PictureKind::MEDIA_TYPES.contains(&picture.kind.media_type()));
            }
            Ok(())
        });
        played.unwrap();
    }
}
