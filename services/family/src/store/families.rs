use std::collections::HashSet;

use backends::{Action, DbResultExt, Scope, Subject, Tx, db_error, is_unique_violation};
use chassis::{Actor, Error};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ModelTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::entity::{self, families, family_managers};
use super::{Store, invitations, members};
use crate::domain::family::{Current, join, leave};

/// Where a page of managers, members or grants ended.
pub type Position = (DateTime<Utc>, i64);

impl Store {
    /// The family a user manages, if there is one yet.
    pub async fn family_id(&self, user_id: i64) -> Result<Option<i64>, Error> {
        let directory = self.db.read(Scope::Directory).await?;
        let family = family_managers::Entity::find_by_id(user_id)
            .select_only()
            .column(family_managers::Column::FamilyId);
        family.into_tuple().one(directory.connection()).await.stored()
    }

    /// The family the actor manages; it comes into being now, if it has not before.
    pub async fn home(&self, actor: &Actor, now: DateTime<Utc>) -> Result<i64, Error> {
        // where others found it at the same time, it is there the second time
        for _ in 0..3 {
            if let Some(id) = self.family_id(actor.user_id).await? {
                return Ok(id);
            }
            if let Some(id) = self.found(actor, now).await? {
                return Ok(id);
            }
        }
        Err(Error::unavailable("a family comes and goes"))
    }

    /// The family the actor manages, as [`Store::home`] finds or founds it.
    pub async fn family(&self, actor: &Actor, now: DateTime<Utc>) -> Result<families::Model, Error> {
        let id = self.home(actor, now).await?;
        // it may have been founded by another request just now
        let reader = self.db.read_primary(Scope::Family(id)).await?;
        let family = families::Entity::find_by_id(id).one(reader.connection()).await.stored()?;
        family.ok_or_else(|| Error::internal("a manager of a family that is gone"))
    }

    /// Founds a family for the actor, unless the actor has one by now.
    async fn found(&self, actor: &Actor, now: DateTime<Utc>) -> Result<Option<i64>, Error> {
        let id = self.db.next_id("families").await?;
        let tx = self.db.write(actor, Action::Create, "Family", Scope::Family(id)).await?;
        let first = family_managers::Entity::insert(manager(actor.user_id, id, now))
            .on_conflict(OnConflict::column(family_managers::Column::UserId).do_nothing().to_owned());
        if first.exec_without_returning(tx.connection()).await.stored()? == 0 {
            return Ok(None);
        }
        let family = families::ActiveModel { family_id: Set(id), created_at: Set(now) };
        families::Entity::insert(family).exec_without_returning(tx.connection()).await.stored()?;
        tx.commit(Subject::of_family(id, id)).await?;
        Ok(Some(id))
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
        let reader = self.db.read(Scope::Family(family_id)).await?;
        let found = found.order_by_asc(JoinedAt).order_by_asc(UserId).limit(limit);
        found.all(reader.connection()).await.stored()
    }

    /// The accounts of all managers of a family.
    pub async fn manager_ids(&self, family_id: i64) -> Result<Vec<i64>, Error> {
        let of_family = family_managers::Column::FamilyId.eq(family_id);
        let reader = self.db.read_primary(Scope::Family(family_id)).await?;
        let rows =
            family_managers::Entity::find().filter(of_family).all(reader.connection()).await.stored()?;
        Ok(rows.into_iter().map(|row| row.user_id).collect())
    }

    /// Takes a manager out of the actor's family, and its pending invitations with it. `living` are the accounts that are not deleted: one of them must remain.
    pub async fn remove_manager(
        &self,
        actor: &Actor,
        user_id: i64,
        living: &HashSet<i64>,
    ) -> Result<(), Error> {
        let family_id = self.family_id(actor.user_id).await?.ok_or_else(Error::denied)?;
        let tx = self.db.write(actor, Action::Delete, "FamilyManager", Scope::Family(family_id)).await?;
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
        invitations::withdraw_all_by(&tx, family_id, user_id).await?;
        tx.commit(Subject::of_family(family_id, user_id)).await
    }
}

/// Who is to join a family.
pub struct Joining {
    /// The account.
    pub user_id: i64,
    /// The family it was found to manage.
    pub before: Option<i64>,
    /// When it joins.
    pub now: DateTime<Utc>,
}

/// Makes sure that somebody still manages a family, until the transaction ends.
pub async fn lock_manager(tx: &Tx, family_id: i64, user_id: i64) -> Result<(), Error> {
    match locked(tx, family_id, user_id).await? {
        Some(_) => Ok(()),
        None => Err(Error::unavailable("a manager left the family meanwhile")),
    }
}

/// Makes an account a manager of the transaction's family. The account leaves its own behind, which the transaction enters for
/// that.
pub async fn add_manager(
    tx: &Tx,
    family_id: i64,
    Joining { user_id, before, now }: Joining,
) -> Result<family_managers::Model, Error> {
    let current = match locked(tx, family_id, user_id).await? {
        Some(_) => Some(family_id),
        None => before.filter(|before| *before != family_id),
    };
    match current {
        Some(before) => {
            tx.enter(Scope::Family(before)).await?;
            lock_manager(tx, before, user_id).await?;
            join(
                family_id,
                Some(Current { family_id: before, has_members: has_members(tx, before).await? }),
            )?;
            family_managers::Entity::delete_by_id(user_id).exec(tx.connection()).await.stored()?;
            invitations::withdraw_all_by(tx, before, user_id).await?;
            tx.enter(Scope::Family(family_id)).await?;
        }
        None => join(family_id, None)?,
    }
    let joined = manager(user_id, family_id, now).insert(tx.connection()).await;
    // it has got a family since it was found to have none
    joined.map_err(|e| {
        if is_unique_violation(&e) {
            Error::unavailable("an account found a family meanwhile")
        } else {
            db_error(&e)
        }
    })
}

async fn has_members(tx: &Tx, family_id: i64) -> Result<bool, Error> {
    let living = members::living().filter(entity::members::Column::FamilyId.eq(family_id));
    Ok(living.count(tx.connection()).await.stored()? > 0)
}

async fn locked(tx: &Tx, family_id: i64, user_id: i64) -> Result<Option<family_managers::Model>, Error> {
    family_managers::Entity::find_by_id(user_id)
        .filter(family_managers::Column::FamilyId.eq(family_id))
        .lock_exclusive()
        .one(tx.connection())
        .await
        .stored()
}

fn manager(user_id: i64, family_id: i64, now: DateTime<Utc>) -> family_managers::ActiveModel {
    family_managers::ActiveModel { user_id: Set(user_id), family_id: Set(family_id), joined_at: Set(now) }
}
