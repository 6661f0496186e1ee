//! Whether a bucket can serve.

use std::time::Duration;

use bytes::Bytes;
use chassis::Error;
use uuid::Uuid;

use super::{Objects, Presigned, fault};

/// For how long the links to the trial object are good.
const TTL: Duration = Duration::from_secs(60);

/// An object that is there for a moment, to see what can be done with it.
pub struct Trial {
    /// Its key.
    pub key: String,
    /// A link to it, as clients are given.
    pub link: Presigned,
    prefix: String,
}

impl Objects {
    /// Stores a small object and reads it again.
    pub async fn trial(&self) -> Result<Trial, Error> {
        let prefix = format!("checkup/{}/", Uuid::new_v4().simple());
        let key = format!("{prefix}object");
        let content = Bytes::from_static(b"a checkup");
        // some likenesses of S3 make a bucket that they do not have
        self.inside
            .head_bucket()
            .bucket(&self.bucket)
            .send()
            .await
            .map_err(|e| fault("finding the bucket", &e))?;
        self.put(&key, "text/plain", content.clone()).await?;
        let link = self.presign_get(&key, TTL).await?;
        let trial = Trial { key, link, prefix };
        if self.get(&trial.key, 64).await?.as_ref() == Some(&content) {
            return Ok(trial);
        }
        let _ = self.end_trial(&trial).await;
        Err(Error::unavailable("the object did not come out as it went in"))
    }

    /// Finds the object in the list, and deletes it.
    pub async fn end_trial(&self, trial: &Trial) -> Result<(), Error> {
        let listed = self.delete_under(&trial.prefix).await;
        match listed {
            Ok(1) => Ok(()),
            Ok(_) => Err(Error::unavailable("the object was not in the list of the bucket")),
            Err(error) => {
                // who may not list may still delete
                let _ = self.delete(&trial.key).await;
                Err(error)
            }
        }
    }
}
