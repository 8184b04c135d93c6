//! URIs of uploaded files: `upload:ID/name`. The id says which file it is; the name is what people call it.

use uuid::Uuid;

use crate::ids::FileId;

/// What the URI of an uploaded file begins with.
pub const SCHEME: &str = "upload:";
/// The longest name of an uploaded file in a URI, in bytes.
pub const NAME_BYTES_MAX: usize = 1_000;

/// An uploaded file as an item names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload<'a> {
    /// The id of the stored file.
    pub id: FileId,
    /// Its name, percent-encoded: steps with slashes between them.
    pub name: &'a str,
}

/// Why a URI names no uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// The id is missing or no UUID.
    #[error("must be as in upload:ID/name, with the id of an uploaded file")]
    Id,
    /// The name is empty, too long, or no plain path.
    #[error(
        "must have a name of 1 to {NAME_BYTES_MAX} bytes behind the id, without empty steps, `.` and `..`"
    )]
    Name,
}

impl<'a> Upload<'a> {
    /// Reads `upload:ID/name`.
    ///
    /// # Errors
    /// Where the URI is not as [`uri`] writes it: one file under one name has one URI.
    pub fn parse(uri: &'a str) -> Result<Self, UploadError> {
        let rest = uri.strip_prefix(SCHEME).ok_or(UploadError::Id)?;
        let (id, name) = rest.split_once('/').ok_or(UploadError::Id)?;
        let uuid: Uuid = id.parse().map_err(|_| UploadError::Id)?;
        if uuid.to_string() != id {
            return Err(UploadError::Id);
        }
        if is_name(name) { Ok(Self { id: FileId(uuid), name }) } else { Err(UploadError::Name) }
    }
}

/// Whether a URI claims to name an uploaded file.
pub fn is_upload(uri: &str) -> bool {
    uri.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

/// The URI of a file under a name, which is percent-encoded already.
pub fn uri(id: FileId, name: &str) -> String {
    format!("{SCHEME}{id}/{name}")
}

/// By what an item is told from others of its dataset: an uploaded file by its name, everything else by its URI. Files that
/// were uploaded for one dataset are like those of one folder, in which a name stands once.
pub fn distinct(uri: &str) -> (&'static str, &str) {
    Upload::parse(uri).map_or(("", uri), |upload| (SCHEME, upload.name))
}

/// Whether a text is a percent-encoded name.
pub fn is_name(name: &str) -> bool {
    let is_step = |step: &str| !matches!(step, "" | "." | "..");
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\')
        && name.split('/').all(is_step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890000-0000-7000-8000-00000000abcd";

    #[test]
    fn a_uri_is_read_as_it_was_written_and_in_no_other_form() {
        let id = FileId(ID.parse().unwrap());
        let written = uri(id, "streets/a%20b.png");
        assert_eq!(Upload::parse(&written), Ok(Upload { id, name: "streets/a%20b.png" }));
        assert_eq!(distinct(&written), (SCHEME, "streets/a%20b.png"));
        assert_eq!(distinct("s3://bucket/a.png"), ("", "s3://bucket/a.png"));
        let (upper, simple) = (ID.to_uppercase(), ID.replace('-', ""));
        for (bad, error) in [
            (format!("UPLOAD:{ID}/a.png"), UploadError::Id),
            (format!("upload:{simple}/a.png"), UploadError::Id),
            (format!("upload:{upper}/a.png"), UploadError::Id),
            (format!("upload:{{{ID}}}/a.png"), UploadError::Id),
            (format!("upload:{ID}"), UploadError::Id),
            ("upload:../a.png".to_owned(), UploadError::Id),
            (format!("upload:{ID}/"), UploadError::Name),
            (format!("upload:{ID}//a.png"), UploadError::Name),
            (format!("upload:{ID}/../a.png"), UploadError::Name),
            (format!("upload:{ID}/a/."), UploadError::Name),
            (format!("upload:{ID}/a\\b"), UploadError::Name),
        ] {
            assert_eq!(Upload::parse(&bad), Err(error), "{bad}");
            assert!(is_upload(&bad), "{bad}");
        }
    }
}
