//! The strength of secrets, and the secret that an embedded installation makes itself.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::bail;
use secrecy::SecretString;

/// The minimum length of a secret or of the administrator's token, in characters.
const SECRET_MIN: usize = 32;
pub(super) const WEAK: &str = "must have 32 or more visible ASCII characters, at least 8 of them different";

pub(super) fn is_strong(secret: &str) -> bool {
    let distinct: std::collections::HashSet<_> = secret.chars().collect();
    secret.len() >= SECRET_MIN && secret.chars().all(|c| c.is_ascii_graphic()) && distinct.len() >= 8
}

/// Reads the secret of an embedded installation from its data folder. Makes it with `fresh` at the first start.
///
/// # Errors
/// If the file cannot be read or written, or contains a weak secret.
pub fn own_secret(dir: &Path, fresh: impl FnOnce() -> String) -> anyhow::Result<SecretString> {
    let path = dir.join("secret");
    if let Ok(secret) = std::fs::read_to_string(&path) {
        if !is_strong(secret.trim()) {
            bail!("{} contains a weak secret", path.display());
        }
        return Ok(secret.trim().into());
    }
    let secret = fresh();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(secret.into())
}
