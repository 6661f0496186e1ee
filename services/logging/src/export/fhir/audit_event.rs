//! An entry of the audit trail as an AuditEvent.

use proto::audit::v1::Entry;
use serde_json::{Value, json};

use super::terms::{known_as, reference};
use crate::export::text;

/// The entry.
pub fn audit_event(patient: i64, entry: &Entry) -> Value {
    let mut agent = json!({"who": known_as("account", entry.actor_id), "requestor": true});
    if let Some(address) = &entry.ip_address {
        agent["network"] = json!({"address": address, "type": "2"});
    }
    let resource = known_as(&entry.resource_type, entry.resource_id);
    json!({
        "resourceType": "AuditEvent",
        "id": format!("{}-{}", entry.service, entry.id),
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "subtype": [{"system": "urn:praan:action", "code": entry.action}],
        "action": action(&entry.action),
        "recorded": text::instant(entry.time.as_ref()),
        // a refusal is a minor failure
        "outcome": if entry.outcome == "SUCCESS" { "0" } else { "4" },
        "agent": [agent],
        "source": {"observer": {"display": entry.service}},
        "entity": [{"what": resource}, {"what": reference("Patient", patient)}],
    })
}

/// Create, read, update, delete, or execute.
fn action(action: &str) -> &'static str {
    match action {
        "CREATE" | "UPLOAD" | "GRANT" => "C",
        "READ" | "EXPORT" => "R",
        "DELETE" | "ERASE" | "REVOKE" => "D",
        "UPDATE" | "AMEND" | "VERIFY" | "RESTORE" | "PAUSE" | "RESUME" | "COMPLETE" | "FAIL" => "U",
        _ => "E",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_and_a_success_are_told_apart() {
        let entry = |outcome: &str, action: &str| Entry {
            outcome: outcome.into(),
            action: action.into(),
            service: "logging".into(),
            id: 8,
            ..Entry::default()
        };
        for (outcome, action, told) in [("SUCCESS", "AMEND", ("0", "U")), ("DENIED", "MANAGE", ("4", "E"))] {
            let event = audit_event(5, &entry(outcome, action));
            assert_eq!((event["outcome"].as_str(), event["action"].as_str()), (Some(told.0), Some(told.1)));
            assert_eq!(event["id"], "logging-8");
        }
    }
}
