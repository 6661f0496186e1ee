//! An S3 server inside the process, on a directory. Signatures and their ends are checked as strictly as by the real one.

mod gate;
mod keys;

use std::convert::Infallible;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use chassis::{Error, Foundation};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tower::ServiceExt;
use tower_http::cors::{Any, CorsLayer};

use super::{Credentials, Location, Objects};

/// Goes into signatures and means nothing here.
const REGION: &str = "us-east-1";

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The URL by which clients reach it; by default the address itself.
    pub public_endpoint: Option<String>,
    /// Holds the objects and the server's credentials.
    pub directory: PathBuf,
    /// The bucket, made at the start if it is not there.
    pub bucket: String,
}

/// The running server.
pub struct Embedded {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its bucket.
    pub objects: Objects,
}

/// Starts the server; it serves until the process stops.
pub async fn start(foundation: &Foundation, settings: Settings) -> Result<Embedded, Error> {
    let files = settings.directory.join("files");
    make_private(&files)?;
    let credentials = keys::load_or_make(&settings.directory.join("credentials"))?;
    let service = s3(&files, &credentials)?;
    let listener = chassis::serve::listen(settings.address).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    // Whoever holds a presigned request may send it from any page; the signature is what counts.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .allow_headers(Any)
        .expose_headers([http::header::ETAG]);
    let service = tower::service_fn(move |request| answer(service.clone(), request));
    let service = tower::ServiceBuilder::new().layer(cors).service(service);
    foundation.tasks.spawn("object store", chassis::serve::run(listener, service, foundation.tasks.clone()));

    let endpoint = format!("http://{address}");
    let public_endpoint = settings.public_endpoint.unwrap_or_else(|| endpoint.clone());
    let location = Location { endpoint, public_endpoint, region: REGION.to_owned(), bucket: settings.bucket };
    let objects = Objects::new(location, &credentials, &foundation.clock);
    objects.create_bucket().await?;
    Ok(Embedded { address, objects })
}

fn s3(files: &Path, credentials: &Credentials) -> Result<S3Service, Error> {
    let system = FileSystem::new(files).map_err(|e| Error::internal(format!("object store: {e:?}")))?;
    let mut builder = S3ServiceBuilder::new(system);
    builder.set_auth(SimpleAuth::from_single(&credentials.access_key, credentials.secret_key.as_str()));
    Ok(builder.build())
}

async fn answer(s3: S3Service, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    if !gate::admits(&request) {
        return Ok(status(StatusCode::FORBIDDEN));
    }
    Ok(s3.oneshot(request).await.unwrap_or_else(|_| {
        tracing::error!("the object store failed to answer");
        status(StatusCode::INTERNAL_SERVER_ERROR)
    }))
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    response
}

fn make_private(directory: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(Error::internal)
}
