//! Answers that are a document of their own, in pieces.

use std::time::Duration;

use chassis::Error;
use futures_util::{StreamExt, stream};
use http::Method;
use proto::google::api::HttpBody;
use proto::logging::v1::{ExportFormat, ExportMemberRequest};
use tonic::{Request, Status};

use crate::fake::Fake;
use crate::house::{House, Send};
use crate::rest::kept;

const EXPORT: &str = "/praan.logging.v1.LoggingService/ExportMember";
const PATH: &str = "/api/v1/members/5/export";

fn piece(content_type: &str, data: &[u8]) -> HttpBody {
    HttpBody { content_type: content_type.into(), data: data.into(), extensions: Vec::new() }
}

fn answering(pieces: Vec<Result<HttpBody, Status>>) -> Fake {
    let pieces = std::sync::Arc::new(pieces);
    Fake::default()
        .on_stream(EXPORT, move |_: Request<ExportMemberRequest>| Ok(stream::iter(pieces.to_vec()).boxed()))
}

#[tokio::test]
async fn the_pieces_are_the_body_under_the_type_that_they_say() {
    let (arrived, keep) = kept::<ExportMemberRequest>();
    let fake = Fake::default().on_stream(EXPORT, move |request| {
        keep(request.get_ref());
        let pieces = [Ok(piece("application/json", b"{\"a\":")), Ok(piece("application/json", b"[1]}"))];
        Ok(stream::iter(pieces).boxed())
    });
    let house = House::open(fake).await;
    let answer = house.get(&format!("{PATH}?format=JSON")).await;
    let asked = ExportMemberRequest { member_id: 5, format: ExportFormat::Json.into() };
    assert_eq!(arrived.lock().unwrap().take(), Some(asked));
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!((answer.body.as_str(), answer.header("cache-control")), ("{\"a\":[1]}", "no-store"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let head = house.request(Method::HEAD, PATH).answer().await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-type"), head.body.as_str()),
        (200, "application/json", "")
    );
}

#[tokio::test]
async fn what_fails_before_the_first_piece_is_a_plain_problem() {
    let refusing = Fake::default().on_stream(EXPORT, |_: Request<ExportMemberRequest>| {
        Err::<stream::BoxStream<'_, Result<HttpBody, _>>, _>(Error::denied())
    });
    for (fake, status) in [
        (refusing, 403),
        (answering(vec![Err(Error::unavailable("away").into())]), 503),
        (answering(Vec::new()), 500),
        // of a type that nobody was promised
        (answering(vec![Ok(piece("text/html", b"<script>"))]), 500),
    ] {
        let house = House::open(fake).await;
        let answer = house.get(PATH).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (status, "application/problem+json")
        );
    }
    let house = House::open(Fake::default()).await;
    let bad = house.get(&format!("{PATH}?format=XML")).await;
    assert_eq!((bad.status.as_u16(), bad.errors().len()), (400, 1));
}

#[tokio::test]
async fn what_fails_later_breaks_the_transfer_off() {
    let fake = Fake::default().on_stream(EXPORT, |_: Request<ExportMemberRequest>| {
        let first = stream::iter([Ok(piece("application/json", b"{\"a\":1}"))]);
        // later than the first piece is on its way
        let fault = stream::once(async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Err(Status::from(Error::unavailable("away")))
        });
        Ok(first.chain(fault).boxed())
    });
    let house = House::open(fake).await;
    let response = house.request(Method::GET, PATH).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err(), "what looks whole is not taken for it");
}

#[tokio::test]
async fn a_transfer_is_broken_off_when_the_process_stops() {
    let fake = Fake::default().on_stream(EXPORT, |_: Request<ExportMemberRequest>| {
        let first = Ok(piece("application/json", b"{\"a\":1}"));
        Ok(stream::iter([first]).chain(stream::pending()).boxed())
    });
    let house = House::open(fake).await;
    let mut body = house.request(Method::GET, PATH).send().await.unwrap().bytes_stream();
    assert_eq!(body.next().await.unwrap().unwrap(), "{\"a\":1}");
    let (_, rest) = tokio::join!(house.tasks.stop(Duration::from_secs(20)), body.next());
    assert!(rest.is_some_and(|rest| rest.is_err()), "no part is taken for the whole");
}

#[tokio::test]
async fn the_description_names_the_types() {
    let house = House::open(Fake::default()).await;
    let document = house.anonymous(Method::GET, "/openapi.json").answer().await.json();
    let content =
        &document["paths"]["/api/v1/members/{member_id}/export"]["get"]["responses"]["200"]["content"];
    let types: Vec<&str> = content.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(types, ["application/fhir+json", "application/json"]);
    assert_eq!(document["components"]["schemas"]["HttpBody"], serde_json::Value::Null);
}
