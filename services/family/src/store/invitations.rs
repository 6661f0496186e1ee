use std::collections::BTreeMap;
use std::fmt::Write;

use aws_lc_rs::digest;
use backends::{DbResultExt, Scope, Tx};
use chassis::Error;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Select,
};

use super::Store;
use super::entity::invitations::{ActiveModel, Column, Entity, Model};
use super::families::Position;
use crate::domain::invitation::{LIFETIME, Status, stands};

impl Store {
    /// The family that an invitation is of, whoever asks: nothing more is told. An absent one is denied, as a foreign one will be.
    pub async fn inviting_family(&self, id: i64) -> Result<i64, Error> {
        let directory = self.db.read(Scope::Directory).await?;
        let family = Entity::find().select_only().column(Column::FamilyId).filter(Column::Id.eq(id));
        family.into_tuple().one(directory.connection()).await.stored()?.ok_or_else(Error::denied)
    }

    /// The invitations of a family that stand, oldest first.
    pub async fn invitations_of(
        &self,
        family_id: i64,
        after: Option<Position>,
        limit: u64,
    ) -> Result<Vec<Model>, Error> {
        let reader = self.db.read_primary(Scope::Family(family_id)).await?;
        let found = standing(reader.now().await?).filter(Column::FamilyId.eq(family_id));
        ordered(found, after).limit(limit).all(reader.connection()).await.stored()
    }

    /// The invitations to an address that stand, oldest first: which they are says the directory, and what is to tell of them
    /// each family.
    pub async fn invitations_to(
        &self,
        address: &str,
        after: Option<Position>,
        limit: u64,
    ) -> Result<Vec<Model>, Error> {
        let directory = self.db.read_primary(Scope::Directory).await?;
        let found = standing(directory.now().await?).filter(Column::Address.eq(digested(address)));
        let ids = ordered(found, after).limit(limit).select_only().columns([Column::FamilyId, Column::Id]);
        let ids: Vec<(i64, i64)> = ids.into_tuple().all(directory.connection()).await.stored()?;
        drop(directory);
        let mut by_family = BTreeMap::<_, Vec<_>>::new();
        ids.into_iter().for_each(|(family_id, id)| by_family.entry(family_id).or_default().push(id));
        let mut told = Vec::new();
        for (family_id, ids) in by_family {
            let reader = self.db.read_primary(Scope::Family(family_id)).await?;
            let found = Entity::find().filter(Column::FamilyId.eq(family_id)).filter(Column::Id.is_in(ids));
            told.extend(found.all(reader.connection()).await.stored()?);
        }
        told.sort_by_key(|row| (row.created_at, row.id));
        Ok(told)
    }
}

/// The addresses a family invites now.
pub async fn pending(tx: &Tx, family_id: i64) -> Result<Vec<String>, Error> {
    let found = standing(tx.now().await?).filter(Column::FamilyId.eq(family_id));
    let rows = found.all(tx.connection()).await.stored()?;
    Ok(rows.into_iter().map(|row| row.email).collect())
}

/// Invites an address, already in small letters.
pub async fn create(tx: &Tx, family_id: i64, email: &str, invited_by: i64) -> Result<Model, Error> {
    let now = tx.now().await?;
    let row = ActiveModel {
        family_id: Set(family_id),
        id: Set(tx.next_id("invitations").await?),
        email: Set(email.to_owned()),
        address: Set(digested(email)),
        invited_by: Set(invited_by),
        status: Set(Status::Pending.as_str().to_owned()),
        created_at: Set(now),
        expires_at: Set(now + LIFETIME),
    };
    row.insert(tx.connection()).await.stored()
}

/// An invitation of a family that stands, locked until the transaction ends: it is settled once. Any other is denied.
pub async fn locked(tx: &Tx, family_id: i64, id: i64) -> Result<Model, Error> {
    let row = Entity::find_by_id((family_id, id)).lock_exclusive().one(tx.connection()).await.stored()?;
    let row = row.ok_or_else(Error::denied)?;
    if stands(status(&row)?, row.expires_at, tx.now().await?) { Ok(row) } else { Err(Error::denied()) }
}

/// Settles an invitation that [`locked`] returned.
pub async fn settle(tx: &Tx, invitation: Model, status: Status) -> Result<(), Error> {
    let mut row = invitation.into_active_model();
    row.status = Set(status.as_str().to_owned());
    row.update(tx.connection()).await.stored().map(drop)
}

/// Withdraws what a manager who leaves has pending, lest somebody comes in after one who was put out.
pub async fn withdraw_all_by(tx: &Tx, family_id: i64, user_id: i64) -> Result<(), Error> {
    let pending = Entity::update_many()
        .col_expr(Column::Status, Expr::value(Status::Withdrawn.as_str()))
        .filter(Column::FamilyId.eq(family_id))
        .filter(Column::InvitedBy.eq(user_id))
        .filter(Column::Status.eq(Status::Pending.as_str()));
    pending.exec(tx.connection()).await.stored().map(drop)
}

/// What became of a kept invitation.
pub fn status(row: &Model) -> Result<Status, Error> {
    Status::parse(&row.status).ok_or_else(|| Error::internal("an invitation has an unknown status"))
}

fn standing(now: DateTime<Utc>) -> Select<Entity> {
    Entity::find().filter(Column::Status.eq(Status::Pending.as_str())).filter(Column::ExpiresAt.gt(now))
}

fn ordered(found: Select<Entity>, after: Option<Position>) -> Select<Entity> {
    let found = found.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
    let Some((created_at, id)) = after else { return found };
    let same = Condition::all().add(Column::CreatedAt.eq(created_at)).add(Column::Id.gt(id));
    found.filter(Condition::any().add(Column::CreatedAt.gt(created_at)).add(same))
}

fn digested(address: &str) -> String {
    let digest = digest::digest(&digest::SHA256, address.as_bytes());
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // writing to a string does not fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}
