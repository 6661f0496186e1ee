//! Keys in a file only its owner may read: the one in use, and below it those that it has replaced.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::Error;
use uuid::Uuid;

/// The size of the key, in bytes.
const SIZE: usize = 32;

/// How many keys a file may hold.
const MOST: usize = 4;

/// The key in use, and those before it, whose work is still at hand.
pub struct Keys {
    /// The key in use.
    pub newest: [u8; SIZE],
    /// Those before it.
    pub older: Vec<[u8; SIZE]>,
}

/// Reads the keys of `path`: a line of 32 bytes in base64 for each.
pub fn read(path: &Path) -> Result<Keys, Error> {
    let text = fs::read_to_string(path).map_err(|error| refuse(path, &error.to_string()))?;
    let key = |line: &str| STANDARD.decode(line.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    let keys: Option<Vec<_>> = text.lines().map(key).collect();
    match keys.as_deref() {
        Some([newest, older @ ..]) if older.len() < MOST => {
            Ok(Keys { newest: *newest, older: older.to_vec() })
        }
        _ => Err(refuse(
            path,
            "it must hold 32 bytes in base64 (`openssl rand -base64 32` makes them), and below them at most three older keys",
        )),
    }
}

/// Reads the keys of `path`; makes one when there is none. Of several processes that start at once, all get the key of the first; and one
/// that is killed meanwhile leaves no half a key.
pub fn read_or_make(path: &Path) -> Result<Keys, Error> {
    if !path.exists() {
        make(path).map_err(|error| refuse(path, &error.to_string()))?;
    }
    read(path)
}

/// Writes a key beside, and then gives it its name, unless another has it by now.
fn make(path: &Path) -> std::io::Result<()> {
    let mut key = [0; SIZE];
    rand::fill(&mut key).map_err(std::io::Error::other)?;
    let draft = path.with_extension(format!("{}.new", Uuid::new_v4()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(STANDARD.encode(key).as_bytes())?;
    file.sync_all()?;
    let named = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match named {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        named => named,
    }
}

fn refuse(path: &Path, why: &str) -> Error {
    Error::illegal_state(format!("the key file {} cannot be used: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = read_or_make(&path).unwrap().newest;
        assert_eq!(read_or_make(&path).unwrap().newest, made);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "too short").unwrap();
        assert!(read_or_make(&path).is_err());
    }

    #[test]
    fn of_many_who_make_one_at_once_all_get_the_same_and_nothing_else_is_left() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("key");
            let start = Barrier::new(4);
            let made = std::thread::scope(|scope| {
                let make = || {
                    start.wait();
                    read_or_make(&path).unwrap().newest
                };
                [0; 4].map(|_| scope.spawn(make)).map(|thread| thread.join().unwrap())
            });
            assert!(made.iter().all(|key| *key == made[0]));
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_new_key_stands_above_those_it_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let lines =
            |keys: &[u8]| keys.iter().map(|byte| STANDARD.encode([*byte; SIZE]) + "\n").collect::<String>();
        std::fs::write(&path, lines(&[3, 2, 1])).unwrap();
        let keys = read(&path).unwrap();
        assert_eq!((keys.newest, keys.older), ([3; SIZE], vec![[2; SIZE], [1; SIZE]]));
        for bad in [lines(&[]), lines(&[5, 4, 3, 2, 1]), lines(&[1]) + "\n" + &lines(&[2]), lines(&[1]) + "x"]
        {
            std::fs::write(&path, &bad).unwrap();
            assert!(read(&path).is_err(), "{bad}");
        }
    }
}
