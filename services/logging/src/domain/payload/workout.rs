//! Strength training.

use serde::{Deserialize, Serialize};

use super::Fault;

/// A training session: at least one exercise, or its duration.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(default)]
pub struct Workout {
    /// The exercises.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exercises: Vec<Exercise>,
    /// How long it took, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_min: Option<f64>,
}

/// One exercise of a session.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(default)]
pub struct Exercise {
    /// What it is.
    pub name: String,
    /// Its sets.
    pub sets: Vec<Set>,
}

/// One set: repetitions or a duration.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(default)]
pub struct Set {
    /// The repetitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reps: Option<i32>,
    /// The weight moved, in kilograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_kg: Option<f64>,
    /// How hard it was, 1 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpe: Option<f64>,
    /// How long it took, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
}

impl Workout {
    /// The sets done.
    pub fn sets(&self) -> usize {
        self.exercises.iter().map(|exercise| exercise.sets.len()).sum()
    }

    /// The minutes trained: what was said, or else what the timed sets took.
    pub fn minutes(&self) -> f64 {
        let timed = || {
            let sets = self.exercises.iter().flat_map(|exercise| &exercise.sets);
            sets.filter_map(|set| set.duration_s).sum::<f64>() / 60.0
        };
        self.duration_min.unwrap_or_else(timed)
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        if self.exercises.is_empty() && self.duration_min.is_none() {
            return vec![Fault::new("", "must have at least one exercise, or duration_min")];
        }
        let sets = self.exercises.iter().enumerate().flat_map(|(exercise, of)| {
            of.sets.iter().enumerate().map(move |(position, set)| (exercise, position, set))
        });
        sets.filter(|(.., set)| set.reps.is_none() && set.duration_s.is_none())
            .map(|(exercise, position, _)| {
                let field = format!("exercises[{exercise}].sets[{position}].reps");
                Fault::new(field, "is required where duration_s is not given")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workout(sets: Vec<Set>, duration_min: Option<f64>) -> Workout {
        Workout { exercises: vec![Exercise { name: "Squat".into(), sets }], duration_min }
    }

    fn reps(reps: i32) -> Set {
        Set { reps: Some(reps), ..Set::default() }
    }

    fn seconds(seconds: f64) -> Set {
        Set { duration_s: Some(seconds), ..Set::default() }
    }

    #[test]
    fn a_session_has_an_exercise_or_a_duration_and_a_set_repetitions_or_a_duration() {
        for (workout, fields) in [
            (Workout::default(), &[""][..]),
            (Workout { duration_min: Some(30.0), ..Workout::default() }, &[]),
            (workout(vec![reps(5), seconds(30.0)], None), &[]),
            (workout(vec![reps(5), Set::default()], Some(10.0)), &["exercises[0].sets[1].reps"]),
            (workout(vec![Set { rpe: Some(7.0), ..Set::default() }], None), &["exercises[0].sets[0].reps"]),
        ] {
            let found: Vec<_> = workout.faults().into_iter().map(|fault| fault.field).collect();
            assert_eq!(found, fields, "{workout:?}");
        }
    }

    #[test]
    fn sets_are_counted_and_minutes_are_said_or_timed() {
        let timed = workout(vec![seconds(90.0), reps(5), seconds(30.0)], None);
        assert_eq!((timed.sets(), timed.minutes()), (3, 2.0));
        assert_eq!(workout(vec![seconds(90.0)], Some(45.0)).minutes(), 45.0);
        assert_eq!(workout(vec![reps(5)], None).minutes(), 0.0);
    }
}
