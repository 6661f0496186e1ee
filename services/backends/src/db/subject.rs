/// The resource that a write was about, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    pub(super) family_id: i64,
    pub(super) resource_id: i64,
}

impl Subject {
    /// A resource of a family.
    pub fn of_family(family_id: i64, resource_id: i64) -> Self {
        Self { family_id, resource_id }
    }

    /// A resource that belongs to no family, such as an account.
    pub fn outside(resource_id: i64) -> Self {
        Self { family_id: 0, resource_id }
    }
}
