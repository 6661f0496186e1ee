//! Which fields an update changes.

use prost_types::FieldMask;

use crate::Error;

/// The fields to change: those the mask names, or, without a mask, all that are given.
///
/// `given` lists every field that may change and whether the request has it. A mask that names another field, or one that is
/// not given, is refused, and so is an update of nothing.
pub fn mask(mask: Option<&FieldMask>, given: &[(&'static str, bool)]) -> Result<Vec<&'static str>, Error> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    for path in paths {
        match given.iter().find(|(name, _)| name == path) {
            None => return Err(Error::invalid("update_mask", "names a field that cannot be changed")),
            Some((name, false)) => {
                return Err(Error::invalid(*name, "must be given, since update_mask names it"));
            }
            Some((_, true)) => {}
        }
    }
    let named = |name: &str| paths.is_empty() || paths.iter().any(|path| path == name);
    let fields: Vec<_> =
        given.iter().filter(|(name, present)| *present && named(name)).map(|(name, _)| *name).collect();
    if fields.is_empty() {
        return Err(Error::invalid("update_mask", "at least one field to change must be given"));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_chooses_among_what_is_given() {
        let given = [("name", true), ("age", true), ("zone", false)];
        let of = |paths: &[&str]| FieldMask { paths: paths.iter().map(|p| p.to_string()).collect() };
        assert_eq!(mask(None, &given).unwrap(), ["name", "age"]);
        assert_eq!(mask(Some(&of(&["age"])), &given).unwrap(), ["age"]);
        assert!(mask(Some(&of(&["zone"])), &given).is_err());
        assert!(mask(Some(&of(&["id"])), &given).is_err());
        assert!(mask(None, &[("name", false)]).is_err());
    }
}
