//! Every refusal is a problem (RFC 9457), and says no more than it may.

use std::time::Duration;

use chassis::Error;
use http::Method;
use proto::family::v1::{CreateMemberRequest, GetMemberRequest, Member};

use crate::fake::Fake;
use crate::house::{Answer, House, Send};

const ID: &str = "0196a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5b";

#[track_caller]
pub fn assert_problem(answer: &Answer, status: u16, kind: &str) {
    let problem = answer.json();
    assert_eq!(
        (answer.status.as_u16(), problem["status"].as_u64()),
        (status, Some(status.into())),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(problem["type"], format!("urn:praan:problem:{kind}"));
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
    assert!(problem["title"].is_string() && problem["detail"].is_string());
}

#[tokio::test]
async fn what_is_not_there_or_not_so_is_a_problem() {
    let house = House::open(Fake::default()).await;
    for path in [
        "/nothing",
        "/api/v1/members/1/",
        "/api/v1",
        "/api/v2/members",
        "/praan.family.v1.FamilyService/GetMember",
    ] {
        assert_problem(&house.get(path).await, 404, "not-found");
    }
    let other = house.request(Method::PUT, "/api/v1/members/4").json_text("{}").answer().await;
    assert_problem(&other, 405, "method-not-allowed");
    let mut allowed: Vec<_> = other.header("allow").split(", ").collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "GET", "PATCH"]);
    assert_problem(&house.request(Method::POST, "/openapi.json").answer().await, 405, "method-not-allowed");
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let sent = house.request(Method::POST, "/api/v1/members").header("content-type", media).body("{}");
        assert_problem(&sent.answer().await, 415, "unsupported-media");
    }
    let sent = house
        .request(Method::POST, "/api/v1/members")
        .header("content-type", "Application/JSON; charset=utf-8");
    assert_problem(&sent.body("{").answer().await, 400, "invalid");
}

#[tokio::test]
async fn a_body_above_a_mebibyte_is_refused_however_it_comes() {
    let fake = Fake::default()
        .on("/praan.family.v1.FamilyService/CreateMember", |_: tonic::Request<CreateMemberRequest>| {
            Ok(Member::default())
        });
    let house = House::open(fake).await;
    let body = |size: usize| format!("{{\"name\":\"{}\"}}", "x".repeat(size - 11));
    assert_eq!(house.post("/api/v1/members", &body(1 << 20)).await.status, 201);
    assert_problem(&house.post("/api/v1/members", &body((1 << 20) + 1)).await, 413, "too-large");
    let chunks = body((1 << 20) + 1)
        .into_bytes()
        .chunks(9999)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect::<Vec<_>>();
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let sent = house
        .request(Method::POST, "/api/v1/members")
        .header("content-type", "application/json")
        .body(stream);
    assert_problem(&sent.answer().await, 413, "too-large");
}

#[tokio::test]
async fn no_token_is_a_challenge() {
    let house = House::open(Fake::default()).await;
    for request in [
        house.anonymous(Method::GET, "/api/v1/members"),
        house.anonymous(Method::GET, "/api/v1/members").bearer_auth("nonsense"),
        house.anonymous(Method::GET, "/api/v1/members").header("authorization", "Basic eDp5"),
    ] {
        let answer = request.answer().await;
        assert_problem(&answer, 401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn foreign_and_absent_are_the_same_bytes() {
    let fake = Fake::default()
        .on("/praan.family.v1.FamilyService/GetMember", |_: tonic::Request<GetMemberRequest>| {
            Err::<Member, _>(Error::denied())
        });
    let house = House::open(fake).await;
    let ask = async |path: &str| house.request(Method::GET, path).header("x-request-id", ID).answer().await;
    let (foreign, absent) = (ask("/api/v1/members/1").await, ask("/api/v1/members/999999").await);
    assert_problem(&foreign, 403, "denied");
    assert_eq!(foreign.body, absent.body);
    let names =
        |answer: &Answer| answer.headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&foreign), names(&absent));
}

#[tokio::test]
async fn the_errors_of_services_keep_their_kind_and_hide_their_cause() {
    let fake = Fake::default().on("/praan.family.v1.FamilyService/CreateMember", |request| {
        let CreateMemberRequest { name, .. } = request.into_inner();
        Err::<Member, _>(match name.as_str() {
            "conflict" => Error::conflict("it exists"),
            "state" => Error::illegal_state("it rests"),
            "flight" => Error::in_flight(),
            "key" => Error::key_reused(),
            "limit" => Error::rate_limited(Duration::from_millis(1500)),
            "down" => Error::unavailable("postgres://secret"),
            "late" => Error::deadline(),
            "panic" => panic!("on purpose"),
            _ => Error::internal("systolic=180"),
        })
    });
    let house = House::open(fake).await;
    for (name, status, kind, retry) in [
        ("conflict", 409, "conflict", ""),
        ("state", 409, "illegal-state", ""),
        ("flight", 409, "in-flight", "1"),
        ("key", 422, "key-reused", ""),
        ("limit", 429, "rate-limited", "2"),
        ("down", 503, "unavailable", "1"),
        ("late", 504, "deadline", ""),
        ("fault", 500, "internal", ""),
        ("panic", 500, "internal", ""),
    ] {
        let answer = house.post("/api/v1/members", &format!(r#"{{"name":"{name}"}}"#)).await;
        assert_problem(&answer, status, kind);
        assert_eq!(answer.header("retry-after"), retry, "{name}");
        assert!(!answer.body.contains("secret") && !answer.body.contains("systolic"), "{}", answer.body);
    }
}
