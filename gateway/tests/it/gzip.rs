//! What is long goes out compressed to those who ask for it, and nothing else does.

use std::io::Read;

use flate2::read::GzDecoder;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Method};
use proto::adherence::v1::{EventKind, ProgramEvent, WatchProgramRequest};
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::family::v1::{GetMemberRequest, Member};
use proto::identity::v1::{LoginRequest, Tokens};

use crate::fake::Fake;
use crate::house::{House, Send};

const MEMBER: &str = "/api/v1/members/1";

fn house() -> impl Future<Output = House> {
    let long = |id: i64| Member { id, name: "a".repeat(2000), ..Member::default() };
    let fake = Fake::default()
        .on("/praan.family.v1.FamilyService/GetMember", move |request: tonic::Request<GetMemberRequest>| {
            match request.get_ref().member_id {
                1 => Ok(long(1)),
                _ => Ok(Member { name: "a".repeat(500), ..Member::default() }),
            }
        })
        .on("/praan.identity.v1.IdentityService/Login", |_: tonic::Request<LoginRequest>| {
            Ok(Tokens { access_token: "t".repeat(2000), ..Tokens::default() })
        })
        .on_stream(
            "/praan.adherence.v1.AdherenceService/WatchProgram",
            |_: tonic::Request<WatchProgramRequest>| {
                let event = ProgramEvent {
                    kind: EventKind::Score.into(),
                    date: "d".repeat(3000),
                    ..ProgramEvent::default()
                };
                Ok(stream::iter([Ok(event)]).boxed())
            },
        );
    House::open(fake)
}

struct Raw {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Raw {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn unpacked(&self) -> String {
        assert_eq!(self.header("content-encoding"), "gzip");
        let mut text = String::new();
        GzDecoder::new(&self.bytes[..]).read_to_string(&mut text).unwrap();
        text
    }
}

async fn send(request: reqwest::RequestBuilder, accepts: &str) -> Raw {
    let request = if accepts.is_empty() { request } else { request.header("accept-encoding", accepts) };
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Raw { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_those_who_ask() {
    let house = house().await;
    let plain = send(house.request(Method::GET, MEMBER), "").await;
    assert_eq!(
        (plain.status, plain.header("content-encoding"), plain.header("vary")),
        (200, "", "accept-encoding")
    );
    for accepts in ["gzip", "gzip, deflate, br, zstd", "br;q=1, *;q=0.1"] {
        let packed = send(house.request(Method::GET, MEMBER), accepts).await;
        assert_eq!((packed.status, packed.header("vary")), (200, "accept-encoding"), "{accepts}");
        assert_eq!(
            (packed.header("content-type"), packed.header("cache-control")),
            ("application/json", "no-store")
        );
        assert!(packed.bytes.len() < 300, "{accepts}: {}", packed.bytes.len());
        assert_eq!(packed.header("content-length"), packed.bytes.len().to_string());
        assert_eq!(packed.unpacked().as_bytes(), plain.bytes);
        let head = send(house.request(Method::HEAD, MEMBER), accepts).await;
        assert_eq!(head.header("content-length"), packed.header("content-length"));
        assert_eq!((head.header("content-encoding"), head.bytes.len()), ("gzip", 0));
    }
    for accepts in ["br", "gzip;q=0", "identity"] {
        let answer = send(house.request(Method::GET, MEMBER), accepts).await;
        assert_eq!((answer.header("content-encoding"), &answer.bytes), ("", &plain.bytes), "{accepts}");
    }
}

#[tokio::test]
async fn what_is_short_or_holds_a_new_token_or_streams_is_not() {
    let house = house().await;
    let short = send(house.request(Method::GET, "/api/v1/members/2"), "gzip").await;
    assert_eq!((short.status, short.header("content-encoding"), short.header("vary")), (200, "", ""));
    assert!((500..1024).contains(&short.bytes.len()));

    let login = house.anonymous(Method::POST, "/api/v1/auth/login");
    let tokens =
        send(login.json_text(r#"{"email":"a@example.org","password":"a long password"}"#), "gzip").await;
    assert_eq!((tokens.status, tokens.header("content-encoding")), (200, ""));
    assert!(tokens.bytes.len() > 2000);

    let events = send(house.request(Method::GET, "/api/v1/programs/5/events"), "gzip").await;
    assert_eq!((events.status, events.header("content-encoding")), (200, ""));
    assert!(events.bytes.len() > 3000);

    let missing = send(house.request(Method::GET, "/api/v1/members/x"), "gzip").await;
    assert_eq!((missing.status, missing.header("content-encoding")), (400, ""));
}

#[tokio::test]
async fn grpc_is_passed_on_as_it_is() {
    let house = house().await;
    let mut client = FamilyServiceClient::new(house.channel().await);
    let mut request = house.grpc(GetMemberRequest { member_id: 1 });
    for name in ["accept-encoding", "grpc-accept-encoding"] {
        request.metadata_mut().insert(name, "gzip".parse().unwrap());
    }
    let answer = client.get_member(request).await.unwrap();
    let compressed = |name| answer.metadata().contains_key(name);
    assert!(!compressed("content-encoding") && !compressed("grpc-encoding") && !compressed("vary"));
    assert_eq!(answer.get_ref().name.len(), 2000);
}

#[tokio::test]
async fn a_request_may_not_be_compressed() {
    let house = house().await;
    let request = house.request(Method::POST, "/api/v1/members").json_text("{}");
    let answer = request.header("content-encoding", "gzip").answer().await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (415, "application/problem+json"));
}

#[tokio::test]
async fn what_is_kept_compressed_is_there_for_everybody() {
    let house = house().await;
    for path in ["/openapi.json", "/docs/swagger-ui.js", "/docs/swagger-ui.css"] {
        let plain = send(house.anonymous(Method::GET, path), "").await;
        let packed = send(house.anonymous(Method::GET, path), "gzip").await;
        assert_eq!(
            (plain.header("content-encoding"), plain.header("vary")),
            ("", "accept-encoding"),
            "{path}"
        );
        assert_eq!(packed.unpacked().as_bytes(), plain.bytes, "{path}");
        assert!(packed.bytes.len() * 3 < plain.bytes.len(), "{path}");
    }
}
