//! Where a reading comes from: which model made it, of which photo, and who confirmed it.

use serde_json::{Value, json};

use super::terms::{hl7, known_as, reference};
use crate::domain::log::{NOBODY, Status};
use crate::export::record::LogRecord;
use crate::export::text;

/// The provenance of a log that a model has read from a photo.
pub fn provenance(record: &LogRecord, observations: &[Value]) -> Option<Value> {
    let (reading, current) = (record.reading()?, &record.current);
    let model = record.model.as_deref().unwrap_or("unknown");
    let target = |seen: &Value| reference("Observation", seen["id"].as_str().unwrap_or_default());
    let mut photo = known_as("photo", current.log_id);
    photo["display"] = json!("a photo of the meal");
    let mut agents = vec![
        json!({"type": hl7("provenance-participant-type", "assembler"), "who": {"reference": "#model"}}),
    ];
    if current.status == Status::Verified && current.by.author_id != NOBODY {
        let role = if record.was_corrected() { "author" } else { "verifier" };
        let who = known_as("account", current.by.author_id);
        agents.push(json!({"type": hl7("provenance-participant-type", role), "who": who}));
    }
    Some(json!({
        "resourceType": "Provenance",
        "id": format!("log-{}-reading", current.log_id),
        "contained": [{
            "resourceType": "Device",
            "id": "model",
            "deviceName": [{"name": model, "type": "model-name"}],
        }],
        "target": observations.iter().map(target).collect::<Vec<_>>(),
        "recorded": text::utc(reading.by.recorded_at),
        "agent": agents,
        "entity": [{"role": "source", "what": photo}],
    }))
}

#[cfg(test)]
mod tests {
    use super::super::observation::{
        observations,
        tests::{entered, photo},
    };
    use super::*;
    use crate::domain::payload::{Nutrition, Payload};

    #[test]
    fn a_reading_names_its_model_its_photo_and_who_confirmed_it() {
        let other = Payload::Nutrition(Nutrition { calories: Some(300.0), ..Nutrition::default() });
        for (record, role) in [(photo(None), "verifier"), (photo(Some(other.clone())), "author")] {
            let seen = observations(5, &record);
            let told = provenance(&record, &seen).unwrap();
            assert_eq!(told["target"], json!([{"reference": "Observation/log-99-meal"}]));
            assert_eq!(told["contained"][0]["deviceName"][0]["name"], "stub/1");
            assert_eq!(told["agent"][1]["type"]["coding"][0]["code"], role);
        }
        let entered = entered(other);
        assert_eq!(provenance(&entered, &observations(5, &entered)), None);
    }
}
