//! A grant as a Consent.

use proto::family::v1::{GrantRecord, LogType, Role};
use serde_json::{Value, json};

use super::terms::{hl7, known_as, loinc_as, ours, reference};
use crate::export::text;

/// The grant. One that was withdrawn is inactive; one that is not in force yet, or no more, says so by its period.
pub fn consent(patient: i64, record: &GrantRecord) -> Value {
    let grant = record.grant.clone().unwrap_or_default();
    let mut period = json!({});
    if let Some(start) = text::instant(grant.not_before.as_ref()) {
        period["start"] = json!(start);
    }
    let ends = [grant.not_after.as_ref(), record.withdrawn_at.as_ref()];
    if let Some(end) = ends.into_iter().flatten().min_by_key(|end| (end.seconds, end.nanos)) {
        period["end"] = json!(text::instant(Some(end)));
    }
    let mut holder = known_as("account", grant.user_id);
    if !grant.email.is_empty() {
        holder["display"] = json!(grant.email);
    }
    let role = if grant.role() == Role::Doctor { "doctor" } else { "member" };
    let kind = |kind: LogType| ours("log-type", text::word(kind.as_str_name(), "LOG_TYPE_"));
    json!({
        "resourceType": "Consent",
        "id": format!("grant-{}", grant.id),
        "identifier": [{"system": "urn:praan:grant", "value": grant.id.to_string()}],
        "status": if record.withdrawn_at.is_some() { "inactive" } else { "active" },
        "scope": hl7("consentscope", "patient-privacy"),
        "category": [loinc_as("59284-0", "Consent Document")],
        "patient": reference("Patient", patient),
        "dateTime": text::instant(grant.created_at.as_ref()),
        "policyRule": hl7("v3-ActCode", "OPTIN"),
        "provision": {
            "type": "permit",
            "period": period,
            "actor": [{"role": ours("role", role), "reference": holder}],
            "action": [hl7("consentaction", "access")],
            "code": grant.log_types().map(kind).collect::<Vec<_>>(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::Timestamp;
    use proto::family::v1::Grant;

    #[test]
    fn a_withdrawn_grant_ends_when_it_was_withdrawn() {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        let grant = Grant {
            id: 3,
            role: Role::Doctor.into(),
            log_types: vec![LogType::Checkin.into()],
            not_before: at(1_700_000_000),
            not_after: at(1_800_000_000),
            created_at: at(1_700_000_000),
            ..Grant::default()
        };
        for (withdrawn_at, status, end) in [
            (None, "active", "2027-01-15T08:00:00Z"),
            (at(1_750_000_000), "inactive", "2025-06-15T15:06:40Z"),
        ] {
            let consent = consent(5, &GrantRecord { grant: Some(grant.clone()), withdrawn_at });
            assert_eq!(
                (&consent["status"], &consent["provision"]["period"]["end"]),
                (&json!(status), &json!(end))
            );
            assert_eq!(consent["provision"]["code"][0]["text"], "CHECKIN");
        }
    }
}
