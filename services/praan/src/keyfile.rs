//! The key that other keys are encrypted with, in a file only its owner may read.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::Error;

/// The size of the key, in bytes.
const SIZE: usize = 32;

/// Reads the key of `path`, which must hold 32 bytes in base64.
pub fn read(path: &Path) -> Result<[u8; SIZE], Error> {
    let text = std::fs::read_to_string(path).map_err(|error| refuse(path, &error.to_string()))?;
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| refuse(path, "it must hold 32 bytes in base64 (`openssl rand -base64 32` makes one)"))
}

/// Reads the key of `path`; makes one when there is none.
pub fn read_or_make(path: &Path) -> Result<[u8; SIZE], Error> {
    let mut key = [0; SIZE];
    rand::fill(&mut key).map_err(Error::internal)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let written = file.write_all(STANDARD.encode(key).as_bytes()).and_then(|()| file.sync_all());
            written.map_err(|error| refuse(path, &error.to_string()))?;
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(refuse(path, &error.to_string())),
    }
}

fn refuse(path: &Path, why: &str) -> Error {
    Error::illegal_state(format!("the key file {} cannot be used: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = read_or_make(&path).unwrap();
        assert_eq!(read_or_make(&path).unwrap(), made);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "too short").unwrap();
        assert!(read_or_make(&path).is_err());
    }
}
