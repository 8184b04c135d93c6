//! Escapes names: each byte that a name must not contain becomes `%XX`, and so does a `%` that could be mistaken for
//! an escape.
//!
//! Writer and reader use the same rule for where an escape may occur. So the reader restores the original, and a `%`
//! that cannot be an escape is unchanged.

use std::fmt::Write as _;

use super::layout::Layout;

/// A character of a path, or a byte that is not part of valid UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Character(char),
    Byte(u8),
}

/// The position of a symbol in a name.
#[derive(Clone, Copy)]
struct Position {
    /// The bytes of the name before it.
    offset: usize,
    begins_segment: bool,
    ends_name: bool,
}

impl Position {
    fn behind(name: &[u8], ends_name: bool) -> Self {
        Self { offset: name.len(), begins_segment: name.last().is_none_or(|byte| *byte == b'/'), ends_name }
    }
}

/// Turns a path into a name, from which the path can be restored.
pub(super) fn escape(path: &[u8], layout: Layout) -> String {
    let mut name = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((symbol, length)) = first_symbol(rest) {
        let position = Position::behind(name.as_bytes(), length == rest.len());
        let taken = match symbol {
            Symbol::Character('%') => push_percent(&mut name, rest, layout),
            Symbol::Character(character) if !is_unsafe(character, rest, layout, position) => {
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

/// Writes a `%` of the path. Returns the number of bytes that it used, which is more than one if `%XX` is not an
/// escape here.
fn push_percent(name: &mut String, rest: &[u8], layout: Layout) -> usize {
    match first_escape(rest) {
        Some((symbol, length)) => {
            let position = Position::behind(name.as_bytes(), length == rest.len());
            if !may_be_escaped(symbol, layout, position) {
                name.extend(rest[..length].iter().copied().map(char::from));
                return length;
            }
            push_escaped(name, b"%");
        }
        // The mark of a name with a digest.
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

fn first_symbol(bytes: &[u8]) -> Option<(Symbol, usize)> {
    // No character is longer than four bytes.
    let chunk = bytes[..bytes.len().min(4)].utf8_chunks().next()?;
    Some(match chunk.valid().chars().next() {
        Some(character) => (Symbol::Character(character), character.len_utf8()),
        None => (Symbol::Byte(bytes[0]), 1),
    })
}

/// The symbol of the escape at the start of a text, and the length of the escape.
fn first_escape(text: &[u8]) -> Option<(Symbol, usize)> {
    let bytes: Vec<u8> = text.chunks(3).take(4).map_while(escaped_byte).collect();
    first_symbol(&bytes).map(|(symbol, length)| (symbol, 3 * length))
}

fn escaped_byte(text: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_lowercase());
    let [b'%', high, low] = *text else { return None };
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Whether a character must be escaped at a position.
fn is_unsafe(character: char, rest: &[u8], layout: Layout, position: Position) -> bool {
    may_be_escaped(Symbol::Character(character), layout, position)
        && match (layout, character) {
            (Layout::Tree, '/') => position.begins_segment || position.ends_name,
            (Layout::Tree, '.') => is_dots(rest),
            (Layout::Flat, letter) if letter.is_ascii_alphabetic() => is_device(rest),
            _ => true,
        }
}

/// Whether a symbol may be escaped at a position. If not, the text of its escape is plain text.
fn may_be_escaped(symbol: Symbol, layout: Layout, position: Position) -> bool {
    let Symbol::Character(character) = symbol else { return true };
    if matches!(character, '%' | '/' | '\\') || is_hidden(character) {
        return true;
    }
    match layout {
        // `.` and `..` could lead out of a folder, and a colon could be the drive of a Windows path.
        Layout::Tree => {
            character == '.' && position.begins_segment || character == ':' && position.offset == 1
        }
        Layout::Flat => {
            r#":*?"<>|"#.contains(character)
                || position.ends_name && matches!(character, '.' | ' ')
                || position.offset == 0 && "ACLNP".contains(character.to_ascii_uppercase())
        }
    }
}

/// Whether a character is a control character, or changes the direction of the text or breaks the line, so that a
/// name could look like another one.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Whether the first path segment is `.` or `..`, perhaps with trailing spaces, which Windows removes.
fn is_dots(rest: &[u8]) -> bool {
    rest.iter().take_while(|byte| **byte != b'/').all(|byte| matches!(byte, b'.' | b' '))
}

/// Whether Windows interprets a name as a device. The extension does not matter.
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

/// Restores the path of an escaped name.
#[cfg(test)]
pub(super) fn unescape(name: &str, layout: Layout) -> Vec<u8> {
    let (name, mut path, mut at) = (name.as_bytes(), Vec::new(), 0);
    while at < name.len() {
        let found = first_escape(&name[at..]);
        let (symbol, length) = found.unwrap_or((Symbol::Byte(name[at]), 1));
        let position = Position::behind(&name[..at], at + length == name.len());
        match symbol {
            Symbol::Byte(byte) => path.push(byte),
            Symbol::Character(character) if may_be_escaped(symbol, layout, position) => {
                path.extend(character.to_string().bytes());
            }
            Symbol::Character(_) => path.extend(&name[at..at + length]),
        }
        at += length;
    }
    path
}
