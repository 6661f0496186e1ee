//! The version of what a caller has seen, so that a change can be made to that and to nothing newer (RFC 9110, sections 8.8.3 and 13.1.1).
//!
//! A tag is a digest of the message that shows the thing. The gateway takes it of the answer it passes on, and the service of the
//! same message, made again under the lock under which the thing is then changed: so between the check and the change there is
//! nothing that another change could slip into.

use aws_lc_rs::digest;
use http::HeaderMap;
use http::header::IF_MATCH;
use prost::Message;

use crate::Error;

/// What the gateway puts behind a tag when it compresses the answer, since other bytes need another tag.
pub const COMPRESSED: &str = "-gz";

/// The tag of a message that is already encoded, without its quotes.
pub fn of(message: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, message);
    digest.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the caller has seen of the thing to be changed; nothing when it does not matter.
#[derive(Clone, Debug, Default)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Reads it from the headers of a request.
    pub fn read(headers: &HeaderMap) -> Self {
        let lists = headers.get_all(IF_MATCH).iter().map(|list| list.to_str().unwrap_or_default());
        let lists: Vec<_> = lists.collect();
        Self((!lists.is_empty()).then(|| lists.join(",")))
    }

    /// Fails when the thing is not as the caller has seen it. To be asked under the lock under which it is changed.
    pub fn check(&self, shown: &impl Message) -> Result<(), Error> {
        let Some(list) = &self.0 else { return Ok(()) };
        let now = of(&shown.encode_to_vec());
        let is_now = |tag: &str| {
            let tag = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            tag.is_some_and(|tag| tag.strip_suffix(COMPRESSED).unwrap_or(tag) == now)
        };
        match list.split(',').map(str::trim).any(|tag| tag == "*" || is_now(tag)) {
            true => Ok(()),
            false => Err(Error::changed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn check(said: &[&str]) -> Result<(), Error> {
        let mut headers = HeaderMap::new();
        for list in said {
            headers.append(IF_MATCH, list.parse().unwrap());
        }
        IfMatch::read(&headers).check(&"what is shown".to_owned())
    }

    #[test]
    fn only_what_was_seen_may_be_changed() {
        let now = of(&"what is shown".to_owned().encode_to_vec());
        assert_eq!(now.len(), 32);
        let quoted = format!("\"{now}\"");
        check(&[]).unwrap();
        check(&["*"]).unwrap();
        check(&[&quoted]).unwrap();
        check(&[&format!("\"{now}-gz\"")]).unwrap();
        check(&[&format!("\"another\" , {quoted}")]).unwrap();
        check(&["\"another\"", &quoted]).unwrap();
        // a weak tag never matches here, and neither does what is no tag
        for wrong in ["", "\"another\"", &now, &format!("W/{quoted}"), "\"\"", "\""] {
            assert_eq!(check(&[wrong]).unwrap_err().kind(), Kind::Changed, "{wrong}");
        }
    }
}
