//! Answers of more than 1 KiB go out compressed to whoever can read that. Requests may not be.
//!
//! A compressed answer tells by its length a little of what it holds, and somebody who can make a browser ask for a secret again and
//! again, beside a guess, can so find it out (BREACH). Here a browser sends no secret by itself: there are no cookies, and a page
//! of another origin has no token to send. What holds a secret that outlives the answer, a new token, is answered by methods that
//! take no token, and of those none is compressed. Streams and gRPC never are.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use http::{HeaderMap, HeaderValue, Response};
use tonic::body::Body;

use crate::body;

/// Up to this, what is saved is not worth the work: it fits one packet anyway.
const MOST_PLAIN: usize = 1024;

/// Whether the client can read gzip (RFC 9110, section 12.5.3).
pub fn is_accepted(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
    let mut any = false;
    for item in lists.flat_map(|list| list.split(',')) {
        let (coding, quality) = item.split_once(';').unwrap_or((item, "q=1"));
        let quality = quality.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=');
        let wanted = quality.parse().is_ok_and(|quality: f32| quality > 0.0);
        match coding.trim() {
            "*" => any = wanted,
            coding if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") => {
                return wanted;
            }
            _ => {}
        }
    }
    any
}

/// An answer that is whole, compressed where that is worth it and the client can read it.
pub fn answer(accepted: bool, whole: Vec<u8>) -> Response<Body> {
    if whole.len() <= MOST_PLAIN {
        return Response::new(body::full(whole));
    }
    match accepted {
        true => marked(true, pack(&whole, Compression::fast())),
        false => marked(false, whole),
    }
}

/// A file that is kept compressed, for those who can read that and for those who cannot.
pub fn kept(accepted: bool, packed: &Bytes) -> Response<Body> {
    match accepted {
        true => marked(true, packed.clone()),
        false => marked(false, unpack(packed)),
    }
}

/// Compresses what is kept: once, and as well as can be.
pub fn keep(whole: &[u8]) -> Bytes {
    pack(whole, Compression::best()).into()
}

fn marked(packed: bool, whole: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(body::full(whole));
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    if packed {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn pack(whole: &[u8], how_well: Compression) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), how_well);
    // memory gives no reason to fail
    let _ = packed.write_all(whole);
    packed.finish().unwrap_or_default()
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    let _ = GzDecoder::new(packed).read_to_end(&mut whole);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_what_they_can_read() {
        for (said, accepted) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("br, *", true),
            ("x-gzip ; q=0.001", true),
            ("gzip;q=0, *", false),
            ("*;q=0", false),
            ("*;q=0, gzip", true),
            ("gzip;q=nonsense", false),
            ("br, identity", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(said))]);
            assert_eq!(is_accepted(&headers), accepted, "{said}");
        }
        assert!(!is_accepted(&HeaderMap::new()));
    }
}
