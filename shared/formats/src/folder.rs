//! The listing of a folder of pictures: which entries are pictures, and their order.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The extensions of picture files, in lower case.
pub const EXTENSIONS: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"];

/// Files that operating systems create in folders.
const SYSTEM_FILES: [&str; 3] = ["thumbs.db", "desktop.ini", "__macosx"];
/// The longest extension that is listed as a kind.
const EXTENSION_BYTES_MAX: usize = 10;

/// The order of a folder's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By numbers in the names: `frame2.png` before `frame10.png`.
    #[default]
    Natural,
    /// By the bytes of their paths.
    Bytes,
}

impl Order {
    /// Compares two names of one folder. Names that are equal in natural order are compared by their bytes.
    pub fn compare(self, a: &OsStr, b: &OsStr) -> Ordering {
        match self {
            Self::Natural => alphanumeric_sort::compare_os_str(a, b).then_with(|| a.cmp(b)),
            Self::Bytes => a.cmp(b),
        }
    }
}

/// Whether a file is hidden, or created by an operating system.
pub fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".") || SYSTEM_FILES.iter().any(|file| name.eq_ignore_ascii_case(file))
}

/// Whether a file is a picture, by its extension.
pub fn is_picture(name: &OsStr) -> bool {
    let extension = Path::new(name).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// The kind of a file that is not a picture: its extension if that is short, as in `.txt`.
pub fn kind_of(name: &OsStr) -> String {
    let extension = Path::new(name).extension().and_then(OsStr::to_str);
    let is_plain = |extension: &&str| {
        extension.len() <= EXTENSION_BYTES_MAX && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    match extension.filter(is_plain) {
        Some(extension) => format!(".{}", extension.to_ascii_lowercase()),
        None => "others".to_owned(),
    }
}
