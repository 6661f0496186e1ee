//! What is told of a member for an export.

use chassis::{Error, page};
use proto::family::v1::{
    GetMemberRecordRequest, GrantRecord, ListGrantRecordsRequest, ListGrantRecordsResponse, MemberRecord,
};

use super::{Service, encode};
use crate::domain::access::Action;
use crate::store::access::{Asked, Manage};

impl Service {
    pub(super) async fn member_record(&self, asked: GetMemberRecordRequest) -> Result<MemberRecord, Error> {
        let GetMemberRecordRequest { user_id, member_id } = asked;
        let (member, decision) = self.store.decide(Asked { user_id, member_id }, Action::Read).await?;
        let reach = encode::decision(member.clone(), decision);
        Ok(MemberRecord {
            member: Some(encode::member(member, self.clock.now())?),
            role: reach.role,
            log_types: reach.log_types,
        })
    }

    pub(super) async fn grant_records(
        &self,
        asked: ListGrantRecordsRequest,
    ) -> Result<ListGrantRecordsResponse, Error> {
        let ListGrantRecordsRequest { user_id, member_id, limit, cursor } = asked;
        let permit = self.store.permit::<Manage>(Asked { user_id, member_id }).await?;
        let scope = format!("grant_records:{user_id}:{member_id}");
        let (after, limit) = (page::decode(&scope, &cursor)?, page::limit(limit));
        let (rows, more) = page::cut(self.store.all_grants(&permit, after, limit + 1).await?, limit);
        let pagination = encode::pagination(&scope, &rows, more, |row| (row.created_at, row.id));
        let ids: Vec<_> = rows.iter().map(|row| row.user_id).collect();
        let accounts = self.accounts.by_id(&ids).await?;
        let record = |row: crate::store::entity::grants::Model| {
            let withdrawn_at = row.withdrawn_at.map(chassis::time::timestamp);
            let account = accounts.get(&row.user_id);
            Ok(GrantRecord { grant: Some(encode::grant(row, account)?), withdrawn_at })
        };
        let data = rows.into_iter().map(record).collect::<Result<_, Error>>()?;
        Ok(ListGrantRecordsResponse { data, pagination: Some(pagination) })
    }
}
