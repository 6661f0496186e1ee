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
    // from before the first
    let mut stream = house.watch(MANAGER, 1).await.unwrap();
    let mut ids = Vec::new();
    for log_id in 1..=150 {
        let event = next(&mut stream).await.unwrap();
        assert_eq!(event.log_id, log_id);
        ids.push(event.id);
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    house.record(photo(151, "2026-01-14")).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().log_id, 151);
    let mut stream = house.watch(MANAGER, ids[148]).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().log_id, 150);
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
async fn the_gaps_between_ids_do_not_tell_how_much_a_doctor_does_not_hear() {
    let mut gaps = Vec::new();
    for meals in [0, 5] {
        let house = House::with_program().await;
        let mut stream = house.watch(DOCTOR, 0).await.unwrap();
        house.record(log(100, "2026-01-14", pressure(120.0))).await.unwrap();
        house.clock.advance(chrono::TimeDelta::minutes(1));
        for n in 0..meals {
            house.record(log(n + 1, "2026-01-14", meal(10.0))).await.unwrap();
        }
        house.clock.advance(chrono::TimeDelta::minutes(1));
        house.record(log(101, "2026-01-14", pressure(121.0))).await.unwrap();
        let heard: Vec<_> = [next(&mut stream).await.unwrap(), next(&mut stream).await.unwrap()].into();
        assert_eq!(heard[0].log_id, 100);
        let mut last = heard[1].clone();
        while last.log_id != 101 {
            last = next(&mut stream).await.unwrap();
        }
        gaps.push(last.id - heard[0].id);
    }
    assert_eq!(gaps[0], gaps[1]);
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
