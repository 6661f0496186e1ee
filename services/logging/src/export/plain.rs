//! Plain JSON: everything, in the words of the REST API, with every revision of every log. `ImportMemberRequest` of the contract says
//! the same, field by field, so that an import reads what is written here; what is added here is to be added there.

mod goals;

use chrono::{DateTime, Utc};
use proto::audit::v1::Entry;
use proto::family::v1::{GrantRecord, LogType, Member};
use proto::program::v1::{Pause, ProgramRecord};
use serde_json::{Value, json};

use super::document::{Document, Section};
use super::record::LogRecord;
use super::text;
use crate::domain::image::Image;
use crate::domain::log::Revision;

/// What the document calls itself. A change that a reader must know of gives it another number.
const FORMAT: &str = "praan.member/1";

/// The document as far as it is written.
pub struct Plain {
    section: Option<Section>,
    in_program: bool,
    first: bool,
    first_log: bool,
}

impl Default for Plain {
    fn default() -> Self {
        Self { section: None, in_program: false, first: true, first_log: true }
    }
}

impl Plain {
    fn end_program(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.in_program, false) {
            out.extend_from_slice(b"]}");
        }
    }

    fn end_section(&mut self, out: &mut Vec<u8>) {
        self.end_program(out);
        if self.section.take().is_some() {
            out.push(b']');
        }
    }
}

impl Document for Plain {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn begin(&mut self, out: &mut Vec<u8>, member: &Member, at: DateTime<Utc>) {
        let head = json!({"format": FORMAT, "exported_at": text::utc(at), "member": self::member(member)});
        open(out, &head);
    }

    fn enter(&mut self, out: &mut Vec<u8>, section: Section) {
        self.end_section(out);
        let name = match section {
            Section::Programs => "programs",
            Section::Grants => "grants",
            Section::Trail => "audit",
        };
        out.extend_from_slice(format!(",\"{name}\":[").as_bytes());
        (self.section, self.first) = (Some(section), true);
    }

    fn program(&mut self, out: &mut Vec<u8>, record: &ProgramRecord) {
        self.end_program(out);
        if !std::mem::replace(&mut self.first, false) {
            out.push(b',');
        }
        open(out, &program(record));
        out.extend_from_slice(b",\"logs\":[");
        (self.in_program, self.first_log) = (true, true);
    }

    fn log(&mut self, out: &mut Vec<u8>, record: &LogRecord) {
        text::item(out, &mut self.first_log, &log(record));
    }

    fn grant(&mut self, out: &mut Vec<u8>, record: &GrantRecord) {
        text::item(out, &mut self.first, &grant(record));
    }

    fn entry(&mut self, out: &mut Vec<u8>, entry: &Entry) {
        text::item(out, &mut self.first, &self::entry(entry));
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.end_section(out);
        out.push(b'}');
    }
}

/// An object without its end.
fn open(out: &mut Vec<u8>, object: &Value) {
    let whole = object.to_string();
    out.extend_from_slice(whole.strip_suffix('}').unwrap_or(&whole).as_bytes());
}

fn member(member: &Member) -> Value {
    json!({
        "id": member.id,
        "name": member.name,
        "birth_date": member.birth_date,
        "relation_type": member.relation_type,
        "time_zone": member.time_zone,
        "leaderboard_opt_in": member.leaderboard_opt_in,
        "created_at": text::instant(member.created_at.as_ref()),
    })
}

fn program(record: &ProgramRecord) -> Value {
    let program = record.program.clone().unwrap_or_default();
    let pause = |pause: &Pause| {
        let resume_date = (!pause.resume_date.is_empty()).then_some(&pause.resume_date);
        json!({"from_date": pause.from_date, "resume_date": resume_date})
    };
    json!({
        "id": program.id,
        "title": program.title,
        "start_date": program.start_date,
        "end_date": program.end_date,
        "status": text::word(program.status().as_str_name(), "STATUS_"),
        "created_at": text::instant(program.created_at.as_ref()),
        "pauses": record.pauses.iter().map(pause).collect::<Vec<_>>(),
        "configs": record.configs.iter().map(goals::config).collect::<Vec<_>>(),
    })
}

fn log(record: &LogRecord) -> Value {
    let log = &record.current;
    let image = |image: &Image| {
        json!({
            "processing_status": image.status.name(),
            "failure_reason": image.failure_reason,
            "model": record.model,
        })
    };
    json!({
        "id": log.log_id,
        "timestamp": text::utc(log.moment.timestamp),
        "local_date": log.moment.local_date.to_string(),
        "utc_offset_minutes": log.moment.utc_offset_minutes,
        "image": record.image.as_ref().map(image),
        "revisions": record.revisions().map(revision).collect::<Vec<_>>(),
    })
}

fn revision(revision: &Revision) -> Value {
    json!({
        "revision": revision.revision,
        "status": revision.status.name(),
        "log_type": revision.payload.log_type().name(),
        // numbers, and texts under names: JSON holds all that a payload can say
        "payload": revision.payload.to_json().unwrap_or_default(),
        "flags": revision.payload.flags(),
        "author_id": revision.by.author_id,
        "recorded_at": text::utc(revision.by.recorded_at),
        "time_zone": revision.by.time_zone.name(),
    })
}

fn grant(record: &GrantRecord) -> Value {
    let grant = record.grant.clone().unwrap_or_default();
    let kind = |kind: LogType| text::word(kind.as_str_name(), "LOG_TYPE_");
    json!({
        "id": grant.id,
        "user_id": grant.user_id,
        "email": grant.email,
        "role": text::word(grant.role().as_str_name(), "ROLE_"),
        "log_types": grant.log_types().map(kind).collect::<Vec<_>>(),
        "not_before": text::instant(grant.not_before.as_ref()),
        "not_after": text::instant(grant.not_after.as_ref()),
        "created_at": text::instant(grant.created_at.as_ref()),
        "withdrawn_at": text::instant(record.withdrawn_at.as_ref()),
    })
}

fn entry(entry: &Entry) -> Value {
    json!({
        "time": text::instant(entry.time.as_ref()),
        "actor_id": entry.actor_id,
        "action": entry.action,
        "resource_type": entry.resource_type,
        "resource_id": entry.resource_id,
        "outcome": entry.outcome,
        "ip_address": entry.ip_address,
        "request_id": entry.request_id,
        "service": entry.service,
        "id": entry.id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::payload::{Checkin, Payload};
    use crate::export::fhir::entered;

    fn document(write: impl FnOnce(&mut Plain, &mut Vec<u8>)) -> Value {
        let (mut plain, mut out) = (Plain::default(), Vec::new());
        plain.begin(&mut out, &Member::default(), DateTime::UNIX_EPOCH);
        plain.enter(&mut out, Section::Programs);
        write(&mut plain, &mut out);
        plain.end(&mut out);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn every_list_ends_however_much_is_in_it() {
        let record = entered(Payload::Checkin(Checkin { heart_rate: Some(70.0), ..Checkin::default() }));
        assert_eq!(document(|_, _| {})["programs"], json!([]));
        let whole = document(|plain, out| {
            plain.program(out, &ProgramRecord::default());
            plain.program(out, &ProgramRecord::default());
            plain.log(out, &record);
            plain.log(out, &record);
            plain.enter(out, Section::Grants);
            plain.enter(out, Section::Trail);
            plain.entry(out, &Entry::default());
        });
        let logs = |program: usize| whole["programs"][program]["logs"].as_array().unwrap().len();
        assert_eq!([logs(0), logs(1)], [0, 2]);
        assert_eq!((&whole["grants"], whole["audit"].as_array().unwrap().len()), (&json!([]), 1));
        assert_eq!(whole["programs"][1]["logs"][0]["revisions"][0]["payload"], json!({"heart_rate": 70.0}));
    }
}
