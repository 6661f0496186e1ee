//! Pages of a list. A cursor says where the last page ended; it is bound to its query, and grants nothing.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// How many entries a page has when the caller does not say.
const DEFAULT_LIMIT: u64 = 20;

/// The size of a page: what was asked, or 20. The contract has checked the range.
pub fn limit(asked: i32) -> u64 {
    u64::try_from(asked).ok().filter(|n| *n > 0).unwrap_or(DEFAULT_LIMIT)
}

/// The entries of a page and whether more follow, from a query that asked for one more than `limit`.
pub fn cut<T>(mut rows: Vec<T>, limit: u64) -> (Vec<T>, bool) {
    let more = rows.len() as u64 > limit;
    rows.truncate(limit as usize);
    (rows, more)
}

/// A cursor at `position` within the query that `scope` names.
pub fn encode(scope: &str, position: &impl Serialize) -> String {
    // a tuple of plain values always serialises; an empty cursor would only start the list again
    let text = serde_json::to_string(&(tag(scope), position)).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(text)
}

/// The position of a cursor; none for an empty one.
pub fn decode<T: DeserializeOwned>(scope: &str, cursor: &str) -> Result<Option<T>, Error> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor.trim_end_matches('=')).ok()?;
        let (found, position): (u32, T) = serde_json::from_slice(&bytes).ok()?;
        (found == tag(scope)).then_some(position)
    };
    read()
        .map(Some)
        .ok_or_else(|| Error::invalid("cursor", "must be the next_cursor of the last page of the same query"))
}

fn tag(scope: &str) -> u32 {
    let hash = digest::digest(&digest::SHA256, scope.as_bytes());
    hash.as_ref().iter().take(4).fold(0, |tag, byte| tag << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_returns_its_position_to_its_own_query_only() {
        let cursor = encode("history:1", &(5_i64, "x"));
        assert_eq!(decode::<(i64, String)>("history:1", &cursor).unwrap(), Some((5, "x".into())));
        assert_eq!(decode::<(i64, String)>("history:1", "").unwrap(), None);
        for bad in [cursor.as_str(), "MzAyMg==", "💥", "AAAA"] {
            let error = decode::<(i64, String)>("history:2", bad).unwrap_err();
            assert_eq!(error.fields()[0].field, "cursor");
        }
    }

    #[test]
    fn a_page_is_cut_where_it_should() {
        assert_eq!(cut(vec![1, 2, 3], 2), (vec![1, 2], true));
        assert_eq!(cut(vec![1, 2], 2), (vec![1, 2], false));
        assert_eq!((limit(0), limit(7)), (20, 7));
    }
}
