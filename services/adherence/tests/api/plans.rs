//! Plans change, and the scores with them.

use chassis::Kind;
use proto::program::v1::{Config, Plan};

use crate::house::{House, PROGRAM, everything, log, meal, points};
use crate::upstream::MANAGER;

/// Half of the protein is enough, from a day on.
fn easier(plan: &mut Plan, from: &str) {
    let mut config = Config { version: 2, effective_date: from.into(), ..everything() };
    config.nutrition_goals.as_mut().unwrap().targets[0].value = Some(50.0);
    plan.configs.push(config);
}

#[tokio::test]
async fn new_goals_count_from_their_day_on_and_past_days_keep_theirs() {
    let house = House::with_program().await;
    for (n, date) in ["2026-01-12", "2026-01-13"].into_iter().enumerate() {
        house.record(log(n as i64 + 1, date, meal(50.0))).await.unwrap();
    }
    house.programs.change(PROGRAM, |plan| easier(plan, "2026-01-13"));
    house.tell_of_change(PROGRAM).await;
    let stored: Vec<_> = house.stored(PROGRAM).await.iter().map(|row| row.nutrition_score).collect();
    assert_eq!(stored, [Some(5_000), Some(10_000)]);
}

#[tokio::test]
async fn a_reader_sees_a_change_before_the_news_of_it_has_come() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-13", meal(50.0))).await.unwrap();
    house.programs.change(PROGRAM, |plan| easier(plan, "2026-01-13"));
    assert_eq!(house.day("2026-01-13").await.nutrition_score, Some(100.0));
    assert_eq!(house.stored(PROGRAM).await[0].nutrition_score, Some(10_000));
}

#[tokio::test]
async fn a_log_made_under_a_newer_plan_brings_it_along_for_all_days() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-13", meal(50.0))).await.unwrap();
    house.programs.change(PROGRAM, |plan| easier(plan, "2026-01-13"));
    let mut newer = log(2, "2026-01-14", meal(25.0));
    newer.plan_version = 2;
    house.record(newer).await.unwrap();
    let stored: Vec<_> = house.stored(PROGRAM).await.iter().map(|row| row.nutrition_score).collect();
    assert_eq!(stored, [Some(10_000), Some(5_000)]);
    // the news that follows has nothing left to do
    let before = house.programs.plans_told();
    house.tell_of_change(PROGRAM).await;
    assert_eq!((house.programs.plans_told(), house.stored(PROGRAM).await.len()), (before + 1, 2));
}

#[tokio::test]
async fn an_older_plan_never_replaces_a_newer_one() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-13", meal(50.0))).await.unwrap();
    house.programs.change(PROGRAM, |plan| easier(plan, "2026-01-13"));
    house.tell_of_change(PROGRAM).await;
    let mut old = crate::house::plan(PROGRAM, everything());
    old.version = 1;
    house.programs.set(old);
    house.tell_of_change(PROGRAM).await;
    assert_eq!(house.stored(PROGRAM).await[0].nutrition_score, Some(10_000));
}

#[tokio::test]
async fn a_deleted_program_has_no_score_until_it_is_restored() {
    let house = House::with_program().await;
    house.record(log(1, "2026-01-12", meal(50.0))).await.unwrap();
    house.programs.change(PROGRAM, |plan| plan.deleted = true);
    house.tell_of_change(PROGRAM).await;
    assert_eq!(house.stored(PROGRAM).await[0].total_score, None);
    let denied = house.scores_of(MANAGER, PROGRAM, "", "").await.unwrap_err();
    assert_eq!(denied.kind(), Kind::Denied);
    house.programs.change(PROGRAM, |plan| plan.deleted = false);
    house.tell_of_change(PROGRAM).await;
    assert_eq!(points(&house.day("2026-01-12").await)[0], Some(50.0));
}

#[tokio::test]
async fn news_of_a_program_that_was_erased_and_news_that_cannot_be_read_hold_nobody_up() {
    let house = House::with_program().await;
    house.tell_of_change(43).await;
    let nonsense = backends::queue::Message::new("program.changed", &"nonsense").unwrap();
    backends::Queue::publish(house.queue.as_ref(), nonsense).await.unwrap();
    let dead =
        backends::Queue::dead_letter_count(house.queue.as_ref(), "adherence.program-changed").await.unwrap();
    assert_eq!(dead, 1);
}
