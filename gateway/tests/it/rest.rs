//! What goes in as JSON arrives as messages, and what comes out as messages is printed as the contract has it.

use std::sync::{Arc, Mutex};

use http::Method;
use prost_types::Timestamp;
use proto::adherence::v1::{Adherence, Band, Day, GetAdherenceRequest};
use proto::family::v1::{
    CreateGrantRequest, CreateMemberRequest, DeleteMemberRequest, DeleteMemberResponse, Grant,
    ListMembersRequest, ListMembersResponse, LogType, Member, Pagination, Role, UpdateMemberRequest,
};
use proto::identity::v1::{GetJwksRequest, Jwk, Jwks};
use proto::logging::v1::create_log_request::Payload;
use proto::logging::v1::{
    CreateLogRequest, CreateLogResponse, CreateUploadRequest, ListHistoryRequest, ListHistoryResponse, Upload,
};
use proto::program::v1::{PauseProgramRequest, Program, Status};

use crate::fake::Fake;
use crate::house::{House, Send};

/// Keeps the last message that arrived.
pub fn kept<M: Clone + std::marker::Send + 'static>() -> (Arc<Mutex<Option<M>>>, impl Fn(&M) + Clone) {
    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    (kept, move |message: &M| *keep.lock().unwrap() = Some(message.clone()))
}

#[tokio::test]
async fn a_body_becomes_a_message_and_its_answer_json() {
    let (arrived, keep) = kept::<CreateMemberRequest>();
    let fake = Fake::default().on("/praan.family.v1.FamilyService/CreateMember", move |request| {
        keep(request.get_ref());
        Ok(Member {
            id: 9_007_199_254_740_991,
            family_id: 3,
            name: "Asha \"Didi\" ☀".into(),
            birth_date: "1950-02-01".into(),
            age: 76,
            relation_type: "mother".into(),
            time_zone: "Asia/Kolkata".into(),
            leaderboard_opt_in: false,
            created_at: Some(Timestamp { seconds: 1_772_352_000, nanos: 120_000_000 }),
        })
    });
    let house = House::open(fake).await;
    let body =
        r#"{"name":"Asha \"Didi\" ☀","birth_date":"1950-02-01","relation_type":"mother","time_zone":null}"#;
    let answer = house.post("/api/v1/members", body).await;
    assert_eq!(
        arrived.lock().unwrap().take().unwrap(),
        CreateMemberRequest {
            name: "Asha \"Didi\" ☀".into(),
            birth_date: "1950-02-01".into(),
            relation_type: "mother".into(),
            ..Default::default()
        }
    );
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (201, "application/json"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("location"), "/api/v1/members/9007199254740991");
    assert_eq!((answer.header("deprecation"), answer.header("sunset")), ("", ""));
    assert_eq!(
        answer.body,
        "{\"id\":9007199254740991,\"family_id\":3,\"name\":\"Asha \\\"Didi\\\" ☀\",\"birth_date\":\"1950-02-01\",\
         \"age\":76,\"relation_type\":\"mother\",\"time_zone\":\"Asia/Kolkata\",\"leaderboard_opt_in\":false,\
         \"created_at\":\"2026-03-01T08:00:00.120Z\"}"
    );
}

#[tokio::test]
async fn path_and_query_become_fields() {
    let (arrived, keep) = kept::<ListHistoryRequest>();
    let fake = Fake::default().on("/praan.logging.v1.LoggingService/ListHistory", move |request| {
        keep(request.get_ref());
        Ok(ListHistoryResponse {
            data: Vec::new(),
            pagination: Some(proto::logging::v1::Pagination { next_cursor: None, has_more: false }),
        })
    });
    let house = House::open(fake).await;
    let answer = house.get("/api/v1/programs/101/history?limit=3&cursor=a%2Bb+c&log_type=WORKOUT").await;
    let want = ListHistoryRequest {
        program_id: 101,
        limit: 3,
        cursor: "a+b c".into(),
        log_type: proto::logging::v1::LogType::Workout.into(),
    };
    assert_eq!(arrived.lock().unwrap().take(), Some(want));
    assert_eq!(answer.body, r#"{"data":[],"pagination":{"next_cursor":null,"has_more":false}}"#);
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_is_unknown_is_null_where_the_contract_says_so() {
    let fake = Fake::default().on("/praan.adherence.v1.AdherenceService/GetAdherence", |request| {
        let request: GetAdherenceRequest = request.into_inner();
        assert_eq!((request.from.as_deref(), request.to), (Some("2026-02-01"), None));
        let scored = Day {
            date: "2026-02-01".into(),
            nutrition_score: Some(82.5),
            total_score: Some(80.0),
            coverage: Some(1.0),
            band: Some(Band::Good.into()),
            ..Default::default()
        };
        let empty = Day { date: "2026-02-02".into(), ..Default::default() };
        Ok(Adherence { program_id: 5, days: vec![scored, empty], average: Some(0.1), trend: None })
    });
    let house = House::open(fake).await;
    let answer = house.get("/api/v1/programs/5/adherence?from=2026-02-01").await;
    assert_eq!(
        answer.body,
        "{\"program_id\":5,\"days\":[{\"date\":\"2026-02-01\",\"nutrition_score\":82.5,\"strength_score\":null,\
         \"clinical_score\":null,\"total_score\":80,\"control_score\":null,\"coverage\":1,\"band\":\"GOOD\"},\
         {\"date\":\"2026-02-02\",\"nutrition_score\":null,\"strength_score\":null,\"clinical_score\":null,\
         \"total_score\":null,\"control_score\":null,\"coverage\":null,\"band\":null}],\"average\":0.1,\"trend\":null}"
    );
}

#[tokio::test]
async fn enums_times_and_lists_go_both_ways() {
    let fake = Fake::default().on("/praan.family.v1.FamilyService/CreateGrant", |request| {
        let asked: CreateGrantRequest = request.into_inner();
        Ok(Grant {
            id: 1,
            member_id: asked.member_id,
            user_id: 8,
            email: asked.email,
            role: asked.role,
            log_types: asked.log_types,
            not_before: asked.not_before,
            not_after: asked.not_after,
            created_at: None,
        })
    });
    let house = House::open(fake).await;
    let body = r#"{"email":"d@example.com","role":"DOCTOR","log_types":["CHECKIN","NUTRITION"],
        "not_before":"2026-03-01T08:00:00.5+05:30"}"#;
    let answer = house.post("/api/v1/members/4/grants", body).await;
    assert_eq!(
        answer.body,
        "{\"id\":1,\"member_id\":4,\"user_id\":8,\"email\":\"d@example.com\",\"role\":\"DOCTOR\",\
         \"log_types\":[\"CHECKIN\",\"NUTRITION\"],\"not_before\":\"2026-03-01T02:30:00.500Z\",\"not_after\":null}"
    );
    assert_eq!(Role::Doctor as i32, 3);
    assert_eq!(LogType::Checkin as i32, 3);
}

#[tokio::test]
async fn a_map_is_an_object() {
    let fake = Fake::default().on(
        "/praan.logging.v1.LoggingService/CreateUpload",
        |_: tonic::Request<CreateUploadRequest>| {
            let headers = [("content-type", "image/png"), ("content-length", "5")];
            Ok(Upload {
                image_key: "k".into(),
                upload_url: "http://s3/k".into(),
                method: "PUT".into(),
                headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
                expires_at: Some(Timestamp { seconds: 0, nanos: 0 }),
            })
        },
    );
    let house = House::open(fake).await;
    let body = r#"{"program_id":1,"content_type":"image/png","content_length":5}"#;
    let answer = house.post("/api/v1/uploads", body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.body,
        "{\"image_key\":\"k\",\"upload_url\":\"http://s3/k\",\"method\":\"PUT\",\
         \"headers\":{\"content-length\":\"5\",\"content-type\":\"image/png\"},\"expires_at\":\"1970-01-01T00:00:00Z\"}"
    );
}

#[tokio::test]
async fn a_whole_number_may_be_written_with_a_point_or_an_exponent() {
    let (arrived, keep) = kept::<CreateUploadRequest>();
    let fake = Fake::default().on("/praan.logging.v1.LoggingService/CreateUpload", move |request| {
        keep(request.get_ref());
        Ok(Upload::default())
    });
    let house = House::open(fake).await;
    let body = r#"{"program_id":4398046511104.0,"content_type":"image/jpeg","content_length":1.5e3}"#;
    house.post("/api/v1/uploads", body).await;
    let arrived = arrived.lock().unwrap().take().unwrap();
    assert_eq!((arrived.program_id, arrived.content_length), (4_398_046_511_104, 1500));
}

#[tokio::test]
async fn a_number_is_read_to_its_last_bit() {
    let (arrived, keep) = kept::<CreateLogRequest>();
    let fake = Fake::default().on("/praan.logging.v1.LoggingService/CreateLog", move |request| {
        keep(request.get_ref());
        Ok(CreateLogResponse::default())
    });
    let house = House::open(fake).await;
    // of which a quick reader makes the neighbours
    for number in [901_199_891.136_037_5, 1_448_997_445.238_699, 1.8e-7, 5e-324, f64::MAX] {
        let body =
            format!(r#"{{"program_id":1,"log_type":"NUTRITION","payload":{{"calories":{number:?}}}}}"#);
        assert_eq!(house.post("/api/v1/logs", &body).await.status, 201);
        let Some(Payload::Nutrition(meal)) = arrived.lock().unwrap().take().unwrap().payload else {
            panic!("not a meal")
        };
        assert_eq!(meal.calories.map(f64::to_bits), Some(number.to_bits()), "{number:?}");
    }
}

#[tokio::test]
async fn a_mask_is_a_list_or_a_text_or_not_there() {
    let (arrived, keep) = kept::<UpdateMemberRequest>();
    let fake = Fake::default().on("/praan.family.v1.FamilyService/UpdateMember", move |request| {
        keep(request.get_ref());
        Ok(Member::default())
    });
    let house = House::open(fake).await;
    for (mask, want) in [
        (r#","update_mask":["name","time_zone"]"#, Some(vec!["name", "time_zone"])),
        (r#","update_mask":"name,time_zone""#, Some(vec!["name", "time_zone"])),
        (r#","update_mask":null"#, None),
        ("", None),
    ] {
        let body = format!(r#"{{"name":"A"{mask}}}"#);
        let answer = house.request(Method::PATCH, "/api/v1/members/4").json_text(&body).answer().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let arrived = arrived.lock().unwrap().take().unwrap();
        assert_eq!((arrived.member_id, arrived.name.as_deref()), (4, Some("A")));
        let paths = arrived.update_mask.map(|mask| mask.paths);
        assert_eq!(paths, want.map(|paths| paths.into_iter().map(str::to_owned).collect()), "{mask}");
    }
}

#[tokio::test]
async fn no_body_is_an_empty_object_where_a_body_may_be() {
    let fake = Fake::default().on("/praan.program.v1.ProgramService/PauseProgram", |request| {
        let request: PauseProgramRequest = request.into_inner();
        Ok(Program { id: request.program_id, status: Status::Paused.into(), ..Default::default() })
    });
    let house = House::open(fake).await;
    let bare = house.request(Method::POST, "/api/v1/programs/6/pause").answer().await;
    assert_eq!((bare.status.as_u16(), &bare.json()["status"]), (200, &"PAUSED".into()));
    assert_eq!(house.post("/api/v1/programs/6/pause", "{}").await.body, bare.body);
}

#[tokio::test]
async fn a_deletion_answers_with_nothing() {
    let fake = Fake::default()
        .on("/praan.family.v1.FamilyService/DeleteMember", |_: tonic::Request<DeleteMemberRequest>| {
            Ok(DeleteMemberResponse {})
        });
    let house = House::open(fake).await;
    let answer = house.request(Method::DELETE, "/api/v1/members/4").answer().await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str(), answer.header("content-type")), (204, "", ""));
}

#[tokio::test]
async fn what_is_anonymous_needs_no_token_and_head_has_no_body() {
    let fake = Fake::default().on(
        "/praan.identity.v1.IdentityService/GetJwks",
        |_: tonic::Request<GetJwksRequest>| {
            Ok(Jwks { keys: vec![Jwk { kty: "OKP".into(), r#use: "sig".into(), ..Default::default() }] })
        },
    );
    let house = House::open(fake).await;
    let get = house.anonymous(Method::GET, "/.well-known/jwks.json").answer().await;
    assert_eq!(get.body, r#"{"keys":[{"kty":"OKP","crv":"","x":"","kid":"","alg":"","use":"sig"}]}"#);
    let head = house.anonymous(Method::HEAD, "/.well-known/jwks.json").answer().await;
    assert_eq!((head.status, head.body.as_str()), (get.status, ""));
    assert_eq!(head.header("content-length"), get.header("content-length"));
}

#[tokio::test]
async fn a_large_page_passes() {
    let fake = Fake::default().on(
        "/praan.family.v1.FamilyService/ListMembers",
        |_: tonic::Request<ListMembersRequest>| {
            let member = Member { name: "x".repeat(1 << 20), ..Default::default() };
            Ok(ListMembersResponse {
                data: vec![member; 8],
                pagination: Some(Pagination { next_cursor: Some("c".into()), has_more: true }),
            })
        },
    );
    let house = House::open(fake).await;
    let answer = house.get("/api/v1/members").await.json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 8);
    assert_eq!(answer["pagination"]["next_cursor"], "c");
}
