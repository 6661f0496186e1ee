use std::fmt::Debug;

use chassis::page::{decode, encode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

const QUERY: &str = "history:1";

/// The bytes are the cursor that somebody sent, and the JSON of a position that a service would tell.
pub fn cursor(data: &[u8]) {
    of::<i32>(data);
    of::<i64>(data);
    of::<(i64, i64)>(data);
    of::<(DateTime<Utc>, i64)>(data);
    of::<(i64, String)>(data);
}

fn of<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) {
    if let Ok(position) = serde_json::from_slice::<T>(data) {
        let told = encode(QUERY, &position);
        assert_eq!(decode(QUERY, &told).unwrap(), Some(position), "what is told is understood");
    }
    let Ok(sent) = std::str::from_utf8(data) else { return };
    match decode::<T>(QUERY, sent) {
        Ok(None) => assert!(sent.is_empty(), "only no cursor at all starts the list"),
        Ok(Some(position)) => {
            let told = encode(QUERY, &position);
            assert_eq!(decode::<T>(QUERY, &told).unwrap(), Some(position));
            assert!(decode::<T>("history:2", sent).is_err(), "a cursor is good for its own query only");
        }
        Err(error) => assert_eq!(error.fields()[0].field, "cursor"),
    }
}
