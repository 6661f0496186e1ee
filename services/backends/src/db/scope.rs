/// Whose rows a transaction may touch. On PostgreSQL row-level security holds it to that, beside the services' own checks; on
/// SQLite it says so and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of one family.
    Family(i64),
    /// The ids of all families' rows and nothing of what the rows say: to find out whose a row is.
    Directory,
    /// The audit trail of all families, and nothing else.
    Audit,
    /// No family's: accounts, sessions, the outbox.
    Own,
}

impl Scope {
    /// The family, if it is about one.
    pub(super) fn family(self) -> Option<i64> {
        match self {
            Self::Family(id) => Some(id),
            Self::Directory | Self::Audit | Self::Own => None,
        }
    }
}
