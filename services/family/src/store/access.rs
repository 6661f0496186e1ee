//! Where one member is loaded, together with the permission to do something with it, and nowhere else. (Lists are scoped by
//! what they ask for: the members that a user may see.)
//!
//! A [`Permit`] cannot be made but by asking, so a function that takes one cannot be called by somebody who has not asked.

use std::marker::PhantomData;

use backends::{DbResultExt, Scope, Tx};
use chassis::{Error, audit};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
};

use super::entity::{family_managers, grants, members};
use super::{Store, grants as grant_rows};
use crate::domain::access::{Action, Decision, Held, Presence, decide};

/// What a permit is for.
pub trait Purpose {
    /// What the user must be allowed to do.
    const ACTION: Action;
    /// Whether it is about a deleted member, or about a living one.
    const DELETED: bool;
}

/// To look at a member.
pub struct Read;

/// To change or delete a member, and to say who may see it.
pub struct Manage;

/// To bring a deleted member back.
pub struct Restore;

/// To bring the record of a member that nobody sees yet, and then to show it.
pub struct Import;

impl Purpose for Read {
    const ACTION: Action = Action::Read;
    const DELETED: bool = false;
}

impl Purpose for Manage {
    const ACTION: Action = Action::Manage;
    const DELETED: bool = false;
}

impl Purpose for Restore {
    const ACTION: Action = Action::Manage;
    const DELETED: bool = true;
}

impl Purpose for Import {
    const ACTION: Action = Action::Import;
    const DELETED: bool = false;
}

/// A member, and the permission to do with it what `P` says.
pub struct Permit<P> {
    member: members::Model,
    now: DateTime<Utc>,
    purpose: PhantomData<P>,
}

impl<P> Permit<P> {
    /// The member.
    pub fn member(&self) -> &members::Model {
        &self.member
    }

    /// The time by which it was decided: the database's, since a grant shall not last longer for a process whose clock is slow.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The member, when nothing else is to be done under this permit.
    pub fn into_member(self) -> members::Model {
        self.member
    }
}

/// Who asks for a permit, and about which member.
#[derive(Clone, Copy)]
pub struct Asked {
    /// The user.
    pub user_id: i64,
    /// The member.
    pub member_id: i64,
}

impl Store {
    /// A permit for reading.
    pub async fn permit<P: Purpose>(&self, asked: Asked) -> Result<Permit<P>, Error> {
        let reader = self.db.read_primary(self.tenant(asked.member_id).await?).await?;
        permit(reader.connection(), asked, reader.time(), None).await
    }

    /// What a user may do with a member, be it a deleted one.
    pub async fn decide(&self, asked: Asked, action: Action) -> Result<(members::Model, Decision), Error> {
        let reader = self.db.read_primary(self.tenant(asked.member_id).await?).await?;
        let known = authorize(reader.connection(), asked, action, reader.time(), None).await?;
        Ok((known.member, known.decision))
    }

    /// The family of a member, be it a deleted one, and be it not for the caller: nothing more is told. An absent one is denied, as
    /// a foreign one will be.
    pub async fn tenant(&self, member_id: i64) -> Result<Scope, Error> {
        Box::pin(self.places.get_or(member_id, self.place(member_id))).await.map(Scope::Family)
    }

    async fn place(&self, member_id: i64) -> Result<i64, Error> {
        let directory = self.db.read(Scope::Directory).await?;
        let family = members::Entity::find().select_only().column(members::Column::FamilyId);
        let family = family.filter(members::Column::Id.eq(member_id)).into_tuple();
        family.one(directory.connection()).await.stored()?.ok_or_else(Error::denied)
    }
}

/// A permit for writing, in a transaction of the member's family: the member's row is locked until it ends.
pub async fn locked<P: Purpose>(tx: &Tx, asked: Asked) -> Result<Permit<P>, Error> {
    permit(tx.connection(), asked, tx.time(), Some(LockType::Update)).await
}

async fn permit<P: Purpose>(
    connection: &impl ConnectionTrait,
    asked: Asked,
    time: Expr,
    lock: Option<LockType>,
) -> Result<Permit<P>, Error> {
    let Known { member, now, .. } = authorize(connection, asked, P::ACTION, time, lock).await?;
    match (P::DELETED, member.deleted_at.is_some()) {
        (false, true) => Err(Error::denied()),
        (true, false) => Err(Error::illegal_state("the member is not deleted")),
        _ => Ok(Permit { member, now, purpose: PhantomData }),
    }
}

/// A member of whom somebody may know.
struct Known {
    member: members::Model,
    decision: Decision,
    now: DateTime<Utc>,
}

async fn authorize(
    connection: &impl ConnectionTrait,
    asked: Asked,
    action: Action,
    time: Expr,
    lock: Option<LockType>,
) -> Result<Known, Error> {
    let (member, manages, now) = look_up(connection, asked, time, lock).await?;
    let held = if manages { Vec::new() } else { held(connection, &member, asked.user_id).await? };
    let decision = decide(action, presence(&member), manages, &held, now);
    // every decision is made here, and so is every note of one for the audit trail
    match decision {
        Some(decision) => {
            audit::granted(seen(&member));
            Ok(Known { member, decision, now })
        }
        None => {
            audit::refused(asked.user_id, action.as_str(), seen(&member));
            Err(Error::denied())
        }
    }
}

/// A member, whether the user manages its family, and the time: in one statement, since every request comes by here.
async fn look_up(
    connection: &impl ConnectionTrait,
    Asked { user_id, member_id }: Asked,
    time: Expr,
    lock: Option<LockType>,
) -> Result<(members::Model, bool, DateTime<Utc>), Error> {
    let manager = family_managers::Entity::find_by_id(user_id).select_only().expr(Expr::val(1)).filter(
        Expr::col((family_managers::Entity, family_managers::Column::FamilyId))
            .equals((members::Entity, members::Column::FamilyId)),
    );
    let mut query = members::Entity::find()
        .expr_as(Expr::exists(manager.into_query()), "manages")
        .expr_as(time, "now")
        .filter(members::Column::Id.eq(member_id));
    if let Some(lock) = lock {
        query = query.lock(lock);
    }
    let row = connection.query_one(query.as_query()).await.stored()?.ok_or_else(Error::denied)?;
    let member = members::Model::from_query_result(&row, "").stored()?;
    Ok((member, row.try_get("", "manages").stored()?, row.try_get("", "now").stored()?))
}

fn presence(member: &members::Model) -> Presence {
    match (member.importing_since, member.deleted_at) {
        (Some(_), _) => Presence::Importing,
        (None, Some(deleted_at)) => Presence::Deleted(deleted_at),
        (None, None) => Presence::Living,
    }
}

/// A member, for the audit trail.
pub fn seen(member: &members::Model) -> audit::Subject {
    let (family_id, id) = (member.family_id, member.id);
    audit::Subject { family_id, member_id: Some(id), resource_type: "Member", resource_id: id }
}

async fn held(
    connection: &impl ConnectionTrait,
    member: &members::Model,
    user_id: i64,
) -> Result<Vec<Held>, Error> {
    let found = grants::Entity::find()
        .filter(grants::Column::FamilyId.eq(member.family_id))
        .filter(grants::Column::MemberId.eq(member.id))
        .filter(grants::Column::UserId.eq(user_id))
        .filter(grants::Column::WithdrawnAt.is_null());
    let rows = found.all(connection).await.stored()?;
    let held = |row: grants::Model| {
        let (holder, window) = (grant_rows::holder(&row)?, grant_rows::window(&row));
        Ok(Held { holder, log_types: row.log_types.0, window })
    };
    rows.into_iter().map(held).collect()
}
