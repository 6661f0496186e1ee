//! Programs that come with a member from elsewhere.

use backends::{Action, Once, Scope};
use chassis::{Call, Error};
use proto::program::v1 as wire;

use super::{Planning, RESOURCE, subject};
use crate::access::AuthorizedMember;
use crate::domain::import::Imported;
use crate::domain::program::Program;
use crate::{events, store};

/// The version of the plan that an imported program has.
const FIRST: i64 = 1;

impl Planning {
    /// Takes in all programs of a member, together.
    pub async fn import(
        &self,
        call: &Call<wire::ImportProgramsRequest>,
        member: AuthorizedMember,
        programs: Vec<Imported>,
    ) -> Result<wire::ImportProgramsResponse, Error> {
        let scope = Scope::Family(member.family_id());
        let (key, actor) = (call.key(), call.actor());
        let tx = match self.store.db().write_once(&key, &actor, Action::Import, RESOURCE, scope).await? {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        let mut taken = Vec::with_capacity(programs.len());
        // the newest stands first, and of two that were created at the same time the one with the higher id
        for imported in programs.into_iter().rev() {
            let program = Program {
                id: tx.next_id("care_programs").await?,
                family_id: member.family_id(),
                member_id: member.member_id(),
                title: imported.title,
                start_date: imported.start_date,
                state: imported.state,
                completed_date: imported.completed_date,
                plan_version: FIRST,
                created_by: call.caller.id,
                created_at: imported.created_at,
                deleted_at: None,
            };
            store::program::insert(&tx, &program).await?;
            for pause in &imported.pauses {
                store::pause::insert(&tx, &program, pause).await?;
            }
            for config in &imported.configs {
                store::config::insert(&tx, &program, config, self.clock.now()).await?;
            }
            events::program_changed(&tx, &program).await?;
            taken.push(program);
        }
        taken.reverse();
        // the transaction itself notes the first of them
        let Some((first, others)) = taken.split_first() else {
            return Ok(wire::ImportProgramsResponse::default());
        };
        for other in others {
            tx.audit(&actor, Action::Import, RESOURCE, subject(other)).await?;
        }
        let program_ids = taken.iter().map(|program| program.id).collect();
        let answer = wire::ImportProgramsResponse { program_ids, plan_version: FIRST };
        tx.commit_with(subject(first), &answer).await?;
        Ok(answer)
    }
}
