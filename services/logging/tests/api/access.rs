//! What is foreign and what does not exist cannot be told apart.

use proto::logging::v1 as wire;
use tonic::{Code, Status};

use crate::house::{
    ABSENT, DOCTOR, FOREIGN, House, MANAGER, PROGRAM, STRANGER, amendment, answer, meal, shown, vitals,
};

type Shown = (Code, String, Vec<u8>);

/// What every method says to somebody about a program and a log.
async fn everything(house: &House, user: i64, program_id: i64, log_id: i64) -> Vec<(&'static str, Shown)> {
    let mut client = house.logging();
    let history = wire::ListHistoryRequest { program_id, ..Default::default() };
    let upload =
        wire::CreateUploadRequest { program_id, content_type: "image/png".into(), content_length: 9 };
    let create = wire::CreateLogRequest { program_id, ..meal(1.0) };
    let refused = |status: Result<(), Status>| shown(&status.expect_err("nobody may"));
    vec![
        ("CreateLog", refused(client.create_log(house.by(user, create)).await.map(drop))),
        (
            "GetLog",
            refused(
                client.get_log(house.by(user, wire::GetLogRequest { log_id, program_id: 0 })).await.map(drop),
            ),
        ),
        ("AmendLog", refused(client.amend_log(house.by(user, amendment(log_id, 1.0))).await.map(drop))),
        (
            "VerifyLog",
            refused(client.verify_log(house.by(user, wire::VerifyLogRequest { log_id })).await.map(drop)),
        ),
        (
            "GetLogImage",
            refused(
                client
                    .get_log_image(house.by(user, wire::GetLogImageRequest { log_id, program_id: 0 }))
                    .await
                    .map(drop),
            ),
        ),
        ("ListHistory", refused(client.list_history(house.by(user, history)).await.map(drop))),
        ("CreateUpload", refused(client.create_upload(house.by(user, upload)).await.map(drop))),
    ]
}

#[tokio::test]
async fn foreign_and_absent_are_refused_byte_for_byte_alike() {
    let house = House::open().await;
    let log_id = house.create(meal(500.0)).await.unwrap().id;
    let foreign = everything(&house, STRANGER, PROGRAM, log_id).await;
    assert!(foreign.iter().all(|(_, (code, ..))| *code == Code::PermissionDenied), "{foreign:?}");
    for absent_log in [log_id + 1, 1, i64::from(u32::MAX), (1 << 53) - 1] {
        assert_eq!(everything(&house, STRANGER, ABSENT, absent_log).await, foreign, "{absent_log}");
    }
    assert_eq!(everything(&house, MANAGER, FOREIGN, log_id + 1).await, foreign);
    assert_eq!(house.count("daily_logs").await, 1);
}

#[tokio::test]
async fn a_kind_of_log_that_was_not_granted_is_as_if_it_were_not_there() {
    let house = House::open().await;
    let meal = house.create(meal(500.0)).await.unwrap().id;
    let checkin = wire::Checkin { heart_rate: Some(60.0), ..Default::default() };
    let checkin = house.create(vitals(checkin)).await.unwrap().id;

    let get = |log_id| house.by(DOCTOR, wire::GetLogRequest { log_id, program_id: 0 });
    let mut logging = house.logging();
    logging.get_log(get(checkin)).await.unwrap();
    let hidden = logging.get_log(get(meal)).await.unwrap_err();
    let absent = logging.get_log(get(meal + 1_000)).await.unwrap_err();
    assert_eq!(shown(&hidden), shown(&absent));
    let image = house
        .logging()
        .get_log_image(house.by(DOCTOR, wire::GetLogImageRequest { log_id: meal, program_id: 0 }))
        .await;
    assert_eq!(shown(&image.unwrap_err()), shown(&absent));

    let all = wire::ListHistoryRequest { program_id: PROGRAM, ..Default::default() };
    let seen = house.history(DOCTOR, all.clone()).await.unwrap();
    assert_eq!(seen.data.iter().map(|log| log.id).collect::<Vec<_>>(), [checkin]);
    let meals = wire::ListHistoryRequest { log_type: wire::LogType::Nutrition.into(), ..all };
    let refused = house.logging().list_history(house.by(DOCTOR, meals)).await.unwrap_err();
    assert_eq!(shown(&refused), shown(&absent));
}

#[tokio::test]
async fn without_a_user_there_is_no_answer() {
    let house = House::open().await;
    let create = house.logging().create_log(meal(1.0)).await;
    assert_eq!(answer(create).unwrap_err().kind(), chassis::Kind::Unauthenticated);
}
