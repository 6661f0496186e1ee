//! A log as Observations: what is the same for every kind of log.

use serde_json::{Value, json};

use super::terms::{hl7, known_as, loinc_as, reference};
use super::{nutrition, vitals, workout};
use crate::domain::log::{NOBODY, Status};
use crate::domain::payload::{Flag, Payload};
use crate::export::record::LogRecord;
use crate::export::text;

/// What a log says: vital signs one by one, a meal or a session as a whole.
pub fn observations(patient: i64, record: &LogRecord) -> Vec<Value> {
    let about = About { patient, record };
    match &record.current.payload {
        Payload::Checkin(checkin) => vitals::observations(&about, checkin),
        Payload::Nutrition(meal) => vec![nutrition::observation(&about, meal)],
        Payload::Workout(session) => vec![workout::observation(&about, session)],
    }
}

/// The log that an observation tells of.
pub struct About<'a> {
    pub patient: i64,
    pub record: &'a LogRecord,
}

impl About<'_> {
    /// An observation of one thing, still without what was observed.
    pub fn observation(&self, thing: &str, category: &str, code: Value) -> Value {
        let log = &self.record.current;
        let mut observation = json!({
            "resourceType": "Observation",
            "id": format!("log-{}-{}", log.log_id, thing.replace('_', "-")),
            "meta": {"versionId": log.revision.to_string()},
            "identifier": [{"system": "urn:praan:log", "value": format!("{}/{thing}", log.log_id)}],
            "basedOn": [reference("CarePlan", format!("program-{}", log.scope.program_id))],
            "status": status(self.record),
            "category": [hl7("observation-category", category)],
            "code": code,
            "subject": reference("Patient", self.patient),
            "effectiveDateTime": text::local(&log.moment),
            "issued": text::utc(log.by.recorded_at),
        });
        if log.by.author_id != NOBODY {
            observation["performer"] = json!([known_as("account", log.by.author_id)]);
        }
        let flags = log.payload.flags();
        if !flags.is_empty() {
            let note = |flag: &Flag| json!({"text": format!("{}: {}", flag.field, flag.message)});
            observation["note"] = flags.iter().map(note).collect();
        }
        observation
    }

    /// Puts in the parts, or why there are none.
    pub fn with_components(&self, mut observation: Value, components: Vec<Value>) -> Value {
        if components.is_empty() {
            let why = match self.record.current.status {
                Status::Processing => "temp-unknown",
                Status::Failed => "error",
                Status::Verified | Status::Completed => "unknown",
            };
            observation["dataAbsentReason"] = hl7("data-absent-reason", why);
        } else {
            observation["component"] = json!(components);
        }
        observation
    }
}

/// What FHIR calls the state of a log.
fn status(record: &LogRecord) -> &'static str {
    match record.current.status {
        Status::Processing => "registered",
        Status::Failed => "cancelled",
        Status::Completed => "preliminary",
        Status::Verified if record.was_corrected() => "amended",
        Status::Verified => "final",
    }
}

/// A part that has no code of LOINC.
pub fn part(text: impl Into<String>, value: Value) -> Value {
    json!({"code": {"text": text.into()}, "valueQuantity": value})
}

/// A part with a code of LOINC, in our words.
pub fn coded_part(code: &str, text: &str, value: Value) -> Value {
    json!({"code": loinc_as(code, text), "valueQuantity": value})
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::Scope;
    use crate::domain::log::{Authorship, Reading, Revision};
    use crate::domain::moment::Moment;
    use crate::domain::payload::{Checkin, Nutrition};

    /// A log of a person in Kolkata.
    pub fn entered(payload: Payload) -> LogRecord {
        LogRecord { current: first(payload), earlier: Vec::new(), image: None, model: None }
    }

    /// A photo that was read, and then confirmed or corrected.
    pub fn photo(corrected: Option<Payload>) -> LogRecord {
        let scope = Scope { family_id: 1, program_id: 42 };
        let waiting = Revision::photographed(scope, 99, first(Payload::unread()).moment, by(7));
        let meal = Payload::Nutrition(Nutrition { calories: Some(250.0), ..Nutrition::default() });
        let read = waiting.read(&Reading::Meal(meal), by(0).recorded_at).unwrap();
        let current = match corrected {
            Some(payload) => read.amended(payload, by(7)).unwrap(),
            None => read.verified(by(7)).unwrap(),
        };
        LogRecord { current, earlier: vec![waiting, read], image: None, model: Some("stub/1".into()) }
    }

    fn first(payload: Payload) -> Revision {
        let moment = Moment::new("2026-03-01T18:30:00Z".parse().unwrap(), chrono_tz::Tz::Asia__Kolkata);
        Revision::entered(Scope { family_id: 1, program_id: 42 }, 99, moment, payload, by(7))
    }

    fn by(author_id: i64) -> Authorship {
        let recorded_at = "2026-03-01T18:31:00Z".parse().unwrap();
        Authorship { author_id, plan_version: 1, time_zone: chrono_tz::Tz::Asia__Kolkata, recorded_at }
    }

    #[test]
    fn an_observation_says_of_whom_when_and_by_whom() {
        let pulse = Checkin { heart_rate: Some(260.0), ..Checkin::default() };
        let seen = observations(5, &entered(Payload::Checkin(pulse)));
        let [pulse] = seen.as_slice() else { panic!("one observation") };
        assert_eq!(
            (&pulse["subject"], &pulse["effectiveDateTime"]),
            (&reference("Patient", 5), &json!("2026-03-02T00:00:00+05:30"))
        );
        assert_eq!((&pulse["status"], &pulse["performer"][0]), (&json!("final"), &known_as("account", 7)));
        assert!(pulse["note"][0]["text"].as_str().unwrap().starts_with("heart_rate: "));
    }

    #[test]
    fn the_status_tells_a_correction_from_a_confirmation() {
        let other = Payload::Nutrition(Nutrition { calories: Some(300.0), ..Nutrition::default() });
        let (confirmed, corrected) = (photo(None), photo(Some(other)));
        let in_state = |status| {
            let mut record = photo(None);
            (record.current.status, record.current.payload) = (status, Payload::unread());
            record
        };
        for (record, status) in [
            (confirmed, "final"),
            (corrected, "amended"),
            (in_state(Status::Completed), "preliminary"),
            (in_state(Status::Processing), "registered"),
            (in_state(Status::Failed), "cancelled"),
        ] {
            let seen = observations(5, &record);
            assert_eq!(seen[0]["status"], status);
            let empty = record.current.payload == Payload::unread();
            assert_eq!(seen[0]["dataAbsentReason"].is_null(), !empty, "{status}");
        }
    }
}
