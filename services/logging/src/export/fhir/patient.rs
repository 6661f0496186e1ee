//! A member as a Patient.

use proto::family::v1::Member;
use serde_json::{Value, json};

/// The member. What it is to the family, and where it lives, have no element of their own.
pub fn patient(member: &Member) -> Value {
    json!({
        "resourceType": "Patient",
        "id": member.id.to_string(),
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": member.time_zone},
            {"url": "urn:praan:relation", "valueString": member.relation_type},
        ],
        "identifier": [{"system": "urn:praan:member", "value": member.id.to_string()}],
        "name": [{"text": member.name}],
        "birthDate": member.birth_date,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_a_patient() {
        let member = Member {
            id: 5,
            name: "Meera".into(),
            birth_date: "1957-04-12".into(),
            time_zone: "Asia/Kolkata".into(),
            relation_type: "mother".into(),
            ..Member::default()
        };
        let patient = patient(&member);
        assert_eq!((&patient["id"], &patient["birthDate"]), (&json!("5"), &json!("1957-04-12")));
        assert_eq!(patient["name"], json!([{"text": "Meera"}]));
        assert_eq!(patient["extension"][0]["valueCode"], "Asia/Kolkata");
    }
}
