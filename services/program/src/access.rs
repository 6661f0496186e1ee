//! The one place that decides who may do what with a program. What it returns cannot be made elsewhere, so that no handler gets
//! at a program, or a member's programs, without the permission.

use backends::Scope;
use chassis::clock::Clock;
use chassis::{Error, audit};
use chrono::NaiveDate;
use chrono_tz::Tz;
use proto::family::v1 as family;

use crate::clients::Family;
use crate::domain::config::Config;
use crate::domain::goals::Domains;
use crate::domain::program::Program;
use crate::store::Store;

/// What somebody wants to do with a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look.
    Read,
    /// Log or plan.
    Write,
    /// Take a deletion back. Unlike the others it reaches a deleted program, for as long as that is possible.
    Restore,
    /// Bring the programs of a member that is being imported. It reaches no program that is there.
    Import,
}

/// A program, and what somebody may do with it.
pub struct AuthorizedProgram {
    program: Program,
    decision: family::AuthorizeMemberResponse,
    today: NaiveDate,
}

/// A member whose programs somebody may see or plan.
pub struct AuthorizedMember {
    family_id: i64,
    member_id: i64,
    today: NaiveDate,
}

/// Decides.
pub struct Access {
    store: Store,
    family: Family,
    clock: Clock,
}

impl Access {
    /// Decides by the programs in `store` and what `family` says of their members.
    pub fn new(store: Store, family: Family, clock: Clock) -> Self {
        Self { store, family, clock }
    }

    /// A program, if the user may do this with it. Absent, foreign and deleted are denied alike.
    pub async fn program(
        &self,
        user_id: i64,
        program_id: i64,
        action: Action,
    ) -> Result<AuthorizedProgram, Error> {
        let program = self.store.program(program_id).await?.ok_or_else(Error::denied)?;
        let there = match action {
            Action::Read | Action::Write => program.deleted_at.is_none(),
            Action::Restore => program.within_reach(self.store.db().now().await?),
            Action::Import => false,
        };
        if !there {
            return Err(Error::denied());
        }
        let decision = self.family.authorize(user_id, program.member_id, on_member(action)).await?;
        if decision.family_id != program.family_id {
            return Err(Error::denied());
        }
        let today = self.today(&decision.time_zone)?;
        audit::granted(audit::Subject {
            family_id: program.family_id,
            member_id: Some(program.member_id),
            resource_type: "Program",
            resource_id: program.id,
        });
        Ok(AuthorizedProgram { program, decision, today })
    }

    /// A member, if the user may do this with the member's programs.
    pub async fn member(
        &self,
        user_id: i64,
        member_id: i64,
        action: Action,
    ) -> Result<AuthorizedMember, Error> {
        let decision = self.family.authorize(user_id, member_id, on_member(action)).await?;
        Ok(AuthorizedMember::new(decision.family_id, member_id, self.today(&decision.time_zone)?))
    }

    /// A member for whom the user may look, and the domains whose goals the user may see.
    pub async fn seen(&self, user_id: i64, member_id: i64) -> Result<(AuthorizedMember, Domains), Error> {
        let decision = self.family.authorize(user_id, member_id, family::Action::Read).await?;
        let today = self.today(&decision.time_zone)?;
        Ok((AuthorizedMember::new(decision.family_id, member_id, today), domains(&decision)))
    }

    /// Every member whose programs the user may see.
    pub async fn members(&self, user_id: i64) -> Result<Vec<AuthorizedMember>, Error> {
        let household = self.family.household(user_id).await?;
        let members = household.members.into_iter().chain(household.granted_members);
        let authorized = |member: family::Member| {
            let today = self.today(&member.time_zone)?;
            Ok(AuthorizedMember::new(member.family_id, member.id, today))
        };
        members.map(authorized).collect()
    }

    fn today(&self, time_zone: &str) -> Result<NaiveDate, Error> {
        let zone: Tz = time_zone.parse().map_err(Error::internal)?;
        Ok(self.clock.now().with_timezone(&zone).date_naive())
    }
}

fn on_member(action: Action) -> family::Action {
    match action {
        Action::Read => family::Action::Read,
        Action::Write | Action::Restore => family::Action::Write,
        Action::Import => family::Action::Import,
    }
}

fn domains(decision: &family::AuthorizeMemberResponse) -> Domains {
    let may = |kind| decision.log_types().any(|granted| granted == kind);
    Domains {
        nutrition: may(family::LogType::Nutrition),
        strength: may(family::LogType::Workout),
        clinical: may(family::LogType::Checkin),
    }
}

impl AuthorizedProgram {
    /// Whose rows it is among.
    pub fn tenant(&self) -> Scope {
        Scope::Family(self.program.family_id)
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What the user is to the member, which kinds of logs the user may reach, and where the member lives.
    pub fn decision(&self) -> &family::AuthorizeMemberResponse {
        &self.decision
    }

    /// Goals of it, as far as the user may see them.
    pub fn shown(&self, config: Config) -> Config {
        Config { goals: config.goals.seen(domains(&self.decision)), ..config }
    }

    /// The day it is where the member lives.
    pub fn today(&self) -> NaiveDate {
        self.today
    }
}

impl AuthorizedMember {
    fn new(family_id: i64, member_id: i64, today: NaiveDate) -> Self {
        audit::granted(audit::Subject {
            family_id,
            member_id: Some(member_id),
            resource_type: "Programs",
            resource_id: member_id,
        });
        Self { family_id, member_id, today }
    }

    /// The tenant.
    pub fn family_id(&self) -> i64 {
        self.family_id
    }

    /// The member.
    pub fn member_id(&self) -> i64 {
        self.member_id
    }

    /// The day it is where the member lives.
    pub fn today(&self) -> NaiveDate {
        self.today
    }
}
