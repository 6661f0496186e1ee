//! Families with a thousand programs, and how their requests look.

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream::{self, StreamExt};
use hyper::StatusCode;
use integration_tests::Api;
use prost::Message;
use proto::adherence::v1::GetDashboardRequest;
use serde_json::json;

use crate::load::{self, Ask};
use crate::stage::{Mesh, Stage};

const JSON: &str = "application/json";
const USERS: usize = 20;
const PROGRAMS: usize = 50;
/// How many logs a page of history has.
const PAGE: usize = 20;
/// Between the ids of a program and of its copy; ids themselves are well below.
const PROGRAMS_APART: i64 = 10_000_000_000;
/// How many requests at once make them.
const AT_ONCE: usize = 16;

/// The programs, and whose they are.
pub struct Crowd {
    users: Vec<Api>,
    /// A user's place among the users, and a program of theirs.
    programs: Vec<(usize, i64)>,
}

impl Crowd {
    /// Registers twenty users, each with a member and fifty programs.
    pub async fn of(mesh: &Mesh) -> Self {
        // one request of each user at a time, so that all of them together stay within the connections of one address
        let made = stream::iter(0..USERS).map(async |place| {
            let user = Api::sign_up(&mesh.url).await;
            let member = user.add_member().await;
            let mut programs = Vec::new();
            for _ in 0..PROGRAMS {
                programs.push((place, user.start_program(member).await));
            }
            (user, programs)
        });
        let (users, programs): (Vec<_>, Vec<_>) = made.buffered(AT_ONCE).unzip().await;
        let programs = programs.concat();
        Self { users, programs }
    }

    /// Lets every user sign in again, since an access token lives a quarter of an hour.
    pub async fn sign_in(&mut self) {
        for user in &mut self.users {
            *user = user.log_in().await.0;
        }
    }

    /// Gives every program a page of logs.
    pub async fn fill(&self, mesh: &Mesh) {
        let address = mesh.address();
        let logs = stream::iter(0..self.programs.len() * PAGE)
            .map(async |place| load::once(address, self.log(place)).await);
        let statuses: Vec<StatusCode> = logs.buffer_unordered(AT_ONCE).collect().await;
        assert!(statuses.iter().all(|status| *status == StatusCode::CREATED), "{statuses:?}");
    }

    /// Copies every program so many times, in the tables of the services that know of it.
    pub async fn spread(&mut self, stage: &Stage, mesh: &Mesh, copies: usize) {
        // scores hear of programs by a message
        let missing = "SELECT count(*) FROM program.care_programs WHERE id NOT IN (SELECT program_id FROM adherence.plans)";
        while stage.number(&mesh.database, missing).await > 0.0 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let step = PROGRAMS_APART;
        let sql = format!(
            "INSERT INTO program.care_programs SELECT (jsonb_populate_record(p, jsonb_build_object('id', p.id + {step} * copy))).*
                FROM program.care_programs p, generate_series(1, {copies}) AS copy;
            INSERT INTO program.program_configs
                SELECT (jsonb_populate_record(c, jsonb_build_object('program_id', c.program_id + {step} * copy))).*
                FROM program.program_configs c, generate_series(1, {copies}) AS copy;
            INSERT INTO adherence.plans
                SELECT family_id, program_id + {step} * copy, member_id, version,
                    jsonb_set(plan, '{{program_id}}', to_jsonb(program_id + {step} * copy))
                FROM adherence.plans, generate_series(1, {copies}) AS copy;
            VACUUM ANALYZE"
        );
        for statement in sql.split(';') {
            stage.postgres.sql(&mesh.database, statement).await;
        }
        let known = self.programs.clone();
        for copy in 1..=copies as i64 {
            self.programs.extend(known.iter().map(|(user, program)| (*user, program + step * copy)));
        }
    }

    /// How many programs there are.
    pub fn len(&self) -> usize {
        self.programs.len()
    }

    /// A blood pressure for a program, by its place among all.
    pub fn log(&self, place: usize) -> Ask {
        let (user, program) = self.programs[place % self.programs.len()];
        let payload = json!({"systolic": 100 + place % 60, "diastolic": 60 + place % 30});
        let body = json!({"program_id": program, "log_type": "CHECKIN", "payload": payload}).to_string();
        Ask {
            line: ("POST", "/api/v1/logs".to_owned()),
            token: self.token(user),
            content_type: JSON,
            body: body.into(),
        }
    }

    /// Uploads a photo, and logs it as a meal.
    pub async fn photo(&self, place: usize, photo: Vec<u8>) {
        let (user, program) = self.programs[place % self.programs.len()];
        self.users[user].log_photo(program, photo).await;
    }

    /// A look at a program, such as `dashboard`.
    pub fn look(&self, place: usize, at: &str) -> Ask {
        let (user, program) = self.programs[place % self.programs.len()];
        let line = ("GET", format!("/api/v1/programs/{program}/{at}"));
        Ask { line, token: self.token(user), content_type: JSON, body: Bytes::new() }
    }

    /// The same look at the dashboard by gRPC-web.
    pub fn web_dashboard(&self, place: usize) -> Ask {
        let (user, program_id) = self.programs[place % self.programs.len()];
        let message = GetDashboardRequest { program_id }.encode_to_vec();
        let mut body = BytesMut::with_capacity(5 + message.len());
        body.put_u8(0);
        body.put_u32(message.len() as u32);
        body.put_slice(&message);
        let line = ("POST", "/praan.adherence.v1.AdherenceService/GetDashboard".to_owned());
        Ask { line, token: self.token(user), content_type: "application/grpc-web+proto", body: body.freeze() }
    }

    /// The same as a gRPC request.
    pub fn dashboard(&self, place: usize) -> tonic::Request<GetDashboardRequest> {
        let (user, program_id) = self.programs[place % self.programs.len()];
        let mut request = tonic::Request::new(GetDashboardRequest { program_id });
        let bearer = format!("Bearer {}", self.token(user)).parse().expect("a token");
        request.metadata_mut().insert("authorization", bearer);
        request
    }

    fn token(&self, user: usize) -> String {
        self.users[user].token.clone().expect("a token")
    }
}
