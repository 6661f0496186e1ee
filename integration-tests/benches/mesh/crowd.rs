//! Families with a thousand programs, and how their requests look.

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream::{self, StreamExt};
use hyper::StatusCode;
use integration_tests::Api;
use prost::Message;
use proto::adherence::v1::GetDashboardRequest;
use serde_json::json;

use crate::load::{self, Ask};
use crate::stage::Mesh;

const JSON: &str = "application/json";
const USERS: usize = 20;
const PROGRAMS: usize = 50;
/// How many logs a page of history has.
const PAGE: usize = 20;
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
