//! The programs, and who may do what with them.

use std::marker::PhantomData;
use std::sync::Arc;

use chassis::mesh::answered;
use chassis::trusted::{self, Answer, Trusted};
use chassis::{Error, Link, User, audit, time};
use chrono::NaiveDate;
use chrono_tz::Tz;
use proto::program::v1 as wire;
use proto::program::v1::program_service_client::ProgramServiceClient;

use super::families::Importing;
use crate::domain::Scope;
use crate::domain::payload::LogType;

const MOST_CACHED: u64 = 100_000;

/// Something a person may be allowed to do with a program.
pub trait Permission: Send + Sync + 'static {
    /// What the program service calls it.
    const ACTION: wire::Action;
}

/// Look.
#[derive(Clone, Copy, Debug)]
pub enum Read {}

/// Log, amend, verify, upload.
#[derive(Clone, Copy, Debug)]
pub enum Write {}

impl Permission for Read {
    const ACTION: wire::Action = wire::Action::Read;
}

impl Permission for Write {
    const ACTION: wire::Action = wire::Action::Write;
}

/// A program together with the permission to do something with it. Only [`Programs::authorize`] makes one.
#[derive(Clone, Debug)]
pub struct AuthorizedProgram<P> {
    facts: Arc<Facts>,
    permission: PhantomData<P>,
}

#[derive(Debug)]
struct Facts {
    scope: Scope,
    member_id: i64,
    time_zone: Tz,
    start_date: NaiveDate,
    log_types: Vec<LogType>,
    plan_version: i64,
    manages: bool,
}

impl Answer for Facts {
    fn family_id(&self) -> i64 {
        self.scope.family_id
    }

    fn lasts(&self) -> bool {
        self.manages
    }
}

impl<P> AuthorizedProgram<P> {
    /// Where its logs live.
    pub fn scope(&self) -> Scope {
        self.facts.scope
    }

    /// Whose program it is.
    pub fn member_id(&self) -> i64 {
        self.facts.member_id
    }

    /// Where the member lives.
    pub fn time_zone(&self) -> Tz {
        self.facts.time_zone
    }

    /// Its first day.
    pub fn start_date(&self) -> NaiveDate {
        self.facts.start_date
    }

    /// The version of the plan in force.
    pub fn plan_version(&self) -> i64 {
        self.facts.plan_version
    }

    /// The kinds of logs the caller may reach.
    pub fn log_types(&self) -> &[LogType] {
        &self.facts.log_types
    }

    /// Lets through who may reach this kind of log.
    pub fn reach(&self, kind: LogType) -> Result<(), Error> {
        if self.facts.log_types.contains(&kind) { Ok(()) } else { Err(Error::denied()) }
    }
}

/// The program service, as the one who decides on access.
#[derive(Clone)]
pub struct Programs {
    client: ProgramServiceClient<Link>,
    known: Trusted<(i64, i64, i32), Facts>,
}

impl Programs {
    /// Asks `program`, for which `family` decides who is what to a member.
    pub fn new(program: Link, family: Link) -> Self {
        let known = Trusted::new("programs", MOST_CACHED, trusted::of_programs(program.clone(), family));
        Self { client: ProgramServiceClient::new(program), known }
    }

    /// The program, if the user may do with it what `P` says. A foreign and an absent one are denied alike.
    pub async fn authorize<P: Permission>(
        &self,
        user: User,
        program_id: i64,
    ) -> Result<AuthorizedProgram<P>, Error> {
        self.authorize_for(user, program_id, ("Program", program_id)).await
    }

    /// The same for something that is kept under the program, by which the audit trail has it.
    pub async fn authorize_for<P: Permission>(
        &self,
        user: User,
        program_id: i64,
        (resource_type, resource_id): (&'static str, i64),
    ) -> Result<AuthorizedProgram<P>, Error> {
        let key = (user.id, program_id, i32::from(P::ACTION));
        let ask = || self.ask(user.id, program_id, P::ACTION);
        let facts = Box::pin(self.known.get_or(key, ask)).await?;
        let (family_id, member_id) = (facts.scope.family_id, Some(facts.member_id));
        audit::granted(audit::Subject { family_id, member_id, resource_type, resource_id });
        Ok(AuthorizedProgram { facts, permission: PhantomData })
    }

    /// A page of a member's programs with all that was ever planned in them, as far as the user may see it.
    pub async fn records(
        &self,
        user: User,
        member_id: i64,
        cursor: String,
    ) -> Result<wire::ListProgramRecordsResponse, Error> {
        let request = wire::ListProgramRecordsRequest { user_id: user.id, member_id, limit: 0, cursor };
        answered(self.client.clone().list_program_records(request).await)
    }

    /// Judges programs that shall be imported.
    pub async fn judge(&self, user: User, programs: Vec<wire::ImportedProgram>) -> Result<(), Error> {
        let request =
            wire::ImportProgramsRequest { user_id: user.id, member_id: 0, programs, validate_only: true };
        answered(self.client.clone().import_programs(request).await).map(drop)
    }

    /// Takes in the programs of a member that is being imported: their ids, and the version of their plans. The same ones to
    /// the same request.
    pub async fn import(
        &self,
        user: User,
        importing: &Importing,
        programs: Vec<wire::ImportedProgram>,
    ) -> Result<(Vec<i64>, i64), Error> {
        let (count, member_id) = (programs.len(), importing.member_id);
        let request =
            wire::ImportProgramsRequest { user_id: user.id, member_id, programs, validate_only: false };
        let answer = answered(self.client.clone().import_programs(request).await)?;
        match answer.program_ids.len() == count {
            true => Ok((answer.program_ids, answer.plan_version)),
            false => Err(Error::internal("the program service has not taken in as many programs")),
        }
    }

    async fn ask(&self, user_id: i64, program_id: i64, action: wire::Action) -> Result<Facts, Error> {
        let request = wire::AuthorizeProgramRequest { user_id, program_id, action: action.into() };
        let answer = answered(self.client.clone().authorize_program(request).await)?;
        let unreadable = |_| Error::internal("the program service answered what cannot be read");
        Ok(Facts {
            scope: Scope { family_id: answer.family_id, program_id },
            member_id: answer.member_id,
            time_zone: time::zone("time_zone", &answer.time_zone).map_err(unreadable)?,
            start_date: time::date("start_date", &answer.start_date).map_err(unreadable)?,
            log_types: answer.log_types().filter_map(log_type).collect(),
            plan_version: answer.plan_version,
            manages: answer.role() == wire::Role::FamilyManager,
        })
    }
}

fn log_type(kind: wire::LogType) -> Option<LogType> {
    match kind {
        wire::LogType::Unspecified => None,
        wire::LogType::Nutrition => Some(LogType::Nutrition),
        wire::LogType::Workout => Some(LogType::Workout),
        wire::LogType::Checkin => Some(LogType::Checkin),
    }
}
