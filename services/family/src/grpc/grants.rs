use backends::{Action, Once, Subject};
use chassis::{Call, Error, page};
use proto::family::v1::{
    CreateGrantRequest, DeleteGrantRequest, Grant, ListGrantsRequest, ListGrantsResponse,
};

use super::{Service, decode, encode};
use crate::domain::access::Action as May;
use crate::store::access::{self, Manage};
use crate::store::grants;

impl Service {
    pub(super) async fn grant(&self, call: Call<CreateGrantRequest>) -> Result<Grant, Error> {
        let wish = decode::wish(&call.message)?;
        // asked before the transaction, since none is held across a call; judged after the permit, since a stranger to the
        // member learns nothing but "denied"
        let account = self.accounts.by_email(&call.message.email).await?;
        let asked = Self::asked(&call, call.message.member_id);
        let scope = self.store.tenant(call.message.member_id).await?;
        let tx = match self.store.write_once(&call, Action::Grant, "Grant", scope).await? {
            Once::Done { answer, .. } => {
                // what was answered to a manager is not told again to one who is no longer any
                self.store.decide(asked, May::Manage).await?;
                return Ok(answer);
            }
            Once::New(tx) => tx,
        };
        let permit = access::locked::<Manage>(&tx, asked).await?;
        let terms = wish.settle(permit.now())?;
        let account = self.accounts.trusted(account)?;
        let grant = grants::create(&tx, &permit, account.id, terms).await?;
        let subject = Subject::of_family(grant.family_id, grant.id);
        let answer = encode::grant(grant, Some(&account))?;
        tx.commit_with(subject, &answer).await?;
        Ok(answer)
    }

    pub(super) async fn grants(&self, call: Call<ListGrantsRequest>) -> Result<ListGrantsResponse, Error> {
        let permit = self.store.permit::<Manage>(Self::asked(&call, call.message.member_id)).await?;
        let scope = format!("grants:{}", call.message.member_id);
        let (after, limit) = (page::decode(&scope, &call.message.cursor)?, page::limit(call.message.limit));
        let (rows, more) = page::cut(self.store.grants(&permit, after, limit + 1).await?, limit);
        let pagination = encode::pagination(&scope, &rows, more, |row| (row.created_at, row.id));
        let ids: Vec<_> = rows.iter().map(|row| row.user_id).collect();
        let accounts = self.accounts.by_id(&ids).await?;
        let encode = |row: crate::store::entity::grants::Model| {
            let account = accounts.get(&row.user_id);
            encode::grant(row, account)
        };
        let data = rows.into_iter().map(encode).collect::<Result<_, _>>()?;
        Ok(ListGrantsResponse { data, pagination: Some(pagination) })
    }

    pub(super) async fn withdraw(&self, call: Call<DeleteGrantRequest>) -> Result<(), Error> {
        let DeleteGrantRequest { member_id, grant_id } = call.message;
        let asked = Self::asked(&call, member_id);
        let scope = self.store.tenant(member_id).await?;
        let tx = self.store.write(&call.actor(), Action::Revoke, "Grant", scope).await?;
        let permit = access::locked::<Manage>(&tx, asked).await?;
        grants::withdraw(&tx, &permit, grant_id).await?;
        tx.commit(Subject::of_family(permit.member().family_id, grant_id)).await
    }
}
