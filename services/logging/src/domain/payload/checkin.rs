//! Vital signs.

use serde::{Deserialize, Serialize};

use super::{Fault, Flag};

/// Vital signs: at least one.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(default)]
pub struct Checkin {
    /// The systolic blood pressure, in mmHg.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub systolic: Option<f64>,
    /// The diastolic blood pressure, in mmHg.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diastolic: Option<f64>,
    /// The heart rate, a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heart_rate: Option<f64>,
    /// The oxygen saturation, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spo2: Option<f64>,
    /// The body temperature, in degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_c: Option<f64>,
    /// The breaths, a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respiratory_rate: Option<f64>,
    /// The blood glucose by meter, in mg/dL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glucose_mg_dl: Option<f64>,
    /// The body weight, in kilograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_kg: Option<f64>,
    /// The height, in centimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height_cm: Option<f64>,
    /// The pain, 0 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pain: Option<f64>,
}

impl Checkin {
    /// What was measured, by the names that clinical goals use; the blood pressure is its systolic value.
    pub fn measurements(&self) -> Vec<(&'static str, f64)> {
        [
            ("blood_pressure", self.systolic),
            ("heart_rate", self.heart_rate),
            ("spo2", self.spo2),
            ("temperature", self.temperature_c),
            ("respiratory_rate", self.respiratory_rate),
            ("glucose", self.glucose_mg_dl),
            ("weight", self.weight_kg),
            ("height", self.height_cm),
            ("pain", self.pain),
        ]
        .into_iter()
        .filter_map(|(metric, value)| Some((metric, value?)))
        .collect()
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        if *self == Self::default() {
            return vec![Fault::new("", "must have at least one value")];
        }
        let fault = match (self.systolic, self.diastolic) {
            (Some(_), None) => Some(Fault::new("diastolic", "is required with systolic")),
            (None, Some(_)) => Some(Fault::new("systolic", "is required with diastolic")),
            (Some(systolic), Some(diastolic)) if systolic <= diastolic => {
                Some(Fault::new("systolic", "must be greater than diastolic"))
            }
            _ => None,
        };
        fault.into_iter().collect()
    }

    /// What is outside these ranges can be true, and can be a slip of the finger.
    pub(super) fn flags(&self) -> Vec<Flag> {
        [
            ("systolic", self.systolic, 60.0, 250.0, " mmHg"),
            ("diastolic", self.diastolic, 30.0, 150.0, " mmHg"),
            ("heart_rate", self.heart_rate, 30.0, 250.0, " a minute"),
            ("spo2", self.spo2, 70.0, 100.0, " %"),
            ("respiratory_rate", self.respiratory_rate, 8.0, 50.0, " a minute"),
            ("glucose_mg_dl", self.glucose_mg_dl, 20.0, 800.0, " mg/dL"),
        ]
        .into_iter()
        .filter(|(_, value, low, high, _)| value.is_some_and(|value| value < *low || value > *high))
        .map(|(field, _, low, high, unit)| Flag::new(field, format!("is outside {low} to {high}{unit}")))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(field: &str, value: f64) -> Checkin {
        serde_json::from_value(serde_json::json!({ field: value })).unwrap()
    }

    #[test]
    fn one_value_is_enough_and_none_is_not() {
        assert_eq!(Checkin::default().faults()[0].field, "");
        for field in [
            "heart_rate",
            "spo2",
            "temperature_c",
            "respiratory_rate",
            "glucose_mg_dl",
            "weight_kg",
            "height_cm",
            "pain",
        ] {
            assert_eq!(with(field, 0.0).faults(), [], "{field}");
        }
    }

    #[test]
    fn blood_pressure_comes_as_a_pair_with_the_systolic_above() {
        for (systolic, diastolic, fault) in [
            (Some(120.0), Some(80.0), None),
            (Some(80.5), Some(80.0), None),
            (Some(80.0), Some(80.0), Some("systolic")),
            (Some(70.0), Some(80.0), Some("systolic")),
            (Some(120.0), None, Some("diastolic")),
            (None, Some(80.0), Some("systolic")),
        ] {
            let checkin = Checkin { systolic, diastolic, heart_rate: Some(60.0), ..Checkin::default() };
            let found = checkin.faults().into_iter().map(|fault| fault.field).next();
            assert_eq!(found.as_deref(), fault, "{systolic:?} {diastolic:?}");
        }
    }

    #[test]
    fn what_is_outside_the_likely_range_is_flagged_and_its_bounds_are_not() {
        for (field, low, high) in [
            ("systolic", 60.0, 250.0),
            ("diastolic", 30.0, 150.0),
            ("heart_rate", 30.0, 250.0),
            ("spo2", 70.0, 100.0),
            ("respiratory_rate", 8.0, 50.0),
            ("glucose_mg_dl", 20.0, 800.0),
        ] {
            for (value, flagged) in [(low, false), (high, false), (low - 0.1, true), (high + 0.1, true)] {
                let flags = with(field, value).flags();
                assert_eq!(!flags.is_empty(), flagged, "{field} {value}");
                assert!(flags.iter().all(|flag| flag.field == field));
            }
        }
        for (field, low, high) in [
            ("temperature_c", 25.0, 46.0),
            ("weight_kg", 0.4, 600.0),
            ("height_cm", 30.5, 274.0),
            ("pain", 0.0, 10.0),
        ] {
            assert!(with(field, low).flags().is_empty() && with(field, high).flags().is_empty(), "{field}");
        }
        let flag = &with("systolic", 300.0).flags()[0];
        assert_eq!(flag.message, "is outside 60 to 250 mmHg");
    }

    #[test]
    fn measurements_carry_the_names_of_the_goals() {
        let checkin =
            Checkin { systolic: Some(120.0), diastolic: Some(80.0), pain: Some(2.0), ..Checkin::default() };
        assert_eq!(checkin.measurements(), [("blood_pressure", 120.0), ("pain", 2.0)]);
        assert_eq!(with("glucose_mg_dl", 99.0).measurements(), [("glucose", 99.0)]);
    }
}
