//! The same house through typed gRPC clients, as another team would use it, and through gRPC-web, as a browser does.

use std::process::Stdio;

use bytes::{Buf, BufMut};
use integration_tests::House;
use integration_tests::api::PASSWORD;
use integration_tests::process::binary;
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::adherence::v1::{GetAdherenceRequest, WatchProgramRequest};
use proto::family::v1::CreateMemberRequest;
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::identity::v1::RegisterRequest;
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::logging::v1::logging_service_client::LoggingServiceClient;
use proto::logging::v1::{
    Checkin, CreateLogRequest, ListHistoryRequest, LogStatus, Nutrition, create_log_request::Payload, log,
};
use proto::program::v1::program_service_client::ProgramServiceClient;
use proto::program::v1::{ClinicalCheck, ClinicalGoals, CreateProgramRequest, Goals};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

crate::stories::stories!(
    a_typed_client_does_the_main_job,
    the_example_of_the_contract_tells_how_programs_stand,
    what_json_cannot_say_is_refused_too,
    truncated_protobuf_is_the_senders_fault_on_every_rpc,
    connect_web_in_node_does_the_main_job,
);

async fn a_typed_client_does_the_main_job(house: &House) {
    let program_id = start_program(house).await;
    let channel = InterceptedService::new(house.channel().await, program_id.1.clone());
    let program_id = program_id.0;

    let mut watch = AdherenceServiceClient::new(channel.clone());
    let mut events = watch
        .watch_program(WatchProgramRequest { program_id, after_event_id: 0 })
        .await
        .expect("a stream")
        .into_inner();
    let mut logs = LoggingServiceClient::new(channel.clone());
    let checkin = Checkin { systolic: Some(120.0), diastolic: Some(80.0), ..Checkin::default() };
    let log = CreateLogRequest {
        program_id,
        payload: Some(Payload::Checkin(checkin)),
        ..CreateLogRequest::default()
    };
    let answer = logs.create_log(log).await.expect("it is logged").into_inner();
    assert_eq!(
        (answer.status(), answer.adherence_impact.as_deref()),
        (LogStatus::Verified, Some("+100 points"))
    );

    let event = events.message().await.expect("the stream holds").expect("an event");
    assert_eq!(event.log_id, answer.id);
    let page = logs
        .list_history(ListHistoryRequest { program_id, ..Default::default() })
        .await
        .expect("a page")
        .into_inner();
    assert!(matches!(
        page.data[0].payload,
        Some(log::Payload::Checkin(Checkin { systolic: Some(120.0), .. }))
    ));
    let request = GetAdherenceRequest { program_id, from: None, to: None };
    let scores =
        AdherenceServiceClient::new(channel).get_adherence(request).await.expect("scores").into_inner();
    assert_eq!(scores.days[0].total_score, Some(100.0));
}

async fn the_example_of_the_contract_tells_how_programs_stand(house: &House) {
    let asha = house.sign_up().await;
    let member = asha.add_member().await;
    // more than a page of them
    for _ in 0..21 {
        asha.start_program(member).await;
    }
    let example = binary().with_file_name("examples").join("overview");
    let mut example = tokio::process::Command::new(example);
    example.args([&house.url, &asha.email]).env("PRAAN_PASSWORD", PASSWORD);
    let told = example.output().await.expect("it runs; `cargo build --examples` makes it");
    assert!(told.status.success(), "{told:?}");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 21, "{told}");
    assert!(
        lines.iter().all(|line| line.starts_with("Ninety days, until ") && line.ends_with(": 0 of 100")),
        "{told}"
    );
}

async fn what_json_cannot_say_is_refused_too(house: &House) {
    let (program_id, bearer) = start_program(house).await;
    let mut logs = LoggingServiceClient::with_interceptor(house.channel().await, bearer);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 20_000.1] {
        let meal = Payload::Nutrition(Nutrition { calories: Some(bad), ..Nutrition::default() });
        let refused =
            logs.create_log(CreateLogRequest { program_id, payload: Some(meal), ..Default::default() }).await;
        let error = chassis::Error::from(refused.expect_err("it is no amount of energy"));
        assert_eq!(
            (error.kind(), error.fields()[0].field.as_str()),
            (chassis::Kind::Invalid, "nutrition.calories"),
            "{bad}"
        );
    }
    let unknown = Payload::Nutrition(Nutrition { meal: Some(99), ..Nutrition::default() });
    let refused =
        logs.create_log(CreateLogRequest { program_id, payload: Some(unknown), ..Default::default() }).await;
    assert_eq!(refused.expect_err("no such meal").code(), Code::InvalidArgument);
}

async fn truncated_protobuf_is_the_senders_fault_on_every_rpc(house: &House) {
    let (_, mut bearer) = start_program(house).await;
    let mut grpc = tonic::client::Grpc::new(house.channel().await);
    for service in proto::descriptors().services() {
        for method in service.methods() {
            let path = format!("/{}/{}", service.full_name(), method.name());
            if !matches!(proto::access(&path), Some(proto::Access::Anonymous | proto::Access::User)) {
                continue;
            }
            // field 1 says that 127 bytes follow, and none does
            let request = bearer.call(Request::new(vec![0x0A, 0x7F])).expect("a request");
            grpc.ready().await.expect("the door is open");
            let answer = grpc.unary(request, path.parse().expect("a path"), Raw).await;
            assert_eq!(answer.expect_err(&path).code(), Code::InvalidArgument, "{path}");
        }
    }
}

async fn connect_web_in_node_does_the_main_job(house: &House) {
    let clients = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");
    let mut node = tokio::process::Command::new("node");
    let ran = node
        .args(["web.mjs", &house.url])
        .current_dir(clients)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node runs");
    assert!(
        ran.status.success(),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}

async fn start_program(house: &House) -> (i64, Bearer) {
    let email = format!("{}@example.org", uuid::Uuid::new_v4().simple());
    let account =
        RegisterRequest { email, password: "correct horse battery".into(), full_name: "Asha".into() };
    let channel: Channel = house.channel().await;
    let tokens =
        IdentityServiceClient::new(channel.clone()).register(account).await.expect("an account").into_inner();
    let bearer = Bearer(format!("Bearer {}", tokens.access_token));
    let mut families = FamilyServiceClient::with_interceptor(channel.clone(), bearer.clone());
    let (name, birth_date, relation_type) = ("Meera".into(), "1957-04-12".into(), "mother".into());
    let member = CreateMemberRequest { name, birth_date, relation_type, ..Default::default() };
    let member_id = families.create_member(member).await.expect("a member").into_inner().id;
    let check =
        ClinicalCheck { metric: "blood_pressure".into(), times_per_day: Some(1), ..Default::default() };
    let clinical_goals = Some(ClinicalGoals { weight: None, checks: vec![check] });
    let config = Some(Goals { clinical_goals, ..Goals::default() });
    let program = CreateProgramRequest { member_id, title: "Ninety days".into(), start_date: None, config };
    let mut programs = ProgramServiceClient::with_interceptor(channel, bearer.clone());
    (programs.create_program(program).await.expect("a program").into_inner().id, bearer)
}

/// Puts the access token on every call.
#[derive(Clone)]
struct Bearer(String);

impl Bearer {
    fn call<T>(&mut self, request: Request<T>) -> Result<Request<T>, Status> {
        let (mut metadata, extensions, message) = request.into_parts();
        metadata.insert("authorization", self.0.parse().expect("a header"));
        Ok(Request::from_parts(metadata, extensions, message))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        Bearer::call(self, request)
    }
}

/// Sends bytes as they are.
pub struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Raw
    }

    fn decoder(&mut self) -> Self {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&bytes);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }
}
