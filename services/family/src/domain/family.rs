//! Who may join a family as a manager, and who may leave it.

use chassis::Error;

/// The family an account manages before it joins another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Current {
    /// Its id.
    pub family_id: i64,
    /// Whether it has members that are not deleted.
    pub has_members: bool,
}

/// Whether an account may join a family. It leaves a family of its own only when that one is empty.
pub fn join(family_id: i64, current: Option<Current>) -> Result<(), Error> {
    match current {
        Some(current) if current.family_id == family_id => {
            Err(Error::conflict("this account manages the family already"))
        }
        Some(Current { has_members: true, .. }) => {
            Err(Error::illegal_state("this account already cares for members in a family of its own"))
        }
        _ => Ok(()),
    }
}

/// Whether a manager may leave when so many others remain.
pub fn leave(others: usize) -> Result<(), Error> {
    if others == 0 { Err(Error::illegal_state("the last manager cannot leave the family")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use chassis::Kind;

    use super::*;

    #[test]
    fn an_account_joins_unless_it_is_here_or_bound_elsewhere() {
        let of = |family_id, has_members| Some(Current { family_id, has_members });
        for (current, refusal) in [
            (None, None),
            (of(2, false), None),
            (of(2, true), Some(Kind::IllegalState)),
            (of(1, false), Some(Kind::Conflict)),
            (of(1, true), Some(Kind::Conflict)),
        ] {
            assert_eq!(join(1, current).err().map(|e| e.kind()), refusal, "{current:?}");
        }
    }

    #[test]
    fn the_last_one_stays() {
        assert_eq!(leave(0).unwrap_err().kind(), Kind::IllegalState);
        assert!(leave(1).is_ok());
    }
}
