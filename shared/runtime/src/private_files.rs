//! Makes the data of an embedded installation readable for its owner only.

use std::fs::{DirBuilder, OpenOptions, Permissions, set_permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes a folder and its parents, unless they exist.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a database's file unless it exists, and makes it unreadable for other users. SQLite gives its other files the
/// same mode.
pub(crate) fn keep_private(database: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(database)?;
    for ending in ["", "-wal", "-shm"] {
        let mut file = database.as_os_str().to_owned();
        file.push(ending);
        match set_permissions(&file, Permissions::from_mode(0o600)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, file = %Path::new(&file).display(), "others may be able to read the database");
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_files_are_readable_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        make_folder(&data).unwrap();
        let file = data.join("swath.db");
        std::fs::write(data.join("swath.db-wal"), "old").unwrap();
        set_permissions(data.join("swath.db-wal"), Permissions::from_mode(0o644)).unwrap();
        keep_private(&file).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&file), mode(&data.join("swath.db-wal"))), (0o700, 0o600, 0o600));
    }
}
