use chassis::Error;
use chassis::audit::{Line, Page};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::audit_log::{Column, Entity, Model};
use crate::error::DbResultExt;
use crate::{Database, Scope};

impl Database {
    /// A page of the audit trail.
    pub async fn audit_page(&self, page: &Page) -> Result<Vec<Line>, Error> {
        let mut found = Entity::find().filter(Column::FamilyId.eq(page.family_id));
        if let Some(member_id) = page.member_id {
            found = found.filter(Column::MemberId.eq(member_id));
        }
        if let Some(from) = page.from {
            found = found.filter(Column::Timestamp.gte(from));
        }
        if let Some(until) = page.until {
            found = found.filter(Column::Timestamp.lt(until));
        }
        if let Some((at, id)) = page.before {
            let older = Column::Timestamp.lt(at).or(Column::Id.lt(id));
            found = found.filter(Column::Timestamp.lte(at)).filter(older);
        }
        let found = found.order_by_desc(Column::Timestamp).order_by_desc(Column::Id).limit(page.limit);
        let reader = self.read_primary(Scope::Family(page.family_id)).await?;
        Ok(found.all(reader.connection()).await.stored()?.into_iter().map(line).collect())
    }
}

fn line(row: Model) -> Line {
    Line {
        id: row.id,
        at: row.timestamp,
        actor_id: row.actor_id,
        action: row.action,
        resource_type: row.resource_type,
        resource_id: row.resource_id,
        member_id: row.member_id,
        outcome: row.outcome,
        ip_address: row.ip_address,
        request_id: row.request_id,
    }
}
