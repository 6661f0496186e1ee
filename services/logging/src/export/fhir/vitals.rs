//! Vital signs, each as the profile of FHIR for it wants it.

use serde_json::{Value, json};

use super::observation::About;
use super::terms::{self, loinc, quantity};
use crate::domain::payload::Checkin;

const PRESSURE: (&str, &str) = ("mmHg", "mm[Hg]");

/// One observation for every vital sign; the blood pressure is one with two parts.
pub fn observations(about: &About<'_>, checkin: &Checkin) -> Vec<Value> {
    let single = checkin.measurements().into_iter().filter_map(|(name, value)| {
        let measure = terms::measure(name)?;
        let mut observation = about.observation(name, measure.category, loinc(measure.loinc));
        observation["valueQuantity"] = quantity(value, measure.unit);
        if let Some(profile) = measure.profile {
            keeps_to(&mut observation, profile);
        }
        Some(observation)
    });
    blood_pressure(about, checkin).into_iter().chain(single).collect()
}

fn blood_pressure(about: &About<'_>, checkin: &Checkin) -> Option<Value> {
    let (systolic, diastolic) = (checkin.systolic?, checkin.diastolic?);
    let code = loinc(&[("85354-9", "Blood pressure panel with all children optional")]);
    let mut observation = about.observation("blood_pressure", "vital-signs", code);
    let part = |code, name, value| json!({"code": loinc(&[(code, name)]), "valueQuantity": quantity(value, PRESSURE)});
    observation["component"] = json!([
        part("8480-6", "Systolic blood pressure", systolic),
        part("8462-4", "Diastolic blood pressure", diastolic),
    ]);
    keeps_to(&mut observation, "bp");
    Some(observation)
}

fn keeps_to(observation: &mut Value, profile: &str) {
    observation["meta"]["profile"] = json!([format!("http://hl7.org/fhir/StructureDefinition/{profile}")]);
}

#[cfg(test)]
mod tests {
    use super::super::observation::{observations, tests::entered};
    use super::*;
    use crate::domain::payload::Payload;

    #[test]
    fn every_vital_sign_has_its_code_and_its_unit() {
        let checkin = Checkin {
            systolic: Some(128.0),
            diastolic: Some(82.0),
            heart_rate: Some(71.0),
            spo2: Some(97.0),
            temperature_c: Some(36.8),
            respiratory_rate: Some(15.0),
            glucose_mg_dl: Some(104.0),
            weight_kg: Some(64.2),
            height_cm: Some(158.0),
            pain: Some(2.0),
        };
        let seen = observations(5, &entered(Payload::Checkin(checkin)));
        let facts: Vec<String> = seen
            .iter()
            .map(|one| {
                let codes = one["code"]["coding"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|coding| coding["code"].as_str().unwrap());
                let value = &one["valueQuantity"];
                format!(
                    "{} {} {}",
                    codes.collect::<Vec<_>>().join("+"),
                    value["value"],
                    value["code"].as_str().unwrap_or("-")
                )
            })
            .collect();
        assert_eq!(
            facts,
            [
                "85354-9 null -",
                "8867-4 71.0 /min",
                "2708-6+59408-5 97.0 %",
                "8310-5 36.8 Cel",
                "9279-1 15.0 /min",
                "41653-7 104.0 mg/dL",
                "29463-7 64.2 kg",
                "8302-2 158.0 cm",
                "72514-3 2.0 {score}",
            ]
        );
        let parts = seen[0]["component"].as_array().unwrap();
        let part =
            |part: &Value| format!("{} {}", part["code"]["coding"][0]["code"], part["valueQuantity"]["code"]);
        assert_eq!(
            parts.iter().map(part).collect::<Vec<_>>(),
            ["\"8480-6\" \"mm[Hg]\"", "\"8462-4\" \"mm[Hg]\""]
        );
    }
}
