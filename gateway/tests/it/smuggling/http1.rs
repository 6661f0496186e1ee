use std::sync::LazyLock;

use regex::Regex;

use super::End::{self, Once, Refused};
use super::socket::exchange;
use super::{CREATE, FAMILY, Scene};
use crate::house::USER;

/// What is told, `{post}` the head of a request that makes a member, `{get}` that of one that shows the family, neither of them ended,
/// `{next}` a whole request that shows the family, which must never be taken for one, and `{chunk}` the same as a chunk.
const CASES: &[(&str, &str, End)] = &[
    // two lengths
    ("CL.TE", "{post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{next}", Once(CREATE)),
    ("TE.CL", "{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{next}", Once(CREATE)),
    (
        "TE.CL in a chunk",
        "{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{chunk}0\r\n\r\n",
        Refused,
    ),
    (
        "TE in capitals",
        "{post}Content-Length: 6\r\ntransfer-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n{next}",
        Once(CREATE),
    ),
    (
        "TE behind a bare LF",
        "{post}Content-Length: 6\r\nA: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{next}",
        Once(CREATE),
    ),
    (
        "TE behind a tab",
        "{post}Content-Length: 6\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n{next}",
        Once(CREATE),
    ),
    ("two unlike CL", "{post}Content-Length: 0\r\nContent-Length: 60\r\n\r\n{next}", Refused),
    (
        "two like CL",
        "{post}Connection: close\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}{next}",
        Once(CREATE),
    ),
    // encodings that only look like chunked, or that one of two sees
    ("TE unknown", "{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{next}", Refused),
    ("TE in quotes", "{post}Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n{next}", Refused),
    ("TE identity", "{post}Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}{next}", Refused),
    (
        "TE chunked, then another",
        "{post}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n{next}",
        Refused,
    ),
    (
        "TE chunked, then another in a list",
        "{post}Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n{next}",
        Refused,
    ),
    (
        "TE another, then chunked",
        "{post}Connection: close\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n",
        Refused,
    ),
    ("TE with a space", "{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{next}", Refused),
    ("TE with a vertical tab", "{post}Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n{next}", Refused),
    ("TE folded", "{post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{next}", Refused),
    ("TE empty", "{post}Transfer-Encoding:\r\nContent-Length: 2\r\n\r\n{}{next}", Refused),
    (
        "TE of HTTP/1.0",
        "POST /api/v1/members HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{next}",
        Refused,
    ),
    // lengths that are none
    ("CL with a plus", "{post}Content-Length: +2\r\n\r\n{}{next}", Refused),
    ("CL with a minus", "{post}Content-Length: -2\r\n\r\n{}{next}", Refused),
    ("CL in hexadecimal", "{post}Content-Length: 0x2\r\n\r\n{}{next}", Refused),
    ("CL with a blank within", "{post}Content-Length: 2 2\r\n\r\n{}{next}", Refused),
    ("CL with a letter", "{post}Content-Length: 2e0\r\n\r\n{}{next}", Refused),
    ("CL in a list", "{post}Content-Length: 2, 2\r\n\r\n{}{next}", Refused),
    ("CL empty", "{post}Content-Length:\r\n\r\n{}{next}", Refused),
    ("CL beyond 64 bits", "{post}Content-Length: 18446744073709551618\r\n\r\n{}{next}", Refused),
    ("CL with a space", "{post}Content-Length : 2\r\n\r\n{}{next}", Refused),
    (
        "CL with an underscore",
        "{post}Connection: close\r\nContent_Length: 6\r\nContent-Length: 2\r\n\r\n{}{next}",
        Once(CREATE),
    ),
    ("CL of a GET", "{get}Connection: close\r\nContent-Length: 9\r\n\r\n{next}", Refused),
    // chunks that are none
    ("chunk in 0x", "{post}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n{next}", Refused),
    ("chunk with a plus", "{post}Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n{next}", Refused),
    ("chunk below zero", "{post}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n{next}", Refused),
    (
        "chunk beyond 64 bits",
        "{post}Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n{next}",
        Refused,
    ),
    ("chunk without a size", "{post}Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n{next}", Refused),
    (
        "chunk longer than it says",
        "{post}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n{next}",
        Refused,
    ),
    ("chunk behind a bare LF", "{post}Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n{next}", Refused),
    (
        "chunk extended by a bare LF",
        "{post}Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\n{}\r\n0\r\n\r\n{next}",
        Refused,
    ),
    (
        "chunk extended without end",
        "{post}Transfer-Encoding: chunked\r\n\r\n2;{long}\r\n{}\r\n0\r\n\r\n{next}",
        Refused,
    ),
    (
        "trailers without end",
        "{post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: {long}\r\n\r\n{next}",
        Refused,
    ),
    (
        "trailers of the house",
        "{post}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Praan-Client-Address: 6.6.6.6\r\n\r\n{next}",
        Once(CREATE),
    ),
    // headers that are none
    ("NUL in a value", "{get}A: b\0c\r\n\r\n{next}", Refused),
    ("bare CR in a value", "{get}A: b\rTransfer-Encoding: chunked\r\n\r\n{next}", Refused),
    ("folded value", "{get}A: b\r\n c\r\n\r\n{next}", Refused),
    ("no colon", "{get}A\r\n\r\n{next}", Refused),
    ("no name", "{get}: a\r\n\r\n{next}", Refused),
    ("a name with a blank", "{get}A B: c\r\n\r\n{next}", Refused),
    (
        "a first line with a blank before",
        "GET /api/v1/family HTTP/1.1\r\n A: b\r\nHost: h\r\n\r\n{next}",
        Refused,
    ),
    ("too many headers", "{get}{many}\r\n{next}", Refused),
    ("too long a header", "{get}A: {long}{long}{long}{long}\r\n\r\n{next}", Refused),
    // whose request it is
    ("two hosts", "{get}Connection: close\r\nHost: other\r\n\r\n", Refused),
    ("no host", "GET /api/v1/family HTTP/1.1\r\n{auth}Connection: close\r\n\r\n", Refused),
    (
        "two hosts in one",
        "GET /api/v1/family HTTP/1.1\r\nHost: h, other\r\n{auth}Connection: close\r\n\r\n",
        Refused,
    ),
    (
        "a host with a path",
        "GET /api/v1/family HTTP/1.1\r\nHost: h/path\r\n{auth}Connection: close\r\n\r\n",
        Refused,
    ),
    (
        "a host with a user",
        "GET /api/v1/family HTTP/1.1\r\nHost: user@h\r\n{auth}Connection: close\r\n\r\n",
        Refused,
    ),
    (
        "another authority",
        "GET http://other/api/v1/family HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\n\r\n",
        Once(FAMILY),
    ),
    // lines that are none
    ("two blanks", "GET  /api/v1/family HTTP/1.1\r\nHost: h\r\n\r\n{next}", Refused),
    ("a blank in the path", "GET /api/v1/family x HTTP/1.1\r\nHost: h\r\n\r\n{next}", Refused),
    ("a tab for a blank", "GET\t/api/v1/family\tHTTP/1.1\r\nHost: h\r\n\r\n{next}", Refused),
    ("a bare CR for an end", "GET /api/v1/family HTTP/1.1\rHost: h\r\n\r\n{next}", Refused),
    ("NUL in the path", "GET /api/v1/family\0 HTTP/1.1\r\nHost: h\r\n\r\n{next}", Refused),
    ("no version", "GET /api/v1/family\r\n\r\n{next}", Refused),
    ("a version to come", "GET /api/v1/family HTTP/1.2\r\nHost: h\r\n\r\n{next}", Refused),
    (
        "a path to another",
        "GET //other/api/v1/family HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\n\r\n",
        Refused,
    ),
    (
        "a path upwards",
        "GET /api/v1/members/../family HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\n\r\n",
        Refused,
    ),
    (
        "an escaped path",
        "GET /api/v1%2ffamily HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\n\r\n",
        Refused,
    ),
    ("a tunnel", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n{auth}Connection: close\r\n\r\n{next}", Refused),
    (
        "another verb in a header",
        "GET /api/v1/members HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\nX-HTTP-Method-Override: POST\r\n\r\n",
        Once(LIST),
    ),
    // HTTP/2 from within HTTP/1
    (
        "h2c",
        "{get}Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        Once(FAMILY),
    ),
    ("a broken preface", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n{next}", Refused),
    (
        "gRPC over HTTP/1",
        "POST /praan.family.v1.FamilyService/GetFamily HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\nContent-Type: application/grpc\r\nTE: trailers\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0{next}",
        Refused,
    ),
    // answers that would hold more than they should
    (
        "a request id with a line",
        "{get}Connection: close\r\nX-Request-ID: 0196a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5b%0d%0aInjected: 1\r\n\r\n",
        Refused,
    ),
    (
        "two request ids",
        "{get}Connection: close\r\nX-Request-ID: 0196a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5b\r\nX-Request-ID: 0196a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5c\r\n\r\n",
        Refused,
    ),
    (
        "a location with a line",
        "POST /api/v1/members%0d%0aInjected:1 HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\nContent-Length: 0\r\n\r\n",
        Refused,
    ),
    (
        "a query with a line",
        "GET /api/v1/members?cursor=%0d%0aInjected:1&x%0d%0aInjected:1=1 HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\n\r\n",
        Refused,
    ),
];

const LIST: &str = "/praan.family.v1.FamilyService/ListMembers";

/// What stands for the names in braces.
fn filled(request: &str, token: &str) -> Vec<u8> {
    let auth = format!("Authorization: Bearer {token}\r\n");
    let next = format!("GET /api/v1/family HTTP/1.1\r\nHost: h\r\n{auth}Connection: close\r\n\r\n");
    let many = "A: b\r\n".repeat(200);
    let post =
        format!("POST /api/v1/members HTTP/1.1\r\nHost: h\r\n{auth}Content-Type: application/json\r\n");
    let get = format!("GET /api/v1/family HTTP/1.1\r\nHost: h\r\n{auth}");
    let values = [
        ("{post}", post),
        ("{get}", get),
        ("{chunk}", format!("{:x}\r\n{next}\r\n", next.len())),
        ("{next}", next),
        ("{auth}", auth),
        ("{many}", many),
        ("{long}", "x".repeat(20_000)),
    ];
    let text = values.iter().fold(request.to_owned(), |text, (name, value)| text.replace(name, value));
    text.into_bytes()
}

/// The statuses of the answers, in order.
fn statuses(answer: &str) -> Vec<u16> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"HTTP/1\.[01] (\d{3}) ").unwrap());
    LINE.captures_iter(answer).map(|found| found[1].parse().unwrap()).collect()
}

#[tokio::test]
async fn no_request_hides_in_another() {
    let scene = Scene::open().await;
    let token = scene.house.tokens.of(USER);
    let mut wrong = Vec::new();
    for (name, request, end) in CASES {
        let answer = exchange(scene.house.address, &filled(request, &token), |_| false).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (statuses, arrived) = (statuses(&answer), scene.arrived());
        let paths: Vec<&str> = arrived.iter().map(|(path, _)| path.as_str()).collect();
        let told = match end {
            Refused => statuses.len() <= 1 && statuses.iter().all(|status| (400..500).contains(status)),
            Once(_) => statuses.len() == 1 && statuses[0] < 300,
        };
        if !told || paths != end.paths() || answer.to_lowercase().contains("\r\ninjected") {
            wrong.push(format!("{name}: {statuses:?} {paths:?}, and not {end:?}"));
        }
        let claimed = arrived.iter().filter_map(|(_, metadata)| metadata.get("x-praan-client-address"));
        assert!(claimed.into_iter().all(|address| address == "127.0.0.1"), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} cases", CASES.len());
}

/// Shows that the above would see a second request if there was one.
#[tokio::test]
async fn requests_that_are_two_are_seen_as_two() {
    let scene = Scene::open().await;
    let token = scene.house.tokens.of(USER);
    let answer =
        exchange(scene.house.address, &filled("{post}Content-Length: 2\r\n\r\n{}{next}", &token), |_| false)
            .await;
    assert_eq!(statuses(&String::from_utf8_lossy(&answer)), [201, 200]);
    let paths: Vec<String> = scene.arrived().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, [CREATE, FAMILY]);
}
