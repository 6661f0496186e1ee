//! A JSON document as it was sent. Unlike `serde_json::Value` it borrows its texts from the body, keeps every entry of an
//! object in order, and with them the duplicates, so that the decoder can refuse them by name.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value of JSON.
#[derive(Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number below zero.
    Negative(i64),
    /// A whole number from zero.
    Natural(u64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object, its entries in order.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Reads a document. `serde_json` refuses one that is nested deeper than 128.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Negative(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Natural(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some((name, value)) = entries.next_entry::<Json<'de>, Json<'de>>()? {
            // a name is always a text
            if let Json::Text(name) = name {
                object.push((name, value));
            }
        }
        // a list of a million small objects would keep room for four entries in each
        object.shrink_to_fit();
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_texts_and_duplicates_are_kept_as_sent() {
        let read = Json::parse(br#"{"a":1,"a":-1,"b":1.0,"c":"x","d":"\n","e":[null,true]}"#).unwrap();
        let Json::Object(entries) = read else { panic!("{read:?}") };
        let values: Vec<_> = entries.iter().map(|(name, value)| (name.as_ref(), value)).collect();
        assert_eq!(values[0], ("a", &Json::Natural(1)));
        assert_eq!(values[1], ("a", &Json::Negative(-1)));
        assert_eq!(values[2], ("b", &Json::Float(1.0)));
        assert!(matches!(values[3], ("c", Json::Text(Cow::Borrowed("x")))));
        assert!(matches!(values[4], ("d", Json::Text(Cow::Owned(_)))));
        assert_eq!(values[5], ("e", &Json::List(vec![Json::Null, Json::Bool(true)])));
    }

    #[test]
    fn what_is_not_json_or_is_too_deep_is_refused() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for bad in ["", "{", "{}x", "{\"a\":1e999}", "{\"a\":NaN}", "{'a':1}", "\"\\ud800\"", deep.as_str()] {
            assert!(Json::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
    }
}
