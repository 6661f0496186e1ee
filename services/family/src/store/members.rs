use std::collections::BTreeMap;

use backends::{DbResultExt, Scope, Tx};
use chassis::Error;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Select,
};

use super::Store;
use super::access::{Import, Manage, Permit, Restore};
use super::entity::members::{ActiveModel, Column, Entity, Model};
use super::families::Position;
use super::grants::valid_for;
use crate::domain::access::PAST_UNDO;
use crate::domain::member::Profile;

impl Store {
    /// The living members a user may see: those of the family the user manages and those granted, oldest entry first.
    pub async fn visible_members(
        &self,
        user_id: i64,
        after: Option<Position>,
        limit: u64,
    ) -> Result<Vec<Model>, Error> {
        let granted = Column::Id.in_subquery(valid_for(user_id, self.db.now().await?));
        let family_id = self.family_id(user_id).await?;
        let visible = Condition::any().add_option(family_id.map(|id| Column::FamilyId.eq(id))).add(granted);
        let mut found = living().filter(visible);
        if let Some((created_at, id)) = after {
            let same = Condition::all().add(Column::CreatedAt.eq(created_at)).add(Column::Id.gt(id));
            found = found.filter(Condition::any().add(Column::CreatedAt.gt(created_at)).add(same));
        }
        self.told(found.limit(limit)).await
    }

    /// The living members of a family, for those who ask whom they may see.
    pub async fn members_of(&self, family_id: i64) -> Result<Vec<Model>, Error> {
        let reader = self.db.read_primary(Scope::Family(family_id)).await?;
        living().filter(Column::FamilyId.eq(family_id)).all(reader.connection()).await.stored()
    }

    /// The living members of other families that are granted to a user.
    pub async fn granted_members(&self, user_id: i64, own_family: i64) -> Result<Vec<Model>, Error> {
        let granted = living().filter(Column::Id.in_subquery(valid_for(user_id, self.db.now().await?)));
        self.told(granted.filter(Column::FamilyId.ne(own_family))).await
    }

    /// Living members in their order: which they are says the directory, and what is to tell of them each family.
    async fn told(&self, members: Select<Entity>) -> Result<Vec<Model>, Error> {
        let ids = members.select_only().columns([Column::FamilyId, Column::Id]).into_tuple();
        let ids: Vec<(i64, i64)> =
            ids.all(self.db.read(Scope::Directory).await?.connection()).await.stored()?;
        let mut by_family = BTreeMap::<_, Vec<_>>::new();
        ids.into_iter().for_each(|(family_id, id)| by_family.entry(family_id).or_default().push(id));
        let mut told = Vec::new();
        for (family_id, ids) in by_family {
            let reader = self.db.read_primary(Scope::Family(family_id)).await?;
            let found = living().filter(Column::FamilyId.eq(family_id)).filter(Column::Id.is_in(ids));
            told.extend(found.all(reader.connection()).await.stored()?);
        }
        told.sort_by_key(|member| (member.created_at, member.id));
        Ok(told)
    }
}

/// What is noted of a new member beside its profile.
pub struct Origin {
    /// The account that adds it.
    pub created_by: i64,
    /// When it was added, here or where it comes from.
    pub created_at: DateTime<Utc>,
    /// When its import began, if its record is still to come.
    pub importing_since: Option<DateTime<Utc>>,
}

/// Adds a member to a family.
pub async fn create(tx: &Tx, family_id: i64, profile: Profile, origin: Origin) -> Result<Model, Error> {
    let mut row = ActiveModel {
        family_id: Set(family_id),
        id: Set(tx.next_id("members").await?),
        created_by: Set(origin.created_by),
        created_at: Set(origin.created_at),
        deleted_at: Set(None),
        importing_since: Set(origin.importing_since),
        ..Default::default()
    };
    describe(&mut row, profile);
    row.insert(tx.connection()).await.stored()
}

/// Shows a member whose record is there.
pub async fn show(tx: &Tx, permit: Permit<Import>) -> Result<Model, Error> {
    let mut row = permit.into_member().into_active_model();
    row.importing_since = Set(None);
    row.update(tx.connection()).await.stored()
}

/// Gives a member another profile.
pub async fn update(tx: &Tx, permit: Permit<Manage>, profile: Profile) -> Result<Model, Error> {
    let mut row = permit.into_member().into_active_model();
    describe(&mut row, profile);
    row.update(tx.connection()).await.stored()
}

/// Deletes a member, so that it can be restored, or, to be erased, as if that had been possible until now.
pub async fn delete(tx: &Tx, permit: Permit<Manage>, erase: bool) -> Result<Model, Error> {
    let now = permit.now() - if erase { PAST_UNDO } else { TimeDelta::zero() };
    let mut row = permit.into_member().into_active_model();
    row.deleted_at = Set(Some(now));
    row.update(tx.connection()).await.stored()
}

/// Takes a deletion back.
pub async fn restore(tx: &Tx, permit: Permit<Restore>) -> Result<Model, Error> {
    let mut row = permit.into_member().into_active_model();
    row.deleted_at = Set(None);
    row.update(tx.connection()).await.stored()
}

/// The profile of a kept member.
pub fn profile(row: &Model) -> Result<Profile, Error> {
    Ok(Profile {
        name: row.name.clone(),
        birth_date: row.birth_date,
        relation_type: row.relation_type.clone(),
        time_zone: row.time_zone.parse().map_err(|_| Error::internal("a member's time zone is unknown"))?,
        leaderboard_opt_in: row.leaderboard_opt_in,
    })
}

fn describe(row: &mut ActiveModel, profile: Profile) {
    row.name = Set(profile.name);
    row.birth_date = Set(profile.birth_date);
    row.relation_type = Set(profile.relation_type);
    row.time_zone = Set(profile.time_zone.name().to_owned());
    row.leaderboard_opt_in = Set(profile.leaderboard_opt_in);
}

/// The members that are there.
pub fn living() -> Select<Entity> {
    let found = Entity::find().filter(Column::DeletedAt.is_null()).filter(Column::ImportingSince.is_null());
    found.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id)
}
