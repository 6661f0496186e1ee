//! What can be changed under a condition tells its version, and the condition reaches the service.

use chassis::{Error, etag};
use http::Method;
use prost::Message;
use proto::family::v1::{GetMemberRequest, Member, UpdateMemberRequest};

use crate::fake::Fake;
use crate::house::{House, Send};

const MEMBER: &str = "/api/v1/members/1";

fn member() -> Member {
    Member { id: 1, name: "a".repeat(2000), ..Member::default() }
}

/// Changes nothing unless it is told the right version, and then the name.
fn fake() -> Fake {
    Fake::default()
        .on("/praan.family.v1.FamilyService/GetMember", |_: tonic::Request<GetMemberRequest>| Ok(member()))
        .on("/praan.family.v1.FamilyService/UpdateMember", |request: tonic::Request<UpdateMemberRequest>| {
            let call = chassis::call::user(request)?;
            call.if_match.check(&member())?;
            Ok::<_, Error>(Member { name: call.message.name.unwrap_or_default(), ..member() })
        })
}

#[tokio::test]
async fn a_version_is_told_and_taken_again() {
    let house = House::open(fake()).await;
    let tag = format!("\"{}\"", etag::of(&member().encode_to_vec()));
    assert_eq!(house.get(MEMBER).await.header("etag"), tag);
    let packed = house.request(Method::GET, MEMBER).header("accept-encoding", "gzip").send().await.unwrap();
    let packed = packed.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(packed, format!("{}-gz\"", tag.trim_end_matches('"')));
    let change = async |tag: &str| {
        let request = house.request(Method::PATCH, MEMBER).json_text(r#"{"name":"B"}"#);
        request.header("if-match", tag).answer().await
    };
    for tag in [&tag, &packed, "*"] {
        let changed = change(tag).await;
        assert_eq!(changed.status, 200, "{tag}");
        let now = Member { name: "B".into(), ..member() };
        assert_eq!(changed.header("etag"), format!("\"{}\"", etag::of(&now.encode_to_vec())));
    }
    let late = change("\"0123\"").await;
    assert_eq!((late.status.as_u16(), late.header("etag")), (412, ""));
    assert_eq!(late.json()["type"], "urn:praan:problem:changed");
}

#[tokio::test]
async fn a_condition_that_nobody_would_heed_is_refused() {
    let house = House::open(fake()).await;
    for (verb, path) in [(Method::DELETE, MEMBER), (Method::POST, "/api/v1/members/1/restore")] {
        let answer = house.request(verb, path).header("if-match", "\"0123\"").answer().await;
        assert_eq!(
            (answer.status.as_u16(), answer.errors()),
            (400, vec!["if-match: is not heeded by this method".into()])
        );
    }
    // to look needs no condition
    let seen = house.request(Method::GET, MEMBER).header("if-match", "\"0123\"").answer().await;
    assert_eq!(seen.status, 200);
}
