//! A member that comes with a record from elsewhere: the counterpart of [`crate::export`].
//!
//! All of the document is judged before anything is kept. Then the member comes first, hidden from everybody, the programs and
//! the logs after it, each in one transaction under the request's key, and at the end the member is shown. Whoever dies in between
//! leaves nothing to be seen: the same request goes on where it ended, and what nobody finishes is erased after a day.
//!
//! The scores are told of the logs by the outbox, as they would be by a process that died before it could do so itself.

use std::collections::BTreeSet;

use backends::{Action, Once, Scope as Tenant, Subject};
use chassis::{Error, User};
use chrono::NaiveDate;
use futures_util::{StreamExt, TryStreamExt, stream};
use proto::family::v1::CreateMemberRequest;
use proto::logging::v1::ImportMemberResponse;
use proto::program::v1::ImportedProgram;

use crate::clients::families::{Families, Importing};
use crate::clients::programs::Programs;
use crate::clients::readings::Readings;
use crate::domain::import::Imported;
use crate::domain::{Scope, id};
use crate::events;
use crate::journal::{self, LOG};
use crate::store::archive::Month;
use crate::store::{Store, partitions};

/// What the audit trail and the answers call a program.
pub const PROGRAM: &str = "Program";
/// How many calls are under way at once.
const AT_ONCE: usize = 4;

/// A member and its record, as a document tells of them.
pub struct Record {
    /// The member.
    pub member: CreateMemberRequest,
    /// When it was added where it comes from.
    pub created_at: Option<prost_types::Timestamp>,
    /// The programs, newest first.
    pub programs: Vec<ImportedProgram>,
    /// The logs of each program, newest first.
    pub logs: Vec<Vec<Imported>>,
}

/// Takes records in.
#[derive(Clone)]
pub struct Importer {
    pub store: Store,
    pub families: Families,
    pub programs: Programs,
    pub readings: Readings,
}

impl Importer {
    /// Takes a member in with its record, once per request.
    pub async fn import(
        &self,
        user: User,
        request: &journal::Request,
        record: Record,
    ) -> Result<ImportMemberResponse, Error> {
        if let Some(answer) = self.answered(user, request).await? {
            return Ok(answer);
        }
        let Record { member, created_at, programs, mut logs } = record;
        self.programs.judge(user, programs.clone()).await?;
        let importing = self.families.begin_import(user, member, created_at).await?;
        let (program_ids, plan_version) = match programs.is_empty() {
            true => (Vec::new(), 0),
            false => self.programs.import(user, &importing, programs).await?,
        };
        let count = i32::try_from(logs.iter().map(Vec::len).sum::<usize>()).map_err(Error::internal)?;
        for (program_id, logs) in program_ids.iter().zip(&mut logs) {
            let scope = Scope { family_id: importing.family_id, program_id: *program_id };
            self.place(scope, plan_version, logs).await?;
        }
        let answer = ImportMemberResponse { id: importing.member_id, program_ids, logs: count };
        let answer = self.keep(request, &importing, logs.into_iter().flatten().collect(), answer).await?;
        self.families.finish_import(user, importing.member_id).await?;
        Ok(answer)
    }

    /// What was answered to the same request, or would have been, had it not died at the very end.
    async fn answered(
        &self,
        user: User,
        request: &journal::Request,
    ) -> Result<Option<ImportMemberResponse>, Error> {
        match self.once(request, Tenant::Own).await? {
            Once::Done { answer, .. } => {
                self.families.finish_import(user, answer.id).await?;
                Ok(Some(answer))
            }
            Once::New(_) => Ok(None),
        }
    }

    /// Gives the logs of a program their places, and the models that read their photos to those who keep what models read. Of an
    /// import that is done again, readings of the first time may be left; they go with the program.
    async fn place(&self, scope: Scope, plan_version: i64, logs: &mut [Imported]) -> Result<(), Error> {
        let mut readings = Vec::new();
        // the newest stands first, and of two of the same time the one with the higher id
        for log in logs.iter_mut().rev() {
            let timestamp = log.timestamp().ok_or_else(|| Error::internal("a log has no revision"))?;
            let log_id = id::compose(timestamp, self.store.db().next_id("daily_logs").await?)
                .ok_or_else(|| Error::internal("there is no id for a log at this time"))?;
            log.place(scope, log_id, plan_version);
            readings.extend(log.reading().map(|(model, reading)| (log_id, model, reading)));
        }
        let calls = readings.chunks(Readings::AT_ONCE).map(|some| self.readings.keep(scope, some));
        stream::iter(calls.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn keep(
        &self,
        request: &journal::Request,
        importing: &Importing,
        logs: Vec<Imported>,
        answer: ImportMemberResponse,
    ) -> Result<ImportMemberResponse, Error> {
        let Some(first) = answer.program_ids.first() else { return Ok(answer) };
        let months: BTreeSet<NaiveDate> =
            logs.iter().filter_map(Imported::timestamp).map(|at| Month::of(at.date_naive()).first).collect();
        // without one, logs fall into the default partition, which is no reason not to take them
        partitions::make(self.store.db(), months)
            .await
            .map_or_else(|error| error.log("making partitions"), drop);
        let tx = match self.once(request, Tenant::Family(importing.family_id)).await? {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        self.store.add_imported(&tx, &logs).await?;
        events::imported(&tx, importing.member_id, &logs).await?;
        let of = |log_id| Subject::of_member(importing.family_id, importing.member_id, log_id);
        for first in logs.iter().filter_map(|log| log.revisions.first()) {
            tx.audit(&request.actor, Action::Import, LOG, of(first.log_id)).await?;
        }
        tx.commit_with(of(*first), &answer).await?;
        Ok(answer)
    }

    async fn once(
        &self,
        request: &journal::Request,
        tenant: Tenant,
    ) -> Result<Once<ImportMemberResponse>, Error> {
        let db = self.store.db();
        db.write_once(&request.key, &request.actor, Action::Import, PROGRAM, tenant).await
    }
}
