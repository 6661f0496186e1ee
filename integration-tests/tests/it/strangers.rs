//! Nobody sees what is not theirs. Every rpc of every contract stands in the table below, so that a new one without a case
//! fails; the exceptions may only shrink.

use std::collections::BTreeSet;

use integration_tests::House;
use integration_tests::api::Api;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

crate::stories::stories!(
    a_stranger_meets_the_same_403_for_foreign_and_absent_on_every_rpc,
    internal_rpcs_are_not_at_the_door,
);

/// What a stranger meets at an rpc.
enum Case {
    /// An address with the ids of another family, and a body that would be valid from its owner.
    Foreign(Method, &'static str, Value),
    /// It names no resource of a family: it is about the caller, and the reason stands beside it.
    Own(&'static str),
    /// It is not at the door.
    Internal,
}

/// The rpcs, each with what a stranger meets; `{member}` and so on stand for ids.
fn cases() -> Vec<(&'static str, Case)> {
    use Case::{Foreign, Internal, Own};
    let none = || json!({});
    let log = || json!({"log_type": "CHECKIN", "payload": {"heart_rate": 70}});
    let soon = (chrono_now() + chrono::TimeDelta::days(30)).to_rfc3339();
    let grant = json!({"email": "{email}", "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": soon});
    let upload = json!({"program_id": "{program}", "content_type": "image/jpeg", "content_length": 10});
    let mut posted = log();
    posted["program_id"] = json!("{program}");
    vec![
        ("identity.v1.IdentityService/Register", Own("opens the caller's account")),
        ("identity.v1.IdentityService/Login", Own("signs the caller in")),
        ("identity.v1.IdentityService/SignInWithIdToken", Own("signs the caller in")),
        ("identity.v1.IdentityService/StartOidcSignIn", Own("signs the caller in")),
        ("identity.v1.IdentityService/FinishOidcSignIn", Own("the flow is the proof")),
        ("identity.v1.IdentityService/Refresh", Own("the token is the proof")),
        ("identity.v1.IdentityService/ListSessions", Own("the caller's sessions")),
        (
            "identity.v1.IdentityService/DeleteSession",
            Foreign(Method::DELETE, "/api/v1/sessions/{session}", Value::Null),
        ),
        ("identity.v1.IdentityService/Logout", Own("ends the caller's session")),
        ("identity.v1.IdentityService/GetJwks", Own("public keys")),
        ("identity.v1.IdentityService/GetMe", Own("the caller's account")),
        ("identity.v1.IdentityService/UpdateMe", Own("the caller's account")),
        ("identity.v1.IdentityService/ChangePassword", Own("the caller's account")),
        ("identity.v1.IdentityService/DeleteMe", Own("the caller's account")),
        ("identity.v1.IdentityService/CheckSession", Internal),
        ("identity.v1.IdentityService/LookupUser", Internal),
        ("identity.v1.IdentityService/ListUsers", Internal),
        ("family.v1.FamilyService/GetFamily", Own("the caller's family")),
        ("family.v1.FamilyService/InviteManager", Own("the caller's family")),
        ("family.v1.FamilyService/ListFamilyInvitations", Own("the caller's family")),
        (
            "family.v1.FamilyService/WithdrawInvitation",
            Foreign(Method::DELETE, "/api/v1/family/invitations/{invitation}", Value::Null),
        ),
        ("family.v1.FamilyService/ListInvitations", Own("what the caller is invited to")),
        (
            "family.v1.FamilyService/AcceptInvitation",
            Foreign(Method::POST, "/api/v1/invitations/{invitation}/accept", none()),
        ),
        (
            "family.v1.FamilyService/DeclineInvitation",
            Foreign(Method::POST, "/api/v1/invitations/{invitation}/decline", none()),
        ),
        ("family.v1.FamilyService/ListManagers", Own("the caller's family")),
        (
            "family.v1.FamilyService/RemoveManager",
            Foreign(Method::DELETE, "/api/v1/family/managers/{user}", Value::Null),
        ),
        ("family.v1.FamilyService/CreateMember", Own("the caller's family")),
        ("family.v1.FamilyService/ListMembers", Own("what the caller may see")),
        ("family.v1.FamilyService/GetMember", Foreign(Method::GET, "/api/v1/members/{member}", Value::Null)),
        (
            "family.v1.FamilyService/UpdateMember",
            Foreign(Method::PATCH, "/api/v1/members/{member}", json!({"name": "Mallory"})),
        ),
        (
            "family.v1.FamilyService/DeleteMember",
            Foreign(Method::DELETE, "/api/v1/members/{member}", Value::Null),
        ),
        (
            "family.v1.FamilyService/RestoreMember",
            Foreign(Method::POST, "/api/v1/members/{member}/restore", none()),
        ),
        (
            "family.v1.FamilyService/CreateGrant",
            Foreign(Method::POST, "/api/v1/members/{member}/grants", grant),
        ),
        (
            "family.v1.FamilyService/ListGrants",
            Foreign(Method::GET, "/api/v1/members/{member}/grants", Value::Null),
        ),
        (
            "family.v1.FamilyService/DeleteGrant",
            Foreign(Method::DELETE, "/api/v1/members/{member}/grants/{grant}", Value::Null),
        ),
        ("family.v1.FamilyService/AuthorizeMember", Internal),
        ("family.v1.FamilyService/GetHousehold", Internal),
        ("family.v1.FamilyService/GetMemberRecord", Internal),
        ("family.v1.FamilyService/ListGrantRecords", Internal),
        ("family.v1.FamilyService/BeginImport", Internal),
        ("family.v1.FamilyService/FinishImport", Internal),
        ("family.v1.FamilyService/ListAudit", Internal),
        ("family.v1.FamilyService/ListChanges", Internal),
        (
            "program.v1.ProgramService/CreateProgram",
            Foreign(Method::POST, "/api/v1/programs", json!({"member_id": "{member}", "title": "x"})),
        ),
        (
            "program.v1.ProgramService/ListPrograms",
            Foreign(Method::GET, "/api/v1/programs?member_id={member}", Value::Null),
        ),
        (
            "program.v1.ProgramService/GetProgram",
            Foreign(Method::GET, "/api/v1/programs/{program}", Value::Null),
        ),
        (
            "program.v1.ProgramService/UpdateProgram",
            Foreign(Method::PATCH, "/api/v1/programs/{program}", json!({"title": "x"})),
        ),
        (
            "program.v1.ProgramService/DeleteProgram",
            Foreign(Method::DELETE, "/api/v1/programs/{program}", Value::Null),
        ),
        (
            "program.v1.ProgramService/RestoreProgram",
            Foreign(Method::POST, "/api/v1/programs/{program}/restore", none()),
        ),
        (
            "program.v1.ProgramService/PauseProgram",
            Foreign(Method::POST, "/api/v1/programs/{program}/pause", none()),
        ),
        (
            "program.v1.ProgramService/ResumeProgram",
            Foreign(Method::POST, "/api/v1/programs/{program}/resume", none()),
        ),
        (
            "program.v1.ProgramService/CompleteProgram",
            Foreign(Method::POST, "/api/v1/programs/{program}/complete", none()),
        ),
        (
            "program.v1.ProgramService/GetConfig",
            Foreign(Method::GET, "/api/v1/programs/{program}/config", Value::Null),
        ),
        (
            "program.v1.ProgramService/ReplaceConfig",
            Foreign(Method::PUT, "/api/v1/programs/{program}/config", none()),
        ),
        ("program.v1.ProgramService/AuthorizeProgram", Internal),
        ("program.v1.ProgramService/GetPlan", Internal),
        ("program.v1.ProgramService/ListProgramRecords", Internal),
        ("program.v1.ProgramService/ImportPrograms", Internal),
        ("program.v1.ProgramService/ListAudit", Internal),
        ("program.v1.ProgramService/ListChanges", Internal),
        ("logging.v1.LoggingService/CreateLog", Foreign(Method::POST, "/api/v1/logs", posted)),
        ("logging.v1.LoggingService/GetLog", Foreign(Method::GET, "/api/v1/logs/{log}", Value::Null)),
        (
            "logging.v1.LoggingService/ListRevisions",
            Foreign(Method::GET, "/api/v1/logs/{log}/revisions", Value::Null),
        ),
        ("logging.v1.LoggingService/AmendLog", Foreign(Method::POST, "/api/v1/logs/{log}/amend", log())),
        ("logging.v1.LoggingService/VerifyLog", Foreign(Method::POST, "/api/v1/logs/{log}/verify", none())),
        (
            "logging.v1.LoggingService/GetLogImage",
            Foreign(Method::GET, "/api/v1/logs/{log}/image", Value::Null),
        ),
        (
            "logging.v1.LoggingService/ListHistory",
            Foreign(Method::GET, "/api/v1/programs/{program}/history", Value::Null),
        ),
        (
            "logging.v1.LoggingService/ListAuditTrail",
            Foreign(Method::GET, "/api/v1/audit?member_id={member}", Value::Null),
        ),
        (
            "logging.v1.LoggingService/ExportMember",
            Foreign(Method::GET, "/api/v1/members/{member}/export", Value::Null),
        ),
        ("logging.v1.LoggingService/ImportMember", Own("the caller's family")),
        ("logging.v1.LoggingService/CreateUpload", Foreign(Method::POST, "/api/v1/uploads", upload)),
        ("ai_inference.v1.AiInferenceService/GetInference", Internal),
        ("ai_inference.v1.AiInferenceService/KeepInferences", Internal),
        (
            "adherence.v1.AdherenceService/GetAdherence",
            Foreign(Method::GET, "/api/v1/programs/{program}/adherence", Value::Null),
        ),
        (
            "adherence.v1.AdherenceService/GetDashboard",
            Foreign(Method::GET, "/api/v1/programs/{program}/dashboard", Value::Null),
        ),
        ("adherence.v1.AdherenceService/GetLeaderboard", Own("the caller's family")),
        (
            "adherence.v1.AdherenceService/WatchProgram",
            Foreign(Method::GET, "/api/v1/programs/{program}/events", Value::Null),
        ),
        ("adherence.v1.AdherenceService/RecordLog", Internal),
        ("adherence.v1.AdherenceService/ListAudit", Internal),
    ]
}

async fn a_stranger_meets_the_same_403_for_foreign_and_absent_on_every_rpc(house: &House) {
    let owner = house.sign_up().await;
    let theirs = Ids::of(&owner).await;
    let stranger = house.sign_up().await;
    let before = theirs.view(&owner).await;
    for (rpc, case) in cases() {
        let Case::Foreign(method, path, body) = case else { continue };
        let request_id = Uuid::new_v4();
        let foreign = theirs.send(&stranger, &method, path, &body, request_id).await;
        assert_eq!(foreign.status, 403, "{rpc}: {}", String::from_utf8_lossy(&foreign.bytes));
        let absent = Ids::absent(&theirs).send(&stranger, &method, path, &body, request_id).await;
        assert_eq!(absent.status, 403, "{rpc}");
        assert_eq!(absent.bytes, foreign.bytes, "{rpc} tells foreign from absent");
        let unsigned = theirs.send(&Api::nobody(&house.url), &method, path, &body, Uuid::new_v4()).await;
        assert_eq!(unsigned.status, 401, "{rpc} without a token");
    }
    assert_eq!(theirs.view(&owner).await, before, "nothing of the owner's has changed");
}

async fn internal_rpcs_are_not_at_the_door(house: &House) {
    let asha = house.sign_up().await;
    let mut grpc = tonic::client::Grpc::new(house.channel().await);
    for (rpc, case) in cases() {
        let Case::Internal = case else { continue };
        let mut request = tonic::Request::new(());
        let token = format!("Bearer {}", asha.token.as_deref().expect("a token"));
        request.metadata_mut().insert("authorization", token.parse().expect("a header"));
        grpc.ready().await.expect("the door is open");
        let path = format!("/praan.{rpc}").parse().expect("a path");
        let codec = tonic_prost::ProstCodec::<(), ()>::default();
        let refused = grpc.unary(request, path, codec).await.expect_err(rpc);
        assert_eq!(refused.code(), tonic::Code::Unimplemented, "{rpc}");
    }
}

#[test]
fn every_rpc_has_a_case() {
    let named: BTreeSet<String> = cases().iter().map(|(rpc, _)| format!("praan.{rpc}")).collect();
    let all: BTreeSet<String> = proto::descriptors()
        .services()
        .filter(|service| service.full_name().starts_with("praan."))
        .flat_map(|service| {
            service.methods().map(|m| format!("{}/{}", service.full_name(), m.name())).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(named, all);
    for (rpc, case) in cases() {
        let internal = proto::access(&format!("/praan.{rpc}")) == Some(proto::Access::Internal);
        assert_eq!(matches!(case, Case::Internal), internal, "{rpc}");
        assert!(!matches!(case, Case::Own(why) if why.is_empty()), "{rpc} needs a reason");
    }
}

/// One of everything a family has.
struct Ids {
    user: i64,
    session: i64,
    email: String,
    member: i64,
    grant: i64,
    invitation: i64,
    program: i64,
    log: i64,
}

impl Ids {
    async fn of(owner: &Api) -> Self {
        use integration_tests::api::id;
        let member = owner.add_member().await;
        let program = owner.start_program(member).await;
        let log = json!({"program_id": program, "log_type": "CHECKIN", "payload": {"heart_rate": 70}});
        let log = id(&owner.post("/api/v1/logs", log).await.expect(201));
        let doctor = Api::sign_up(&owner.url).await;
        let soon = (chrono_now() + chrono::TimeDelta::days(30)).to_rfc3339();
        let grant =
            json!({"email": doctor.email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": soon});
        let grant = id(&owner.post(&format!("/api/v1/members/{member}/grants"), grant).await.expect(201));
        let user = id(&owner.get("/api/v1/users/me").await.expect(200));
        let invited = json!({"email": format!("{}@example.org", Uuid::new_v4().simple())});
        let invitation = id(&owner.post("/api/v1/family/managers", invited).await.expect(201));
        let session = id(&owner.get("/api/v1/sessions").await.expect(200)["data"][0]);
        Self { user, session, email: doctor.email, member, grant, invitation, program, log }
    }

    /// Ids of nothing: far above any that were given. A log's keeps its month, so that it is looked for like another.
    fn absent(there: &Self) -> Self {
        let far = 4_000_000_000;
        Self {
            user: far,
            session: far,
            email: there.email.clone(),
            member: far,
            grant: far,
            invitation: far,
            program: far,
            log: there.log + far,
        }
    }

    async fn send(
        &self,
        api: &Api,
        method: &Method,
        path: &str,
        body: &Value,
        id: Uuid,
    ) -> integration_tests::Answer {
        let fill = |text: &str| {
            [
                ("user", self.user),
                ("session", self.session),
                ("member", self.member),
                ("grant", self.grant),
                ("invitation", self.invitation),
                ("program", self.program),
                ("log", self.log),
            ]
            .iter()
            .fold(text.to_owned(), |text, (name, id)| {
                text.replace(&format!("\"{{{name}}}\""), &id.to_string())
                    .replace(&format!("{{{name}}}"), &id.to_string())
            })
            .replace("{email}", &self.email)
        };
        let body = (!body.is_null()).then(|| serde_json::from_str(&fill(&body.to_string())).expect("a body"));
        api.send(method.clone(), &fill(path), body, Some(id)).await
    }

    /// What the owner sees of it all.
    async fn view(&self, owner: &Api) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in [
            format!("/api/v1/members/{}", self.member),
            format!("/api/v1/members/{}/grants", self.member),
            format!("/api/v1/programs/{}", self.program),
            format!("/api/v1/programs/{}/config", self.program),
            format!("/api/v1/programs/{}/history", self.program),
            "/api/v1/family/managers".to_owned(),
            "/api/v1/sessions".to_owned(),
            "/api/v1/family/invitations".to_owned(),
        ] {
            seen.push(owner.get(&path).await.expect(200));
        }
        seen
    }
}

fn chrono_now() -> chrono::DateTime<chrono::Utc> {
    chassis::clock::Clock::system().now()
}
