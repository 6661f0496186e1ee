//! How a transaction begins: one text, sent at once, which PostgreSQL runs statement by statement.

use std::sync::Arc;

use crate::db::{Scope, roles};

/// Lets the nodes of a Citus cluster hear every `SET LOCAL` that follows. Anybody else takes it for a setting of no meaning.
const FOR_ALL_NODES: &str = "SET LOCAL citus.propagate_set_commands = 'local'";

/// What all transactions get, in milliseconds: no statement runs for longer than 5 s, nobody waits for a lock for longer than 4 s, and
/// who forgets a transaction loses it after 10 s, with its locks.
const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "5000"),
    ("lock_timeout", "4000"),
    ("idle_in_transaction_session_timeout", "10000"),
];

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

    /// The beginning of a transaction. `pg_temp` stands last, where no temporary table can hide one of ours. One SELECT takes
    /// PostgreSQL half as long as four SETs; it does not reach the nodes of a Citus cluster, which need none of these.
    pub fn begin(&self, mode: Mode, scope: Scope) -> String {
        let mode = match mode {
            Mode::Read => "READ ONLY",
            Mode::Write => "READ WRITE",
        };
        let enter = self.enter(scope);
        let schema = format!("set_config('search_path', '{}, pg_temp', true)", self.schema);
        let limits = LIMITS.map(|(name, value)| format!("set_config('{name}', '{value}', true)")).join(", ");
        format!("BEGIN {mode}; {FOR_ALL_NODES}; {enter}; SELECT {schema}, {limits}")
    }

    /// Takes on a scope. The family is a number, so there is nothing to quote.
    pub fn enter(&self, scope: Scope) -> String {
        let role = self.role(scope);
        match scope {
            Scope::Family(id) => format!("SET LOCAL ROLE {role}; SET LOCAL app.family_id = '{id}'"),
            Scope::Directory | Scope::Audit | Scope::Own => {
                format!("SET LOCAL ROLE {role}; SET LOCAL app.family_id = ''")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_says_the_role_the_schema_and_the_family() {
        let names = Names::of("ai_inference");
        let begin = names.begin(Mode::Write, Scope::Family(7));
        assert!(begin.starts_with(
            "BEGIN READ WRITE; SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL ROLE praan_ai_inference; SET LOCAL app.family_id = '7'; \
             SELECT set_config('search_path', 'ai_inference, pg_temp', true), set_config('statement_timeout'"
        ));
        let begin = names.begin(Mode::Read, Scope::Directory);
        assert!(begin.starts_with(
            "BEGIN READ ONLY; SET LOCAL citus.propagate_set_commands = 'local'; \
             SET LOCAL ROLE praan_ai_inference_directory; SET LOCAL app.family_id = ''"
        ));
    }
}
