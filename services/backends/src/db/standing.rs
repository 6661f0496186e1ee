//! How the tables of a database stand to the steps that this program knows.
//!
//! **Two releases work on the same tables at once**: while the next one rolls out, and after it was rolled back. So a step only ever
//! expands: it adds a table, an index that refuses nothing, or a column that may be NULL or has a default, and what the release before
//! reads and writes goes on being there and meaning the same. What nobody uses any more is taken away by a step of the release after
//! the one that stopped using it, and the name of that step says so: `m0007_drop_nicknames`. A test of the structure reads every step.
//!
//! So a database may be ahead of a program, which then works on it as it is. Behind, the steps that are missing are taken at the start.
//! Both at once is what no order of releases leads to, and is refused.

use chassis::Error;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use sea_orm_migration::{MigratorTrait, seaql_migrations};

/// How the tables stand to the steps that this program knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The steps that are still to be taken.
    pub missing: Vec<String>,
    /// Those that were taken by a newer program.
    pub unknown: Vec<String>,
}

impl Standing {
    /// Reads it; changes nothing.
    pub(super) async fn read<M: MigratorTrait>(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        match M::get_pending_migrations_read_only(connection).await {
            Ok(pending) => {
                let missing = pending.iter().map(|step| step.name().to_owned()).collect();
                Ok(Self { missing, unknown: Vec::new() })
            }
            // this is how it says that steps were taken which it does not know
            Err(DbErr::Custom(_)) => {
                let taken = seaql_migrations::Entity::find().all(connection).await?;
                let taken: Vec<_> = taken.into_iter().map(|step| step.version).collect();
                let known: Vec<_> = M::migrations().iter().map(|step| step.name().to_owned()).collect();
                Ok(Self::between(known, taken))
            }
            Err(error) => Err(error),
        }
    }

    fn between(known: Vec<String>, taken: Vec<String>) -> Self {
        let unknown = taken.iter().filter(|step| !known.contains(step)).cloned().collect();
        Self { missing: known.into_iter().filter(|step| !taken.contains(step)).collect(), unknown }
    }

    /// Whether the tables of a database serve as they are. Refuses those that lack steps and are ahead.
    pub(super) fn serves(&self, name: &str) -> Result<bool, Error> {
        let (missing, unknown) = (self.missing.join(", "), self.unknown.join(", "));
        match (self.missing.is_empty(), self.unknown.is_empty()) {
            (serves, true) => Ok(serves),
            (true, false) => {
                tracing::warn!(
                    database = name,
                    unknown,
                    "the tables are ahead of this program, which works on them as they are"
                );
                Ok(true)
            }
            (false, false) => Err(Error::illegal_state(format!(
                "the tables of {name} lack {missing}, and were changed by steps that this program does not know: {unknown}; \
                 start a release that knows all of them"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_or_ahead_but_not_both() {
        let standing = |known: &[&str], taken: &[&str]| {
            let owned = |steps: &[&str]| steps.iter().map(ToString::to_string).collect();
            Standing::between(owned(known), owned(taken))
        };
        assert!(standing(&["m1"], &["m1"]).serves("family").unwrap());
        assert!(!standing(&["m1", "m2"], &["m1"]).serves("family").unwrap());
        assert!(standing(&["m1"], &["m1", "m2"]).serves("family").unwrap());
        let refused = standing(&["m1", "m2"], &["m1", "m3"]).serves("family").unwrap_err().to_string();
        assert!(["family", "lack m2", "know: m3"].iter().all(|told| refused.contains(told)), "{refused}");
    }
}
