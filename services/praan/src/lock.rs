//! The embedded databases belong to one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use chassis::Error;

/// Holds a data folder for as long as it lives; the kernel lets go of it when the process ends, however it ends.
pub struct Lock(#[allow(dead_code, reason = "the open file is the lock")] File);

/// Takes `<folder>/<name>.lock`, or says that another process has it.
pub fn take(folder: &Path, name: &str) -> Result<Lock, Error> {
    let path = folder.join(format!("{name}.lock"));
    let file =
        File::create(&path).map_err(|error| Error::illegal_state(format!("{}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Error::illegal_state(format!(
            "another praan uses {name} in {}; stop it, or choose another --data-dir",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(Error::illegal_state(format!("{}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder() {
        let folder = tempfile::tempdir().unwrap();
        let held = take(folder.path(), "identity").unwrap();
        assert!(take(folder.path(), "identity").is_err());
        assert!(take(folder.path(), "family").is_ok());
        drop(held);
        assert!(take(folder.path(), "identity").is_ok());
    }
}
