//! The escape of names: `%XX` for each byte of what may not stand in a name, and for a `%` that would be taken for one.
//!
//! Writer and reader ask the same question, whether an escape could stand at a place; so what is read back is what was
//! written, and a `%` that no reader would mistake stays as it is.

use std::fmt::Write as _;

use super::Layout;

/// A character of a path, or a byte that belongs to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Character(char),
    Byte(u8),
}

/// Where a piece stands in a name.
#[derive(Clone, Copy)]
struct Place {
    /// The bytes of the name before it.
    offset: usize,
    begins_segment: bool,
    ends_name: bool,
}

impl Place {
    fn behind(name: &[u8], ends_name: bool) -> Self {
        Self { offset: name.len(), begins_segment: name.last().is_none_or(|byte| *byte == b'/'), ends_name }
    }
}

/// A path as a name, from which the path can be read back.
pub(super) fn escape(path: &[u8], layout: Layout) -> String {
    let mut name = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((piece, length)) = first_piece(rest) {
        let place = Place::behind(name.as_bytes(), length == rest.len());
        let taken = match piece {
            Piece::Character('%') => push_percent(&mut name, rest, layout),
            Piece::Character(character) if !is_unsafe(character, rest, layout, place) => {
                name.push(character);
                length
            }
            _ => {
                push_escaped(&mut name, &rest[..length]);
                length
            }
        };
        rest = &rest[taken..];
    }
    name
}

/// Writes a `%` of the path and gives the bytes taken: more than one where it begins what no reader takes for an escape.
fn push_percent(name: &mut String, rest: &[u8], layout: Layout) -> usize {
    match first_escape(rest) {
        Some((piece, length)) => {
            let place = Place::behind(name.as_bytes(), length == rest.len());
            if !may_be_escaped(piece, layout, place) {
                name.extend(rest[..length].iter().copied().map(char::from));
                return length;
            }
            push_escaped(name, b"%");
        }
        // The mark of a name that holds a digest.
        None if rest.starts_with(b"%~") => push_escaped(name, b"%"),
        None => name.push('%'),
    }
    1
}

fn push_escaped(name: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(name, "%{byte:02X}");
    }
}

fn first_piece(bytes: &[u8]) -> Option<(Piece, usize)> {
    // No character is longer than four bytes.
    let chunk = bytes[..bytes.len().min(4)].utf8_chunks().next()?;
    Some(match chunk.valid().chars().next() {
        Some(character) => (Piece::Character(character), character.len_utf8()),
        None => (Piece::Byte(bytes[0]), 1),
    })
}

/// What an escape at the beginning of a text stands for, and how long it is.
fn first_escape(text: &[u8]) -> Option<(Piece, usize)> {
    let bytes: Vec<u8> = text.chunks(3).take(4).map_while(escaped_byte).collect();
    first_piece(&bytes).map(|(piece, length)| (piece, 3 * length))
}

fn escaped_byte(text: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_lowercase());
    let [b'%', high, low] = *text else { return None };
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Whether a character of a path may not stand at a place as it is.
fn is_unsafe(character: char, rest: &[u8], layout: Layout, place: Place) -> bool {
    may_be_escaped(Piece::Character(character), layout, place)
        && match (layout, character) {
            (Layout::Tree, '/') => place.begins_segment || place.ends_name,
            (Layout::Tree, '.') => is_dots(rest),
            (Layout::Flat, letter) if letter.is_ascii_alphabetic() => is_device(rest),
            _ => true,
        }
}

/// Whether an escape at a place may stand for a piece; anywhere else the same text is no escape.
fn may_be_escaped(piece: Piece, layout: Layout, place: Place) -> bool {
    let Piece::Character(character) = piece else { return true };
    if matches!(character, '%' | '/' | '\\') || is_hidden(character) {
        return true;
    }
    match layout {
        // What climbs out of a folder, and the drive of a Windows path.
        Layout::Tree => character == '.' && place.begins_segment || character == ':' && place.offset == 1,
        Layout::Flat => {
            r#":*?"<>|"#.contains(character)
                || place.ends_name && matches!(character, '.' | ' ')
                || place.offset == 0 && "ACLNP".contains(character.to_ascii_uppercase())
        }
    }
}

/// Control characters, and those that turn the direction of writing or break the line: a name with them is not what it
/// looks like.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Whether the segment at the beginning is `.` or `..`, also behind what Windows takes off a name's end.
fn is_dots(rest: &[u8]) -> bool {
    rest.iter().take_while(|byte| **byte != b'/').all(|byte| matches!(byte, b'.' | b' '))
}

/// Whether Windows takes a name for one of its devices, whatever the ending.
pub(super) fn is_device(name: &[u8]) -> bool {
    let stem = name.split(|byte| *byte == b'.').next().unwrap_or_default();
    let stem = String::from_utf8_lossy(stem).trim_end_matches(' ').to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" => true,
        stem => {
            let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
            number.is_some_and(|number| number.chars().count() == 1 && "0123456789¹²³".contains(number))
        }
    }
}

/// The path of an escaped name.
#[cfg(test)]
pub(super) fn unescape(name: &str, layout: Layout) -> Vec<u8> {
    let (name, mut path, mut at) = (name.as_bytes(), Vec::new(), 0);
    while at < name.len() {
        let found = first_escape(&name[at..]);
        let (piece, length) = found.unwrap_or((Piece::Byte(name[at]), 1));
        let place = Place::behind(&name[..at], at + length == name.len());
        match piece {
            Piece::Byte(byte) => path.push(byte),
            Piece::Character(character) if may_be_escaped(piece, layout, place) => {
                path.extend(character.to_string().bytes());
            }
            Piece::Character(_) => path.extend(&name[at..at + length]),
        }
        at += length;
    }
    path
}
