//! The only door to family's database.
//!
//! Reads that concern one member need a permit of [`access`], which is where that member is loaded.

pub mod access;
pub mod entity;
pub mod families;
pub mod grants;
pub mod invitations;
pub mod members;
pub mod migration;

use std::time::Duration;

use backends::{Action, Database, Once, Scope, Write};
use chassis::audit::{Line, Page};
use chassis::cached::Cached;
use chassis::trusted::Told;
use chassis::{Actor, Call, Error};
use prost::{Message, Name};

/// How many places of members are remembered, and for how long: a member never goes to another family.
const MOST_PLACES: u64 = 100_000;
const PLACE_LIVES: Duration = Duration::from_secs(60 * 60);

/// What family keeps.
#[derive(Clone)]
pub struct Store {
    db: Database,
    /// Which family a member is of.
    places: Cached<i64, i64>,
}

impl Store {
    /// The store over a database whose tables are up to date.
    pub fn new(db: Database) -> Self {
        Self { db, places: Cached::new("member_places", MOST_PLACES, PLACE_LIVES) }
    }

    /// A part of the audit trail.
    pub async fn audit_page(&self, page: &Page) -> Result<Vec<Line>, Error> {
        self.db.audit_page(page).await
    }

    /// The families of which something has changed after a number.
    pub async fn changes(&self, after: i64) -> Result<Told, Error> {
        self.db.changes(after).await
    }

    /// Opens the transaction of a write that may be repeated as it is.
    pub async fn write(
        &self,
        actor: &Actor,
        action: Action,
        resource_type: &'static str,
        scope: Scope,
    ) -> Result<Write, Error> {
        self.db.write(actor, action, resource_type, scope).await
    }

    /// Opens the transaction of a write that happens once per request id.
    pub async fn write_once<M: Message + Name, A: Message + Default>(
        &self,
        call: &Call<M>,
        action: Action,
        resource_type: &'static str,
        scope: Scope,
    ) -> Result<Once<A>, Error> {
        self.db.write_once(&call.key(), &call.actor(), action, resource_type, scope).await
    }
}
