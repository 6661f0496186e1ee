//! A correction supersedes, and rewrites nothing.

use chassis::Kind;
use proto::logging::v1 as wire;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::house::{DOCTOR, House, MANAGER, PROGRAM, amendment, answer, fields, meal, until};

#[derive(Debug, PartialEq, FromQueryResult)]
struct Row {
    revision: i32,
    current: bool,
    status: String,
    payload: String,
}

async fn revisions(house: &House) -> Vec<Row> {
    house.rows("SELECT revision, \"current\", status, payload FROM daily_logs ORDER BY revision").await
}

#[tokio::test]
async fn an_amendment_is_a_revision_and_moves_the_score_by_the_difference() {
    let house = House::open().await;
    let log = house.create(meal(500.0)).await.unwrap();
    let first = house.get(MANAGER, log.id).await.unwrap();
    house.clock.advance(chrono::TimeDelta::days(2));

    let amended = house.amend(amendment(log.id, 250.0)).await.unwrap();
    assert_eq!((amended.id, amended.revision, amended.status()), (log.id, 2, wire::LogStatus::Verified));
    assert_eq!(amended.adherence_impact.as_deref(), Some("-2.5 points"));

    let second = house.get(MANAGER, log.id).await.unwrap();
    assert_eq!((&second.timestamp, &second.local_date), (&first.timestamp, &first.local_date));
    assert_eq!((second.revision, second.recorded_at), (2, Some(chassis::time::timestamp(house.clock.now()))));
    let row = |revision, current, payload: &str| Row {
        revision,
        current,
        status: "V".into(),
        payload: payload.into(),
    };
    assert_eq!(
        revisions(&house).await,
        [row(1, false, r#"{"calories":500.0}"#), row(2, true, r#"{"calories":250.0}"#)]
    );
    let told = house.adherence.calls().pop().unwrap();
    assert_eq!((told.local_date.as_str(), told.today_date.as_str()), ("2026-03-20", "2026-03-22"));
}

#[tokio::test]
async fn everything_a_log_ever_said_is_told_page_by_page() {
    let house = House::open().await;
    let log_id = house.create(meal(500.0)).await.unwrap().id;
    for calories in [400.0, 300.0, 200.0] {
        house.amend(amendment(log_id, calories)).await.unwrap();
    }
    let page = async |user, cursor: &str| {
        let ask = wire::ListRevisionsRequest { log_id, limit: 3, cursor: cursor.to_owned(), program_id: 0 };
        answer(house.logging().list_revisions(house.by(user, ask)).await)
    };
    let told = |page: &wire::ListRevisionsResponse| -> Vec<(i32, Option<f64>)> {
        let calories = |log: &wire::Log| match &log.payload {
            Some(wire::log::Payload::Nutrition(meal)) => meal.calories,
            _ => None,
        };
        page.data.iter().map(|log| (log.revision, calories(log))).collect()
    };
    let newest = page(MANAGER, "").await.unwrap();
    assert_eq!(told(&newest), [(4, Some(200.0)), (3, Some(300.0)), (2, Some(400.0))]);
    let cursor = newest.pagination.unwrap().next_cursor.unwrap();
    let oldest = page(MANAGER, &cursor).await.unwrap();
    assert_eq!(told(&oldest), [(1, Some(500.0))]);
    assert!(!oldest.pagination.unwrap().has_more);
    // a doctor who may not see meals learns of none
    assert_eq!(page(DOCTOR, "").await.unwrap_err().kind(), Kind::Denied);
}

#[tokio::test]
async fn the_same_amendment_is_one_revision_and_one_answer() {
    let house = House::open().await;
    let log = house.create(meal(500.0)).await.unwrap();
    let id = Uuid::new_v4();
    let house = &house;
    let ask = |calories| async move {
        answer(house.logging().amend_log(house.again(MANAGER, id, amendment(log.id, calories))).await)
    };
    let first = ask(400.0).await.unwrap();
    assert_eq!((first.revision, first.adherence_impact.as_deref()), (2, Some("-1 points")));
    assert_eq!(ask(400.0).await.unwrap(), first);
    assert_eq!(ask(401.0).await.unwrap_err().kind(), Kind::KeyReused);
}

#[tokio::test]
async fn an_amendment_keeps_the_kind_and_the_rules() {
    let house = House::open().await;
    let log_id = house.create(meal(500.0)).await.unwrap().id;
    let vitals = wire::Checkin { heart_rate: Some(60.0), ..Default::default() };
    let kinds = wire::amend_log_request::Payload::Checkin(vitals);
    for (payload, path) in [
        (Some(kinds), "checkin"),
        (Some(wire::amend_log_request::Payload::Nutrition(wire::Nutrition::default())), "nutrition"),
        (None, "payload"),
    ] {
        let error = house.amend(wire::AmendLogRequest { log_id, payload }).await.unwrap_err();
        assert_eq!((error.kind(), fields(&error)), (Kind::Invalid, vec![path]));
    }
    assert_eq!(revisions(&house).await.len(), 1);
}

#[tokio::test]
async fn amendments_at_once_follow_one_another() {
    let house = House::open().await;
    let log_id = house.create(meal(500.0)).await.unwrap().id;
    let all = (0..20).map(|n| house.amend(amendment(log_id, f64::from(n))));
    let mut numbers: Vec<i32> = futures_util::future::join_all(all)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().revision)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=21).collect::<Vec<_>>());
    let current: Vec<_> = revisions(&house).await.into_iter().filter(|row| row.current).collect();
    assert_eq!(current.len(), 1);
    let history =
        house.history(MANAGER, wire::ListHistoryRequest { program_id: PROGRAM, ..Default::default() });
    assert_eq!(history.await.unwrap().data.len(), 1);
}

#[tokio::test]
async fn what_a_person_entered_needs_no_confirmation() {
    let house = House::open().await;
    let log_id = house.create(meal(500.0)).await.unwrap().id;
    assert_eq!(house.verify(log_id).await.unwrap_err().kind(), Kind::IllegalState);
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let house = House::open().await;
    let checkin = wire::Checkin { heart_rate: Some(60.0), ..Default::default() };
    let log_id = house.create(crate::house::vitals(checkin)).await.unwrap().id;
    house.get(DOCTOR, log_id).await.unwrap();
    let payload = Some(wire::amend_log_request::Payload::Checkin(checkin));
    let amend = house.logging().amend_log(house.by(DOCTOR, wire::AmendLogRequest { log_id, payload })).await;
    assert_eq!(answer(amend).unwrap_err().kind(), Kind::Denied);
    let verify = house.logging().verify_log(house.by(DOCTOR, wire::VerifyLogRequest { log_id })).await;
    assert_eq!(answer(verify).unwrap_err().kind(), Kind::Denied);
    assert_eq!(revisions(&house).await.len(), 1);
}

#[tokio::test]
async fn an_amendment_is_kept_while_the_scores_are_away() {
    let config = logging::Config { backstop: std::time::Duration::ZERO, ..Default::default() };
    let house = House::with(config).await;
    let log_id = house.create(meal(500.0)).await.unwrap().id;
    house.adherence.set_away(true);
    assert_eq!(house.amend(amendment(log_id, 600.0)).await.unwrap().adherence_impact, None);
    house.adherence.set_away(false);
    until("the scores to be told", || async { house.adherence.knows(log_id, 2) }).await;
}
