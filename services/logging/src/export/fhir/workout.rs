//! A training session: how long it took, and every set of it.

use serde_json::Value;

use super::observation::{About, coded_part, part};
use super::terms::{loinc, quantity};
use crate::domain::payload::{Set, Workout};

/// The session as one observation.
pub fn observation(about: &About<'_>, session: &Workout) -> Value {
    let code = loinc(&[("73985-4", "Exercise activity")]);
    let observation = about.observation("workout", "activity", code);
    let duration = session
        .duration_min
        .map(|minutes| coded_part("55411-3", "Exercise duration", quantity(minutes, ("min", "min"))));
    let sets = session.exercises.iter().flat_map(|exercise| {
        let numbered = exercise.sets.iter().enumerate();
        numbered.flat_map(|(place, of)| set(&format!("{}, set {}", exercise.name, place + 1), of))
    });
    about.with_components(observation, duration.into_iter().chain(sets).collect())
}

fn set(name: &str, set: &Set) -> Vec<Value> {
    let said = [
        ("repetitions", set.reps.map(f64::from), ("repetitions", "{reps}")),
        ("weight", set.weight_kg, ("kg", "kg")),
        ("perceived exertion", set.rpe, ("score", "{score}")),
        ("duration", set.duration_s, ("s", "s")),
    ];
    let part = |(what, value, unit): (&str, Option<f64>, _)| {
        value.map(|value| part(format!("{name}: {what}"), quantity(value, unit)))
    };
    said.into_iter().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::super::observation::{observations, tests::entered};
    use super::*;
    use crate::domain::payload::{Exercise, Payload};

    #[test]
    fn a_session_is_told_set_by_set() {
        let set = |reps, weight_kg| Set { reps: Some(reps), weight_kg, ..Set::default() };
        let squat = Exercise { name: "Squat".into(), sets: vec![set(5, Some(40.0)), set(4, None)] };
        let session = Workout { exercises: vec![squat], duration_min: Some(45.0) };
        let seen = observations(5, &entered(Payload::Workout(session)));
        let parts = seen[0]["component"].as_array().unwrap();
        let told: Vec<String> = parts
            .iter()
            .map(|part| {
                format!("{} = {}", part["code"]["text"].as_str().unwrap(), part["valueQuantity"]["value"])
            })
            .collect();
        assert_eq!(
            told,
            [
                "Exercise duration = 45.0",
                "Squat, set 1: repetitions = 5.0",
                "Squat, set 1: weight = 40.0",
                "Squat, set 2: repetitions = 4.0",
            ]
        );
    }
}
