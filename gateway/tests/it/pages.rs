//! The pages beside the API, and the end of the process.

use std::sync::Arc;
use std::time::Duration;

use backends::cache::memory::MemoryCache;
use chassis::auth::Verifier;
use chassis::clock::Clock;
use chassis::mesh::Dialer;
use chassis::shutdown::Tasks;
use chassis::{Foundation, Link};
use gateway::{Config, Needs};
use http::Method;
use proto::family::v1::{Family, GetFamilyRequest};
use tokio::sync::Notify;

use crate::fake::Fake;
use crate::house::{House, Send};
use crate::tokens::Tokens;

#[tokio::test]
async fn the_front_page_says_where_things_are() {
    let house = House::open(Fake::default()).await;
    let front = house.anonymous(Method::GET, "/").answer().await.json();
    for page in ["openapi", "alive", "ready"] {
        let answer = house.anonymous(Method::GET, front[page].as_str().unwrap()).answer().await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, "application/json"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn the_docs_come_from_here_and_run_nothing_inline() {
    let house = House::open(Fake::default()).await;
    let front = house.anonymous(Method::GET, "/").answer().await.json();
    let page = house.anonymous(Method::GET, front["docs"].as_str().unwrap()).answer().await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self'; style-src 'self'"), "{policy}");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");

    assert_eq!(page.body.matches("<script").count(), page.body.matches("<script src=\"/docs/").count());
    let named = page.body.split('"').filter(|text| text.starts_with('/'));
    let mut files = 0;
    for path in named {
        let file = house.anonymous(Method::GET, path).answer().await;
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header("cache-control"), "public, max-age=300", "{path}");
        assert!(!file.body.is_empty(), "{path}");
        if path.starts_with("/docs/") {
            assert!(
                file.header("content-security-policy").starts_with("default-src 'none'; object"),
                "{path}"
            );
        }
        files += 1;
    }
    // the viewer, its style, its start; and the description itself for those without scripts
    assert_eq!(files, 4);
    let post = house.anonymous(Method::POST, "/docs").answer().await;
    assert_eq!((post.status.as_u16(), post.header("allow")), (405, "GET"));
}

#[tokio::test]
async fn a_browser_makes_no_more_of_an_answer_than_it_is() {
    let house = House::open(Fake::default()).await;
    for path in ["/", "/healthz", "/openapi.json", "/nothing", "/api/v1/family", "/api/v1/members/x"] {
        let answer = house.anonymous(Method::GET, path).answer().await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        for directive in
            ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]
        {
            assert!(answer.header("content-security-policy").contains(directive), "{path} {directive}");
        }
        let hsts = answer.header("strict-transport-security");
        assert!(hsts.starts_with("max-age=63072000") && hsts.contains("includeSubDomains"), "{path} {hsts}");
    }
}

#[tokio::test]
async fn without_its_services_the_gateway_lives_and_is_not_ready() {
    let clock = Clock::system();
    let verifier = Verifier::new(Arc::new(Tokens::new(&clock)), clock.clone());
    // nobody listens on port 9
    let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
    let dialer = Dialer::new(&foundation.tasks);
    let nowhere = Link::remote(&"http://127.0.0.1:9".parse().unwrap(), &dialer).unwrap();
    let links =
        proto::descriptors().services().map(|service| (service.full_name().to_owned(), nowhere.clone()));
    let needs = Needs { foundation, links: links.collect(), cache: MemoryCache::new(&clock), verifier };
    let bound = gateway::serve(Config::new("127.0.0.1:0".parse().unwrap()), needs).await.unwrap();
    let get = async |path: &str| reqwest::get(format!("http://{}{path}", bound.address)).await.unwrap();
    assert_eq!(get("/healthz").await.status(), 200);
    let ready = get("/readyz").await;
    assert_eq!((ready.status().as_u16(), ready.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    let family = get("/.well-known/jwks.json").await;
    assert_eq!(
        (family.status().as_u16(), family.headers()["content-type"].to_str().unwrap()),
        (503, "application/problem+json")
    );
}

#[tokio::test]
async fn a_public_service_without_a_link_is_found_at_the_start() {
    let clock = Clock::system();
    let verifier = Verifier::new(Arc::new(Tokens::new(&clock)), clock.clone());
    let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
    let needs = Needs { foundation, links: Default::default(), cache: MemoryCache::new(&clock), verifier };
    assert!(gateway::serve(Config::new("127.0.0.1:0".parse().unwrap()), needs).await.is_err());
}

#[tokio::test]
async fn a_request_in_flight_finishes_before_the_end() {
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrives, goes_on) = (arrived.clone(), go_on.clone());
    let fake = Fake::default().on_async(
        "/praan.family.v1.FamilyService/GetFamily",
        move |_: tonic::Request<GetFamilyRequest>| {
            let (arrives, goes_on) = (arrives.clone(), goes_on.clone());
            async move {
                arrives.notify_one();
                goes_on.notified().await;
                Ok(Family { id: 3, created_at: None })
            }
        },
    );
    let house = House::open(fake).await;
    let request = house.request(Method::GET, "/api/v1/family").answer();
    let (answer, stopped) = tokio::join!(request, async {
        arrived.notified().await;
        let stop = house.tasks.stop(Duration::from_secs(20));
        tokio::pin!(stop);
        // polled once, so that it has begun
        assert!(futures_util::poll!(&mut stop).is_pending());
        go_on.notify_one();
        stop.await
    });
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"id":3}"#));
    assert!(stopped);
    assert!(reqwest::get(format!("http://{}/healthz", house.address)).await.is_err());
}
