//! What the steps of a request take by themselves, beside no server: `scripts/bench steps`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on has failed")]

use std::hint::black_box;

use adherence::domain::day::Day;
use adherence::domain::event::LogStatus;
use adherence::domain::history::{Contribution, History, Measurement, Part, Session};
use adherence::domain::plan::{Plan, days};
use adherence::domain::standing::{Revision, Standing};
use chrono::{DateTime, NaiveDate, Utc};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use gateway::fuzzing::Transcoder;
use prost::Message;
use proto::Validate;
use proto::logging::v1::CreateLogRequest;
use serde_json::json;
use targets::Tokens;

/// A meal of four things, as a phone sends it.
const MEAL: &str = r#"{"program_id": 7309412345678901, "log_type": "NUTRITION", "timestamp": "2026-03-01T08:15:00+05:30", "payload": {
    "calories": 565, "macros": {"protein_g": 25, "carbs_g": 84, "fat_g": 15}, "meal": "LUNCH", "items": [
        {"name": "Dal tadka", "quantity_g": 200, "calories": 240}, {"name": "Roti", "quantity_g": 80, "calories": 210},
        {"name": "Curd", "quantity_g": 150, "calories": 90}, {"name": "Salad", "quantity_g": 100, "calories": 25}]}}"#;

fn transcoding(criterion: &mut Criterion) {
    let door = Transcoder::new().unwrap();
    let asked = door.ask("POST", "/api/v1/logs", MEAL.as_bytes()).expect("a request");
    criterion.bench_function("transcoding: a meal's JSON to its message", |bencher| {
        bencher
            .iter(|| door.ask("POST", "/api/v1/logs", black_box(MEAL.as_bytes())).map(|asked| asked.message));
    });
    criterion.bench_function("transcoding: a meal's message to its JSON", |bencher| {
        bencher.iter(|| black_box(&asked).json());
    });
}

fn validation(criterion: &mut Criterion) {
    let door = Transcoder::new().unwrap();
    let bytes = door.ask("POST", "/api/v1/logs", MEAL.as_bytes()).expect("a request").message;
    let meal = CreateLogRequest::decode(bytes).unwrap();
    meal.validate().unwrap();
    criterion.bench_function("validation: a meal", |bencher| bencher.iter(|| black_box(&meal).validate()));
}

fn tokens(criterion: &mut Criterion) {
    let tokens = Tokens::default();
    let known = tokens.genuine(0);
    tokens.check(&known).expect("a good token");
    criterion.bench_function("token check: one seen before", |bencher| {
        bencher.iter(|| tokens.check(black_box(&known)));
    });
    let mut number = 0;
    criterion.bench_function("token check: a new one", |bencher| {
        let fresh = || {
            number += 1;
            tokens.genuine(number)
        };
        bencher.iter_batched(fresh, |token| tokens.check(&token), BatchSize::SmallInput);
    });
}

fn scoring(criterion: &mut Criterion) {
    let [start, end] = ["2026-01-01", "2026-03-31"].map(|day| day.parse().unwrap());
    let plan = plan(start, end);
    let logged =
        || days(start, end).into_iter().enumerate().flat_map(|(place, date)| logs_of(place as i64, date));
    let history = History::of(logged());
    criterion.bench_function("scoring: one day among ninety", |bencher| {
        bencher.iter(|| Day::of(black_box(&plan), &history, end));
    });
    criterion.bench_function("scoring: all ninety days", |bencher| {
        bencher.iter(|| {
            days(start, end).into_iter().for_each(|day| drop(black_box(Day::of(&plan, &history, day))))
        });
    });
    let now: DateTime<Utc> = "2026-03-31T12:00:00Z".parse().unwrap();
    let revision = Revision { contribution: pressure(1_000, end), status: LogStatus::Verified, today: end };
    criterion.bench_function("scoring: a new log among ninety days", |bencher| {
        let fresh =
            || Standing::new(plan.clone(), [], history.clone(), days(start, end).into_iter().collect());
        bencher.iter_batched(
            fresh,
            |mut standing| (standing.take(&revision, now), standing),
            BatchSize::LargeInput,
        );
    });
}

/// Goals of all three domains.
fn plan(start: NaiveDate, end: NaiveDate) -> Plan {
    let target = |nutrient, bound| json!({"nutrient": nutrient, "bound": bound, "weight": 1_000});
    let goals = json!({
        "nutrition": {"weight": 1_000, "targets": [
            target("calories", json!({"RANGE": [1_800_000, 2_200_000]})),
            target("protein_g", json!({"MIN": 60_000})),
            target("sugar_g", json!({"MAX": 40_000})),
        ]},
        "strength": {"weight": 1_000, "sessions_per_week": 3, "session": {"sets": 10_000}},
        "clinical": {"weight": 1_000, "checks": [
            {"metric": "systolic", "often": {"daily": 1}, "target": [100_000, 130_000]},
            {"metric": "weight_kg", "often": {"weekly": 2}, "target": null},
        ]},
    });
    let version = json!({"version": 1, "effective_date": start, "goals": goals, "phases": []});
    let plan = json!({"family_id": 1, "program_id": 2, "member_id": 3, "version": 1, "title": "Stronger", "start": start,
        "end": end, "pauses": [], "versions": [version], "deleted": false});
    serde_json::from_value(plan).unwrap()
}

/// Three meals, a session and a blood pressure.
fn logs_of(place: i64, date: NaiveDate) -> Vec<Contribution> {
    let meal = |n| {
        let intake = json!({"calories": 650_000, "protein_g": 22_000, "sugar_g": 9_000});
        let part = Part::Nutrition(serde_json::from_value(intake).unwrap());
        Contribution { log_id: place * 10 + n, revision: 1, date, part }
    };
    let session = Part::Workout(Session { sets: 9_000, minutes: 40_000 });
    let session = Contribution { log_id: place * 10 + 4, revision: 1, date, part: session };
    vec![meal(1), meal(2), meal(3), session, pressure(place * 10 + 5, date)]
}

fn pressure(log_id: i64, date: NaiveDate) -> Contribution {
    let measured = |metric: &str, value| Measurement { metric: metric.into(), value };
    let part = Part::Checkin(vec![measured("systolic", 124_000), measured("diastolic", 79_000)]);
    Contribution { log_id, revision: 1, date, part }
}

criterion_group!(steps, transcoding, validation, tokens, scoring);
criterion_main!(steps);
