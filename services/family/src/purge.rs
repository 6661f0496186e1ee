//! Members that are erased for good, once nobody can take their deletion back any more or their import has died, and what erased
//! accounts leave behind.

use async_trait::async_trait;
use backends::erasure::{Erasure, Follower, Removed, follow};
use backends::{Database, DbResultExt, Scope, Subject, Tx};
use chassis::Error;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::domain::access::UNDO;
use crate::domain::member::LONGEST_IMPORT;
use crate::store::entity::{families, family_managers, grants, invitations, members};

/// Follows the accounts that identity has erased, then erases the members that are due, and tells which.
pub async fn run(db: &Database, identity: &Database) -> Result<Vec<i64>, Error> {
    follow(identity, &Families { db }).await?;
    let now = db.clock().now();
    let given_up = members::Column::ImportingSince.lte(now - LONGEST_IMPORT);
    let due = members::Entity::find().filter(members::Column::DeletedAt.lte(now - UNDO).or(given_up));
    let due = due.select_only().columns([members::Column::FamilyId, members::Column::Id]).into_tuple();
    let due: Vec<(i64, i64)> = due.all(db.read(Scope::Directory).await?.connection()).await.stored()?;
    let mut erased = Vec::new();
    for (family_id, id) in due {
        let tx = write(db, "Member", family_id).await?;
        if erase_member(&tx, family_id, id).await? {
            tx.commit(Subject::of_member(family_id, id, id)).await?;
            erased.push(id);
        }
    }
    Ok(erased)
}

struct Families<'a> {
    db: &'a Database,
}

#[async_trait]
impl Follower for Families<'_> {
    fn service(&self) -> &'static str {
        "family"
    }

    async fn erase(&self, account: &Erasure) -> Result<Removed, Error> {
        follow_account(self.db, account).await
    }
}

async fn follow_account(db: &Database, account: &Erasure) -> Result<Removed, Error> {
    let mut removed = Removed::new();
    for family_id in granting(db, account.subject_id).await? {
        *removed.entry("grants").or_default() += drop_grants(db, family_id, account.subject_id).await?;
    }
    for (family_id, id) in invited(db, account).await? {
        let tx = write(db, "Invitation", family_id).await?;
        let gone = invitations::Entity::delete_by_id((family_id, id)).exec(tx.connection()).await.stored()?;
        tx.forget_answers("Invitation", &[id]).await?;
        tx.commit(Subject::of_family(family_id, id)).await?;
        *removed.entry("invitations").or_default() += gone.rows_affected;
    }
    let managed = family_managers::Entity::find_by_id(account.subject_id);
    let managed = managed.select_only().column(family_managers::Column::FamilyId).into_tuple();
    let managed: Option<i64> = managed.one(db.read(Scope::Directory).await?.connection()).await.stored()?;
    if let Some(family_id) = managed {
        leave(db, family_id, account.subject_id, &mut removed).await?;
    }
    Ok(removed)
}

/// The families in which somebody holds grants.
async fn granting(db: &Database, user_id: i64) -> Result<Vec<i64>, Error> {
    let held = grants::Entity::find().filter(grants::Column::UserId.eq(user_id)).select_only();
    let held = held.column(grants::Column::FamilyId).distinct().into_tuple();
    held.all(db.read(Scope::Directory).await?.connection()).await.stored()
}

async fn drop_grants(db: &Database, family_id: i64, user_id: i64) -> Result<u64, Error> {
    let tx = write(db, "Grant", family_id).await?;
    let held = grants::Column::FamilyId.eq(family_id).and(grants::Column::UserId.eq(user_id));
    let ids = grants::Entity::find().filter(held.clone()).select_only().column(grants::Column::Id);
    let ids: Vec<i64> = ids.into_tuple().all(tx.connection()).await.stored()?;
    grants::Entity::delete_many().filter(held).exec(tx.connection()).await.stored()?;
    tx.forget_answers("Grant", &ids).await?;
    tx.commit(Subject::of_family(family_id, user_id)).await?;
    Ok(ids.len() as u64)
}

/// The invitations to the address that the account had.
async fn invited(db: &Database, account: &Erasure) -> Result<Vec<(i64, i64)>, Error> {
    let Some(digest) = &account.digest else { return Ok(Vec::new()) };
    let to = invitations::Entity::find().filter(invitations::Column::Address.eq(digest)).select_only();
    let to = to.columns([invitations::Column::FamilyId, invitations::Column::Id]).into_tuple();
    to.all(db.read(Scope::Directory).await?.connection()).await.stored()
}

/// Takes an erased account out of its family. A family that nobody is left to manage ends with all its members.
async fn leave(db: &Database, family_id: i64, user_id: i64, removed: &mut Removed) -> Result<(), Error> {
    let tx = write(db, "Family", family_id).await?;
    let managers = family_managers::Entity::find().filter(family_managers::Column::FamilyId.eq(family_id));
    let managers = managers.lock_exclusive().all(tx.connection()).await.stored()?;
    family_managers::Entity::delete_by_id(user_id).exec(tx.connection()).await.stored()?;
    removed.insert("answers", tx.forget_answers_to(user_id).await?);
    removed.insert("family_managers", 1);
    if managers.iter().all(|manager| manager.user_id == user_id) {
        let all = members::Entity::find().filter(members::Column::FamilyId.eq(family_id)).select_only();
        let all: Vec<i64> =
            all.column(members::Column::Id).into_tuple().all(tx.connection()).await.stored()?;
        for id in &all {
            erase_member(&tx, family_id, *id).await?;
        }
        // its invitations go with it
        families::Entity::delete_by_id(family_id).exec(tx.connection()).await.stored()?;
        removed.extend([("members", all.len() as u64), ("families", 1)]);
    }
    tx.commit(Subject::of_family(family_id, user_id)).await
}

/// Erases a member here, and enters it for others to follow; false when another process was faster.
async fn erase_member(tx: &Tx, family_id: i64, id: i64) -> Result<bool, Error> {
    let member = members::Entity::find_by_id((family_id, id)).lock_exclusive();
    if member.one(tx.connection()).await.stored()?.is_none() {
        return Ok(false);
    }
    let of_member = grants::Column::FamilyId.eq(family_id).and(grants::Column::MemberId.eq(id));
    let held = grants::Entity::find().filter(of_member);
    let count = held.clone().count(tx.connection()).await.stored()?;
    let ids: Vec<i64> =
        held.select_only().column(grants::Column::Id).into_tuple().all(tx.connection()).await.stored()?;
    // the grants go with the member
    members::Entity::delete_by_id((family_id, id)).exec(tx.connection()).await.stored()?;
    let answers = tx.forget_answers("Member", &[id]).await? + tx.forget_answers("Grant", &ids).await?;
    let removed = Removed::from([("members", 1), ("grants", count), ("answers", answers)]);
    tx.erased(family_id, id, None, &removed).await?;
    Ok(true)
}

async fn write(db: &Database, what: &'static str, family_id: i64) -> Result<backends::Write, Error> {
    db.erase(what, Scope::Family(family_id)).await
}
