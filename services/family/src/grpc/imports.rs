//! Members that come with a record from elsewhere. Nobody sees one before the record is there, so that nobody sees half of it.

use backends::{Action, Once, Scope, Subject};
use chassis::{Call, Error, Kind, time};
use proto::family::v1::{BeginImportRequest, FinishImportRequest, Member};

use super::{Service, decode, encode};
use crate::domain::access::Action as May;
use crate::store::access::{self, Import};
use crate::store::members::Origin;
use crate::store::{families, members};

impl Service {
    pub(super) async fn begin(&self, call: Call<BeginImportRequest>) -> Result<Member, Error> {
        let profile =
            call.message.member.as_ref().ok_or_else(|| Error::invalid("member", "must be given"))?;
        let now = self.clock.now();
        let profile =
            decode::profile(profile).and_then(|profile| profile.checked(now)).map_err(within_member)?;
        let created_at = call.message.created_at.as_ref();
        let created_at = created_at.map(|at| time::past("member.created_at", at, now)).transpose()?;
        let family_id = self.store.home(&call.actor(), now).await?;
        let scope = Scope::Family(family_id);
        let tx = match self.store.write_once::<_, Member>(&call, Action::Import, "Member", scope).await? {
            // as for a member that is created
            Once::Done { answer, .. } if answer.family_id == family_id => return Ok(answer),
            Once::Done { .. } => return Err(Error::denied()),
            Once::New(tx) => tx,
        };
        families::lock_manager(&tx, family_id, call.caller.id).await?;
        let origin = Origin {
            created_by: call.caller.id,
            created_at: created_at.unwrap_or(now),
            importing_since: Some(now),
        };
        let member = members::create(&tx, family_id, profile, origin).await?;
        let subject = Subject::of_member(family_id, member.id, member.id);
        let answer = encode::member(member, now)?;
        tx.commit_with(subject, &answer).await?;
        Ok(answer)
    }

    /// Done again, it changes nothing.
    pub(super) async fn finish(&self, call: Call<FinishImportRequest>) -> Result<(), Error> {
        let asked = Self::asked(&call, call.message.member_id);
        match self.store.decide(asked, May::Manage).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == Kind::Denied => {}
            Err(error) => return Err(error),
        }
        let scope = self.store.tenant(asked.member_id).await?;
        let tx = self.store.write(&call.actor(), Action::Create, "Member", scope).await?;
        let member = members::show(&tx, access::locked::<Import>(&tx, asked).await?).await?;
        tx.commit(Subject::of_family(member.family_id, member.id)).await
    }
}

/// The faults of a profile, where a document has it.
fn within_member(error: Error) -> Error {
    error.map_fields(|field| format!("member.{field}"))
}
