//! Live events, as they happen and as they are picked up again.

use chassis::Kind;
use proto::adherence::v1::*;

use crate::house::{House, PROGRAM, log, meal, next, photo, pressure, workout};
use crate::upstream::{DOCTOR, MANAGER};

fn seen(event: &ProgramEvent) -> (EventKind, i64, LogStatus, &str, Option<f64>) {
    (event.kind(), event.log_id, event.status(), event.date.as_str(), event.total_score)
}

const VERIFIED: LogStatus = LogStatus::Verified;

#[tokio::test]
async fn a_watcher_hears_of_logs_and_of_every_day_whose_score_they_move() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-12", meal(50.0))).await.unwrap();
    let mut stream = house.watch(MANAGER, 0).await.unwrap();
    let today = RecordLogRequest { today_date: "2026-01-14".into(), ..log(2, "2026-01-12", workout(10)) };
    house.record(today).await.unwrap();
    let (kind, day) = (EventKind::Score, ["2026-01-12", "2026-01-13", "2026-01-14"]);
    let first = next(&mut stream).await.unwrap();
    assert_eq!(seen(&first), (EventKind::Log, 2, VERIFIED, day[0], Some(50.0)));
    assert_eq!(seen(&next(&mut stream).await.unwrap()), (kind, 2, VERIFIED, day[0], Some(50.0)));
    assert_eq!(seen(&next(&mut stream).await.unwrap()), (kind, 2, VERIFIED, day[1], Some(25.0)));
    let last = next(&mut stream).await.unwrap();
    assert_eq!(seen(&last), (kind, 2, VERIFIED, day[2], Some(16.67)));
    assert_eq!(last.id, first.id + 3);
    // what moves no score is told as a log alone, and a repetition is not told at all
    house.record(photo(3, "2026-01-14")).await.unwrap();
    house.record(photo(3, "2026-01-14")).await.unwrap();
    house.record(log(4, "2026-01-14", pressure(120.0))).await.unwrap();
    let told = [
        next(&mut stream).await.unwrap(),
        next(&mut stream).await.unwrap(),
        next(&mut stream).await.unwrap(),
    ];
    assert_eq!(seen(&told[0]), (EventKind::Log, 3, LogStatus::Processing, day[2], Some(16.67)));
    assert_eq!(seen(&told[1]), (EventKind::Log, 4, VERIFIED, day[2], Some(66.67)));
    assert_eq!(seen(&told[2]), (kind, 4, VERIFIED, day[2], Some(66.67)));
}

#[tokio::test]
async fn a_watcher_that_comes_back_misses_nothing() {
    let house = House::with_program().await;
    // more than are read at a time
    for n in 1..=150 {
        house.record(photo(n, "2026-01-14")).await.unwrap();
    }
    let mut stream = house.watch(MANAGER, 1).await.unwrap();
    for id in 2..=150 {
        let event = next(&mut stream).await.unwrap();
        assert_eq!((event.id, event.log_id), (id, id));
    }
    house.record(photo(151, "2026-01-14")).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().id, 151);
}

#[tokio::test]
async fn a_change_of_plan_is_told_for_the_days_it_moves() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-12", meal(50.0))).await.unwrap();
    house.record(log(2, "2026-01-14", pressure(120.0))).await.unwrap();
    let mut stream = house.watch(MANAGER, 0).await.unwrap();
    house.programs.change(PROGRAM, |plan| {
        plan.configs[0].nutrition_goals.as_mut().unwrap().targets[0].value = Some(50.0);
    });
    house.tell_of_change(PROGRAM).await;
    let event = next(&mut stream).await.unwrap();
    assert_eq!(seen(&event), (EventKind::Score, 0, LogStatus::Unspecified, "2026-01-12", Some(33.33)));
    house.record(photo(3, "2026-01-14")).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().id, event.id + 1);
}

#[tokio::test]
async fn a_doctor_hears_of_the_granted_logs_and_of_no_total() {
    let house = House::with_program().await;
    let mut stream = house.watch(DOCTOR, 0).await.unwrap();
    house.record(log(1, "2026-01-14", meal(50.0))).await.unwrap();
    house.record(log(2, "2026-01-14", pressure(120.0))).await.unwrap();
    let event = next(&mut stream).await.unwrap();
    assert_eq!(seen(&event), (EventKind::Log, 2, VERIFIED, "2026-01-14", None));
}

#[tokio::test]
async fn a_stream_ends_when_its_watcher_may_no_longer_look() {
    let house = House::with_program().await;
    let mut stream = house.watch(DOCTOR, 0).await.unwrap();
    house.programs.withdraw();
    assert_eq!(next(&mut stream).await.unwrap_err().kind(), Kind::Denied);
}
