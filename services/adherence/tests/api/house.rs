//! A house with one room: adherence on a database of its own, and a clock that obeys.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use adherence::Needs;
use backends::Database;
use backends::cache::memory::MemoryCache;
use backends::queue::memory::MemoryQueue;
use backends::queue::{Message, Queue};
use chassis::auth::Verifier;
use chassis::clock::Clock;
use chassis::{Error, Foundation, Link, Room};
use chrono::{DateTime, Utc};
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::adherence::v1::record_log_request::Contribution;
use proto::adherence::v1::*;
use proto::family::v1::family_service_server::FamilyServiceServer;
use proto::program::v1 as program;
use proto::program::v1::program_service_server::ProgramServiceServer;
use sea_orm::{FromQueryResult, Statement};
use tonic::{Request, Status, Streaming};

use crate::tokens::Tokens;
use crate::upstream::{FAMILY, Household, MANAGER, Programs};

/// The program of most tests, and its member.
pub const PROGRAM: i64 = 42;
pub const MEMBER: i64 = 3;

pub struct House {
    pub queue: Arc<MemoryQueue>,
    ground: Ground,
    adherence: AdherenceServiceClient<Link>,
}

/// What processes of adherence stand on.
pub struct Ground {
    pub clock: Clock,
    pub db: Database,
    pub programs: Programs,
    pub household: Household,
    foundation: Foundation,
    cache: Arc<MemoryCache>,
    tokens: Tokens,
}

impl Deref for House {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

/// Wednesday, 14 January 2026, where the member lives: the tenth day of a program that started on Monday, the fifth.
pub fn wednesday() -> DateTime<Utc> {
    "2026-01-14T12:00:00Z".parse().unwrap()
}

impl Ground {
    async fn new() -> Self {
        let foundation = Foundation { clock: Clock::fixed(wednesday()), ..Foundation::system() };
        let clock = foundation.clock.clone();
        Self {
            db: Database::in_memory(&clock).await.unwrap(),
            programs: Programs::default(),
            household: Household::default(),
            cache: MemoryCache::new(&clock),
            tokens: Tokens::new(),
            foundation,
            clock,
        }
    }

    async fn process(&self, queue: Arc<MemoryQueue>) -> AdherenceServiceClient<Link> {
        let verifier = Verifier::new(Arc::new(self.tokens.clone()), self.clock.clone());
        let program = Room::new("program").service(ProgramServiceServer::new(self.programs.clone()));
        let family = Room::new("family").service(FamilyServiceServer::new(self.household.clone()));
        let needs = Needs {
            foundation: self.foundation.clone(),
            db: self.db.clone(),
            queue,
            cache: self.cache.clone(),
            program: program.link(&verifier),
            family: family.link(&verifier),
        };
        AdherenceServiceClient::new(adherence::open(needs).await.unwrap().link(&verifier))
    }
}

impl House {
    pub async fn open() -> Self {
        let ground = Ground::new().await;
        let queue = MemoryQueue::new(&ground.foundation);
        let adherence = ground.process(queue.clone()).await;
        Self { queue, ground, adherence }
    }

    /// Another process of adherence, on the same database.
    pub async fn another(&self) -> AdherenceServiceClient<Link> {
        self.process(MemoryQueue::new(&self.foundation)).await
    }

    /// A house whose program asks for all three domains.
    pub async fn with_program() -> Self {
        let house = Self::open().await;
        house.programs.set(plan(PROGRAM, everything()));
        house
    }

    pub fn adherence(&self) -> AdherenceServiceClient<Link> {
        self.adherence.clone()
    }

    pub fn by<M>(&self, user: i64, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.tokens.issue(user));
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        request
    }

    pub async fn record(&self, request: RecordLogRequest) -> Result<i32, Error> {
        let answered = answer(self.adherence().record_log(request).await)?;
        Ok(answered.impact_basis_points)
    }

    /// The scores of a span as a user sees them; an empty end is left out.
    pub async fn scores_of(
        &self,
        user: i64,
        program_id: i64,
        from: &str,
        to: &str,
    ) -> Result<Adherence, Error> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let request = GetAdherenceRequest { program_id, from: given(from), to: given(to) };
        answer(self.adherence().get_adherence(self.by(user, request)).await)
    }

    pub async fn scores(&self, from: &str, to: &str) -> Adherence {
        self.scores_of(MANAGER, PROGRAM, from, to).await.unwrap()
    }

    pub async fn day(&self, date: &str) -> Day {
        self.scores(date, date).await.days.remove(0)
    }

    pub async fn dashboard(&self, user: i64) -> Result<Dashboard, Error> {
        let request = GetDashboardRequest { program_id: PROGRAM };
        answer(self.adherence().get_dashboard(self.by(user, request)).await)
    }

    pub async fn watch(&self, user: i64, after_event_id: i64) -> Result<Streaming<ProgramEvent>, Error> {
        let request = WatchProgramRequest { program_id: PROGRAM, after_event_id };
        answer(self.adherence().watch_program(self.by(user, request)).await)
    }

    /// Tells that a plan has changed, and returns once everybody has dealt with it.
    pub async fn tell_of_change(&self, program_id: i64) {
        let news = serde_json::json!({ "program_id": program_id, "family_id": FAMILY, "version": 1 });
        self.queue.publish(Message::new("program.changed", &news).unwrap()).await.unwrap();
    }

    /// The stored totals of a program, oldest day first.
    pub async fn stored(&self, program_id: i64) -> Vec<Row> {
        let sql = format!(
            "SELECT date, nutrition_score, strength_score, clinical_score, total_score, control_score \
             FROM adherence_metrics WHERE program_id = {program_id} ORDER BY date"
        );
        let query = Statement::from_string(self.db.backend(), sql);
        Row::find_by_statement(query)
            .all(self.db.read(backends::Scope::Own).await.unwrap().connection())
            .await
            .unwrap()
    }
}

/// A row of `adherence_metrics`.
#[derive(Debug, FromQueryResult)]
pub struct Row {
    pub date: chrono::NaiveDate,
    pub nutrition_score: Option<i32>,
    pub strength_score: Option<i32>,
    pub clinical_score: Option<i32>,
    pub total_score: Option<i32>,
    pub control_score: Option<i32>,
}

/// A program of 90 days from Monday, 5 January 2026.
pub fn plan(program_id: i64, config: program::Config) -> program::Plan {
    program::Plan {
        program_id,
        family_id: FAMILY,
        member_id: MEMBER,
        version: 1,
        title: "Stronger".into(),
        start_date: "2026-01-05".into(),
        end_date: "2026-04-04".into(),
        pauses: Vec::new(),
        configs: vec![config],
        deleted: false,
    }
}

/// 100 g of protein a day, seven sessions of ten sets a week, and the blood pressure once a day, from 110 to 135.
pub fn everything() -> program::Config {
    let protein = program::NutrientTarget {
        nutrient: "protein_g".into(),
        kind: program::TargetKind::Min.into(),
        value: Some(100.0),
        ..Default::default()
    };
    let pressure = program::ClinicalCheck {
        metric: "blood_pressure".into(),
        times_per_day: Some(1),
        target: Some(program::ControlRange { low: 110.0, high: 135.0 }),
        ..Default::default()
    };
    program::Config {
        version: 1,
        effective_date: "2026-01-05".into(),
        nutrition_goals: Some(program::NutritionGoals { weight: None, targets: vec![protein] }),
        strength_goals: Some(program::StrengthGoals {
            sessions_per_week: 7,
            sets_per_session: Some(10),
            ..Default::default()
        }),
        clinical_goals: Some(program::ClinicalGoals { weight: None, checks: vec![pressure] }),
        phases: Vec::new(),
    }
}

/// The first revision of a log of a day, made on that day.
pub fn log(log_id: i64, date: &str, contribution: Contribution) -> RecordLogRequest {
    RecordLogRequest {
        family_id: FAMILY,
        program_id: PROGRAM,
        log_id,
        revision: 1,
        status: LogStatus::Verified.into(),
        local_date: date.into(),
        today_date: date.into(),
        plan_version: 1,
        contribution: Some(contribution),
        said_again: true,
    }
}

/// A photo that is still to be read.
pub fn photo(log_id: i64, date: &str) -> RecordLogRequest {
    RecordLogRequest {
        contribution: None,
        status: LogStatus::Processing.into(),
        ..log(log_id, date, meal(0.0))
    }
}

pub fn meal(protein: f64) -> Contribution {
    Contribution::Nutrition(NutritionContribution { protein_g: Some(protein), ..Default::default() })
}

pub fn workout(sets: i32) -> Contribution {
    Contribution::Workout(WorkoutContribution { sets, minutes: 0.0 })
}

pub fn pressure(systolic: f64) -> Contribution {
    let measurement = Measurement { metric: "blood_pressure".into(), value: systolic };
    Contribution::Checkin(CheckinContribution { measurements: vec![measurement] })
}

/// The scores of a day: nutrition, strength, clinical, total, control.
pub fn points(day: &Day) -> [Option<f64>; 5] {
    [day.nutrition_score, day.strength_score, day.clinical_score, day.total_score, day.control_score]
}

/// The answer, or the error as the caller reads it.
pub fn answer<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, Error> {
    chassis::mesh::answered(answer)
}

/// The next event, once it has come; an error when the stream has ended with one.
pub async fn next(stream: &mut Streaming<ProgramEvent>) -> Result<ProgramEvent, Error> {
    let message =
        tokio::time::timeout(Duration::from_secs(30), stream.message()).await.expect("an event in time");
    message.map_err(Error::from).map(|event| event.expect("an event"))
}
