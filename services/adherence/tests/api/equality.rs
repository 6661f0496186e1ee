//! Whatever comes, in whatever order and however often, leaves exactly the scores behind that the model computes from what
//! holds.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::NaiveDate;
use futures_util::stream::{self, StreamExt};
use proto::adherence::v1::RecordLogRequest;
use proto::program::v1::Plan;

use crate::house::{House, Row, everything, log, meal, plan, pressure, workout};
use crate::model::{Model, Scores};
use crate::random::Random;
use crate::upstream::MANAGER;

fn stored(row: &Row) -> Scores {
    Scores {
        nutrition: row.nutrition_score,
        strength: row.strength_score,
        clinical: row.clinical_score,
        total: row.total_score,
        control: row.control_score,
    }
}

fn hundredths(points: Option<f64>) -> Option<i32> {
    points.map(|points| (points * 100.0).round() as i32)
}

/// By how much a revision moves the total of its day, given what was told before.
fn impact(plan: &Plan, before: &[RecordLogRequest], new: &RecordLogRequest) -> i32 {
    if before.iter().any(|known| known.log_id == new.log_id && known.revision > new.revision) {
        return 0;
    }
    let date: NaiveDate = new.local_date.parse().unwrap();
    let was = Model::of(plan, before).scores(date).total;
    let is = Model::of(plan, before.iter().chain([new])).scores(date).total;
    is.unwrap_or(0) - was.unwrap_or(0)
}

/// One random program and history: each answer, each stored row and each day that is read must be the model's.
async fn case(house: &House, seed: u64) {
    let program_id = seed as i64 + 1;
    let mut random = Random::seeded(seed);
    let mut plan = random.plan(program_id);
    house.programs.set(plan.clone());
    let logs = random.logs(program_id);
    let told = random.jumbled(&logs);
    let changes = random.moments(told.len());
    let mut known: Vec<RecordLogRequest> = Vec::new();
    let mut impacts: Vec<i32> = Vec::new();
    for (n, request) in told.iter().enumerate() {
        for _ in changes.iter().filter(|moment| **moment == n) {
            random.change(&mut plan);
            house.programs.set(plan.clone());
            // the news may come, or the next log may bring the plan along
            if seed.is_multiple_of(2) {
                house.tell_of_change(program_id).await;
            }
        }
        let request = RecordLogRequest { plan_version: plan.version, ..request.clone() };
        let again = known.iter().position(|k| (k.log_id, k.revision) == (request.log_id, request.revision));
        let expected = again.map_or_else(|| impact(&plan, &known, &request), |again| impacts[again]);
        assert_eq!(house.record(request.clone()).await.unwrap(), expected, "seed {seed}, message {n}");
        if again.is_none() {
            known.push(request);
            impacts.push(expected);
        }
    }
    let model = Model::of(&plan, &logs);
    let rows = house.stored(program_id).await;
    for row in &rows {
        assert_eq!(stored(row), model.scores(row.date), "seed {seed}, {}", row.date);
    }
    let held = logs.iter().map(|log| log.local_date.parse().unwrap());
    let dates: BTreeSet<NaiveDate> = rows.iter().map(|row| row.date).collect();
    let late = |date: &NaiveDate| {
        !dates.contains(date) && known.iter().all(|log| log.local_date != date.to_string())
    };
    assert!(held.collect::<BTreeSet<_>>().iter().all(|date| !late(date)), "seed {seed}");
    if !plan.deleted {
        read(house, &plan, &model, seed).await;
    }
}

/// Reads all days of the program, stored or not.
async fn read(house: &House, plan: &Plan, model: &Model<'_>, seed: u64) {
    let scores = house.scores_of(MANAGER, plan.program_id, "", "").await.unwrap();
    for day in &scores.days {
        let seen = Scores {
            nutrition: hundredths(day.nutrition_score),
            strength: hundredths(day.strength_score),
            clinical: hundredths(day.clinical_score),
            total: hundredths(day.total_score),
            control: hundredths(day.control_score),
        };
        assert_eq!(seen, model.scores(day.date.parse().unwrap()), "seed {seed}, {}", day.date);
    }
    let last = plan.end_date.parse::<NaiveDate>().unwrap().min(NaiveDate::from_ymd_opt(2026, 2, 20).unwrap());
    let length = (last - plan.start_date.parse::<NaiveDate>().unwrap()).num_days() + 1;
    assert_eq!(scores.days.len() as i64, length.max(0), "seed {seed}");
}

/// Ten thousand, in parts, which run beside each other.
async fn random_histories_leave_what_the_model_says(seeds: Range<u64>) {
    let house = House::open().await;
    house.clock.set("2026-02-20T12:00:00Z".parse().unwrap());
    for seed in seeds {
        case(&house, seed).await;
    }
}

macro_rules! parts {
    ($($name:ident: $seeds:expr),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            random_histories_leave_what_the_model_says($seeds).await;
        }
    )*};
}

parts! {
    random_histories_leave_what_the_model_says_1: 0..1_250,
    random_histories_leave_what_the_model_says_2: 1_250..2_500,
    random_histories_leave_what_the_model_says_3: 2_500..3_750,
    random_histories_leave_what_the_model_says_4: 3_750..5_000,
    random_histories_leave_what_the_model_says_5: 5_000..6_250,
    random_histories_leave_what_the_model_says_6: 6_250..7_500,
    random_histories_leave_what_the_model_says_7: 7_500..8_750,
    random_histories_leave_what_the_model_says_8: 8_750..10_000,
}

#[tokio::test]
async fn sixteen_at_once_lose_nothing_and_double_nothing() {
    let house = House::open().await;
    let program_id = 42;
    let plan = plan(program_id, everything());
    house.programs.set(plan.clone());
    let made = |n: i64| match n % 3 {
        0 => log(n, "2026-01-14", meal((n % 7) as f64 / 8.0)),
        1 => log(n, "2026-01-14", workout((n % 11) as i32)),
        _ => log(n, "2026-01-14", pressure((100 + n % 50) as f64)),
    };
    let logs: Vec<_> = (1..=300).map(made).collect();
    let jumbled = Random::seeded(7).jumbled(&logs);
    let impacts: Vec<i32> = stream::iter(jumbled.clone())
        .map(|log| house.record(log))
        .buffer_unordered(16)
        .map(Result::unwrap)
        .collect()
        .await;
    assert_eq!(impacts.len(), jumbled.len());
    let expected = Model::of(&plan, &logs).scores("2026-01-14".parse().unwrap());
    assert_eq!(house.stored(program_id).await.iter().map(stored).collect::<Vec<_>>(), [expected]);
    // the answers, each once, lead from nothing to the total
    let mut moved = 0;
    for log in &logs {
        moved += house.record(log.clone()).await.unwrap();
    }
    assert_eq!(Some(moved), expected.total);
}
