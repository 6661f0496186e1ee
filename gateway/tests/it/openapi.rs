//! The description covers every public method, and holds together.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::house::{House, Send};

async fn document() -> Value {
    let house = House::open(Fake::default()).await;
    house.anonymous(Method::GET, "/openapi.json").answer().await.json()
}

fn refs<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| refs(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| refs(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_public_method_is_described_and_no_other() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (verb, operation) in operations.as_object().unwrap() {
            assert!(
                described.insert(operation["operationId"].as_str().unwrap().to_ascii_lowercase()),
                "{verb} {path} twice"
            );
            assert!(!operation["description"].as_str().unwrap().is_empty(), "{verb} {path}");
            assert!(operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2')));
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(in_path, path.matches('{').count(), "{verb} {path}");
        }
    }
    let mut public = BTreeSet::new();
    for method in proto::descriptors().services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        if proto::access(&path) != Some(proto::Access::Internal) {
            public.insert(method.name().to_ascii_lowercase());
        }
    }
    assert_eq!(described, public);
}

#[tokio::test]
async fn every_pointer_points_and_every_schema_is_pointed_at() {
    let document = document().await;
    let mut found = BTreeSet::new();
    refs(&document, &mut found);
    for pointer in &found {
        assert!(document.pointer(pointer.trim_start_matches('#')).is_some_and(Value::is_object), "{pointer}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "{name} is of no use");
    }
}

#[tokio::test]
async fn rules_units_and_nulls_are_told() {
    let document = document().await;
    let schemas = &document["components"]["schemas"];
    let systolic = &schemas["Checkin"]["properties"]["systolic"];
    assert_eq!(
        (&systolic["minimum"], &systolic["maximum"], &systolic["x-unit"]),
        (&json!(40.0), &json!(300.0), &json!("mm[Hg]"))
    );
    assert!(systolic["description"].as_str().unwrap().contains("systolic"));
    let register = &schemas["RegisterRequest"];
    assert_eq!(register["required"], json!(["email", "password", "full_name"]));
    assert_eq!(register["additionalProperties"], false);
    assert_eq!(register["properties"]["email"]["format"], "email");
    assert_eq!(
        (&register["properties"]["password"]["minLength"], &register["properties"]["password"]["maxLength"]),
        (&json!(10), &json!(128))
    );
    let day = &schemas["Day"];
    assert_eq!(day["properties"]["total_score"]["type"], json!(["number", "null"]));
    assert_eq!(day["properties"]["band"]["enum"], json!(["GOOD", "FAIR", "POOR", null]));
    assert!(day["required"].as_array().unwrap().contains(&json!("total_score")));
    assert_eq!(schemas["Log"]["properties"]["image"]["oneOf"][1], json!({"type": "null"}));
    assert_eq!(schemas["Upload"]["properties"]["headers"]["additionalProperties"], json!({"type": "string"}));
    let grant = &schemas["CreateGrantRequest"]["properties"];
    assert_eq!(grant["role"]["enum"], json!(["MEMBER", "DOCTOR"]));
    assert_eq!(grant["log_types"]["items"]["enum"], json!(["NUTRITION", "WORKOUT", "CHECKIN"]));
    assert!(grant["member_id"].is_null(), "the path has it");
    let member = &schemas["CreateMemberRequest"]["properties"];
    assert_eq!(
        (&member["birth_date"]["format"], &member["birth_date"]["pattern"]),
        (&json!("date"), &Value::Null)
    );
    let update = &schemas["UpdateMemberRequest"]["properties"]["update_mask"];
    let names = ["name", "birth_date", "relation_type", "time_zone", "leaderboard_opt_in"];
    assert_eq!(update["items"]["enum"], json!(names));
    // null is as good as leaving out, where that is allowed
    assert_eq!(member["time_zone"]["type"], json!(["string", "null"]));
    assert_eq!(member["name"]["type"], "string");
    assert_eq!(schemas["Member"]["properties"]["id"]["maximum"], json!(9_007_199_254_740_991_i64));
    // three packages have one of these
    assert!(schemas["FamilyPagination"].is_object() && schemas["LoggingPagination"].is_object());
}

#[tokio::test]
async fn a_union_is_one_of_its_cases() {
    let document = document().await;
    let request = &document["components"]["schemas"]["CreateLogRequest"];
    assert_eq!(request["unevaluatedProperties"], false);
    let tags: Vec<_> = request["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| &case["properties"]["log_type"]["const"])
        .collect();
    assert_eq!(tags, ["NUTRITION", "WORKOUT", "CHECKIN"]);
    assert_eq!(request["oneOf"][0]["properties"]["payload"]["$ref"], "#/components/schemas/Nutrition");
}

#[tokio::test]
async fn operations_say_who_may_call_and_what_comes_back() {
    let document = document().await;
    let create = &document["paths"]["/api/v1/logs"]["post"];
    let statuses: BTreeSet<_> = create["responses"].as_object().unwrap().keys().map(String::as_str).collect();
    for status in ["201", "202", "400", "401", "403", "409", "413", "415", "422", "429", "503"] {
        assert!(statuses.contains(status), "{status}");
    }
    assert!(create["security"].is_null());
    assert_eq!(create["requestBody"]["required"], true);
    assert_eq!(document["paths"]["/api/v1/auth/logout"]["post"]["requestBody"]["required"], false);
    assert_eq!(document["security"], json!([{"bearer": []}]));
    assert_eq!(document["paths"]["/api/v1/auth/login"]["post"]["security"], json!([]));
    let delete = &document["paths"]["/api/v1/members/{member_id}"]["delete"]["responses"]["204"];
    assert!(delete["content"].is_null());
    let events = &document["paths"]["/api/v1/programs/{program_id}/events"]["get"];
    assert!(events["responses"]["200"]["content"]["text/event-stream"].is_object());
    let update = &document["paths"]["/api/v1/members/{member_id}"];
    let told = |verb: &str| update[verb]["responses"]["200"]["headers"]["ETag"].is_object();
    assert!(told("get") && told("patch") && update["patch"]["responses"]["412"].is_object());
    assert!(update["get"]["responses"]["412"].is_null() && update["delete"]["responses"]["412"].is_null());
    let limited = &document["components"]["responses"]["Problem429"];
    assert!(
        limited["headers"]["Retry-After"].is_object()
            && limited["content"]["application/problem+json"].is_object()
    );
}
