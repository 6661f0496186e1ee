use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use backends::Objects;
use backends::objects::embedded::{Embedded, Settings, start};
use chassis::Foundation;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;

use super::Adapter;
use super::http::{fetch, request};

/// The server inside the process, on a directory of its own.
pub struct Server(tempfile::TempDir);

impl Default for Server {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Server {
    async fn start(&self, foundation: &Foundation, public_endpoint: Option<String>) -> Embedded {
        let address = "127.0.0.1:0".parse().unwrap();
        let directory = self.0.path().to_owned();
        start(foundation, Settings { address, public_endpoint, directory, bucket: "praan".to_owned() })
            .await
            .unwrap()
    }
}

impl Adapter for Server {
    async fn open(&self, clock: &Clock) -> Objects {
        let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
        self.start(&foundation, None).await.objects
    }
}

super::objects_suite!(Server);

#[tokio::test]
async fn objects_and_credentials_outlast_a_restart() {
    let server = Server::default();
    let foundation = Foundation::system();
    let first = server.start(&foundation, None).await;
    first.objects.put("a", "image/png", "content".into()).await.unwrap();
    assert!(foundation.tasks.stop(Duration::from_secs(30)).await);
    let second = server.start(&Foundation::system(), None).await;
    assert_eq!(second.objects.get("a", 100).await.unwrap().unwrap(), "content");
    let mode = std::fs::metadata(server.0.path().join("credentials")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn requests_are_presigned_for_the_public_endpoint() {
    let server = Server::default();
    let public = "https://objects.example.org".to_owned();
    let embedded = server.start(&Foundation::system(), Some(public.clone())).await;
    let presigned = embedded.objects.presign_put("a", "image/png", 5, Duration::from_secs(60)).await.unwrap();
    assert!(presigned.url.starts_with(&public), "{}", presigned.url);
    embedded.objects.put("a", "image/png", "still".into()).await.unwrap();
}

#[tokio::test]
async fn a_browser_on_any_page_may_send_what_was_presigned() {
    let server = Server::default();
    let objects = server.open(&Clock::system()).await;
    let presigned = objects.presign_put("a", "image/png", 5, Duration::from_secs(60)).await.unwrap();
    let preflight = reqwest::Client::new()
        .request(reqwest::Method::OPTIONS, &presigned.url)
        .header("origin", "https://app.example.org")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type");
    let answer = fetch(preflight).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert!(answer.headers()["access-control-allow-methods"].to_str().unwrap().contains("PUT"));
    let upload = fetch(request(&presigned).header("origin", "https://app.example.org").body("hello")).await;
    assert_eq!(
        (upload.status().as_u16(), &upload.headers()["access-control-allow-origin"]),
        (200, &"*".parse().unwrap())
    );
}
