//! The history: newest first, page by page, whatever is written meanwhile.

use std::collections::HashSet;

use chassis::Kind;
use chrono::TimeDelta;
use proto::logging::v1 as wire;

use crate::house::{DOCTOR, House, MANAGER, PROGRAM, amendment, fields, meal, noon, vitals};

fn page(limit: i32, cursor: &str) -> wire::ListHistoryRequest {
    wire::ListHistoryRequest { program_id: PROGRAM, limit, cursor: cursor.into(), ..Default::default() }
}

async fn log_at(house: &House, minutes_ago: i64) -> i64 {
    let timestamp = Some(chassis::time::timestamp(noon() - TimeDelta::minutes(minutes_ago)));
    house.create(wire::CreateLogRequest { timestamp, ..meal(100.0) }).await.unwrap().id
}

fn next(answer: &wire::ListHistoryResponse) -> Option<String> {
    answer.pagination.as_ref().unwrap().next_cursor.clone()
}

#[tokio::test]
async fn pages_show_every_log_once_while_others_write() {
    let house = House::open().await;
    let mut before = HashSet::new();
    for n in 0..47 {
        // five at a time at the same instant
        before.insert(log_at(&house, 1_000 - n / 5).await);
    }
    let (mut seen, mut cursor, mut order) = (Vec::new(), String::new(), Vec::new());
    loop {
        let answer = house.history(MANAGER, page(7, &cursor)).await.unwrap();
        assert!(answer.data.len() <= 7);
        for log in &answer.data {
            let at = log.timestamp.unwrap();
            order.push((at.seconds, at.nanos, log.id));
            seen.push(log.id);
        }
        // newer ones, an older one, and a correction of one seen and of one to come
        log_at(&house, 0).await;
        log_at(&house, 5_000).await;
        house.amend(amendment(*seen.first().unwrap(), 1.0)).await.unwrap();
        let to_come = before.iter().find(|id| !seen.contains(id)).copied();
        if let Some(to_come) = to_come {
            house.amend(amendment(to_come, 2.0)).await.unwrap();
        }
        match next(&answer) {
            Some(more) => cursor = more,
            None => break,
        }
    }
    let distinct: HashSet<i64> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len(), "a log came twice");
    assert!(before.is_subset(&distinct), "a log is missing");
    assert!(order.is_sorted_by(|one, other| one > other), "not newest first");
}

#[tokio::test]
async fn the_last_page_says_so() {
    let house = House::open().await;
    let empty = house.history(MANAGER, page(0, "")).await.unwrap();
    assert_eq!((empty.data.len(), next(&empty), empty.pagination.unwrap().has_more), (0, None, false));
    for n in 0..20 {
        log_at(&house, n).await;
    }
    let full = house.history(MANAGER, page(0, "")).await.unwrap();
    assert_eq!((full.data.len(), next(&full)), (20, None));
    log_at(&house, 30).await;
    let first = house.history(MANAGER, page(0, "")).await.unwrap();
    assert_eq!((first.data.len(), first.pagination.as_ref().unwrap().has_more), (20, true));
    let rest = house.history(MANAGER, page(0, &next(&first).unwrap())).await.unwrap();
    assert_eq!((rest.data.len(), next(&rest)), (1, None));
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query() {
    let house = House::open().await;
    for n in 0..3 {
        log_at(&house, n).await;
        let checkin = wire::Checkin { heart_rate: Some(60.0), ..Default::default() };
        house.create(vitals(checkin)).await.unwrap();
    }
    let cursor = next(&house.history(MANAGER, page(2, "")).await.unwrap()).unwrap();
    let of_meals = wire::ListHistoryRequest { log_type: wire::LogType::Nutrition.into(), ..page(2, &cursor) };
    for (user, request) in
        [(MANAGER, of_meals), (DOCTOR, page(2, &cursor)), (MANAGER, page(2, "bm9uc2Vuc2U"))]
    {
        let error = house.history(user, request).await.unwrap_err();
        assert_eq!((error.kind(), fields(&error)), (Kind::Invalid, vec!["cursor"]), "{user}");
    }
}

#[tokio::test]
async fn one_kind_can_be_asked_for() {
    let house = House::open().await;
    log_at(&house, 1).await;
    let checkin = wire::Checkin { heart_rate: Some(60.0), ..Default::default() };
    let checkin = house.create(vitals(checkin)).await.unwrap().id;
    let request = wire::ListHistoryRequest { log_type: wire::LogType::Checkin.into(), ..page(0, "") };
    let seen = house.history(MANAGER, request).await.unwrap();
    assert_eq!(seen.data.iter().map(|log| log.id).collect::<Vec<_>>(), [checkin]);
}
