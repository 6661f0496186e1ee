//! The score of a day, computed from the logs that the API shows, by the definition and not by the service's code.
//!
//! It knows the goals of [`crate::api::goals`] only: 60 g of protein at least, three sessions of six sets a week, two blood
//! pressures a day, each domain with the same weight; on the first day of a program.

use serde_json::Value;

/// The total of the first day in basis points, from all logs of that day.
pub fn first_day_total(logs: &[Value]) -> i64 {
    let counted: Vec<&Value> =
        logs.iter().filter(|log| log["status"] == "VERIFIED" || log["status"] == "COMPLETED").collect();
    let of = |log_type: &'static str| {
        counted.iter().filter(move |log| log["log_type"] == log_type).map(|log| &log["payload"])
    };

    let protein: i64 = of("NUTRITION").map(|meal| thousandths(&meal["macros"]["protein_g"])).sum();
    let nutrition = (of("NUTRITION").count() > 0).then(|| (protein as f64 / 60_000.0).min(1.0));
    // on the first day no session is due yet, so one of any worth is all that is asked
    let strength = of("WORKOUT").any(|workout| sets(workout) * 2 >= 6).then_some(1.0);
    let pressures = of("CHECKIN").filter(|vitals| vitals["systolic"].is_number()).count();
    let clinical = pressures.min(2) as f64 / 2.0;

    let scores: Vec<f64> = [nutrition, strength, Some(clinical)].into_iter().flatten().collect();
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    (mean * 10_000.0 + 0.5).floor() as i64
}

/// A shown score in basis points.
pub fn basis_points(score: &Value) -> i64 {
    (score.as_f64().expect("a score") * 100.0).round() as i64
}

fn thousandths(number: &Value) -> i64 {
    (number.as_f64().unwrap_or(0.0) * 1000.0).round() as i64
}

fn sets(workout: &Value) -> usize {
    let exercises = workout["exercises"].as_array().map(Vec::as_slice).unwrap_or_default();
    exercises.iter().map(|exercise| exercise["sets"].as_array().map_or(0, Vec::len)).sum()
}
