//! A oneof is a tag and its content over REST, in and out.

use http::Method;
use prost_types::Timestamp;
use proto::logging::v1::create_log_request::Payload;
use proto::logging::v1::{
    CreateLogRequest, CreateLogResponse, Flag, FoodItem, GetLogRequest, Image, ImageStatus, Log, LogStatus,
    Macros, Meal, Nutrition, log,
};

use crate::fake::Fake;
use crate::house::{House, Send};
use crate::rest::kept;

const CREATE: &str = "/praan.logging.v1.LoggingService/CreateLog";

#[tokio::test]
async fn the_tag_picks_the_case() {
    let (arrived, keep) = kept::<CreateLogRequest>();
    let fake = Fake::default().on(CREATE, move |request| {
        keep(request.get_ref());
        let photo = request.get_ref().image_key.is_some();
        let status = if photo { LogStatus::Processing } else { LogStatus::Verified };
        let flag = Flag { field: "payload.calories".into(), message: "is much".into() };
        let flags = if photo { Vec::new() } else { vec![flag] };
        let impact = (!photo).then(|| "+5 points".to_owned());
        Ok(CreateLogResponse { id: 1, status: status.into(), adherence_impact: impact, flags })
    });
    let house = House::open(fake).await;
    let body = r#"{"payload":{"calories":520,"macros":{"protein_g":31.5},"meal":"LUNCH","items":[{"name":"dal"},{"name":"rice"}]},
        "log_type":"NUTRITION","program_id":101,"timestamp":"2026-03-01T07:00:00Z"}"#;
    let answer = house.post("/api/v1/logs", body).await;
    let food = |name: &str| FoodItem { name: name.into(), ..Default::default() };
    let nutrition = Nutrition {
        calories: Some(520.0),
        macros: Some(Macros { protein_g: Some(31.5), ..Default::default() }),
        meal: Some(Meal::Lunch.into()),
        items: vec![food("dal"), food("rice")],
    };
    let want = CreateLogRequest {
        program_id: 101,
        payload: Some(Payload::Nutrition(nutrition)),
        image_key: None,
        timestamp: Some(Timestamp { seconds: 1_772_348_400, nanos: 0 }),
    };
    assert_eq!(arrived.lock().unwrap().take(), Some(want));
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.body,
        r#"{"id":1,"status":"VERIFIED","adherence_impact":"+5 points","flags":[{"field":"payload.calories","message":"is much"}]}"#
    );

    // the tag alone is the empty case, and the answer's status follows what it says
    let photo =
        house.post("/api/v1/logs", r#"{"program_id":101,"log_type":"NUTRITION","image_key":"k"}"#).await;
    let arrived = arrived.lock().unwrap().take().unwrap();
    assert_eq!(arrived.payload, Some(Payload::Nutrition(Nutrition::default())));
    assert_eq!((photo.status.as_u16(), photo.body.as_str()), (202, r#"{"id":1,"status":"PROCESSING"}"#));
}

#[tokio::test]
async fn the_case_prints_its_tag() {
    let fake = Fake::default().on("/praan.logging.v1.LoggingService/GetLog", |request| {
        let GetLogRequest { log_id, .. } = request.into_inner();
        let payload = (log_id == 1).then(|| {
            log::Payload::Checkin(proto::logging::v1::Checkin { systolic: Some(120.0), ..Default::default() })
        });
        let image = (log_id == 2)
            .then(|| Image { processing_status: ImageStatus::Pending.into(), failure_reason: None });
        Ok(Log {
            id: log_id,
            program_id: 101,
            payload,
            image,
            status: LogStatus::Verified.into(),
            ..Default::default()
        })
    });
    let house = House::open(fake).await;
    let rest = |image: &str| {
        format!(
            "\"status\":\"VERIFIED\",\"is_verified\":false,\"local_date\":\"\",\"utc_offset_minutes\":0,\"revision\":0,\
             \"author_id\":0,\"flags\":[],\"image\":{image}}}"
        )
    };
    assert_eq!(
        house.get("/api/v1/logs/1").await.body,
        format!(
            "{{\"id\":1,\"program_id\":101,\"log_type\":\"CHECKIN\",\"payload\":{{\"systolic\":120}},{}",
            rest("null")
        )
    );
    // no case: neither tag nor content
    assert_eq!(
        house.get("/api/v1/logs/2").await.body,
        format!(
            "{{\"id\":2,\"program_id\":101,{}",
            rest(r#"{"processing_status":"PENDING","failure_reason":null}"#)
        )
    );
}

#[tokio::test]
async fn a_service_complains_about_cases_and_rest_about_content() {
    let fake =
        Fake::default().on(CREATE, |_: tonic::Request<CreateLogRequest>| -> Result<CreateLogResponse, _> {
            let field = |field: &str| chassis::FieldError { field: field.into(), message: "is bad".into() };
            let fields = [
                "nutrition.calories",
                "nutrition.items[1].name",
                "nutrition",
                "payload",
                "program_id",
                "else.where",
            ];
            Err(chassis::Error::invalid_fields(fields.map(field).into()))
        });
    let house = House::open(fake).await;
    let answer = house.request(Method::POST, "/api/v1/logs").json_text("{}").answer().await;
    assert_eq!(answer.status, 400);
    let paths =
        ["payload.calories", "payload.items[1].name", "payload", "log_type", "program_id", "else.where"];
    assert_eq!(answer.errors(), paths.map(|path| format!("{path}: is bad")));
}
