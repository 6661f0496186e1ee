//! Streams over REST are server-sent events.

use std::time::Duration;

use chassis::Error;
use futures_util::{StreamExt, stream};
use http::Method;
use prost_types::Timestamp;
use proto::adherence::v1::{EventKind, LogStatus, ProgramEvent, WatchProgramRequest};
use tonic::Status;

use crate::fake::Fake;
use crate::house::{House, Send};
use crate::rest::kept;

const WATCH: &str = "/praan.adherence.v1.AdherenceService/WatchProgram";
const EVENTS: &str = "/api/v1/programs/5/events";

fn event(id: i64) -> ProgramEvent {
    ProgramEvent {
        id,
        kind: EventKind::Log.into(),
        log_id: 9,
        status: LogStatus::Completed.into(),
        date: "2026-03-01".into(),
        total_score: None,
        occurred_at: Some(Timestamp { seconds: 1_772_352_000, nanos: 0 }),
    }
}

#[tokio::test]
async fn messages_are_events_and_a_fault_is_the_last() {
    let (arrived, keep) = kept::<WatchProgramRequest>();
    let fake = Fake::default().on_stream(WATCH, move |request| {
        keep(request.get_ref());
        let score = ProgramEvent {
            id: 42,
            kind: EventKind::Score.into(),
            total_score: Some(81.25),
            ..Default::default()
        };
        let fault = Status::from(Error::denied());
        Ok(stream::iter([Ok(event(41)), Ok(score), Err(fault), Ok(event(43))]).boxed())
    });
    let house = House::open(fake).await;
    let answer = house
        .request(Method::GET, &format!("{EVENTS}?after_event_id=7"))
        .header("last-event-id", "40")
        .answer()
        .await;
    assert_eq!(
        arrived.lock().unwrap().take(),
        Some(WatchProgramRequest { program_id: 5, after_event_id: 40 })
    );
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/event-stream"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let (events, problem) = answer.body.split_at(answer.body.find("event: problem").unwrap());
    assert_eq!(
        events,
        "id: 41\nevent: log\ndata: {\"id\":41,\"kind\":\"LOG\",\"log_id\":9,\"status\":\"COMPLETED\",\
         \"date\":\"2026-03-01\",\"total_score\":null,\"occurred_at\":\"2026-03-01T08:00:00Z\"}\n\n\
         id: 42\nevent: score\ndata: {\"id\":42,\"kind\":\"SCORE\",\"log_id\":0,\"date\":\"\",\"total_score\":81.25}\n\n"
    );
    let problem = problem.strip_prefix("event: problem\ndata: ").unwrap().strip_suffix("\n\n").unwrap();
    let problem: serde_json::Value = serde_json::from_str(problem).unwrap();
    assert_eq!(
        (problem["status"].as_u64(), problem["request_id"].as_str()),
        (Some(403), Some(answer.header("x-request-id")))
    );
}

#[tokio::test]
async fn what_fails_before_the_first_event_is_a_plain_problem() {
    let fake = Fake::default().on_stream(WATCH, |_: tonic::Request<WatchProgramRequest>| {
        Err::<stream::BoxStream<'_, Result<ProgramEvent, _>>, _>(Error::denied())
    });
    let house = House::open(fake).await;
    let denied = house.get(EVENTS).await;
    assert_eq!((denied.status.as_u16(), denied.header("content-type")), (403, "application/problem+json"));
    assert_eq!(house.anonymous(Method::GET, EVENTS).answer().await.status, 401);
    let bad = house.request(Method::GET, EVENTS).header("last-event-id", "x").answer().await;
    assert_eq!(
        (bad.status.as_u16(), bad.errors()),
        (400, vec!["after_event_id: must be a whole number".to_owned()])
    );
}

#[tokio::test]
async fn a_stream_ends_in_order_when_the_process_stops() {
    let fake = Fake::default().on_stream(WATCH, |_: tonic::Request<WatchProgramRequest>| {
        Ok(stream::iter([Ok(event(1))]).chain(stream::pending()).boxed())
    });
    let house = House::open(fake).await;
    let response = house.request(Method::GET, EVENTS).send().await.unwrap();
    let mut body = response.bytes_stream();
    assert!(body.next().await.unwrap().unwrap().starts_with(b"id: 1\n"));
    let (stopped, rest) = tokio::join!(house.tasks.stop(Duration::from_secs(20)), body.next());
    assert!(stopped && rest.is_none(), "{rest:?}");
}
