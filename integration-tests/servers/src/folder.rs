use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program::Account;

/// Where a server keeps its files; it goes when the server goes.
pub struct Folder(TempDir);

impl Folder {
    /// A new folder, which belongs to the account when there is one.
    pub fn new(server: &str, account: Option<&Account>) -> Self {
        let folder =
            tempfile::Builder::new().prefix(&format!("praan-test-{server}-")).tempdir().expect("a folder");
        if let Some(account) = account {
            std::os::unix::fs::chown(folder.path(), Some(account.user), Some(account.group))
                .expect("a new owner");
        }
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
