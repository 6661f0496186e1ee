//! A method may take larger requests than others, and more time; its contract says so.

use std::sync::{Arc, Mutex};

use chassis::Error;
use http::Method;
use proto::logging::v1::logging_service_client::LoggingServiceClient;
use proto::logging::v1::{ImportMemberRequest, ImportMemberResponse, RecordedMember};
use tonic::{Code, Request};

use crate::fake::Fake;
use crate::house::{House, Send};
use crate::refusals::assert_problem;

const PATH: &str = "/api/v1/members/import";

/// What arrived: how long a name was, and how many seconds there were for it.
type Arrived = Arc<Mutex<Vec<(usize, u64)>>>;

fn taking() -> (Fake, Arrived) {
    let arrived = Arrived::default();
    let keep = arrived.clone();
    let take = move |request: Request<ImportMemberRequest>| {
        let left =
            request.metadata().get("grpc-timeout").and_then(|left| left.to_str().ok()).unwrap_or_default();
        let seconds = match left.strip_suffix('u') {
            Some(microseconds) => microseconds.parse::<u64>().unwrap() / 1_000_000,
            None => 0,
        };
        keep.lock().unwrap().push((request.into_inner().member.unwrap_or_default().name.len(), seconds));
        Ok(ImportMemberResponse::default())
    };
    (Fake::default().on("/praan.logging.v1.LoggingService/ImportMember", take), arrived)
}

fn document(size: usize) -> String {
    format!("{{\"format\":\"praan.member/1\",\"member\":{{\"name\":\"{}\"}}}}", "x".repeat(size))
}

#[tokio::test]
async fn what_is_larger_than_others_passes_with_the_time_it_needs_whatever_it_speaks() {
    let (fake, arrived) = taking();
    let house = House::open(fake).await;
    assert_eq!(house.post(PATH, &document(3 << 20)).await.status, 201);
    let mut client = LoggingServiceClient::new(house.channel().await);
    let member = RecordedMember { name: "x".repeat(2 << 20), ..Default::default() };
    let request = ImportMemberRequest { member: Some(member), ..Default::default() };
    client.import_member(house.grpc(request.clone())).await.unwrap();
    let mut hasty = house.grpc(request);
    hasty.set_timeout(std::time::Duration::from_secs(30));
    client.import_member(hasty).await.unwrap();
    let arrived = arrived.lock().unwrap().clone();
    assert_eq!(arrived.iter().map(|(size, _)| *size).collect::<Vec<_>>(), [3 << 20, 2 << 20, 2 << 20]);
    let seconds: Vec<_> = arrived.iter().map(|(_, seconds)| *seconds).collect();
    assert!(seconds[0] > 30 && seconds[1] > 30 && (11..=30).contains(&seconds[2]), "{seconds:?}");
}

#[tokio::test]
async fn there_is_an_end_to_it_and_a_stranger_is_told_before_anything_is_kept() {
    let (fake, arrived) = taking();
    let house = House::open(fake).await;
    let problem = house.post(PATH, &document(16 << 20)).await;
    assert_problem(&problem, 413, "too-large");
    assert!(problem.json()["detail"].as_str().unwrap().contains("16 MiB"));
    for token in ["", "nonsense"] {
        let request = house.anonymous(Method::POST, PATH).header("content-type", "application/json");
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        assert_problem(&request.body(document(3 << 20)).answer().await, 401, "unauthenticated");
    }
    let mut client = LoggingServiceClient::new(house.channel().await);
    let member = RecordedMember { name: "x".repeat(16 << 20), ..Default::default() };
    let large = ImportMemberRequest { member: Some(member), ..Default::default() };
    let refused = client.import_member(large.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let refused = client.import_member(house.grpc(large)).await.unwrap_err();
    assert_eq!(Error::from(refused).kind(), chassis::Kind::TooLarge);
    assert_eq!(*arrived.lock().unwrap(), []);
}

#[tokio::test]
async fn the_description_says_how_much() {
    let house = House::open(Fake::default()).await;
    let document = house.anonymous(Method::GET, "/openapi.json").answer().await.json();
    assert_eq!(document["paths"][PATH]["post"]["x-body-mebibytes"], 16);
    assert!(document["paths"]["/api/v1/members"]["post"]["x-body-mebibytes"].is_null());
}
