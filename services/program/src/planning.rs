//! What somebody does to a program. Each act is one transaction: the change, the raised plan version, the audit row, the
//! news of it, and for a POST the answer under its key.

mod import;

use backends::{Action, Once, Scope, Subject, Tx};
use chassis::clock::Clock;
use chassis::{Actor, Call, Error, time};
use chrono::{DateTime, TimeDelta, Utc};
use proto::program::v1 as wire;

use crate::access::{AuthorizedMember, AuthorizedProgram};
use crate::domain::calendar;
use crate::domain::config::{self, Config};
use crate::domain::goals::Goals;
use crate::domain::program::{self, PAST_UNDO, Program, Refused, State, Step};
use crate::grpc::encode;
use crate::{events, store};

/// What the audit trail calls a program.
pub const RESOURCE: &str = "Program";

/// Changes programs.
pub struct Planning {
    store: store::Store,
    clock: Clock,
}

impl Planning {
    /// Changes the programs of `store`.
    pub fn new(store: store::Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// The time it is.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Starts a program.
    pub async fn create(
        &self,
        call: &Call<wire::CreateProgramRequest>,
        member: AuthorizedMember,
    ) -> Result<wire::Program, Error> {
        let request = &call.message;
        let title = title(&request.title)?;
        let asked = request.start_date.as_deref().map(|text| time::date("start_date", text)).transpose()?;
        let start_date = asked.unwrap_or(member.today());
        if !calendar::may_start(start_date, member.today()) {
            return Err(Error::invalid("start_date", "must be at most a year away from today"));
        }
        let goals = request.config.as_ref().map(|goals| Goals::read(goals, "config."));
        let goals = goals.transpose().map_err(Error::invalid_fields)?;

        let tx = match self
            .store
            .db()
            .write_once(
                &call.key(),
                &call.actor(),
                Action::Create,
                RESOURCE,
                Scope::Family(member.family_id()),
            )
            .await?
        {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        let program = Program {
            id: tx.next_id("care_programs").await?,
            family_id: member.family_id(),
            member_id: member.member_id(),
            title,
            start_date,
            state: State::Active,
            completed_date: None,
            plan_version: 1,
            created_by: call.caller.id,
            created_at: self.clock.now(),
            deleted_at: None,
        };
        store::program::insert(&tx, &program).await?;
        if let Some(goals) = goals {
            // also when the first day is past: the program was meant so from the beginning
            let first = Config { version: 1, effective_date: start_date, goals };
            store::config::insert(&tx, &program, &first, self.clock.now()).await?;
        }
        events::program_changed(&tx, &program).await?;
        let answer = encode::program(&program, member.today());
        tx.commit_with(subject(&program), &answer).await?;
        Ok(answer)
    }

    /// Gives a program another title.
    pub async fn rename(
        &self,
        call: &Call<wire::UpdateProgramRequest>,
        program: AuthorizedProgram,
        new: &str,
    ) -> Result<wire::Program, Error> {
        let title = title(new)?;
        let tx = self.store.db().write(&call.actor(), Action::Update, RESOURCE, program.tenant()).await?;
        let mut changed = store::program::lock(&tx, &program).await?;
        call.if_match.check(&encode::program(&changed, program.today()))?;
        changed.title = title;
        raise(&tx, &mut changed).await?;
        tx.commit(subject(&changed)).await?;
        Ok(encode::program(&changed, program.today()))
    }

    /// Deletes a program, so that it can be restored for a time, or, to be erased, as if that time were over.
    pub async fn delete(&self, actor: &Actor, program: AuthorizedProgram, erase: bool) -> Result<(), Error> {
        let tx = self.store.db().write(actor, Action::Delete, RESOURCE, program.tenant()).await?;
        let mut changed = store::program::lock(&tx, &program).await?;
        let undone = if erase { PAST_UNDO } else { TimeDelta::zero() };
        changed.deleted_at = Some(tx.now().await? - undone);
        raise(&tx, &mut changed).await?;
        tx.commit(subject(&changed)).await
    }

    /// Takes a deletion back.
    pub async fn restore(
        &self,
        call: &Call<wire::RestoreProgramRequest>,
        program: AuthorizedProgram,
    ) -> Result<wire::Program, Error> {
        let tx = match self
            .store
            .db()
            .write_once(&call.key(), &call.actor(), Action::Restore, RESOURCE, program.tenant())
            .await?
        {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        let mut changed = store::program::lock_deleted(&tx, &program).await?;
        changed.restore().map_err(illegal)?;
        raise(&tx, &mut changed).await?;
        let answer = encode::program(&changed, program.today());
        tx.commit_with(subject(&changed), &answer).await?;
        Ok(answer)
    }

    /// Pauses, resumes or completes a program.
    pub async fn take<M: prost::Message + prost::Name>(
        &self,
        call: &Call<M>,
        program: AuthorizedProgram,
        step: Step,
    ) -> Result<wire::Program, Error> {
        let action = match step {
            Step::Pause => Action::Pause,
            Step::Resume => Action::Resume,
            Step::Complete => Action::Complete,
        };
        let tx = match self
            .store
            .db()
            .write_once(&call.key(), &call.actor(), action, RESOURCE, program.tenant())
            .await?
        {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        let mut changed = store::program::lock(&tx, &program).await?;
        changed.take(step, program.today()).map_err(illegal)?;
        match step {
            Step::Pause => store::pause::open(&tx, &changed, program.today()).await?,
            Step::Resume => store::pause::close(&tx, &changed, program.today()).await?,
            Step::Complete => {}
        }
        raise(&tx, &mut changed).await?;
        let answer = encode::program(&changed, program.today());
        tx.commit_with(subject(&changed), &answer).await?;
        Ok(answer)
    }

    /// Replaces the goals.
    pub async fn replace_config(
        &self,
        call: &Call<wire::ReplaceConfigRequest>,
        program: AuthorizedProgram,
        goals: Goals,
    ) -> Result<wire::Config, Error> {
        let actor = call.actor();
        let tx = self.store.db().write(&actor, Action::Update, "ProgramConfig", program.tenant()).await?;
        let mut changed = store::program::lock(&tx, &program).await?;
        let before = store::config::all(&tx, &changed).await?;
        let version = before.last().map_or(0, |latest| latest.version) + 1;
        call.if_match.check(&encode::config_in_force(&program, before))?;
        let effective_date = config::effective_from(changed.start_date, program.today());
        let config = Config { version, effective_date, goals };
        store::config::insert(&tx, &changed, &config, self.clock.now()).await?;
        raise(&tx, &mut changed).await?;
        tx.commit(subject(&changed)).await?;
        Ok(encode::config(&config))
    }
}

/// Every change of a program ends here: its plan gets a new version, and whoever follows plans hears of it.
async fn raise(tx: &Tx, program: &mut Program) -> Result<(), Error> {
    program.plan_version += 1;
    store::program::save(tx, program).await?;
    events::program_changed(tx, program).await
}

fn title(text: &str) -> Result<String, Error> {
    program::title(text).ok_or_else(|| Error::invalid("title", "must not be blank"))
}

fn subject(program: &Program) -> Subject {
    Subject::of_family(program.family_id, program.id)
}

fn illegal(Refused(message): Refused) -> Error {
    Error::illegal_state(message)
}
