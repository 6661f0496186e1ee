use backends::{Action, Once, Scope, Subject};
use chassis::{Call, Error, page};
use proto::family::v1::{
    AddManagerRequest, Family, GetFamilyRequest, ListManagersRequest, ListManagersResponse, Manager,
    RemoveManagerRequest,
};

use super::{Service, encode};
use crate::clients::no_account;
use crate::store::families;

impl Service {
    pub(super) async fn family(&self, call: Call<GetFamilyRequest>) -> Result<Family, Error> {
        Ok(encode::family(self.store.family(&call.actor(), self.clock.now()).await?))
    }

    pub(super) async fn add(&self, call: Call<AddManagerRequest>) -> Result<Manager, Error> {
        let account = self.accounts.by_email(&call.message.email).await?;
        let now = self.clock.now();
        let home = self.store.home(&call.actor(), now).await?;
        let before = match &account {
            Some(account) => self.store.family_id(account.id).await?,
            None => None,
        };
        let scope = Scope::Family(home);
        let tx = match self.store.write_once(&call, Action::Create, "FamilyManager", scope).await? {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        let account = account.ok_or_else(no_account)?;
        families::lock_manager(&tx, home, call.caller.id).await?;
        let joining = families::Joining { user_id: account.id, before, now };
        let manager = families::add_manager(&tx, home, joining).await?;
        let answer = encode::manager(&manager, Some(&account));
        tx.commit_with(Subject::of_family(manager.family_id, manager.user_id), &answer).await?;
        Ok(answer)
    }

    pub(super) async fn managers(
        &self,
        call: Call<ListManagersRequest>,
    ) -> Result<ListManagersResponse, Error> {
        let family = self.store.family(&call.actor(), self.clock.now()).await?;
        let scope = format!("managers:{}", family.family_id);
        let (after, limit) = (page::decode(&scope, &call.message.cursor)?, page::limit(call.message.limit));
        let (rows, more) = page::cut(self.store.managers(family.family_id, after, limit + 1).await?, limit);
        let pagination = encode::pagination(&scope, &rows, more, |row| (row.joined_at, row.user_id));
        let ids: Vec<_> = rows.iter().map(|row| row.user_id).collect();
        let accounts = self.accounts.by_id(&ids).await?;
        let data = rows.iter().map(|row| encode::manager(row, accounts.get(&row.user_id))).collect();
        Ok(ListManagersResponse { data, pagination: Some(pagination) })
    }

    pub(super) async fn remove(&self, call: Call<RemoveManagerRequest>) -> Result<(), Error> {
        let family_id = self.store.family_id(call.caller.id).await?.ok_or_else(Error::denied)?;
        let ids = self.store.manager_ids(family_id).await?;
        let living = self.accounts.by_id(&ids).await?.into_keys().collect();
        self.store.remove_manager(&call.actor(), call.message.user_id, &living).await
    }
}
