//! The one place where a user gets at a program's scores. What it returns cannot be made elsewhere.

use chassis::clock::Clock;
use chassis::trusted::{Answer, Teller, Trusted};
use chassis::{Error, audit};
use chrono::NaiveDate;
use chrono_tz::Tz;
use proto::program::v1::{AuthorizeProgramResponse, LogType as Wire, Role};

use crate::clients::Programs;
use crate::domain::sight::{LogType, Sight};
use crate::store::Scope;

const MOST_CACHED: u64 = 100_000;

/// What the program service says, as it is remembered.
struct Known(AuthorizeProgramResponse);

impl Answer for Known {
    fn family_id(&self) -> i64 {
        self.0.family_id
    }

    fn lasts(&self) -> bool {
        self.0.role() == Role::FamilyManager
    }
}

/// A program whose scores somebody may see.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizedProgram {
    scope: Scope,
    sight: Sight,
    plan_version: i64,
    today: NaiveDate,
}

impl AuthorizedProgram {
    /// Where the program is kept.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// What may be seen of it.
    pub fn sight(&self) -> Sight {
        self.sight
    }

    /// The version its plan has at least.
    pub fn plan_version(&self) -> i64 {
        self.plan_version
    }

    /// The day it is where the member lives.
    pub fn today(&self) -> NaiveDate {
        self.today
    }
}

/// Decides, by what the program service says.
#[derive(Clone)]
pub struct Access {
    programs: Programs,
    answers: Trusted<(i64, i64), Known>,
    clock: Clock,
}

impl Access {
    /// Decides by what `programs` says, and remembers it until one of `tellers` tells of a change.
    pub fn new(programs: Programs, tellers: Vec<Teller>, clock: Clock) -> Self {
        Self { programs, answers: Trusted::new("access", MOST_CACHED, tellers), clock }
    }

    /// A program, if the user may see it. Absent, foreign and deleted are denied alike.
    pub async fn program(&self, user_id: i64, program_id: i64) -> Result<AuthorizedProgram, Error> {
        let ask = || async move { Ok(Known(self.programs.authorize(user_id, program_id).await?)) };
        let known = Box::pin(self.answers.get_or((user_id, program_id), ask)).await?;
        self.authorized(program_id, &known.0)
    }

    /// The same as of this moment, for one who asks again and again.
    pub async fn program_now(&self, user_id: i64, program_id: i64) -> Result<AuthorizedProgram, Error> {
        self.authorized(program_id, &self.programs.authorize(user_id, program_id).await?)
    }

    fn authorized(
        &self,
        program_id: i64,
        answer: &AuthorizeProgramResponse,
    ) -> Result<AuthorizedProgram, Error> {
        audit::granted(audit::Subject {
            family_id: answer.family_id,
            member_id: Some(answer.member_id),
            resource_type: "Adherence",
            resource_id: program_id,
        });
        Ok(AuthorizedProgram {
            scope: Scope { family_id: answer.family_id, program_id },
            sight: Sight::of(answer.log_types().filter_map(log_type)),
            plan_version: answer.plan_version,
            today: today(&self.clock, &answer.time_zone)?,
        })
    }
}

fn log_type(wire: Wire) -> Option<LogType> {
    match wire {
        Wire::Nutrition => Some(LogType::Nutrition),
        Wire::Workout => Some(LogType::Workout),
        Wire::Checkin => Some(LogType::Checkin),
        Wire::Unspecified => None,
    }
}

/// The day it is in a time zone.
pub fn today(clock: &Clock, time_zone: &str) -> Result<NaiveDate, Error> {
    let zone: Tz = time_zone.parse().map_err(Error::internal)?;
    Ok(clock.now().with_timezone(&zone).date_naive())
}
