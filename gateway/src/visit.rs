//! One request at the door: its id, and the address it came from. Both are settled before anything else happens, so that
//! every answer carries the id and nothing inside believes a header that only the door may write.

use std::net::{IpAddr, Ipv4Addr};

use chassis::Error;
use chassis::layers::caller::{CLIENT_ADDRESS, CLIENT_AGENT, REQUEST_ID};
use chassis::serve::Peer;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Version};
use uuid::Uuid;

/// What outsiders may not say: headers with this prefix are the house's own.
const OURS: &str = "x-praan-";
/// The most of a client's name for itself that is passed on.
const LONGEST_AGENT: usize = 200;
/// Where the proxies in front write the addresses they saw.
const FORWARDED: &str = "x-forwarded-for";
/// What a request says of its own origin: read here if at all, and not handed on. Only one of these is ever believed, since a
/// proxy that adds to one leaves the others as the client wrote them.
const HEARSAY: [&str; 3] = [FORWARDED, "forwarded", "x-real-ip"];

/// Free text of the client's, which every span of its request would repeat.
const TRACE_STATE: &str = "tracestate";

/// A request's id and origin.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// The request's id: the client's, or a new one.
    pub request_id: Uuid,
    /// The client's address.
    pub address: IpAddr,
    /// Whether the client sent an id that is none.
    pub bad_id: bool,
    /// Whether the client did not say which one host it means.
    pub bad_host: bool,
}

impl Visit {
    /// Settles the visit of a request and writes it into the headers, for the services.
    pub fn begin<B>(request: &mut Request<B>, proxies: usize) -> Self {
        let peer =
            request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let bad_host = !has_host(request);
        let headers = request.headers_mut();
        let (request_id, bad_id) = match sent_id(headers) {
            Ok(id) => (id.unwrap_or_else(Uuid::new_v4), false),
            Err(()) => (Uuid::new_v4(), true),
        };
        let visit =
            Self { request_id, address: client(headers, peer, proxies).to_canonical(), bad_id, bad_host };
        let not_theirs = |name: &&HeaderName| {
            let name = name.as_str();
            name.starts_with(OURS) || name == TRACE_STATE || HEARSAY.contains(&name)
        };
        for name in headers.keys().filter(not_theirs).cloned().collect::<Vec<HeaderName>>() {
            headers.remove(name);
        }
        headers.insert(REQUEST_ID, visit.id_header());
        if let Ok(address) = HeaderValue::try_from(visit.address.to_string()) {
            headers.insert(CLIENT_ADDRESS, address);
        }
        if let Some(agent) = agent(headers) {
            headers.insert(CLIENT_AGENT, agent);
        }
        request.extensions_mut().insert(visit);
        visit
    }

    /// Fails when the client's id is no UUID, or its host is none.
    pub fn check(self) -> Result<(), Error> {
        if self.bad_host {
            return Err(Error::invalid("Host", "must name one host"));
        }
        if self.bad_id { Err(Error::invalid("X-Request-ID", "must be a UUID")) } else { Ok(()) }
    }

    /// The id as a header.
    pub fn id_header(self) -> HeaderValue {
        // 36 letters, digits and hyphens, which every header may hold
        HeaderValue::try_from(self.request_id.to_string()).unwrap_or(HeaderValue::from_static(""))
    }
}

/// Whether a request names one host (RFC 9112, section 3.2): of two, a proxy in front may have gone by the other. What is older
/// than HTTP/1.1 may name none, and what is newer says it elsewhere.
fn has_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => host.is_empty() || is_host(host.as_bytes()),
        _ => false,
    }
}

fn is_host(host: &[u8]) -> bool {
    !host.contains(&b'@') && Authority::try_from(host).is_ok()
}

/// What the client calls itself, cut where it gets long.
fn agent(headers: &HeaderMap) -> Option<HeaderValue> {
    // `to_str` lets visible ASCII through only, so that the cut is between letters
    let text = headers.get(http::header::USER_AGENT)?.to_str().ok()?;
    HeaderValue::try_from(&text[..text.len().min(LONGEST_AGENT)]).ok()
}

fn sent_id(headers: &HeaderMap) -> Result<Option<Uuid>, ()> {
    let mut sent = headers.get_all(REQUEST_ID).iter();
    match (sent.next(), sent.next()) {
        (None, _) => Ok(None),
        // only the usual form: the others would be the same id in other clothes
        (Some(id), None) if id.len() == 36 => Uuid::try_parse_ascii(id.as_bytes()).map(Some).map_err(drop),
        _ => Err(()),
    }
}

/// The address the outermost of our proxies saw, or else the peer's.
fn client(headers: &HeaderMap, peer: IpAddr, proxies: usize) -> IpAddr {
    let Some(hops) = proxies.checked_sub(1) else { return peer };
    let lists = headers.get_all(FORWARDED).iter().rev().filter_map(|list| list.to_str().ok());
    let mut addresses = lists.flat_map(|list| list.rsplit(',')).map(str::trim);
    addresses.nth(hops).and_then(|address| address.parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(()).unwrap();
        request.extensions_mut().insert(Peer("[::ffff:192.0.2.1]:5".parse().unwrap()));
        request
    }

    #[test]
    fn an_id_is_kept_made_or_refused() {
        let id = "0196a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5b";
        let mut sent = request(&[(REQUEST_ID, id)]);
        let visit = Visit::begin(&mut sent, 0);
        assert_eq!((visit.request_id.to_string().as_str(), visit.bad_id), (id, false));
        let made = Visit::begin(&mut request(&[]), 0);
        assert_eq!((made.request_id.get_version_num(), made.bad_id), (4, false));
        for bad in ["", "1", "0196a1b27c3d4e5f8a9b0c1d2e3f4a5b", "{0196a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5b}"] {
            let mut request = request(&[(REQUEST_ID, bad)]);
            let visit = Visit::begin(&mut request, 0);
            assert!(visit.check().is_err(), "{bad}");
            assert_eq!(request.headers()[REQUEST_ID], visit.request_id.to_string());
        }
        assert!(Visit::begin(&mut request(&[(REQUEST_ID, id), (REQUEST_ID, id)]), 0).bad_id);
    }

    #[test]
    fn a_request_names_one_host() {
        for (hosts, good) in [
            (&["example.org"][..], true),
            (&["example.org:8080"], true),
            (&["[::1]:8080"], true),
            (&[""], true),
            (&[], false),
            (&["a", "b"], false),
            (&["a", "a"], false),
            (&["a, b"], false),
            (&["a/b"], false),
            (&["me@a"], false),
        ] {
            let headers: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            let visit = Visit::begin(&mut request(&headers), 0);
            assert_eq!(visit.check().is_ok(), good, "{hosts:?}");
        }
    }

    #[test]
    fn only_the_door_says_where_a_request_comes_from() {
        let mut request = request(&[
            (CLIENT_ADDRESS, "6.6.6.6"),
            ("x-praan-else", "1"),
            (FORWARDED, "6.6.6.6"),
            ("forwarded", "for=6.6.6.6"),
            ("x-real-ip", "6.6.6.6"),
            (TRACE_STATE, "who=me"),
        ]);
        Visit::begin(&mut request, 0);
        assert_eq!(request.headers()[CLIENT_ADDRESS], "192.0.2.1");
        assert_eq!(request.headers().len(), 2, "the address and the request id are all that is left");
    }

    #[test]
    fn a_client_is_called_what_it_calls_itself_if_that_is_short_and_plain() {
        let agent = |sent: &str| {
            let mut request = request(&[("user-agent", sent), (CLIENT_AGENT, "forged")]);
            Visit::begin(&mut request, 0);
            request.headers().get(CLIENT_AGENT).map(|agent| agent.to_str().unwrap().to_owned())
        };
        assert_eq!(agent("curl/8").as_deref(), Some("curl/8"));
        assert_eq!(agent(&"x".repeat(1000)), Some("x".repeat(LONGEST_AGENT)));
        assert_eq!(agent("caf\u{e9}"), None);
    }

    #[test]
    fn the_address_comes_from_as_many_proxies_as_there_are() {
        let at = |proxies| {
            Visit::begin(
                &mut request(&[(FORWARDED, "6.6.6.6, 203.0.113.7"), (FORWARDED, "10.0.0.1")]),
                proxies,
            )
        };
        let address = |proxies| at(proxies).address.to_string();
        assert_eq!([address(0), address(1), address(2)], ["192.0.2.1", "10.0.0.1", "203.0.113.7"]);
        assert_eq!([address(3), address(4)], ["6.6.6.6", "192.0.2.1"]);
    }
}
