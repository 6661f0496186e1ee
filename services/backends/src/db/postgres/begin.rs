//! How a transaction begins: one text, sent at once, which PostgreSQL runs statement by statement.

use std::sync::Arc;

use crate::db::{Kept, Scope, roles};

/// Lets the nodes of a Citus cluster hear every `SET LOCAL` that follows. Anybody else takes it for a setting of no meaning.
const FOR_ALL_NODES: &str = "SET LOCAL citus.propagate_set_commands = 'local'";

/// What all transactions get, in milliseconds: no statement runs for longer than 5 s, nobody waits for a lock for longer than 4 s, and
/// who forgets a transaction loses it after 10 s, with its locks.
const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "5000"),
    ("lock_timeout", "4000"),
    ("idle_in_transaction_session_timeout", "10000"),
];

/// What those get beside that do many things together: they look up each row by its key, also while a table is so small that reading all
/// of it seems cheap, since row-level security would look at all of it; and however many rows it are, it is planned once.
const LOOK_UPS: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("plan_cache_mode", "force_generic_plan"),
];

/// What those get whose commit need not be on disk at once: the server writes it three times its `wal_writer_delay` later at the latest,
/// which is 0.6 s unless somebody has set it higher.
const NOT_WAITING: [(&str, &str); 1] = [("synchronous_commit", "off")];

/// Whether a transaction may write.
#[derive(Clone, Copy)]
pub enum Mode {
    Read,
    Write,
}

/// The names of a service in the database.
#[derive(Clone)]
pub struct Names {
    schema: Arc<str>,
    application: Arc<str>,
    directory: Arc<str>,
    auditor: Arc<str>,
}

impl Names {
    /// Those of the service with this schema.
    pub fn of(schema: &str) -> Self {
        Self {
            schema: schema.into(),
            application: roles::application(schema).into(),
            directory: roles::directory(schema).into(),
            auditor: roles::auditor(schema).into(),
        }
    }

    /// The role of a scope.
    pub fn role(&self, scope: Scope) -> Arc<str> {
        match scope {
            Scope::Family(_) | Scope::Own => self.application.clone(),
            Scope::Directory => self.directory.clone(),
            Scope::Audit => self.auditor.clone(),
        }
    }

    /// The beginning of a transaction.
    pub fn begin(&self, mode: Mode, scope: Scope) -> String {
        // who chains the audit trail goes on from the ends of many chains
        let more = if matches!((mode, scope), (Mode::Write, Scope::Audit)) { &LOOK_UPS[..] } else { &[] };
        self.beginning(mode, &self.enter(scope), more)
    }

    /// The beginning of one that writes rows of several families.
    pub fn begin_of(&self, families: &[i64], kept: Kept) -> String {
        let soon = if kept == Kept::Soon { &NOT_WAITING[..] } else { &[] };
        self.beginning(Mode::Write, &entering(&self.application, families), &[&LOOK_UPS, soon].concat())
    }

    /// `pg_temp` stands last, where no temporary table can hide one of ours. One SELECT takes PostgreSQL half as long as four SETs; it
    /// does not reach the nodes of a Citus cluster, which need none of these.
    fn beginning(&self, mode: Mode, enter: &str, more: &[(&str, &str)]) -> String {
        let mode = match mode {
            Mode::Read => "READ ONLY",
            Mode::Write => "READ WRITE",
        };
        let path = format!("{}, pg_temp", self.schema);
        let settings = [("search_path", path.as_str())].into_iter().chain(LIMITS).chain(more.iter().copied());
        let settings: Vec<_> =
            settings.map(|(name, value)| format!("set_config('{name}', '{value}', true)")).collect();
        format!("BEGIN {mode}; {FOR_ALL_NODES}; {enter}; SELECT {}", settings.join(", "))
    }

    /// Takes on a scope.
    pub fn enter(&self, scope: Scope) -> String {
        let families: Vec<_> = scope.family().into_iter().collect();
        entering(&self.role(scope), &families)
    }
}

/// Takes on a role and some families. These are numbers, so there is nothing to quote.
fn entering(role: &str, families: &[i64]) -> String {
    let families: Vec<_> = families.iter().map(i64::to_string).collect();
    format!("SET LOCAL ROLE {role}; SET LOCAL app.families = '{{{}}}'", families.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_says_the_role_the_schema_and_the_family() {
        let names = Names::of("ai_inference");
        let begin = names.begin(Mode::Write, Scope::Family(7));
        assert!(begin.starts_with(
            "BEGIN READ WRITE; SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL ROLE praan_ai_inference; SET LOCAL app.families = '{7}'; \
             SELECT set_config('search_path', 'ai_inference, pg_temp', true), set_config('statement_timeout'"
        ));
        let begin = names.begin(Mode::Read, Scope::Directory);
        assert!(begin.starts_with(
            "BEGIN READ ONLY; SET LOCAL citus.propagate_set_commands = 'local'; \
             SET LOCAL ROLE praan_ai_inference_directory; SET LOCAL app.families = '{}'"
        ));
    }

    #[test]
    fn only_what_would_be_said_again_does_not_wait_for_the_disk() {
        let names = Names::of("adherence");
        let waits = |begin: String| !begin.contains("synchronous_commit");
        assert!(
            waits(names.begin(Mode::Write, Scope::Family(7))) && waits(names.begin_of(&[7, 8], Kept::AtOnce))
        );
        assert!(
            names.begin_of(&[7, 8], Kept::Soon).contains("set_config('synchronous_commit', 'off', true)")
        );
    }
}
