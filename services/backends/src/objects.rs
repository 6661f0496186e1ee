//! Files, by the S3 protocol: any S3 in production, one inside the process otherwise ([`embedded`]).
//!
//! Clients upload and download with presigned requests and never pass through the house. What a presigned request allows is
//! bound by its signature: the method, the key, the end, and for uploads the content's type and exact length.

mod checkup;
mod client;
mod credentials;
pub mod embedded;

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use chassis::Error;
use chassis::clock::Clock;
use chrono::{DateTime, Utc};

pub use checkup::Trial;
pub use credentials::Credentials;

/// How long a whole download may take, beside the client's own limits on each step.
const DOWNLOAD: Duration = Duration::from_secs(30);

/// Where a bucket is.
#[derive(Clone, Debug)]
pub struct Location {
    /// The URL by which this process reaches the store.
    pub endpoint: String,
    /// The URL by which clients reach it; presigned requests are bound to its host.
    pub public_endpoint: String,
    /// The region that goes into signatures.
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
}

/// A bucket; cheap to clone.
#[derive(Clone)]
pub struct Objects {
    bucket: String,
    inside: Client,
    outside: Client,
    clock: Clock,
}

/// A request that its holder may send without credentials, as it is or not at all.
#[derive(Clone, PartialEq, Eq)]
pub struct Presigned {
    /// Where to. Whoever has it has the access, so it is not printed.
    pub url: String,
    /// `PUT` or `GET`.
    pub method: String,
    /// Headers that are bound by the signature and must be sent.
    pub headers: Vec<(String, String)>,
    /// When it ceases to be accepted.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Presigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presigned").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Objects {
    /// The bucket at a location. Nothing is sent yet.
    pub fn new(location: Location, credentials: &Credentials, clock: &Clock) -> Self {
        Self {
            inside: client::build(&location.endpoint, &location.region, credentials),
            outside: client::build(&location.public_endpoint, &location.region, credentials),
            bucket: location.bucket,
            clock: clock.clone(),
        }
    }

    /// Lets somebody upload one object of exactly this type and length.
    pub async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        content_length: u64,
        ttl: Duration,
    ) -> Result<Presigned, Error> {
        let length = i64::try_from(content_length).map_err(Error::internal)?;
        let request = self.outside.put_object().bucket(&self.bucket).key(key);
        let request = request.content_type(content_type).content_length(length);
        let (config, expires_at) = self.validity(ttl)?;
        let signed = request.presigned(config).await.map_err(|e| fault("presigning an upload", &e))?;
        Ok(presigned(&signed, expires_at))
    }

    /// Lets somebody download one object.
    pub async fn presign_get(&self, key: &str, ttl: Duration) -> Result<Presigned, Error> {
        let (config, expires_at) = self.validity(ttl)?;
        let request = self.outside.get_object().bucket(&self.bucket).key(key);
        let signed = request.presigned(config).await.map_err(|e| fault("presigning a download", &e))?;
        Ok(presigned(&signed, expires_at))
    }

    /// An object's content; none when there is no such object, too large when it has more than `max_bytes`, of which no more is
    /// read.
    pub async fn get(&self, key: &str, max_bytes: u64) -> Result<Option<Bytes>, Error> {
        let download = tokio::time::timeout(DOWNLOAD, self.download(key, max_bytes));
        download.await.unwrap_or_else(|_| Err(Error::unavailable("object store: a download took too long")))
    }

    async fn download(&self, key: &str, max_bytes: u64) -> Result<Option<Bytes>, Error> {
        let too_large = || Error::too_large(format!("the file has more than {max_bytes} bytes"));
        let mut object = match self.inside.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_key()) => return Ok(None),
            Err(error) => return Err(fault("downloading", &error)),
        };
        let announced = object.content_length().and_then(|length| u64::try_from(length).ok());
        if announced.is_some_and(|length| length > max_bytes) {
            return Err(too_large());
        }
        let mut content = BytesMut::new();
        while let Some(chunk) = object.body.next().await {
            let chunk = chunk.map_err(|_| Error::unavailable("object store: a download broke off"))?;
            if content.len() as u64 + chunk.len() as u64 > max_bytes {
                return Err(too_large());
            }
            content.extend_from_slice(&chunk);
        }
        Ok(Some(content.freeze()))
    }

    /// Stores an object, in place of one with the same key.
    pub async fn put(&self, key: &str, content_type: &str, content: Bytes) -> Result<(), Error> {
        let request = self.inside.put_object().bucket(&self.bucket).key(key).content_type(content_type);
        request.body(ByteStream::from(content)).send().await.map_err(|e| fault("uploading", &e))?;
        Ok(())
    }

    /// Removes an object; it may be absent.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        match self.inside.delete_object().bucket(&self.bucket).key(key).send().await {
            Ok(_) => Ok(()),
            // S3 says nothing about an absent object, some of its likenesses do
            Err(error) if error.code() == Some("NoSuchKey") => Ok(()),
            Err(error) => Err(fault("deleting", &error)),
        }
    }

    /// Removes all objects whose keys begin so, and tells how many there were.
    pub async fn delete_under(&self, prefix: &str) -> Result<u64, Error> {
        let mut removed = 0;
        loop {
            // from the beginning each time: what was listed is gone by then
            let page = self.inside.list_objects_v2().bucket(&self.bucket).prefix(prefix).max_keys(1000);
            let page = page.send().await.map_err(|e| fault("listing", &e))?;
            let keys: Vec<&str> = page.contents().iter().filter_map(|object| object.key()).collect();
            if keys.is_empty() {
                return Ok(removed);
            }
            for key in keys {
                self.delete(key).await?;
                removed += 1;
            }
        }
    }

    /// Makes the bucket if it is not there.
    async fn create_bucket(&self) -> Result<(), Error> {
        match self.inside.create_bucket().bucket(&self.bucket).send().await {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.code(), Some("BucketAlreadyOwnedByYou" | "BucketAlreadyExists")) => {
                Ok(())
            }
            Err(error) => Err(fault("creating the bucket", &error)),
        }
    }

    fn validity(&self, ttl: Duration) -> Result<(PresigningConfig, DateTime<Utc>), Error> {
        let now = self.clock.now();
        let config = PresigningConfig::builder().start_time(now.into()).expires_in(ttl).build();
        Ok((config.map_err(Error::internal)?, now + ttl))
    }
}

fn presigned(request: &PresignedRequest, expires_at: DateTime<Utc>) -> Presigned {
    Presigned {
        url: request.uri().to_owned(),
        method: request.method().to_owned(),
        headers: request.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        expires_at,
    }
}

/// A store that fails is a store that is away: whatever it says, the caller can only come back later. Neither the request
/// nor its signature goes into the cause.
fn fault<E: ProvideErrorMetadata>(doing: &'static str, error: &SdkError<E>) -> Error {
    let what = match error {
        SdkError::TimeoutError(_) => "timed out",
        SdkError::DispatchFailure(_) => "is out of reach",
        SdkError::ConstructionFailure(_) => {
            return Error::internal(format!("object store: {doing}: bad request"));
        }
        other => other.code().unwrap_or("gave an answer that cannot be read"),
    };
    Error::unavailable(format!("object store: {doing}: {what}"))
}
