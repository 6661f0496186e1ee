use chassis::{Call, Error, page};
use proto::family::v1::{
    Family, GetFamilyRequest, ListManagersRequest, ListManagersResponse, RemoveManagerRequest,
};

use super::{Service, encode};

impl Service {
    pub(super) async fn family(&self, call: Call<GetFamilyRequest>) -> Result<Family, Error> {
        Ok(encode::family(self.store.family(&call.actor(), self.clock.now()).await?))
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
