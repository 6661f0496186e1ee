//! A family with everybody who may have to do with it.

use integration_tests::api::{Api, id};
use integration_tests::{Answer, House, photo};
use proto::adherence::v1::WatchProgramRequest;
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use reqwest::Method;
use serde_json::{Value, json};
use tonic::{Code, Request, Status, Streaming};
use uuid::Uuid;

use crate::examples::{photo_log, until_read};

/// Who asks, in the order of the table's columns.
pub const ROLES: [&str; 6] =
    ["manager", "co-manager", "member", "doctor", "doctor of another time", "stranger"];

/// A family and its people.
pub struct Scene {
    /// Accounts in the order of [`ROLES`].
    pub people: Vec<Api>,
    /// What the manager works on, and all who are not managers look at; and what the co-manager works on.
    pub sets: [Set; 2],
    house_url: String,
}

/// One of everything a family has.
pub struct Set {
    pub ids: Vec<(&'static str, i64)>,
    email: String,
}

impl Set {
    pub fn id(&self, name: &str) -> i64 {
        self.ids.iter().find(|(known, _)| *known == name).map(|(_, id)| *id).expect("it is there")
    }

    async fn of(owner: &Api) -> Self {
        let member = owner.add_member().await;
        let program = owner.start_program(member).await;
        let vitals = json!({"systolic": 120, "diastolic": 80, "heart_rate": 61});
        let vitals = log(owner, program, "CHECKIN", vitals).await;
        let sets = vec![json!({"reps": 10}); 6];
        let sets = json!({"exercises": [{"name": "Goblet squat", "sets": sets}], "duration_min": 40});
        let workout = log(owner, program, "WORKOUT", sets).await;
        let meal = photo_log(owner, program, photo::jpeg(7)).await;
        until_read(owner, meal).await;
        let extra = Api::sign_up(&owner.url).await;
        let user = join(owner, &extra).await;
        let invited = json!({"email": fresh_address()});
        let invitation = id(&owner.post("/api/v1/family/managers", invited).await.expect(201));
        let ids = vec![
            ("member", member),
            ("program", program),
            ("vitals", vitals),
            ("workout", workout),
            ("meal", meal),
            ("user", user),
            ("invitation", invitation),
        ];
        Self { ids, email: extra.email }
    }

    fn fill(&self, text: &str) -> String {
        let text = text.replace("{email}", &self.email).replace("{fresh}", &fresh_address());
        self.ids.iter().fold(text, |text, (name, id)| {
            let id = id.to_string();
            text.replace(&format!("\"{{{name}}}\""), &id).replace(&format!("{{{name}}}"), &id)
        })
    }
}

impl Scene {
    pub async fn of(house: &House) -> Self {
        let mut people = Vec::new();
        for _ in ROLES {
            people.push(house.sign_up().await);
        }
        join(&people[0], &people[1]).await;
        let mut sets = [Set::of(&people[0]).await, Set::of(&people[1]).await];
        for set in &mut sets {
            let member = set.id("member");
            grant(&people[0], member, json!({"email": people[2].email, "role": "MEMBER"})).await;
            let doctor = json!({"email": people[3].email, "role": "DOCTOR", "log_types": ["CHECKIN"], "not_after": in_days(30)});
            let grant_id = grant(&people[0], member, doctor).await;
            set.ids.push(("grant", grant_id));
            let later = json!({"email": people[4].email, "role": "DOCTOR", "log_types": ["NUTRITION", "WORKOUT", "CHECKIN"], "not_before": in_days(1), "not_after": in_days(30)});
            grant(&people[0], member, later).await;
        }
        Self { people, sets, house_url: house.url.clone() }
    }

    /// What somebody works on or looks at.
    pub fn set_of(&self, role: usize) -> &Set {
        &self.sets[usize::from(role == 1)]
    }

    pub async fn send(&self, role: usize, method: &Method, path: &str, body: &Value) -> Answer {
        let set = self.set_of(role);
        let body =
            (!body.is_null()).then(|| serde_json::from_str(&set.fill(&body.to_string())).expect("a body"));
        self.people[role].send(method.clone(), &set.fill(path), body, None).await
    }

    /// Watches a program, as a typed client does: over REST the answer would not end.
    pub async fn watch(&self, role: usize) -> Result<Streaming<proto::adherence::v1::ProgramEvent>, Status> {
        let program_id = self.set_of(role).id("program");
        let mut request = Request::new(WatchProgramRequest { program_id, after_event_id: 0 });
        let token = self.people[role].token.as_deref().expect("a token");
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        let endpoint = tonic::transport::Endpoint::from_shared(self.house_url.clone()).expect("a URL");
        let channel = endpoint.connect().await.expect("the door is open");
        let opened = AdherenceServiceClient::new(channel).watch_program(request).await;
        opened.map(tonic::Response::into_inner)
    }

    /// The same as a status of HTTP.
    pub async fn watched(&self, role: usize) -> u16 {
        match self.watch(role).await.map_err(|status| status.code()) {
            Ok(_) => 200,
            Err(Code::PermissionDenied) => 403,
            Err(code) => panic!("{code}"),
        }
    }
}

/// Invites somebody, who accepts; returns the account's id.
pub async fn join(manager: &Api, invited: &Api) -> i64 {
    let invitation =
        manager.post("/api/v1/family/managers", json!({"email": invited.email})).await.expect(201);
    let accept = format!("/api/v1/invitations/{}/accept", id(&invitation));
    invited.post(&accept, json!({})).await.expect(200)["user_id"].as_i64().expect("an id")
}

/// Grants something; returns the grant's id.
pub async fn grant(manager: &Api, member: i64, grant: Value) -> i64 {
    id(&manager.post(&format!("/api/v1/members/{member}/grants"), grant).await.expect(201))
}

/// An instant some days from now.
pub fn in_days(days: i64) -> String {
    (chassis::clock::Clock::system().now() + chrono::TimeDelta::days(days)).to_rfc3339()
}

async fn log(owner: &Api, program: i64, log_type: &str, payload: Value) -> i64 {
    let log = json!({"program_id": program, "log_type": log_type, "payload": payload});
    id(&owner.post("/api/v1/logs", log).await.expect(201))
}

fn fresh_address() -> String {
    format!("{}@example.org", Uuid::new_v4().simple())
}
