//! How logs get into the score.

use chassis::Kind;
use proto::adherence::v1::{LogStatus, RecordLogRequest};

use crate::house::{House, PROGRAM, log, meal, photo, points, pressure, workout};

#[tokio::test]
async fn the_same_revision_counts_once_and_is_worth_the_same() {
    let house = House::with_program().await;
    let first = log(1, "2026-01-12", meal(50.0));
    assert_eq!(house.record(first.clone()).await.unwrap(), 1_667);
    house.record(log(2, "2026-01-12", meal(20.0))).await.unwrap();
    assert_eq!(house.record(first).await.unwrap(), 1_667);
    assert_eq!(house.day("2026-01-12").await.nutrition_score, Some(70.0));
}

#[tokio::test]
async fn a_correction_replaces_what_was_said_before() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-12", meal(50.0))).await.unwrap();
    let corrected = RecordLogRequest { revision: 2, ..log(1, "2026-01-12", meal(30.0)) };
    assert_eq!(house.record(corrected).await.unwrap(), 1_000 - 1_667);
    assert_eq!(house.day("2026-01-12").await.nutrition_score, Some(30.0));
}

#[tokio::test]
async fn a_revision_that_comes_late_changes_nothing() {
    let house = House::with_program().await;
    let corrected = RecordLogRequest { revision: 2, ..log(1, "2026-01-12", meal(30.0)) };
    assert_eq!(house.record(corrected).await.unwrap(), 1_000);
    let late = log(1, "2026-01-12", meal(50.0));
    assert_eq!(house.record(late.clone()).await.unwrap(), 0);
    assert_eq!(house.record(late).await.unwrap(), 0);
    assert_eq!(house.day("2026-01-12").await.nutrition_score, Some(30.0));
}

#[tokio::test]
async fn a_photo_adds_nothing_until_it_is_read() {
    let house = House::with_program().await;
    house.record(log(9, "2026-01-12", workout(10))).await.unwrap();
    assert_eq!(house.record(photo(1, "2026-01-12")).await.unwrap(), 0);
    assert_eq!(house.day("2026-01-12").await.nutrition_score, None);
    let read = RecordLogRequest {
        revision: 2,
        status: LogStatus::Completed.into(),
        ..log(1, "2026-01-12", meal(100.0))
    };
    assert_eq!(house.record(read).await.unwrap(), 6_667 - 5_000);
    let unread = RecordLogRequest { revision: 2, status: LogStatus::Failed.into(), ..photo(2, "2026-01-12") };
    assert_eq!(house.record(unread).await.unwrap(), 0);
    assert_eq!(house.record(photo(2, "2026-01-12")).await.unwrap(), 0);
    assert_eq!(house.day("2026-01-12").await.nutrition_score, Some(100.0));
}

#[tokio::test]
async fn a_log_that_moves_to_another_week_leaves_the_first_one() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-05", workout(10))).await.unwrap();
    let moved = RecordLogRequest {
        revision: 2,
        today_date: "2026-01-14".into(),
        ..log(1, "2026-01-12", workout(10))
    };
    assert_eq!(house.record(moved).await.unwrap(), 5_000);
    let strength = |scores: &proto::adherence::v1::Adherence| {
        scores.days.iter().map(|day| day.strength_score.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(strength(&house.scores("", "2026-01-11").await), [0.0; 7]);
    assert_eq!(strength(&house.scores("2026-01-12", "").await), [100.0, 50.0, 33.33]);
}

/// A request may be sent again days later, when other logs of its week have long been scored.
#[tokio::test]
async fn a_log_that_comes_late_counts_on_every_day_that_is_scored_already() {
    let house = House::with_program().await;
    house.record(log(2, "2026-01-14", workout(10))).await.unwrap();
    assert_eq!(house.day("2026-01-14").await.strength_score, Some(33.33));
    house.record(log(1, "2026-01-12", workout(10))).await.unwrap();
    assert_eq!(house.day("2026-01-14").await.strength_score, Some(66.67));
    // the day between was computed when it was asked for
    assert_eq!(house.day("2026-01-13").await.strength_score, Some(50.0));
}

#[tokio::test]
async fn logs_outside_the_program_count_for_nothing() {
    let house = House::with_program().await;
    house.programs.change(PROGRAM, |plan| plan.start_date = "2026-01-07".into());
    let before = RecordLogRequest { plan_version: 2, ..log(1, "2026-01-06", workout(10)) };
    assert_eq!(house.record(before).await.unwrap(), 0);
    assert_eq!(points(&house.day("2026-01-07").await), [None, Some(0.0), Some(0.0), Some(0.0), None]);
}

#[tokio::test]
async fn the_plan_is_asked_for_only_when_it_is_older() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-12", meal(50.0))).await.unwrap();
    house.record(log(2, "2026-01-12", meal(50.0))).await.unwrap();
    assert_eq!(house.programs.plans_told(), 1);
    // and a log can be taken in while program is away
    house.programs.set_away(true);
    house.record(log(3, "2026-01-12", pressure(120.0))).await.unwrap();
    let newer = RecordLogRequest { plan_version: 2, ..log(4, "2026-01-12", pressure(120.0)) };
    assert_eq!(house.record(newer.clone()).await.unwrap_err().kind(), Kind::Unavailable);
    house.programs.set_away(false);
    house.programs.change(PROGRAM, |_| ());
    house.record(newer).await.unwrap();
    assert_eq!(house.programs.plans_told(), 2);
}

#[tokio::test]
async fn what_does_not_belong_together_is_refused_and_leaves_nothing_behind() {
    let house = House::with_program().await;
    let foreign = RecordLogRequest { family_id: 99, ..log(1, "2026-01-12", meal(50.0)) };
    assert_eq!(house.record(foreign).await.unwrap_err().kind(), Kind::Invalid);
    let absent = RecordLogRequest { program_id: 43, ..log(1, "2026-01-12", meal(50.0)) };
    assert_eq!(house.record(absent).await.unwrap_err().kind(), Kind::NotFound);
    for bad in [
        log(1, "2026-02-30", meal(50.0)),
        log(1, "2026-01-12", meal(-1.0)),
        log(1, "2026-01-12", meal(f64::NAN)),
        RecordLogRequest { status: 0, ..log(1, "2026-01-12", meal(50.0)) },
        RecordLogRequest { status: 9, ..log(1, "2026-01-12", meal(50.0)) },
        RecordLogRequest { revision: 0, ..log(1, "2026-01-12", meal(50.0)) },
    ] {
        assert_eq!(house.record(bad).await.unwrap_err().kind(), Kind::Invalid);
    }
    assert!(house.stored(PROGRAM).await.is_empty());
}
