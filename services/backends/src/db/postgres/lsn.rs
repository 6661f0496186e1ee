/// A place in the primary's log, as the number of bytes before it. A server shows what was committed before the place it has come
/// to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lsn(i64);

impl Lsn {
    /// Where nothing was written yet.
    pub const START: Self = Self(0);

    /// Further than any server will come: for what was committed nobody knows where.
    pub const UNKNOWN: Self = Self(i64::MAX);

    /// How far the primary has written, which is beyond every commit that has been told of, whether on disk or not.
    pub const WRITTEN: &'static str = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint";

    /// How far the primary's log is on disk, and so on its way to the replicas.
    pub const FLUSHED: &'static str = "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint";

    /// How far a replica has come.
    pub const REPLAYED: &'static str = "SELECT COALESCE(pg_last_wal_replay_lsn() - '0/0', 0)::bigint";

    /// From what a server answers.
    pub fn new(bytes: i64) -> Self {
        Self(bytes)
    }

    /// As a version: what is further on is newer.
    pub fn version(self) -> i64 {
        self.0
    }
}
