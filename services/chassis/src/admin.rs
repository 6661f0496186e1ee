//! The port for those who run the house: `/metrics`, `/healthz`, `/readyz`. It is opened before the rooms and is never the
//! public port.
//!
//! Ready means that the rooms are open and the process is not about to stop. It does not hang on databases or on other rooms:
//! were it to, one server away would take every process out of service at once, in place of an answer that says so.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;

use crate::shutdown::Tasks;
use crate::telemetry::Scrape;
use crate::{Error, serve};

const OPEN_METRICS: &str = "application/openmetrics-text";

/// The open port.
pub struct Admin {
    /// Where it is.
    pub address: SocketAddr,
    lit: Arc<AtomicBool>,
}

impl Admin {
    /// Opens the port, until the process stops.
    pub async fn open(address: SocketAddr, scrape: Scrape, tasks: &Tasks) -> Result<Self, Error> {
        let listener = serve::listen(address).await?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let lit = Arc::new(AtomicBool::new(false));
        let desk = Desk { scrape, lit: lit.clone(), tasks: tasks.clone() };
        let service = tower::service_fn(move |request: Request<_>| {
            let accepted = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
            let answer = desk.answer(request.method(), request.uri().path(), accepted.unwrap_or_default());
            std::future::ready(Ok::<_, Infallible>(answer))
        });
        tasks.spawn("admin", serve::run(listener, service, tasks.clone()));
        Ok(Self { address, lit })
    }

    /// The rooms are open.
    pub fn lit(&self) {
        self.lit.store(true, Ordering::Relaxed);
    }
}

#[derive(Clone)]
struct Desk {
    scrape: Scrape,
    lit: Arc<AtomicBool>,
    tasks: Tasks,
}

impl Desk {
    fn answer(&self, method: &Method, path: &str, accepted: &str) -> Response<Full<Bytes>> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
        }
        match path {
            "/healthz" => text(StatusCode::OK, "alive\n"),
            "/readyz" if self.tasks.is_stopping() => text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
            "/readyz" if !self.lit.load(Ordering::Relaxed) => {
                text(StatusCode::SERVICE_UNAVAILABLE, "starting\n")
            }
            "/readyz" => text(StatusCode::OK, "ready\n"),
            "/metrics" => self.metrics(accepted).unwrap_or_else(|error| {
                error.log("writing the metrics");
                text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n")
            }),
            _ => text(StatusCode::NOT_FOUND, "/metrics, /healthz and /readyz are here\n"),
        }
    }
}

impl Desk {
    /// As OpenMetrics where that is understood, since it alone has exemplars.
    fn metrics(&self, accepted: &str) -> Result<Response<Full<Bytes>>, Error> {
        if !accepted.contains(OPEN_METRICS) {
            return Ok(text(StatusCode::OK, self.scrape.text()?));
        }
        let mut response = text(StatusCode::OK, self.scrape.open_metrics()?);
        let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        Ok(response)
    }
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn it_is_ready_between_the_start_and_the_stop_and_alive_throughout() {
        let desk = Desk { scrape: Scrape::default(), lit: Arc::default(), tasks: Tasks::new() };
        let asked = |path: &str| desk.answer(&Method::GET, path, "").status().as_u16();
        assert_eq!([asked("/healthz"), asked("/readyz")], [200, 503]);
        desk.lit.store(true, Ordering::Relaxed);
        assert_eq!([asked("/healthz"), asked("/readyz"), asked("/metrics")], [200, 200, 200]);
        assert!(desk.tasks.stop(Duration::from_secs(1)).await);
        assert_eq!([asked("/healthz"), asked("/readyz")], [200, 503]);
        let open = desk.answer(
            &Method::GET,
            "/metrics",
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
        );
        assert!(open.headers()[CONTENT_TYPE].to_str().unwrap().starts_with(OPEN_METRICS));
        assert_eq!(asked("/api/v1/logs"), 404);
        assert_eq!(desk.answer(&Method::POST, "/readyz", "").status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
