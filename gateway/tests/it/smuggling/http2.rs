use super::End::{self, Once, Refused};
use super::socket::exchange;
use super::{CREATE, FAMILY, Scene};
use crate::house::USER;

type Fields = &'static [(&'static str, &'static str)];

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const GET: Fields =
    &[(":method", "GET"), (":scheme", "http"), (":path", "/api/v1/family"), (":authority", "h")];
const POST: Fields =
    &[(":method", "POST"), (":scheme", "http"), (":path", "/api/v1/members"), (":authority", "h")];
const JSON: (&str, &str) = ("content-type", "application/json");

/// What is told, the fields of a request before the access token and after it, and its body.
const CASES: &[(&str, Fields, Fields, &str, End)] = &[
    ("nothing amiss", GET, &[], "", Once(FAMILY)),
    ("nothing amiss, with a body", POST, &[JSON, ("content-length", "2")], "{}", Once(CREATE)),
    // what belongs to HTTP/1
    ("transfer-encoding", POST, &[JSON, ("transfer-encoding", "chunked")], "0\r\n\r\n", Refused),
    ("connection", GET, &[("connection", "close")], "", Refused),
    ("keep-alive", GET, &[("keep-alive", "timeout=5")], "", Refused),
    ("proxy-connection", GET, &[("proxy-connection", "keep-alive")], "", Refused),
    ("upgrade", GET, &[("upgrade", "h2c")], "", Refused),
    ("te other than trailers", GET, &[("te", "gzip")], "", Refused),
    // lines within
    ("CRLF in a value", GET, &[("a", "b\r\nInjected: 1")], "", Refused),
    ("LF in a value", GET, &[("a", "b\nInjected: 1")], "", Refused),
    ("NUL in a value", GET, &[("a", "b\0")], "", Refused),
    ("CRLF in a name", GET, &[("a: b\r\ninjected", "1")], "", Refused),
    ("a blank in a name", GET, &[("a b", "1")], "", Refused),
    ("a colon in a name", GET, &[("transfer-encoding:", "chunked")], "", Refused),
    ("capitals in a name", GET, &[("Transfer-Encoding", "chunked")], "", Refused),
    ("no name", GET, &[("", "1")], "", Refused),
    (
        "a request line in the method",
        &[
            (":method", "GET / HTTP/1.1\r\nA: b\r\n\r\nGET"),
            (":scheme", "http"),
            (":path", "/api/v1/family"),
            (":authority", "h"),
        ],
        &[],
        "",
        Refused,
    ),
    (
        "a request line in the path",
        &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/api/v1/family HTTP/1.1\r\nA: b"),
            (":authority", "h"),
        ],
        &[],
        "",
        Refused,
    ),
    (
        "a blank in the path",
        &[(":method", "GET"), (":scheme", "http"), (":path", "/api/v1/family x"), (":authority", "h")],
        &[],
        "",
        Refused,
    ),
    (
        "no slash",
        &[(":method", "GET"), (":scheme", "http"), (":path", "api/v1/family"), (":authority", "h")],
        &[],
        "",
        Refused,
    ),
    (
        "an empty path",
        &[(":method", "GET"), (":scheme", "http"), (":path", ""), (":authority", "h")],
        &[],
        "",
        Refused,
    ),
    ("no path", &[(":method", "GET"), (":scheme", "http"), (":authority", "h")], &[], "", Refused),
    (
        "an authority in the path",
        &[(":method", "GET"), (":scheme", "http"), (":path", "http://h/api/v1/family"), (":authority", "h")],
        &[],
        "",
        Refused,
    ),
    (
        "a line in the authority",
        &[(":method", "GET"), (":scheme", "http"), (":path", "/api/v1/family"), (":authority", "h\r\nA: b")],
        &[],
        "",
        Refused,
    ),
    (
        "a line in the scheme",
        &[(":method", "GET"), (":scheme", "http\r\n"), (":path", "/api/v1/family"), (":authority", "h")],
        &[],
        "",
        Refused,
    ),
    // what is there twice, or where it should not be
    (
        "two paths",
        &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/api/v1/members"),
            (":path", "/api/v1/family"),
            (":authority", "h"),
        ],
        &[],
        "",
        Refused,
    ),
    (
        "two methods",
        &[
            (":method", "GET"),
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/api/v1/family"),
            (":authority", "h"),
        ],
        &[],
        "",
        Refused,
    ),
    (
        "an unknown one",
        &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/api/v1/family"),
            (":authority", "h"),
            (":a", "b"),
        ],
        &[],
        "",
        Refused,
    ),
    ("one behind the others", GET, &[(":path", "/api/v1/members")], "", Refused),
    ("a status", GET, &[(":status", "200")], "", Refused),
    ("a protocol", GET, &[(":protocol", "websocket")], "", Refused),
    ("two hosts", GET, &[("host", "h"), ("host", "other")], "", Refused),
    // lengths that are none
    ("more than its length", POST, &[JSON, ("content-length", "1")], "{}", Refused),
    ("less than its length", POST, &[JSON, ("content-length", "3")], "{}", Refused),
    ("two lengths", POST, &[JSON, ("content-length", "2"), ("content-length", "1")], "{}", Refused),
    ("a length with a plus", POST, &[JSON, ("content-length", "+2")], "{}", Refused),
];

/// A field of HPACK that is neither compressed nor remembered.
fn field((name, value): (&str, &str)) -> Vec<u8> {
    let text = |text: &str| [length(text.len()), text.as_bytes().to_vec()].concat();
    [&[0], text(name).as_slice(), &text(value)].concat()
}

/// A length in HPACK, with no bit set for Huffman's code.
fn length(length: usize) -> Vec<u8> {
    let Some(mut rest) = length.checked_sub(127) else { return vec![length as u8] };
    let mut bytes = vec![127];
    while rest >= 128 {
        bytes.push(rest as u8 | 128);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// The frames that are there whole: kind, flags, stream, content.
fn frames(mut bytes: &[u8]) -> Vec<(u8, u8, u32, &[u8])> {
    let mut frames = Vec::new();
    while let [a, b, c, kind, flags, s @ ..] = bytes {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let Some((stream, rest)) = s.split_first_chunk::<4>() else { break };
        let Some((content, rest)) = rest.split_at_checked(length) else { break };
        frames.push((*kind, *flags, u32::from_be_bytes(*stream), content));
        bytes = rest;
    }
    frames
}

/// Whether the request has come to its end, good or bad.
fn ended(bytes: &[u8]) -> bool {
    frames(bytes).iter().any(|(kind, flags, stream, _)| match *kind {
        RESET | GO_AWAY => true,
        HEADERS | DATA => *stream == 1 && flags & END_STREAM != 0,
        _ => false,
    })
}

/// Whether the answer is 200 or 201, the first field of the answer's head.
fn succeeded(bytes: &[u8]) -> bool {
    let head = frames(bytes).into_iter().find(|(kind, ..)| *kind == HEADERS);
    // the static table has 200; 201 is its name with another value
    head.is_some_and(|(.., block)| matches!(block, [0x88, ..] | [0x48, 0x82, 0x10, 0x03, ..]))
}

#[tokio::test]
async fn what_is_no_request_of_http_2_is_none() {
    let scene = Scene::open().await;
    let bearer = format!("Bearer {}", scene.house.tokens.of(USER));
    let mut wrong = Vec::new();
    for (name, before, after, body, end) in CASES {
        let block: Vec<u8> = before
            .iter()
            .chain([&("authorization", bearer.as_str())])
            .chain(*after)
            .flat_map(|pair| field(*pair))
            .collect();
        let last = if body.is_empty() { END_STREAM } else { 0 };
        let mut bytes =
            [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, END_HEADERS | last, 1, &block)].concat();
        if !body.is_empty() {
            bytes.extend(frame(DATA, END_STREAM, 1, body.as_bytes()));
        }
        let answer = exchange(scene.house.address, &bytes, ended).await;
        let arrived = scene.arrived();
        let paths: Vec<&str> = arrived.iter().map(|(path, _)| path.as_str()).collect();
        if paths != end.paths() || succeeded(&answer) != matches!(end, Once(_)) {
            wrong.push(format!("{name}: {paths:?} {:?}, and not {end:?}", frames(&answer)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} cases", CASES.len());
}
