//! A member's record goes where the family takes it: as FHIR that the official definitions accept, and as plain JSON that leaves
//! nothing out.

use std::collections::BTreeMap;
use std::process::Stdio;

use integration_tests::House;
use integration_tests::api::{Api, goals, id};
use integration_tests::photo;
use proto::logging::v1::logging_service_client::LoggingServiceClient;
use proto::logging::v1::{ExportFormat, ExportMemberRequest};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::examples::{photo_log, until_read};

crate::stories::stories!(
    a_record_leaves_as_fhir_that_the_definitions_accept,
    a_record_leaves_as_plain_json_with_all_that_was_ever_said,
    a_typed_client_gets_the_same_document_in_pieces,
);

/// A member with one of everything.
struct Record {
    asha: Api,
    doctor: Api,
    member: i64,
    program: i64,
    vitals: i64,
    photo: i64,
}

impl Record {
    async fn of(house: &House) -> Self {
        let (asha, doctor) = (house.sign_up().await, house.sign_up().await);
        let member = asha.add_member().await;
        let program = asha.start_program(member).await;
        asha.send(Method::PUT, &format!("/api/v1/programs/{program}/config"), Some(changed_goals()), None)
            .await
            .expect(200);
        let log = async |log_type: &str, payload: Value| {
            let log = json!({"program_id": program, "log_type": log_type, "payload": payload});
            id(&asha.post("/api/v1/logs", log).await.expect(201))
        };
        let vitals = log("CHECKIN", json!({"systolic": 182, "diastolic": 82, "heart_rate": 71})).await;
        let amended = json!({"log_type": "CHECKIN", "payload": all_vitals()});
        asha.post(&format!("/api/v1/logs/{vitals}/amend"), amended).await.expect(200);
        log("WORKOUT", json!({"duration_min": 45, "exercises": [{"name": "Squat", "sets": [{"reps": 5, "weight_kg": 40, "rpe": 7}]}]})).await;
        log("NUTRITION", json!({"calories": 512.5, "macros": {"protein_g": 30}, "meal": "LUNCH", "items": [{"name": "Dal \"tadka\"", "quantity_g": 180}, {"name": "पापड़"}]})).await;
        let photo = photo_log(&asha, program, photo::jpeg(11)).await;
        until_read(&asha, photo).await;
        asha.post(&format!("/api/v1/logs/{photo}/verify"), json!({})).await.expect(200);
        let unconfirmed = photo_log(&asha, program, photo::jpeg(12)).await;
        until_read(&asha, unconfirmed).await;
        let unreadable = photo_log(&asha, program, b"no picture".to_vec()).await;
        until_read(&asha, unreadable).await;
        grant(&asha, member, &doctor, "DOCTOR").await;
        let nurse = grant(&asha, member, &house.sign_up().await, "DOCTOR").await;
        asha.send(Method::DELETE, &format!("/api/v1/members/{member}/grants/{nurse}"), None, None)
            .await
            .expect(204);
        asha.post(&format!("/api/v1/programs/{program}/pause"), json!({})).await.expect(200);
        Self { asha, doctor, member, program, vitals, photo }
    }

    /// The newest entries about the member.
    async fn trail(&self) -> Vec<Value> {
        let trail =
            self.asha.get(&format!("/api/v1/audit?member_id={}&limit=100", self.member)).await.expect(200);
        trail["data"].as_array().expect("a list").clone()
    }

    fn path(&self, query: &str) -> String {
        format!("/api/v1/members/{}/export{query}", self.member)
    }
}

async fn a_record_leaves_as_fhir_that_the_definitions_accept(house: &House) {
    let record = Record::of(house).await;
    let answer = record.asha.get(&record.path("")).await;
    assert_eq!(answer.header("content-type"), "application/fhir+json");
    let bundle = answer.expect(200);
    let judgement = judged(&answer.bytes).await;
    assert_eq!(judgement["faults"], json!([]), "{judgement:#}");
    // the blood pressure and six more vital signs have a profile each
    assert_eq!(judgement["profiles"], 7, "{judgement}");
    let counts: BTreeMap<String, u64> = serde_json::from_value(judgement["counts"].clone()).expect("counts");
    let few = |name: &str| counts.get(name).copied().unwrap_or_default();
    // three goals in the first version, and six in the second; nine vital signs, a session, a meal and three photos
    assert_eq!(
        ["Patient", "CarePlan", "Goal", "Observation", "Consent", "Provenance"].map(few),
        [1, 1, 9, 14, 2, 2]
    );
    assert!(few("AuditEvent") >= 12, "{counts:?}");

    let status = |code: &str| seen(&bundle, code).iter().map(|one| one["status"].clone()).collect::<Vec<_>>();
    assert_eq!(status("85354-9"), ["amended"]);
    assert_eq!(status("73985-4"), ["final"]);
    // newest first: what was no photo, a photo that nobody has confirmed, one that somebody has, and the meal
    assert_eq!(status("80453-4"), ["cancelled", "preliminary", "final", "final"]);
    for (code, value, unit) in [
        ("8867-4", json!(66.0), "/min"),
        ("59408-5", json!(97.0), "%"),
        ("8310-5", json!(36.8), "Cel"),
        ("9279-1", json!(15.0), "/min"),
        ("29463-7", json!(64.2), "kg"),
        ("8302-2", json!(158.0), "cm"),
        ("41653-7", json!(810.0), "mg/dL"),
    ] {
        let one = &seen(&bundle, code)[0];
        assert_eq!((&one["valueQuantity"]["value"], &one["valueQuantity"]["code"]), (&value, &json!(unit)));
        assert!(one["effectiveDateTime"].as_str().is_some_and(|at| at.ends_with("+05:30")), "{one}");
    }
    let mut damaged = bundle.clone();
    let entries = damaged["entry"].as_array_mut().expect("entries");
    for resource in entries.iter_mut().map(|entry| &mut entry["resource"]) {
        match resource["code"]["coding"][0]["code"].as_str() {
            Some("85354-9") => resource["component"][0]["code"]["coding"][0]["code"] = json!("8480-7"),
            Some("8867-4") => resource["valueQuantity"]["code"] = json!("/s"),
            _ => {}
        }
    }
    entries[1]["resource"]["status"] = json!("resting");
    let damage = judged(damaged.to_string().as_bytes()).await;
    assert_eq!(damage["faults"].as_array().map(Vec::len), Some(3), "the judge looks: {damage:#}");

    assert!(seen(&bundle, "41653-7")[0]["note"][0]["text"].is_string(), "what is unlikely is pointed at");

    let provenance = resources(&bundle, "Provenance")[1];
    assert_eq!(provenance["target"][0]["reference"], format!("Observation/log-{}-meal", record.photo));
    assert!(
        provenance["contained"][0]["deviceName"][0]["name"]
            .as_str()
            .is_some_and(|name| name.starts_with("stub"))
    );
    assert_eq!(resources(&bundle, "CarePlan")[0]["status"], "on-hold");
    let consents = resources(&bundle, "Consent");
    assert_eq!(consents.iter().map(|one| &one["status"]).collect::<Vec<_>>(), ["active", "inactive"]);
}

async fn a_record_leaves_as_plain_json_with_all_that_was_ever_said(house: &House) {
    let record = Record::of(house).await;
    let answer = record.asha.get(&record.path("?format=JSON")).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.expect(200);
    assert_eq!(document["format"], "praan.member/1");
    let mut member = record.asha.get(&format!("/api/v1/members/{}", record.member)).await.expect(200);
    for (name, value) in document["member"].as_object().expect("a member") {
        assert_eq!(member[name].take(), *value, "{name}");
    }
    let program = &document["programs"][0];
    assert_eq!((&program["id"], &program["status"]), (&json!(record.program), &json!("PAUSED")));
    let configs = program["configs"].as_array().expect("versions");
    assert_eq!(configs.len(), 2);
    for (domain, first) in goals().as_object().expect("domains") {
        assert_same(&configs[0][domain], first);
    }
    for (domain, second) in changed_goals().as_object().expect("domains") {
        assert_same(&configs[1][domain], second);
    }
    assert_eq!(program["pauses"][0]["resume_date"], Value::Null);

    let history = record.asha.whole_history(record.program).await;
    let logs = program["logs"].as_array().expect("logs");
    assert_eq!(logs.len(), history.len());
    for (log, shown) in logs.iter().zip(&history) {
        let revisions = log["revisions"].as_array().expect("revisions");
        let numbers: Vec<_> =
            revisions.iter().map(|one| one["revision"].as_i64().expect("a number")).collect();
        assert_eq!(numbers, (1..=shown["revision"].as_i64().expect("a number")).collect::<Vec<_>>());
        let current = revisions.last().expect("a revision");
        for (theirs, ours) in [
            (&log["id"], &shown["id"]),
            (&current["log_type"], &shown["log_type"]),
            (&log["timestamp"], &shown["timestamp"]),
            (&log["local_date"], &shown["local_date"]),
            (&current["status"], &shown["status"]),
            (&current["flags"], &shown["flags"]),
            (&current["author_id"], &shown["author_id"]),
        ] {
            assert_eq!(theirs, ours, "{shown}");
        }
        for (name, value) in current["payload"].as_object().expect("a payload") {
            assert_same(value, &shown["payload"][name]);
        }
    }
    let vitals = logs.iter().find(|log| log["id"] == record.vitals).expect("the vital signs");
    assert_eq!(vitals["revisions"][0]["payload"]["systolic"], 182.0, "what was said first");
    let photo = logs.iter().find(|log| log["id"] == record.photo).expect("the photo");
    assert!(photo["image"]["model"].as_str().is_some_and(|model| model.starts_with("stub")), "{photo}");
    assert_eq!(document["grants"].as_array().map(Vec::len), Some(2));
    assert!(
        document["grants"][1]["withdrawn_at"].is_string() && document["grants"][0]["withdrawn_at"].is_null()
    );
    assert!(
        document["audit"]
            .as_array()
            .is_some_and(|audit| audit.iter().any(|entry| entry["action"] == "AMEND"))
    );

    // the member takes along what is the member's, and not who else may look or did; a doctor takes along nothing
    let own = house.sign_up().await;
    let granted = json!({"email": own.email, "role": "MEMBER", "log_types": ["WORKOUT"]});
    record.asha.post(&format!("/api/v1/members/{}/grants", record.member), granted).await.expect(201);
    let own = own.get(&record.path("?format=JSON")).await.expect(200);
    assert_eq!((&own["grants"], &own["audit"]), (&Value::Null, &Value::Null));
    let logs = own["programs"][0]["logs"].as_array().expect("logs");
    assert_eq!(logs.iter().map(|log| &log["revisions"][0]["log_type"]).collect::<Vec<_>>(), ["WORKOUT"]);
    assert_eq!(own["programs"][0]["configs"][0]["clinical_goals"], Value::Null);
    record.doctor.get(&record.path("")).await.expect(403);
    let begun = std::time::Instant::now();
    let refused = |entry: &Value| entry["action"] == "EXPORT" && entry["outcome"] == "DENIED";
    while !record.trail().await.iter().any(refused) {
        assert!(begun.elapsed().as_secs() < 10, "the family does not see that the doctor was refused");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    record.asha.get(&record.path("?format=XML")).await.expect(400);
}

async fn a_typed_client_gets_the_same_document_in_pieces(house: &House) {
    let record = Record::of(house).await;
    let mut request = tonic::Request::new(ExportMemberRequest {
        member_id: record.member,
        format: ExportFormat::Json.into(),
    });
    let token = record.asha.token.as_deref().expect("a token");
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    let mut client = LoggingServiceClient::new(house.channel().await);
    let mut pieces = client.export_member(request).await.expect("a stream").into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await.expect("the stream holds") {
        assert_eq!(piece.content_type, "application/json");
        bytes.extend(piece.data);
    }
    let typed: Value = serde_json::from_slice(&bytes).expect("the whole document");
    let plain = record.asha.get(&record.path("?format=JSON")).await.expect(200);
    for part in ["member", "programs", "grants"] {
        assert_eq!(typed[part], plain[part], "{part}");
    }
}

async fn grant(asha: &Api, member: i64, whom: &Api, role: &str) -> i64 {
    let until = (chassis::clock::Clock::system().now() + chrono::TimeDelta::days(30)).to_rfc3339();
    let grant = json!({"email": whom.email, "role": role, "log_types": ["CHECKIN"], "not_after": until});
    id(&asha.post(&format!("/api/v1/members/{member}/grants"), grant).await.expect(201))
}

fn all_vitals() -> Value {
    json!({
        "systolic": 128, "diastolic": 82, "heart_rate": 66, "spo2": 97, "temperature_c": 36.8, "respiratory_rate": 15,
        "glucose_mg_dl": 810, "weight_kg": 64.2, "height_cm": 158, "pain": 2,
    })
}

/// Every kind of target there is.
pub(crate) fn changed_goals() -> Value {
    json!({
        "nutrition_goals": {"weight": 2, "targets": [
            {"nutrient": "calories", "kind": "MAX", "value": 1900},
            {"nutrient": "carbs_g", "kind": "RANGE", "low": 150, "high": 220, "weight": 0.5},
        ]},
        "strength_goals": {"sessions_per_week": 2, "minutes_per_session": 40},
        "clinical_goals": {"checks": [
            {"metric": "blood_pressure", "times_per_day": 1, "target": {"low": 100, "high": 130}},
            {"metric": "weight", "times_per_week": 2},
        ]},
        "phases": [{"phase": 2, "strength_goals": {"sessions_per_week": 3, "sets_per_session": 8}}],
    })
}

/// The same value, whether a number is written as a whole one or not; and nothing that the other does not say.
#[track_caller]
fn assert_same(one: &Value, other: &Value) {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => assert_eq!(one.as_f64(), other.as_f64()),
        (Value::Array(one), Value::Array(other)) => {
            assert_eq!(one.len(), other.len());
            one.iter().zip(other).for_each(|(one, other)| assert_same(one, other));
        }
        (Value::Object(_), Value::Object(names)) => {
            names.iter().for_each(|(name, value)| assert_same(&one[name], value));
        }
        _ => assert_eq!(one, other),
    }
}

pub(crate) fn resources<'b>(bundle: &'b Value, resource_type: &str) -> Vec<&'b Value> {
    let entries = bundle["entry"].as_array().expect("entries").iter().map(|entry| &entry["resource"]);
    entries.filter(|resource| resource["resourceType"] == resource_type).collect()
}

/// The observations with a code of LOINC.
fn seen<'b>(bundle: &'b Value, code: &str) -> Vec<&'b Value> {
    let has = |one: &&Value| {
        one["code"]["coding"]
            .as_array()
            .is_some_and(|codings| codings.iter().any(|coding| coding["code"] == code))
    };
    resources(bundle, "Observation").into_iter().filter(has).collect()
}

/// What the official definitions say of a bundle.
async fn judged(bundle: &[u8]) -> Value {
    let mut node = Command::new("node")
        .arg("fhir.mjs")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node runs; `scripts/test` installs it");
    node.stdin.take().expect("its input").write_all(bundle).await.expect("it reads");
    let judged = node.wait_with_output().await.expect("its output");
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    serde_json::from_slice(&judged.stdout).expect("one JSON object")
}
