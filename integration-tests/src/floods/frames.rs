//! Frames of HTTP/2 (RFC 9113) written by hand, since no client would send such.

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const CANCEL: [u8; 4] = [0, 0, 0, 8];
/// The frames of a burst.
const MANY: u32 = 500;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a request to a path, by the static table and literals of HPACK (RFC 7541) alone.
fn request(method: u8, path: &str) -> Vec<u8> {
    const SCHEME_HTTP: u8 = 0x86;
    const PATH_IS: u8 = 0x04;
    let length = u8::try_from(path.len()).expect("a short path");
    [&[method, SCHEME_HTTP, PATH_IS, length], path.as_bytes()].concat()
}

const GET: u8 = 0x82;
const POST: u8 = 0x83;

/// The preface, and no settings.
pub fn hello() -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, &[])].concat()
}

/// A burst of requests, each taken back at once.
pub fn taken_back(round: u32) -> Vec<u8> {
    let headers = request(GET, "/api/v1/members");
    let streams = (round * MANY..(round + 1) * MANY).map(|number| number * 2 + 1);
    streams
        .flat_map(|stream| {
            [
                frame(HEADERS, END_HEADERS | END_STREAM, stream, &headers),
                frame(RST_STREAM, 0, stream, &CANCEL),
            ]
        })
        .flatten()
        .collect()
}

/// A greeting, and headers that are said to go on.
pub fn headers_begun() -> Vec<u8> {
    [hello(), frame(HEADERS, END_STREAM, 1, &request(GET, "/api/v1/members"))].concat()
}

/// How they go on: each a header of its own.
pub fn continued() -> Vec<u8> {
    frame(CONTINUATION, 0, 1, b"\x00\x01x\x01y").repeat(MANY as usize)
}

/// A greeting, and a request whose body is to come.
pub fn body_begun() -> Vec<u8> {
    [hello(), frame(HEADERS, END_HEADERS, 1, &request(POST, "/api/v1/logs"))].concat()
}

/// A burst of pieces of that body, which hold nothing.
pub fn nothing() -> Vec<u8> {
    frame(DATA, 0, 1, &[]).repeat(MANY as usize)
}
