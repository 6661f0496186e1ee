use backends::{DbResultExt, Scope, Tx};
use chassis::Error;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::Store;
use super::access::{Manage, Permit};
use super::entity::family_managers;
use super::entity::grants::{ActiveModel, Column, Entity, LogTypes, Model};
use super::families::Position;
use crate::domain::grant::{Holder, Terms, Window};

impl Store {
    /// The grants on a member that have not been withdrawn, oldest first.
    pub async fn grants(
        &self,
        permit: &Permit<Manage>,
        after: Option<Position>,
        limit: u64,
    ) -> Result<Vec<Model>, Error> {
        let found = paged(on(permit), after, limit);
        let reader = self.db.read_primary(Scope::Family(permit.member().family_id)).await?;
        found.all(reader.connection()).await.stored()
    }

    /// The grants there ever were on a member, withdrawn or not, oldest first.
    pub async fn all_grants(
        &self,
        permit: &Permit<Manage>,
        after: Option<Position>,
        limit: u64,
    ) -> Result<Vec<Model>, Error> {
        let found = paged(ever_on(permit), after, limit);
        let reader = self.db.read_primary(Scope::Family(permit.member().family_id)).await?;
        found.all(reader.connection()).await.stored()
    }
}

fn paged(mut found: Select<Entity>, after: Option<Position>, limit: u64) -> Select<Entity> {
    if let Some((created_at, id)) = after {
        let same = Condition::all().add(Column::CreatedAt.eq(created_at)).add(Column::Id.gt(id));
        found = found.filter(Condition::any().add(Column::CreatedAt.gt(created_at)).add(same));
    }
    found.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(limit)
}

/// Gives an account a grant on a member. The permit's lock on the member keeps two of the same from slipping in at once.
pub async fn create(tx: &Tx, permit: &Permit<Manage>, user_id: i64, terms: Terms) -> Result<Model, Error> {
    let (member, now) = (permit.member(), permit.now());
    let manager = family_managers::Entity::find_by_id(user_id).one(tx.connection()).await.stored()?;
    if manager.is_some_and(|manager| manager.family_id == member.family_id) {
        return Err(Error::illegal_state("this account manages the family and sees everything already"));
    }
    let role = terms.holder.as_str();
    let unended = Condition::any().add(Column::NotAfter.is_null()).add(Column::NotAfter.gt(now));
    let same = on(permit).filter(Column::UserId.eq(user_id)).filter(Column::Role.eq(role)).filter(unended);
    if same.count(tx.connection()).await.stored()? > 0 {
        return Err(Error::conflict("this account has such a grant already; withdraw it first"));
    }
    let row = ActiveModel {
        family_id: Set(member.family_id),
        id: Set(tx.next_id("grants").await?),
        member_id: Set(member.id),
        user_id: Set(user_id),
        role: Set(role.to_owned()),
        log_types: Set(LogTypes(terms.log_types)),
        not_before: Set(terms.window.not_before),
        not_after: Set(terms.window.not_after),
        created_at: Set(now),
        withdrawn_at: Set(None),
    };
    row.insert(tx.connection()).await.stored()
}

/// Withdraws a grant on a member.
pub async fn withdraw(tx: &Tx, permit: &Permit<Manage>, id: i64) -> Result<(), Error> {
    let found = on(permit).filter(Column::Id.eq(id)).one(tx.connection()).await.stored()?;
    let mut grant = found.ok_or_else(Error::denied)?.into_active_model();
    grant.withdrawn_at = Set(Some(permit.now()));
    grant.update(tx.connection()).await.stored()?;
    Ok(())
}

/// The members a user holds a grant on that is in force.
pub(super) fn valid_for(user_id: i64, now: DateTime<Utc>) -> SelectStatement {
    let unended = Condition::any().add(Column::NotAfter.is_null()).add(Column::NotAfter.gt(now));
    Entity::find()
        .select_only()
        .column(Column::MemberId)
        .filter(Column::UserId.eq(user_id))
        .filter(Column::WithdrawnAt.is_null())
        .filter(Column::NotBefore.lte(now))
        .filter(unended)
        .into_query()
}

/// What the holder of a kept grant is to the member.
pub fn holder(row: &Model) -> Result<Holder, Error> {
    Holder::parse(&row.role).ok_or_else(|| Error::internal("a grant has an unknown role"))
}

/// When a kept grant is in force.
pub fn window(row: &Model) -> Window {
    Window { not_before: row.not_before, not_after: row.not_after }
}

fn on(permit: &Permit<Manage>) -> Select<Entity> {
    ever_on(permit).filter(Column::WithdrawnAt.is_null())
}

fn ever_on(permit: &Permit<Manage>) -> Select<Entity> {
    Entity::find()
        .filter(Column::FamilyId.eq(permit.member().family_id))
        .filter(Column::MemberId.eq(permit.member().id))
}
