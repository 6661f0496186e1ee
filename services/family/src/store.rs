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

use backends::{Action, Database, Once, Scope, Write};
use chassis::audit::{Line, Page};
use chassis::{Actor, Call, Error};
use prost::{Message, Name};

/// What family keeps.
#[derive(Clone)]
pub struct Store {
    db: Database,
}

impl Store {
    /// The store over a database whose tables are up to date.
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// A part of the audit trail.
    pub async fn audit_page(&self, page: &Page) -> Result<Vec<Line>, Error> {
        self.db.audit_page(page).await
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
