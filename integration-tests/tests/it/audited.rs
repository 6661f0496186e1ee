//! Who saw or changed what stands in the audit trail, whoever it was, and whatever became of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use integration_tests::House;
use integration_tests::api::{Api, id};
use proto::Access;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

crate::stories::stories!(
    every_read_of_health_data_is_in_the_trail,
    every_write_is_in_the_trail_with_the_member_it_is_about,
    a_stranger_who_is_refused_is_seen_by_the_family,
    the_trail_is_read_page_by_page_and_by_managers_alone,
);

/// How long what was read may take to show.
const SHOWN: Duration = Duration::from_secs(1);
/// What a busy machine may add to that.
const GRACE: Duration = Duration::from_secs(9);

/// What a read leaves in the trail.
enum Leaves {
    /// An entry about this kind of resource, from a request to this address.
    Entry(&'static str, &'static str),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// Every rpc of users that only reads.
fn reads() -> Vec<(&'static str, Leaves)> {
    use Leaves::{Entry, Nothing};
    vec![
        ("identity.v1.IdentityService/GetMe", Nothing("the caller's own account")),
        ("identity.v1.IdentityService/ListSessions", Nothing("the caller's own sessions")),
        ("family.v1.FamilyService/ListInvitations", Nothing("what the caller is invited to")),
        (
            "family.v1.FamilyService/ListFamilyInvitations",
            Nothing("the caller's own family, and no health data"),
        ),
        ("family.v1.FamilyService/ListManagers", Nothing("the caller's own family, and no health data")),
        ("family.v1.FamilyService/ListMembers", Entry("Member", "/api/v1/members")),
        ("family.v1.FamilyService/GetMember", Entry("Member", "/api/v1/members/{member}")),
        ("family.v1.FamilyService/ListGrants", Entry("Member", "/api/v1/members/{member}/grants")),
        ("program.v1.ProgramService/ListPrograms", Entry("Programs", "/api/v1/programs")),
        ("program.v1.ProgramService/GetProgram", Entry("Program", "/api/v1/programs/{program}")),
        ("program.v1.ProgramService/GetConfig", Entry("Program", "/api/v1/programs/{program}/config")),
        ("logging.v1.LoggingService/GetLog", Entry("DailyLog", "/api/v1/logs/{log}")),
        ("logging.v1.LoggingService/ListRevisions", Entry("DailyLog", "/api/v1/logs/{log}/revisions")),
        ("logging.v1.LoggingService/GetLogImage", Entry("DailyLog", "/api/v1/logs/{photo}/image")),
        ("logging.v1.LoggingService/ListHistory", Entry("Program", "/api/v1/programs/{program}/history")),
        ("logging.v1.LoggingService/ListAuditTrail", Entry("AuditTrail", "/api/v1/audit?member_id={member}")),
        ("logging.v1.LoggingService/ExportMember", Entry("Member", "/api/v1/members/{member}/export")),
        (
            "adherence.v1.AdherenceService/GetAdherence",
            Entry("Adherence", "/api/v1/programs/{program}/adherence"),
        ),
        (
            "adherence.v1.AdherenceService/GetDashboard",
            Entry("Adherence", "/api/v1/programs/{program}/dashboard"),
        ),
        ("adherence.v1.AdherenceService/GetLeaderboard", Entry("Leaderboard", "/api/v1/leaderboard")),
        (
            "adherence.v1.AdherenceService/WatchProgram",
            Entry("Adherence", "/api/v1/programs/{program}/events"),
        ),
    ]
}

#[test]
fn every_rpc_that_reads_says_what_it_leaves() {
    let named: BTreeSet<String> = reads().iter().map(|(rpc, _)| format!("/praan.{rpc}")).collect();
    let all = proto::descriptors().services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let all: BTreeSet<String> = all
        .map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()))
        .filter(|path| proto::access(path) == Some(Access::User) && proto::reads(path))
        .collect();
    assert_eq!(named, all);
    assert!(reads().iter().all(|(_, leaves)| !matches!(leaves, Leaves::Nothing(why) if why.is_empty())));
}

/// A family with one of everything.
struct Family {
    manager: Api,
    member: i64,
    program: i64,
    log: i64,
    photo: i64,
}

impl Family {
    async fn of(house: &House) -> Self {
        let manager = house.sign_up().await;
        let member = manager.add_member().await;
        let program = manager.start_program(member).await;
        let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": {"heart_rate": 70}});
        let log = id(&manager.post("/api/v1/logs", log).await.expect(201));
        let photo = integration_tests::photo::jpeg(3);
        let asked =
            json!({"program_id": program, "content_type": "image/jpeg", "content_length": photo.len()});
        let upload = manager.post("/api/v1/uploads", asked).await.expect(201);
        assert!(manager.upload(&upload, photo).await.expect("an answer").is_success());
        let photo = json!({"program_id": program, "log_type": "NUTRITION", "image_key": upload["image_key"]});
        let photo = id(&manager.post("/api/v1/logs", photo).await.expect(202));
        let family = Self { manager, member, program, log, photo };
        family.until("the photo is read", |entry| entry["action"] == "COMPLETE").await;
        family
    }

    fn fill(&self, path: &str) -> String {
        [("member", self.member), ("program", self.program), ("log", self.log), ("photo", self.photo)]
            .iter()
            .fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), &id.to_string()))
    }

    /// Reads something as far as its first headers, which is as much as one can wait for of a stream.
    async fn look(&self, path: &str, request_id: Uuid) {
        let url = format!("{}{}", self.manager.url, self.fill(path));
        let request = reqwest::Client::new().get(url).header("x-request-id", request_id.to_string());
        let request = request.bearer_auth(self.manager.token.as_deref().expect("a token"));
        let answer =
            tokio::time::timeout(GRACE, request.send()).await.expect("headers in time").expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
    }

    /// The newest entries of the whole family.
    async fn trail(&self) -> Vec<Value> {
        let trail = self.manager.get("/api/v1/audit?limit=100").await.expect(200);
        trail["data"].as_array().expect("a list").clone()
    }

    /// The entry that fits, once it shows.
    async fn until(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            if let Some(entry) = self.trail().await.into_iter().find(&fits) {
                return entry;
            }
            assert!(begun.elapsed() < SHOWN + GRACE, "not in the trail: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn every_read_of_health_data_is_in_the_trail(house: &House) {
    let family = Family::of(house).await;
    for (rpc, leaves) in reads() {
        let Leaves::Entry(resource_type, path) = leaves else { continue };
        let request_id = Uuid::new_v4();
        family.look(path, request_id).await;
        let of_request = |entry: &Value| entry["request_id"] == request_id.to_string();
        let entry = family.until(rpc, of_request).await;
        let action = if rpc.ends_with("/ExportMember") { "EXPORT" } else { "READ" };
        assert_eq!((&entry["action"], &entry["outcome"]), (&json!(action), &json!("SUCCESS")), "{rpc}");
        assert_eq!(entry["resource_type"], resource_type, "{rpc}");
        let about = if resource_type == "Leaderboard" { Value::Null } else { json!(family.member) };
        assert_eq!(entry["member_id"], about, "{rpc}");
        assert_eq!(entry["ip_address"], "127.0.0.1", "{rpc}");
        let entries = family.trail().await.into_iter().filter(of_request).count();
        assert_eq!(entries, 1, "{rpc} leaves one entry");
    }
}

async fn every_write_is_in_the_trail_with_the_member_it_is_about(house: &House) {
    let family = Family::of(house).await;
    let Family { manager, member, program, log, photo } = &family;
    manager.post(&format!("/api/v1/logs/{photo}/verify"), json!({})).await.expect(200);
    let amended = json!({"log_type": "CHECKIN", "payload": {"heart_rate": 71}});
    manager.post(&format!("/api/v1/logs/{log}/amend"), amended).await.expect(200);
    manager.send(Method::DELETE, &format!("/api/v1/programs/{program}"), None, None).await.expect(204);
    let me = manager.get("/api/v1/users/me").await.expect(200)["id"].clone();
    for (action, resource_type, resource_id, actor) in [
        ("CREATE", "Member", *member, &me),
        ("CREATE", "Program", *program, &me),
        ("CREATE", "DailyLog", *log, &me),
        ("UPLOAD", "Upload", *program, &me),
        ("CREATE", "DailyLog", *photo, &me),
        ("COMPLETE", "DailyLog", *photo, &json!(0)),
        ("VERIFY", "DailyLog", *photo, &me),
        ("AMEND", "DailyLog", *log, &me),
        ("DELETE", "Program", *program, &me),
    ] {
        let fits = |entry: &Value| {
            entry["action"] == action
                && entry["resource_type"] == resource_type
                && entry["resource_id"] == resource_id
        };
        let entry = family.until(action, fits).await;
        assert_eq!(
            (&entry["member_id"], &entry["actor_id"]),
            (&json!(member), actor),
            "{action} {resource_type}"
        );
    }
}

async fn a_stranger_who_is_refused_is_seen_by_the_family(house: &House) {
    let (family, mallory) = (Family::of(house).await, house.sign_up().await);
    let who = mallory.get("/api/v1/users/me").await.expect(200)["id"].clone();
    for (path, action) in [
        ("/api/v1/members/{member}", "READ"),
        ("/api/v1/programs/{program}", "READ"),
        ("/api/v1/logs/{log}", "READ"),
        ("/api/v1/programs/{program}/dashboard", "READ"),
        ("/api/v1/audit?member_id={member}", "MANAGE"),
    ] {
        let request_id = Uuid::new_v4();
        mallory.send(Method::GET, &family.fill(path), None, Some(request_id)).await.expect(403);
        let entry = family.until(path, |entry| entry["request_id"] == request_id.to_string()).await;
        assert_eq!((&entry["outcome"], &entry["action"]), (&json!("DENIED"), &json!(action)), "{path}");
        assert_eq!((&entry["actor_id"], &entry["member_id"]), (&who, &json!(family.member)), "{path}");
        assert_eq!(entry["ip_address"], "127.0.0.1", "{path}");
    }
}

async fn the_trail_is_read_page_by_page_and_by_managers_alone(house: &House) {
    let family = Family::of(house).await;
    for _ in 0..7 {
        family.manager.get(&family.fill("/api/v1/programs/{program}/dashboard")).await.expect(200);
    }
    let end = |entry: &Value| entry["resource_type"] == "Adherence";
    family.until("the dashboard", end).await;
    let today = chassis::clock::Clock::system().now().date_naive();
    let span = format!("member_id={}&from={today}&to={today}", family.member);
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            family.manager.get(&format!("/api/v1/audit?{span}&limit=3&cursor={cursor}")).await.expect(200);
        entries.extend(page["data"].as_array().expect("a list").clone());
        match page["pagination"]["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let times: Vec<&str> = entries.iter().map(|entry| entry["time"].as_str().expect("a time")).collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "not newest first: {times:?}");
    let names: BTreeSet<String> =
        entries.iter().map(|entry| format!("{}:{}", entry["service"], entry["id"])).collect();
    assert_eq!(names.len(), entries.len(), "an entry came twice");
    assert!(entries.iter().all(|entry| entry["member_id"] == family.member));
    for service in ["family", "program", "adherence", "logging"] {
        assert!(entries.iter().any(|entry| entry["service"] == service), "nothing of {service}");
    }
    // a doctor of the member reads no trail
    let doctor = house.sign_up().await;
    let until = chassis::clock::Clock::system().now() + chrono::TimeDelta::days(30);
    let grant = json!({"email": doctor.email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": until.to_rfc3339()});
    family.manager.post(&family.fill("/api/v1/members/{member}/grants"), grant).await.expect(201);
    doctor.get(&family.fill("/api/v1/programs/{program}")).await.expect(200);
    doctor.get(&format!("/api/v1/audit?{span}")).await.expect(403);
    let seen = family
        .until("the doctor's look", |entry| entry["action"] == "READ" && entry["service"] == "program")
        .await;
    assert_eq!(seen["outcome"], "SUCCESS");
    let bad = family.manager.get("/api/v1/audit?from=2026-02-01&to=2026-01-01").await.expect(400);
    assert_eq!(bad["errors"][0]["field"], "from");
}
