//! Browsers' pages get in only from origins that were named.

use http::Method;

use crate::fake::Fake;
use crate::house::{Answer, House, Send};

async fn preflight(house: &House, origin: &str) -> Answer {
    let request = house.anonymous(Method::OPTIONS, "/api/v1/logs").header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    request
        .header("access-control-request-headers", "authorization,content-type,x-request-id,x-grpc-web")
        .answer()
        .await
}

#[tokio::test]
async fn closed_by_default() {
    let house = House::open(Fake::default()).await;
    let answer = preflight(&house, "https://app.example.org").await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (405, ""));
    let simple =
        house.anonymous(Method::GET, "/healthz").header("origin", "https://app.example.org").answer().await;
    assert_eq!(simple.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn open_to_those_named() {
    let house =
        House::with(Fake::default(), |config| config.cors_origins = vec!["https://app.example.org".into()])
            .await;
    let answer = preflight(&house, "https://app.example.org").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("access-control-allow-origin")),
        (200, "https://app.example.org")
    );
    for name in ["authorization", "content-type", "x-request-id", "x-grpc-web", "last-event-id"] {
        assert!(answer.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert!(answer.header("access-control-allow-methods").contains("PATCH"));
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert!(uuid::Uuid::parse_str(answer.header("x-request-id")).is_ok());

    // a refusal is readable too, even one that comes before everything else
    let request = house.anonymous(Method::GET, "/api/v1/family").header("origin", "https://app.example.org");
    let refused = request.header("x-request-id", "bad").answer().await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("access-control-allow-origin")),
        (400, "https://app.example.org")
    );
    for name in ["x-request-id", "retry-after", "ratelimit,", "ratelimit-policy", "grpc-status-details-bin"] {
        assert!(refused.header("access-control-expose-headers").contains(name), "{name}");
    }
    assert_eq!(preflight(&house, "https://evil.example.org").await.header("access-control-allow-origin"), "");
}
