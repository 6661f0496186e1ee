//! What a person may be told when a request cannot be done.

use crate::domain::Fault;
use crate::domain::log::NothingToConfirm;

/// Why a request cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It breaks rules of its fields.
    Invalid(Vec<Fault>),
    /// The log is not one that was read from a photo and waits for a person.
    NothingToConfirm,
    /// The photo is the photo of another log.
    PhotoUsed,
    /// The log has no photo.
    NoPhoto,
    /// The photo is not checked yet.
    PhotoUnchecked,
    /// The photo was refused, and no copy is kept.
    PhotoRefused,
    /// The photo was read elsewhere, and did not come along when the log did.
    PhotoElsewhere,
}

impl From<Error> for chassis::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(faults) => {
                let field = |Fault { field, message }| chassis::FieldError { field, message };
                Self::invalid_fields(faults.into_iter().map(field).collect())
            }
            Error::NothingToConfirm => {
                Self::illegal_state("only a log that was read from a photo can be verified")
            }
            Error::PhotoUsed => Self::conflict("this photo is already logged"),
            Error::NoPhoto => Self::illegal_state("the log has no photo"),
            Error::PhotoUnchecked => Self::illegal_state("the photo is still being checked"),
            Error::PhotoElsewhere => Self::illegal_state("the log was imported, and its photo was not"),
            Error::PhotoRefused => Self::illegal_state("the photo could not be used, and no copy is kept"),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl From<Vec<Fault>> for Error {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Invalid(faults)
    }
}

impl From<NothingToConfirm> for Error {
    fn from(_: NothingToConfirm) -> Self {
        Self::NothingToConfirm
    }
}
