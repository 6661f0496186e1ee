//! Words that several resources use: codes, units, references.

use serde_json::{Value, json};

const LOINC: &str = "http://loinc.org";
const UCUM: &str = "http://unitsofmeasure.org";

/// The codes of the energy in food.
pub const ENERGY: (&str, &str) = ("9052-2", "Calorie intake total");

/// Something that is measured, by one number.
pub struct Measure {
    /// What goals and payloads call it.
    pub name: &'static str,
    /// Its codes of LOINC, with their names.
    pub loinc: &'static [(&'static str, &'static str)],
    /// Its unit, as people write it, and as UCUM does.
    pub unit: (&'static str, &'static str),
    /// What kind of observation it is.
    pub category: &'static str,
    /// The profile of FHIR that it keeps to.
    pub profile: Option<&'static str>,
}

/// Everything that a check-in may hold, but for the blood pressure, which is two numbers.
pub const MEASURES: [Measure; 8] = [
    vital("heart_rate", &[("8867-4", "Heart rate")], ("beats/minute", "/min"), "heartrate"),
    vital("respiratory_rate", &[("9279-1", "Respiratory rate")], ("breaths/minute", "/min"), "resprate"),
    vital("spo2", &OXYGEN, ("%", "%"), "oxygensat"),
    vital("temperature", &[("8310-5", "Body temperature")], ("C", "Cel"), "bodytemp"),
    vital("weight", &[("29463-7", "Body weight")], ("kg", "kg"), "bodyweight"),
    vital("height", &[("8302-2", "Body height")], ("cm", "cm"), "bodyheight"),
    Measure {
        name: "glucose",
        loinc: &[("41653-7", "Glucose [Mass/volume] in Capillary blood by Glucometer")],
        unit: ("mg/dL", "mg/dL"),
        category: "laboratory",
        profile: None,
    },
    Measure {
        name: "pain",
        loinc: &[("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")],
        unit: ("score", "{score}"),
        category: "survey",
        profile: None,
    },
];

/// The profile wants the first, and the second says how it was measured.
const OXYGEN: [(&str, &str); 2] = [
    ("2708-6", "Oxygen saturation in Arterial blood"),
    ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
];

const fn vital(
    name: &'static str,
    loinc: &'static [(&'static str, &'static str)],
    unit: (&'static str, &'static str),
    profile: &'static str,
) -> Measure {
    Measure { name, loinc, unit, category: "vital-signs", profile: Some(profile) }
}

/// The measure that goals and payloads call so.
pub fn measure(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}

/// A concept of LOINC, by codes that mean the same.
pub fn loinc(codes: &[(&str, &str)]) -> Value {
    let coding = |(code, display): &(&str, &str)| json!({"system": LOINC, "code": code, "display": display});
    json!({"coding": codes.iter().map(coding).collect::<Vec<_>>()})
}

/// A concept of LOINC that is told in our words.
pub fn loinc_as(code: &str, text: &str) -> Value {
    json!({"coding": [{"system": LOINC, "code": code}], "text": text})
}

/// A concept of our own.
pub fn ours(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": format!("urn:praan:{system}"), "code": code}], "text": code})
}

/// A concept of a code system of HL7.
pub fn hl7(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": format!("http://terminology.hl7.org/CodeSystem/{system}"), "code": code}]})
}

/// A number with its unit.
pub fn quantity(value: f64, (unit, code): (&str, &str)) -> Value {
    json!({"value": value, "unit": unit, "system": UCUM, "code": code})
}

/// Points at a resource of the bundle.
pub fn reference(kind: &str, id: impl std::fmt::Display) -> Value {
    json!({"reference": format!("{kind}/{id}")})
}

/// Points at something that is no resource of the bundle.
pub fn known_as(system: &str, value: impl std::fmt::Display) -> Value {
    json!({"identifier": {"system": format!("urn:praan:{system}"), "value": value.to_string()}})
}
