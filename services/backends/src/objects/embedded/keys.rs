use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chassis::Error;

use crate::objects::Credentials;

/// The server's credentials: made at the first start, and kept where only the owner can read them, so that requests which
/// were presigned before a restart still hold.
pub fn load_or_make(file: &Path) -> Result<Credentials, Error> {
    match fs::read_to_string(file) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => make(file),
        Err(error) => Err(Error::internal(error)),
    }
}

fn parse(text: &str) -> Result<Credentials, Error> {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    match (lines.next(), lines.next()) {
        (Some(access_key), Some(secret_key)) => Ok(Credentials::new(access_key, secret_key)),
        _ => {
            Err(Error::internal("the object store's credentials file is damaged; remove it and start again"))
        }
    }
}

fn make(file: &Path) -> Result<Credentials, Error> {
    let credentials = Credentials::new(random(12)?, random(32)?);
    // written beside and then renamed: a process killed in between leaves no half a file
    let draft = file.with_extension("new");
    let mut options = OpenOptions::new();
    let mut open =
        options.write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(Error::internal)?;
    writeln!(open, "{}\n{}", credentials.access_key, credentials.secret_key).map_err(Error::internal)?;
    open.sync_all().map_err(Error::internal)?;
    fs::rename(&draft, file).map_err(Error::internal)?;
    Ok(credentials)
}

fn random(bytes: usize) -> Result<String, Error> {
    let mut buffer = vec![0; bytes];
    rand::fill(&mut buffer).map_err(Error::internal)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(buffer))
}
