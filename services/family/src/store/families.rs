use std::collections::HashSet;

use backends::{Action, DbResultExt, Scope, Subject, Tx};
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, ModelTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
};

use super::Store;
use super::entity::{families, family_managers, members};
use crate::domain::family::{Current, join, leave};

/// Where a page of managers, members or grants ended.
pub type Position = (DateTime<Utc>, i64);

impl Store {
    /// The family a user manages, if there is one yet.
    pub async fn family_id(&self, user_id: i64) -> Result<Option<i64>, Error> {
        let manager =
            family_managers::Entity::find_by_id(user_id).one(self.db.connection()).await.stored()?;
        Ok(manager.map(|manager| manager.family_id))
    }

    /// The family the actor manages; it comes into being now, if it has not before.
    pub async fn family(&self, actor: &Actor, now: DateTime<Utc>) -> Result<families::Model, Error> {
        let id = match self.family_id(actor.user_id).await? {
            Some(id) => id,
            None => {
                let tx = self.db.write(actor, Action::Create, "Family", Scope::Own).await?;
                let id = home(&tx, actor, now).await?;
                tx.commit_quietly().await?;
                id
            }
        };
        let family = families::Entity::find_by_id(id).one(self.db.connection()).await.stored()?;
        family.ok_or_else(|| Error::internal("a manager of a family that is gone"))
    }

    /// The managers of a family, the first one first.
    pub async fn managers(
        &self,
        family_id: i64,
        after: Option<Position>,
        limit: u64,
    ) -> Result<Vec<family_managers::Model>, Error> {
        use family_managers::Column::{FamilyId, JoinedAt, UserId};
        let mut found = family_managers::Entity::find().filter(FamilyId.eq(family_id));
        if let Some((joined_at, user_id)) = after {
            let same = Condition::all().add(JoinedAt.eq(joined_at)).add(UserId.gt(user_id));
            found = found.filter(Condition::any().add(JoinedAt.gt(joined_at)).add(same));
        }
        found
            .order_by_asc(JoinedAt)
            .order_by_asc(UserId)
            .limit(limit)
            .all(self.db.connection())
            .await
            .stored()
    }

    /// The accounts of all managers of a family.
    pub async fn manager_ids(&self, family_id: i64) -> Result<Vec<i64>, Error> {
        let of_family = family_managers::Column::FamilyId.eq(family_id);
        let rows =
            family_managers::Entity::find().filter(of_family).all(self.db.connection()).await.stored()?;
        Ok(rows.into_iter().map(|row| row.user_id).collect())
    }

    /// Takes a manager out of the actor's family. `living` are the accounts that are not deleted: one of them must remain.
    pub async fn remove_manager(
        &self,
        actor: &Actor,
        user_id: i64,
        living: &HashSet<i64>,
    ) -> Result<(), Error> {
        let family_id = self.family_id(actor.user_id).await?.ok_or_else(Error::denied)?;
        let tx = self.db.write(actor, Action::Delete, "FamilyManager", Scope::Own).await?;
        // all rows are locked, in one order: of two who remove each other at once the second is no manager any more
        let managers = family_managers::Entity::find()
            .filter(family_managers::Column::FamilyId.eq(family_id))
            .order_by_asc(family_managers::Column::UserId)
            .lock_exclusive()
            .all(tx.connection())
            .await
            .stored()?;
        if !managers.iter().any(|manager| manager.user_id == actor.user_id) {
            return Err(Error::denied());
        }
        let (leaving, staying): (Vec<_>, Vec<_>) =
            managers.into_iter().partition(|manager| manager.user_id == user_id);
        let leaving = leaving.into_iter().next().ok_or_else(Error::denied)?;
        leave(staying.iter().filter(|manager| living.contains(&manager.user_id)).count())?;
        leaving.delete(tx.connection()).await.stored()?;
        tx.commit(Subject::of_family(family_id, user_id)).await
    }
}

/// The family the actor manages, with its row locked; it comes into being now, if it has not before.
pub async fn home(tx: &Tx, actor: &Actor, now: DateTime<Utc>) -> Result<i64, Error> {
    if let Some(manager) = locked(tx, actor.user_id).await? {
        return Ok(manager.family_id);
    }
    let id = tx.next_id("families").await?;
    let family = families::ActiveModel { id: Set(id), created_at: Set(now) };
    families::Entity::insert(family).exec_without_returning(tx.connection()).await.stored()?;
    let first = family_managers::Entity::insert(manager(actor.user_id, id, now))
        .on_conflict(OnConflict::column(family_managers::Column::UserId).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx.connection())
        .await
        .stored()?;
    if matches!(first, TryInsertResult::Inserted(1..)) {
        tx.audit(actor, Action::Create, "Family", Subject::of_family(id, id)).await?;
        return Ok(id);
    }
    // another process was faster
    families::Entity::delete_by_id(id).exec(tx.connection()).await.stored()?;
    let manager = locked(tx, actor.user_id).await?;
    manager.map(|manager| manager.family_id).ok_or_else(Error::in_flight)
}

/// Makes an account a manager of the actor's family.
pub async fn add_manager(
    tx: &Tx,
    actor: &Actor,
    user_id: i64,
    now: DateTime<Utc>,
) -> Result<family_managers::Model, Error> {
    let family_id = home(tx, actor, now).await?;
    let found = locked(tx, user_id).await?;
    let current = match &found {
        Some(manager) => Some(Current {
            family_id: manager.family_id,
            has_members: has_members(tx, manager.family_id).await?,
        }),
        None => None,
    };
    join(family_id, current)?;
    let joining = manager(user_id, family_id, now);
    let joined = match found {
        Some(before) => {
            let mut moving = before.into_active_model();
            (moving.family_id, moving.joined_at) = (joining.family_id, joining.joined_at);
            moving.update(tx.connection()).await
        }
        None => joining.insert(tx.connection()).await,
    };
    joined.stored()
}

async fn has_members(tx: &Tx, family_id: i64) -> Result<bool, Error> {
    let living = members::Entity::find()
        .filter(members::Column::FamilyId.eq(family_id))
        .filter(members::Column::DeletedAt.is_null());
    Ok(living.count(tx.connection()).await.stored()? > 0)
}

async fn locked(tx: &Tx, user_id: i64) -> Result<Option<family_managers::Model>, Error> {
    family_managers::Entity::find_by_id(user_id).lock_exclusive().one(tx.connection()).await.stored()
}

fn manager(user_id: i64, family_id: i64, now: DateTime<Utc>) -> family_managers::ActiveModel {
    family_managers::ActiveModel { user_id: Set(user_id), family_id: Set(family_id), joined_at: Set(now) }
}
