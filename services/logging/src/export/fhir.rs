//! FHIR R4 (4.0.1): a Bundle of type `collection`. Codes are LOINC, units UCUM; what neither has a name for is told in a system of
//! our own, `urn:praan:…`. Every log is there as it stands, with the status that FHIR has for what became of it.

mod audit_event;
mod care_plan;
mod consent;
mod goal;
mod nutrition;
mod observation;
mod patient;
mod provenance;
mod terms;
mod vitals;
mod workout;

use chrono::{DateTime, Utc};
use proto::audit::v1::Entry;
use proto::family::v1::{GrantRecord, Member};
use proto::program::v1::ProgramRecord;
use serde_json::{Value, json};

use super::document::{Document, Section};
use super::record::LogRecord;
use super::text;

#[cfg(test)]
pub use observation::tests::entered;

/// Where the resources would be read one by one: nowhere. The name only makes references between them absolute, as a Bundle wants it.
const BASE: &str = "https://praan.invalid/fhir";

/// The bundle as far as it is written.
pub struct Bundle {
    first: bool,
    patient: i64,
}

impl Default for Bundle {
    fn default() -> Self {
        Self { first: true, patient: 0 }
    }
}

impl Bundle {
    fn add(&mut self, out: &mut Vec<u8>, resource: Value) {
        let part = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        let full_url = format!("{BASE}/{}/{}", part("resourceType"), part("id"));
        text::item(out, &mut self.first, &json!({"fullUrl": full_url, "resource": resource}));
    }
}

impl Document for Bundle {
    fn media_type(&self) -> &'static str {
        "application/fhir+json"
    }

    fn begin(&mut self, out: &mut Vec<u8>, member: &Member, at: DateTime<Utc>) {
        let head = format!(
            "{{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"timestamp\":\"{}\",\"entry\":[",
            text::utc(at)
        );
        out.extend_from_slice(head.as_bytes());
        self.patient = member.id;
        self.add(out, patient::patient(member));
    }

    fn enter(&mut self, _: &mut Vec<u8>, _: Section) {
        // a bundle has no sections
    }

    fn program(&mut self, out: &mut Vec<u8>, record: &ProgramRecord) {
        let goals = goal::goals(self.patient, record);
        self.add(out, care_plan::care_plan(self.patient, record, &goals));
        for goal in goals {
            self.add(out, goal);
        }
    }

    fn log(&mut self, out: &mut Vec<u8>, record: &LogRecord) {
        let observations = observation::observations(self.patient, record);
        let provenance = provenance::provenance(record, &observations);
        for resource in observations.into_iter().chain(provenance) {
            self.add(out, resource);
        }
    }

    fn grant(&mut self, out: &mut Vec<u8>, record: &GrantRecord) {
        self.add(out, consent::consent(self.patient, record));
    }

    fn entry(&mut self, out: &mut Vec<u8>, entry: &Entry) {
        self.add(out, audit_event::audit_event(self.patient, entry));
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"]}");
    }
}
