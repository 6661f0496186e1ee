use super::connection::Connection;

/// Reads within a scope. On PostgreSQL it is a transaction that holds a connection, so it should not outlive its queries, and
/// never a call to another service.
pub struct Reader(Connection);

impl Reader {
    pub(super) fn over(connection: Connection) -> Self {
        Self(connection)
    }

    /// For the queries.
    pub fn connection(&self) -> &Connection {
        &self.0
    }
}
