/// The resource that a write was about, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    pub(super) family_id: i64,
    pub(super) resource_id: i64,
    pub(super) member_id: Option<i64>,
}

impl Subject {
    /// A resource of a family, and of the member about whom the request got its permission, if it did about one.
    pub fn of_family(family_id: i64, resource_id: i64) -> Self {
        Self { family_id, resource_id, member_id: chassis::audit::member_of(family_id) }
    }

    /// The same, of a member, where no request is at hand.
    pub fn of_member(family_id: i64, member_id: i64, resource_id: i64) -> Self {
        Self { family_id, resource_id, member_id: Some(member_id) }
    }

    /// A resource that belongs to no family, such as an account.
    pub fn outside(resource_id: i64) -> Self {
        Self { family_id: 0, resource_id, member_id: None }
    }
}
