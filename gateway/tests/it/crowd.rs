//! When there is more to do than can be done, some are answered, and the rest are told at once to come again.

mod slow;

use std::sync::Arc;
use std::time::Duration;

use chassis::Error;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use gateway::Capacity;
use http::Method;
use proto::adherence::v1::{Dashboard, GetDashboardRequest, ProgramEvent, WatchProgramRequest};
use proto::identity::v1::{GetJwksRequest, Jwks};
use proto::logging::v1::logging_service_client::LoggingServiceClient;
use proto::logging::v1::{
    CreateLogRequest, CreateLogResponse, GetLogRequest, ListHistoryRequest, ListHistoryResponse, Log,
};
use tokio::sync::Semaphore;
use tonic::Code;

use crate::fake::Fake;
use crate::grpc::frame;
use crate::house::{Answer, House, Send};

const HOUR: Duration = Duration::from_secs(3600);
const CREATE_LOG: &str = "/praan.logging.v1.LoggingService/CreateLog";
const GET_LOG: &str = "/praan.logging.v1.LoggingService/GetLog";
const LIST_HISTORY: &str = "/praan.logging.v1.LoggingService/ListHistory";
const HISTORY: &str = "/api/v1/programs/1/history";

/// Where the requests of a service wait until the test lets them go on.
struct Gate {
    arrived: Semaphore,
    go_on: Semaphore,
}

impl Gate {
    async fn pass(&self) {
        self.arrived.add_permits(1);
        self.go_on.acquire().await.unwrap().forget();
    }

    /// Until so many more have arrived.
    async fn arrived(&self, count: u32) {
        self.arrived.acquire_many(count).await.unwrap().forget();
    }

    fn let_go_on(&self, count: usize) {
        self.go_on.add_permits(count);
    }
}

/// A service that answers when it is allowed to.
fn held() -> (Arc<Gate>, Fake) {
    let gate = Arc::new(Gate { arrived: Semaphore::new(0), go_on: Semaphore::new(0) });
    let pass = || {
        let gate = gate.clone();
        move || {
            let gate = gate.clone();
            async move { gate.pass().await }
        }
    };
    let (create, get, list) = (pass(), pass(), pass());
    let fake = Fake::default()
        .on_async(CREATE_LOG, move |_: tonic::Request<CreateLogRequest>| {
            create().map(|()| Ok(CreateLogResponse::default()))
        })
        .on_async(GET_LOG, move |request: tonic::Request<GetLogRequest>| {
            let panics = request.get_ref().log_id == 13;
            get().map(move |()| if panics { panic!("on purpose") } else { Ok(Log::default()) })
        })
        .on_async(LIST_HISTORY, move |_: tonic::Request<ListHistoryRequest>| {
            list().map(|()| Ok(ListHistoryResponse::default()))
        })
        .on("/praan.identity.v1.IdentityService/GetJwks", |_: tonic::Request<GetJwksRequest>| {
            Ok(Jwks::default())
        });
    (gate, fake)
}

async fn open(fake: Fake, at_once: usize, waiting: usize, patience: Duration) -> House {
    let capacity = Capacity { at_once, waiting, patience };
    House::with(fake, |config| {
        config.rate_limits = false;
        config.capacity = capacity;
    })
    .await
}

fn assert_refused(answer: &Answer) {
    let problem = answer.json();
    assert_eq!(
        (answer.status.as_u16(), problem["type"].as_str()),
        (503, Some("urn:praan:problem:overloaded"))
    );
    let after = problem["retry_after_ms"].as_u64().unwrap();
    assert!((500..6000).contains(&after), "{after}");
    assert_eq!(answer.header("retry-after"), after.div_ceil(1000).to_string());
    assert_eq!(answer.header("ratelimit"), "", "it was not counted");
}

#[tokio::test]
async fn as_many_as_there_are_places_are_answered_and_the_critical_go_first() {
    let (gate, fake) = held();
    let house = open(fake, 1, 3, HOUR).await;
    let first = house.get("/api/v1/logs/1");
    let rest = async {
        gate.arrived(1).await;
        let lists = (0..5).map(|_| house.get(HISTORY).map(|answer| (false, answer)).left_future());
        let writes =
            (0..5).map(|_| house.post("/api/v1/logs", "{}").map(|answer| (true, answer)).right_future());
        let mut answers: FuturesUnordered<_> = lists.chain(writes).collect();
        let mut refused = Vec::new();
        while refused.len() < 7 {
            let (critical, answer) = answers.next().await.unwrap();
            assert_refused(&answer);
            refused.push(critical);
        }
        assert_eq!(
            refused.iter().filter(|critical| **critical).count(),
            2,
            "three of the five wait, and no list"
        );

        // gRPC is told the same
        let mut client = LoggingServiceClient::new(house.channel().await);
        let status = client.list_history(house.grpc(ListHistoryRequest::default())).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        let after = Error::from(status).retry_after().unwrap();
        assert!(after >= Duration::from_millis(500) && after < Duration::from_secs(6), "{after:?}");
        // and other services are not held up
        assert_eq!(house.anonymous(Method::GET, "/.well-known/jwks.json").answer().await.status, 200);

        gate.let_go_on(4);
        while let Some((critical, answer)) = answers.next().await {
            assert_eq!((critical, answer.status.as_u16()), (true, 201));
        }
    };
    let (first, ()) = tokio::join!(first, rest);
    assert_eq!(first.status, 200);
    gate.arrived(3).await;
    assert_eq!(gate.arrived.available_permits(), 0, "the service has seen four, one at a time");
}

#[tokio::test]
async fn whoever_waits_too_long_for_us_or_for_its_caller_is_sent_away() {
    let (gate, fake) = held();
    let house = open(fake, 1, 9, HOUR).await;
    let rest = async {
        gate.arrived(1).await;
        // a client that does not look at its own watch
        let asked = house.request(Method::POST, GET_LOG).header("content-type", "application/grpc-web+proto");
        let answer = asked.header("grpc-timeout", "20m").body(frame(0, b"")).answer().await;
        assert_eq!(answer.header("grpc-status"), "14");
        gate.let_go_on(1);
    };
    let (first, ()) = tokio::join!(house.get("/api/v1/logs/1"), rest);
    assert_eq!(first.status, 200);

    let (gate, fake) = held();
    let house = open(fake, 1, 9, Duration::from_millis(20)).await;
    let rest = async {
        gate.arrived(1).await;
        assert_refused(&house.get("/api/v1/logs/2").await);
        gate.let_go_on(1);
    };
    let (first, ()) = tokio::join!(house.get("/api/v1/logs/1"), rest);
    assert_eq!(first.status, 200);
}

#[tokio::test]
async fn a_place_comes_back_however_a_request_ends() {
    let (gate, fake) = held();
    let house = open(fake, 1, 0, HOUR).await;
    // whoever comes is answered, as soon as the place is back
    let again = async || loop {
        let mut asked = Box::pin(house.get("/api/v1/logs/1"));
        tokio::select! {
            refused = &mut asked => assert_refused(&refused),
            () = gate.arrived(1) => {
                gate.let_go_on(1);
                assert_eq!(asked.await.status, 200);
                return;
            }
        }
    };
    gate.let_go_on(1);
    assert_eq!(house.get("/api/v1/logs/13").await.status, 500, "a panic");
    gate.arrived(1).await;
    again().await;

    let mut given_up = Box::pin(house.get("/api/v1/logs/2"));
    tokio::select! {
        answer = &mut given_up => panic!("{answer:?}"),
        () = gate.arrived(1) => {}
    }
    assert_refused(&house.get("/api/v1/logs/3").await);
    drop(given_up);
    again().await;

    let mut client = LoggingServiceClient::new(house.channel().await);
    let reset = client.get_log(house.grpc(GetLogRequest { log_id: 2, ..Default::default() }));
    tokio::select! {
        answer = reset => panic!("{answer:?}"),
        () = gate.arrived(1) => {}
    }
    again().await;
}

#[tokio::test]
async fn a_stream_gives_its_place_back_once_it_has_begun() {
    let fake = Fake::default()
        .on_stream(
            "/praan.adherence.v1.AdherenceService/WatchProgram",
            |_: tonic::Request<WatchProgramRequest>| {
                Ok(stream::iter([Ok(ProgramEvent::default())]).chain(stream::pending()).boxed())
            },
        )
        .on("/praan.adherence.v1.AdherenceService/GetDashboard", |_: tonic::Request<GetDashboardRequest>| {
            Ok(Dashboard::default())
        });
    let house = open(fake, 1, 0, HOUR).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = house.request(Method::GET, "/api/v1/programs/5/events").send().await.unwrap();
        assert!(stream.chunk().await.unwrap().is_some());
        streams.push(stream);
    }
    assert_eq!(house.get("/api/v1/programs/5/dashboard").await.status, 200);
}
