/// When what a transaction did is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Before it is told that it was done.
    AtOnce,
    /// Within a second after, on PostgreSQL: for what would be said again, should it be lost with the server. The embedded database
    /// always keeps it at once.
    Soon,
}
