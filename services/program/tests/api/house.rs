//! A house with one room: program on a database of its own, and a clock that obeys.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backends::Database;
use backends::queue::memory::MemoryQueue;
use backends::queue::{Handler, Message, Outcome, Queue, Subscription};
use chassis::auth::Verifier;
use chassis::clock::Clock;
use chassis::{Error, Foundation, Link, Room};
use chrono::{DateTime, TimeDelta, Utc};
use program::Needs;
use proto::family::v1::family_service_server::FamilyServiceServer;
use proto::program::v1::program_service_client::ProgramServiceClient;
use proto::program::v1::*;
use sea_orm::{FromQueryResult, Statement};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tonic::{Request, Status};
use uuid::Uuid;

use crate::tokens::Tokens;
use crate::upstream::{Family, MANAGER, MOTHER};

pub struct House {
    pub clock: Clock,
    pub db: Database,
    pub family: Family,
    program: ProgramServiceClient<Link>,
    tokens: Tokens,
    news: Mutex<UnboundedReceiver<News>>,
}

/// A `program.changed` message.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct News {
    pub program_id: i64,
    pub family_id: i64,
    pub version: i64,
}

struct Ear(UnboundedSender<News>);

#[async_trait]
impl Handler for Ear {
    async fn handle(&self, message: &Message) -> Outcome {
        self.0.send(message.read().unwrap()).unwrap();
        Outcome::Done
    }
}

/// Sunday, the first of March, at home; Monday already where the mother lives.
pub fn evening() -> DateTime<Utc> {
    "2026-03-01T20:00:00Z".parse().unwrap()
}

impl House {
    pub async fn open() -> Self {
        let foundation = Foundation { clock: Clock::fixed(evening()), ..Foundation::system() };
        let clock = foundation.clock.clone();
        let db = Database::in_memory(&clock).await.unwrap();
        let queue = MemoryQueue::new(&foundation);
        let (sender, news) = unbounded_channel();
        queue
            .subscribe(Subscription::new("test.program-changed", "program.changed"), Arc::new(Ear(sender)))
            .await
            .unwrap();
        let tokens = Tokens::new();
        let verifier = Verifier::new(Arc::new(tokens.clone()), clock.clone());
        let family = Family::default();
        let link = Room::new("family").service(FamilyServiceServer::new(family.clone())).link(&verifier);
        let room = program::open(Needs { foundation, db: db.clone(), queue, family: link }).await.unwrap();
        let program = ProgramServiceClient::new(room.link(&verifier));
        Self { clock, db, family, program, tokens, news: Mutex::new(news) }
    }

    pub fn program(&self) -> ProgramServiceClient<Link> {
        self.program.clone()
    }

    /// A request of a user, under a request id of its own.
    pub fn by<M>(&self, user: i64, message: M) -> Request<M> {
        self.again(user, Uuid::new_v4(), message)
    }

    /// A request of a user under this request id.
    pub fn again<M>(&self, user: i64, request_id: Uuid, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.tokens.issue(user));
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        request.metadata_mut().insert("x-request-id", request_id.to_string().parse().unwrap());
        request
    }

    pub async fn create(&self, request: CreateProgramRequest) -> Result<Program, Error> {
        answer(self.program().create_program(self.by(MANAGER, request)).await)
    }

    /// A program of the mother that starts on the day it is where she lives.
    pub async fn started(&self) -> Program {
        self.create(for_mother()).await.unwrap()
    }

    pub async fn get(&self, program_id: i64) -> Result<Program, Error> {
        answer(self.program().get_program(self.by(MANAGER, GetProgramRequest { program_id })).await)
    }

    pub async fn pause(&self, program_id: i64) -> Result<Program, Error> {
        answer(self.program().pause_program(self.by(MANAGER, PauseProgramRequest { program_id })).await)
    }

    pub async fn resume(&self, program_id: i64) -> Result<Program, Error> {
        answer(self.program().resume_program(self.by(MANAGER, ResumeProgramRequest { program_id })).await)
    }

    pub async fn complete(&self, program_id: i64) -> Result<Program, Error> {
        answer(self.program().complete_program(self.by(MANAGER, CompleteProgramRequest { program_id })).await)
    }

    pub async fn delete(&self, program_id: i64) -> Result<DeleteProgramResponse, Error> {
        answer(
            self.program()
                .delete_program(self.by(MANAGER, DeleteProgramRequest { program_id, erase: false }))
                .await,
        )
    }

    pub async fn restore(&self, program_id: i64) -> Result<Program, Error> {
        answer(self.program().restore_program(self.by(MANAGER, RestoreProgramRequest { program_id })).await)
    }

    pub async fn plan(&self, program_id: i64) -> Result<Plan, Error> {
        answer(self.program().get_plan(GetPlanRequest { program_id }).await)
    }

    pub async fn config(&self, program_id: i64) -> Result<Config, Error> {
        answer(self.program().get_config(self.by(MANAGER, GetConfigRequest { program_id })).await)
    }

    pub async fn replace(&self, request: ReplaceConfigRequest) -> Result<Config, Error> {
        answer(self.program().replace_config(self.by(MANAGER, request)).await)
    }

    /// Imports, as another service does for a user under the request id of this number.
    pub async fn import(
        &self,
        request_id: u128,
        request: ImportProgramsRequest,
    ) -> Result<ImportProgramsResponse, Error> {
        let mut request = Request::new(request);
        let request_id = Uuid::from_u128(request_id).to_string();
        request.metadata_mut().insert("x-request-id", request_id.parse().unwrap());
        answer(self.program().import_programs(request).await)
    }

    /// The next news of a change, once it has come.
    pub async fn news(&self) -> News {
        let mut news = self.news.lock().await;
        tokio::time::timeout(Duration::from_secs(30), news.recv()).await.expect("news in time").unwrap()
    }

    pub fn later(&self, days: i64) {
        self.clock.advance(TimeDelta::days(days));
    }

    pub async fn count(&self, what: &str) -> i64 {
        #[derive(FromQueryResult)]
        struct Count {
            n: i64,
        }
        let query = Statement::from_string(self.db.backend(), format!("SELECT count(*) AS n FROM {what}"));
        Count::find_by_statement(query)
            .one(self.db.read(backends::Scope::Own).await.unwrap().connection())
            .await
            .unwrap()
            .unwrap()
            .n
    }
}

pub fn for_mother() -> CreateProgramRequest {
    CreateProgramRequest { member_id: MOTHER, title: "Stronger".into(), start_date: None, config: None }
}

/// The answer, or the error as the caller reads it.
pub fn answer<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, Error> {
    chassis::mesh::answered(answer)
}

/// All that a caller sees of a refusal.
pub fn shown(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

/// The field paths of a refusal.
pub fn fields<T: std::fmt::Debug>(answer: Result<T, Error>) -> Vec<String> {
    answer.unwrap_err().fields().iter().map(|field| field.field.clone()).collect()
}
