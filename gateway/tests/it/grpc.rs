//! gRPC and gRPC-web on the same port: public methods pass as they are, and nothing else does.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use chassis::Error;
use futures_util::{StreamExt, stream};
use http::Method;
use prost::Message;
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::adherence::v1::{ProgramEvent, RecordLogRequest, WatchProgramRequest};
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::family::v1::{AuthorizeMemberRequest, GetMemberRequest, Member};
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::identity::v1::{CheckSessionRequest, GetMeRequest};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request};

use crate::fake::Fake;
use crate::house::{House, Send};
use crate::rest::kept;

const GET_MEMBER: &str = "/praan.family.v1.FamilyService/GetMember";
const ID: &str = "0196a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5b";

fn members() -> Fake {
    Fake::default().on(GET_MEMBER, |request| match request.into_inner() {
        GetMemberRequest { member_id: 4 } => Ok(Member { id: 4, name: "Asha".into(), ..Default::default() }),
        GetMemberRequest { .. } => Err(Error::denied()),
    })
}

#[tokio::test]
async fn public_methods_pass_with_their_metadata() {
    let (arrived, keep) = kept::<MetadataMap>();
    let fake = Fake::default().on(GET_MEMBER, move |request: Request<GetMemberRequest>| {
        keep(request.metadata());
        Ok(Member { id: request.into_inner().member_id, ..Default::default() })
    });
    let house = House::open(fake).await;
    let mut client = FamilyServiceClient::new(house.channel().await);
    let mut request = house.grpc(GetMemberRequest { member_id: 4 });
    request.metadata_mut().insert("x-request-id", ID.parse().unwrap());
    request.metadata_mut().insert("x-praan-client-address", "6.6.6.6".parse().unwrap());
    let answer = client.get_member(request).await.unwrap();
    assert_eq!(
        (answer.metadata().get("x-request-id").unwrap().to_str().unwrap(), answer.get_ref().id),
        (ID, 4)
    );
    let metadata = arrived.lock().unwrap().take().unwrap();
    assert_eq!(metadata.get("x-request-id").unwrap(), ID);
    assert_eq!(metadata.get("x-praan-client-address").unwrap(), "127.0.0.1");

    let mut bad = house.grpc(GetMemberRequest { member_id: 4 });
    bad.metadata_mut().insert("x-request-id", "1".parse().unwrap());
    let refused = Error::from(client.get_member(bad).await.unwrap_err());
    assert_eq!(refused.fields()[0].field, "X-Request-ID");
}

#[tokio::test]
async fn refusals_pass_too() {
    let house = House::open(members()).await;
    let mut client = FamilyServiceClient::new(house.channel().await);
    let denied = client.get_member(house.grpc(GetMemberRequest { member_id: 5 })).await.unwrap_err();
    assert_eq!((denied.code(), Error::from(denied).kind()), (Code::PermissionDenied, chassis::Kind::Denied));
    let stranger = client.get_member(GetMemberRequest { member_id: 4 }).await.unwrap_err();
    assert_eq!(stranger.code(), Code::Unauthenticated);
    let name = "x".repeat((1 << 20) + 1);
    let mut large = proto::family::v1::CreateMemberRequest { name, ..Default::default() };
    let refused = client.create_member(house.grpc(large.clone())).await.unwrap_err();
    assert_eq!(Error::from(refused).kind(), chassis::Kind::TooLarge);
    large.name.clear();
    assert_eq!(client.create_member(house.grpc(large)).await.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn internal_methods_do_not_exist_here() {
    let fake = members()
        .on("/praan.family.v1.FamilyService/AuthorizeMember", |_: Request<AuthorizeMemberRequest>| {
            Ok(proto::family::v1::AuthorizeMemberResponse::default())
        })
        .on("/praan.adherence.v1.AdherenceService/RecordLog", |_: Request<RecordLogRequest>| {
            Ok(proto::adherence::v1::RecordLogResponse::default())
        })
        .on("/praan.identity.v1.IdentityService/CheckSession", |_: Request<CheckSessionRequest>| {
            Ok(proto::identity::v1::CheckSessionResponse { alive: true })
        });
    let house = House::open(fake).await;
    let channel = house.channel().await;
    let mut family = FamilyServiceClient::new(channel.clone());
    let mut adherence = AdherenceServiceClient::new(channel.clone());
    let mut identity = IdentityServiceClient::new(channel);
    let codes = [
        family.authorize_member(house.grpc(AuthorizeMemberRequest::default())).await.unwrap_err().code(),
        adherence.record_log(house.grpc(RecordLogRequest::default())).await.unwrap_err().code(),
        identity.check_session(CheckSessionRequest { session_id: 1 }).await.unwrap_err().code(),
    ];
    assert_eq!(codes, [Code::Unimplemented; 3]);
    // public, yet not answered in this test: the refusal is the service's own
    let own = identity.get_me(house.grpc(GetMeRequest {})).await.unwrap_err();
    assert_eq!((own.code(), own.message()), (Code::Unimplemented, "not in this test"));
}

#[tokio::test]
async fn streams_pass_and_end_in_order_when_the_process_stops() {
    let fake = Fake::default().on_stream(
        "/praan.adherence.v1.AdherenceService/WatchProgram",
        |_: Request<WatchProgramRequest>| {
            let first = ProgramEvent { id: 1, ..Default::default() };
            Ok(stream::iter([Ok(first)]).chain(stream::pending()).boxed())
        },
    );
    let house = House::open(fake).await;
    let mut client = AdherenceServiceClient::new(house.channel().await);
    let request = house.grpc(WatchProgramRequest { program_id: 5, after_event_id: 0 });
    let mut events = client.watch_program(request).await.unwrap().into_inner();
    assert_eq!(events.message().await.unwrap().unwrap().id, 1);
    let (stopped, end) = tokio::join!(house.tasks.stop(Duration::from_secs(20)), events.message());
    assert_eq!((stopped, end.unwrap_err().code()), (true, Code::Unavailable));
}

#[tokio::test]
async fn health_is_told_for_the_house_and_its_public_services() {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::health_client::HealthClient;

    let house = House::open(Fake::default()).await;
    let mut client = HealthClient::new(house.channel().await);
    for service in ["", "praan.family.v1.FamilyService"] {
        let answer = client.check(HealthCheckRequest { service: service.into() }).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    // no public method, so no service at the door
    let unknown = HealthCheckRequest { service: "praan.ai_inference.v1.AiInferenceService".into() };
    assert_eq!(client.check(unknown).await.unwrap_err().code(), Code::NotFound);
    let mut watch = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn reflection_shows_the_public_methods_alone() {
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let house = House::open(Fake::default()).await;
    let mut client = ServerReflectionClient::new(house.channel().await);
    let ask = |request| ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let questions = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("praan.family.v1.FamilyService".into())),
    ];
    let mut answers = client.server_reflection_info(stream::iter(questions)).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(list)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no list")
    };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    assert!(names.contains(&"praan.family.v1.FamilyService".to_owned()), "{names:?}");
    assert!(!names.contains(&"praan.ai_inference.v1.AiInferenceService".to_owned()), "{names:?}");
    let Some(MessageResponse::FileDescriptorResponse(file)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no file")
    };
    let file = prost_types::FileDescriptorProto::decode(file.file_descriptor_proto[0].as_slice()).unwrap();
    let methods: Vec<_> = file.service[0].method.iter().map(|method| method.name().to_owned()).collect();
    assert!(
        methods.contains(&"GetMember".to_owned()) && !methods.contains(&"AuthorizeMember".to_owned()),
        "{methods:?}"
    );
}

#[tokio::test]
async fn grpc_web_passes_over_http_1() {
    let house = House::open(members()).await;
    let call = async |member_id| {
        let request =
            house.request(Method::POST, GET_MEMBER).header("content-type", "application/grpc-web+proto");
        let response =
            request.body(frame(0, &GetMemberRequest { member_id }.encode_to_vec())).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/grpc-web+proto");
        assert!(response.headers().contains_key("x-request-id"));
        let headers = response.headers().clone();
        (headers, frames(response.bytes().await.unwrap()))
    };
    let (_, frames) = call(4).await;
    assert_eq!(frames.len(), 2);
    assert_eq!((frames[0].0, Member::decode(frames[0].1.clone()).unwrap().name), (0, "Asha".into()));
    assert_eq!(frames[1].0, 0x80);
    assert!(std::str::from_utf8(&frames[1].1).unwrap().contains("grpc-status:0"), "{:?}", frames[1]);
    // a refusal is in the headers
    let (headers, frames) = call(5).await;
    assert_eq!((headers["grpc-status"].to_str().unwrap(), frames.len()), ("7", 0));

    let native =
        house.request(Method::POST, GET_MEMBER).header("content-type", "application/grpc").answer().await;
    assert_eq!(native.status, 404, "native gRPC needs HTTP/2");
}

/// A frame of gRPC-web.
pub fn frame(flags: u8, message: &[u8]) -> Vec<u8> {
    let mut frame = vec![flags];
    frame.put_u32(message.len() as u32);
    frame.extend_from_slice(message);
    frame
}

/// The frames of an answer of gRPC-web: flags and content.
pub fn frames(mut body: Bytes) -> Vec<(u8, Bytes)> {
    let mut frames = Vec::new();
    while body.has_remaining() {
        let (flags, length) = (body.get_u8(), body.get_u32() as usize);
        frames.push((flags, body.split_to(length)));
    }
    frames
}
