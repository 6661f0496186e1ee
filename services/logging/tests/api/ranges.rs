//! Every number has its range, and nothing outside is stored.

use chassis::{Error, Kind};
use chrono::{DateTime, TimeDelta, Utc};
use proto::logging::v1 as wire;
use proto::logging::v1::create_log_request::Payload;

use crate::house::{House, entry, fields, meal, noon, vitals};

async fn refused(house: &House, request: wire::CreateLogRequest) -> Vec<String> {
    let error = house.create(request).await.expect_err("it is outside");
    assert_eq!(error.kind(), Kind::Invalid);
    fields(&error).into_iter().map(str::to_owned).collect()
}

type Build = fn(f64) -> Payload;

fn nutrition(calories: Option<f64>, macros: Option<wire::Macros>) -> Payload {
    Payload::Nutrition(wire::Nutrition { calories, macros, ..Default::default() })
}

fn food(item: wire::FoodItem) -> Payload {
    let items = vec![wire::FoodItem { name: "Dal".into(), ..item }];
    Payload::Nutrition(wire::Nutrition { items, ..Default::default() })
}

fn set(set: wire::ExerciseSet) -> Payload {
    let exercises = vec![wire::Exercise { name: "Row".into(), sets: vec![set] }];
    Payload::Workout(wire::Workout { exercises, duration_min: None })
}

/// Each number with its path, its range, and how to send it.
const RANGES: [(&str, f64, f64, Build); 24] = [
    ("nutrition.calories", 0.0, 20_000.0, |v| nutrition(Some(v), None)),
    ("nutrition.macros.protein_g", 0.0, 2_000.0, |v| {
        nutrition(None, Some(wire::Macros { protein_g: Some(v), ..Default::default() }))
    }),
    ("nutrition.macros.carbs_g", 0.0, 4_000.0, |v| {
        nutrition(None, Some(wire::Macros { carbs_g: Some(v), ..Default::default() }))
    }),
    ("nutrition.macros.fat_g", 0.0, 2_000.0, |v| {
        nutrition(None, Some(wire::Macros { fat_g: Some(v), ..Default::default() }))
    }),
    ("nutrition.macros.fiber_g", 0.0, 500.0, |v| {
        nutrition(None, Some(wire::Macros { fiber_g: Some(v), ..Default::default() }))
    }),
    ("nutrition.macros.sugar_g", 0.0, 2_000.0, |v| {
        nutrition(None, Some(wire::Macros { sugar_g: Some(v), ..Default::default() }))
    }),
    ("nutrition.items[0].quantity_g", 0.0, 10_000.0, |v| {
        food(wire::FoodItem { quantity_g: Some(v), ..Default::default() })
    }),
    ("nutrition.items[0].calories", 0.0, 20_000.0, |v| {
        food(wire::FoodItem { calories: Some(v), ..Default::default() })
    }),
    ("nutrition.items[0].confidence", 0.0, 1.0, |v| {
        food(wire::FoodItem { confidence: Some(v), ..Default::default() })
    }),
    ("workout.duration_min", 0.1, 1_440.0, |v| {
        Payload::Workout(wire::Workout { exercises: vec![], duration_min: Some(v) })
    }),
    ("workout.exercises[0].sets[0].weight_kg", 0.0, 1_000.0, |v| {
        set(wire::ExerciseSet { reps: Some(1), weight_kg: Some(v), ..Default::default() })
    }),
    ("workout.exercises[0].sets[0].rpe", 1.0, 10.0, |v| {
        set(wire::ExerciseSet { reps: Some(1), rpe: Some(v), ..Default::default() })
    }),
    ("workout.exercises[0].sets[0].duration_s", 0.1, 14_400.0, |v| {
        set(wire::ExerciseSet { duration_s: Some(v), ..Default::default() })
    }),
    ("checkin.systolic", 40.0, 300.0, |v| {
        let diastolic = Some(if v < 100.0 { 20.0 } else { 200.0 });
        Payload::Checkin(wire::Checkin { systolic: Some(v), diastolic, ..Default::default() })
    }),
    ("checkin.diastolic", 20.0, 200.0, |v| {
        Payload::Checkin(wire::Checkin { systolic: Some(300.0), diastolic: Some(v), ..Default::default() })
    }),
    ("checkin.heart_rate", 20.0, 300.0, |v| {
        Payload::Checkin(wire::Checkin { heart_rate: Some(v), ..Default::default() })
    }),
    ("checkin.spo2", 50.0, 100.0, |v| {
        Payload::Checkin(wire::Checkin { spo2: Some(v), ..Default::default() })
    }),
    ("checkin.temperature_c", 25.0, 46.0, |v| {
        Payload::Checkin(wire::Checkin { temperature_c: Some(v), ..Default::default() })
    }),
    ("checkin.respiratory_rate", 4.0, 80.0, |v| {
        Payload::Checkin(wire::Checkin { respiratory_rate: Some(v), ..Default::default() })
    }),
    ("checkin.glucose_mg_dl", 10.0, 1_500.0, |v| {
        Payload::Checkin(wire::Checkin { glucose_mg_dl: Some(v), ..Default::default() })
    }),
    ("checkin.weight_kg", 0.4, 600.0, |v| {
        Payload::Checkin(wire::Checkin { weight_kg: Some(v), ..Default::default() })
    }),
    ("checkin.height_cm", 30.5, 274.0, |v| {
        Payload::Checkin(wire::Checkin { height_cm: Some(v), ..Default::default() })
    }),
    ("checkin.pain", 0.0, 10.0, |v| Payload::Checkin(wire::Checkin { pain: Some(v), ..Default::default() })),
    ("workout.exercises[0].sets[0].reps", 1.0, 1_000.0, |v| {
        // the only whole number; a fraction beyond its range rounds away from it
        let reps = if v < 1.0 { v.floor() } else { v.ceil() };
        set(wire::ExerciseSet { reps: Some(reps as i32), ..Default::default() })
    }),
];

#[tokio::test]
async fn the_bounds_are_stored_and_what_is_beyond_is_refused() {
    let house = House::open().await;
    for (field, low, high, build) in RANGES {
        for inside in [low, high] {
            let stored = house.create(entry(build(inside))).await;
            assert!(stored.is_ok(), "{field} {inside}: {stored:?}");
        }
        for outside in [low - 0.01, high + 0.01, -1e300, 1e300] {
            assert_eq!(refused(&house, entry(build(outside))).await, [field], "{outside}");
        }
        if !field.ends_with("reps") {
            for never in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                // the diastolic pressure is built from the systolic one, and is then no number either
                assert_eq!(refused(&house, entry(build(never))).await[0], field, "{never}");
            }
        }
    }
    assert_eq!(house.count("daily_logs").await, 2 * RANGES.len() as i64);
}

#[tokio::test]
async fn the_rules_between_the_numbers_hold() {
    let house = House::open().await;
    let pressure = |systolic, diastolic| wire::Checkin { systolic, diastolic, ..Default::default() };
    let parts =
        wire::Macros { carbs_g: Some(10.0), fiber_g: Some(11.0), sugar_g: Some(12.0), ..Default::default() };
    let idle = wire::ExerciseSet { weight_kg: Some(20.0), ..Default::default() };
    for (request, paths) in [
        (vitals(wire::Checkin::default()), &["checkin"][..]),
        (vitals(pressure(Some(120.0), None)), &["checkin.diastolic"]),
        (vitals(pressure(None, Some(80.0))), &["checkin.systolic"]),
        (vitals(pressure(Some(80.0), Some(80.0))), &["checkin.systolic"]),
        (entry(nutrition(None, None)), &["nutrition"]),
        (entry(nutrition(None, Some(wire::Macros::default()))), &["nutrition"]),
        (entry(nutrition(None, Some(parts))), &["nutrition.macros.fiber_g", "nutrition.macros.sugar_g"]),
        (entry(Payload::Workout(wire::Workout::default())), &["workout"]),
        (entry(set(idle)), &["workout.exercises[0].sets[0].reps"]),
        (wire::CreateLogRequest { payload: None, ..meal(1.0) }, &["payload"]),
    ] {
        assert_eq!(refused(&house, request.clone()).await, paths, "{request:?}");
    }
    assert_eq!(house.count("daily_logs").await, 0);
}

#[tokio::test]
async fn what_is_unlikely_is_kept_and_flagged() {
    let house = House::open().await;
    let checkin = wire::Checkin {
        systolic: Some(260.0),
        diastolic: Some(100.0),
        spo2: Some(65.0),
        ..Default::default()
    };
    let answer = house.create(vitals(checkin)).await.unwrap();
    let flagged: Vec<_> = answer.flags.iter().map(|flag| flag.field.as_str()).collect();
    assert_eq!(flagged, ["systolic", "spo2"]);
    assert_eq!(house.get(crate::house::MANAGER, answer.id).await.unwrap().flags, answer.flags);

    let macros =
        wire::Macros { protein_g: Some(30.0), carbs_g: Some(50.0), fat_g: Some(20.0), ..Default::default() };
    let answer = house.create(entry(nutrition(Some(900.0), Some(macros)))).await.unwrap();
    assert_eq!(answer.flags[0].field, "calories");
}

#[tokio::test]
async fn a_log_happened_between_a_week_before_the_program_and_now() {
    let house = House::open().await;
    let at = |instant: DateTime<Utc>| wire::CreateLogRequest {
        timestamp: Some(chassis::time::timestamp(instant)),
        ..meal(100.0)
    };
    // the program starts on March 1st in Kolkata, half past six in the evening before by UTC
    let earliest: DateTime<Utc> = "2026-02-21T18:30:00Z".parse().unwrap();
    let micro = TimeDelta::microseconds(1);
    for (instant, fine) in [
        (earliest, true),
        (earliest - micro, false),
        (noon() + TimeDelta::minutes(5), true),
        (noon() + TimeDelta::minutes(5) + micro, false),
        ("0001-01-01T00:00:00Z".parse().unwrap(), false),
        ("9999-12-31T23:59:59Z".parse().unwrap(), false),
    ] {
        let outcome: Result<_, Error> = house.create(at(instant)).await;
        match outcome {
            Ok(_) => assert!(fine, "{instant}"),
            Err(error) => assert_eq!((fields(&error), fine), (vec!["timestamp"], false), "{instant}"),
        }
    }
    let log = house.create(at("2026-03-01T18:29:00Z".parse().unwrap())).await.unwrap();
    assert_eq!(house.get(crate::house::MANAGER, log.id).await.unwrap().local_date, "2026-03-01");
    let last = house.adherence.calls().pop().unwrap();
    assert_eq!((last.local_date.as_str(), last.today_date.as_str()), ("2026-03-01", "2026-03-20"));
}
