//! Who changes what somebody else has changed meanwhile is told so, when it says by `If-Match` what it has seen.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use integration_tests::api::{Api, goals};
use integration_tests::{Answer, House};
use reqwest::Method;
use serde_json::{Value, json};

crate::stories::stories!(what_has_changed_is_not_overwritten, of_many_at_once_one_wins);

/// How many try at once.
const AT_ONCE: usize = 8;

/// Something that can be changed, and the body of its nth change.
struct Thing {
    route: &'static str,
    verb: Method,
    path: String,
    change: fn(usize) -> Value,
}

impl Thing {
    /// Everything that the document says can be changed under a condition.
    async fn all(asha: &Api) -> Vec<Self> {
        let member = asha.add_member().await;
        let program = asha.start_program(member).await;
        let thing = |verb: Method, route: &'static str, change: fn(usize) -> Value| {
            let path = route.replace("{member_id}", &member.to_string());
            Thing { route, verb, path: path.replace("{program_id}", &program.to_string()), change }
        };
        let things = vec![
            thing(Method::PATCH, "/api/v1/users/me", |n| json!({"full_name": format!("Asha {n}")})),
            thing(Method::PATCH, "/api/v1/members/{member_id}", |n| json!({"name": format!("Meera {n}")})),
            thing(Method::PATCH, "/api/v1/programs/{program_id}", |n| json!({"title": format!("Days {n}")})),
            thing(Method::PUT, "/api/v1/programs/{program_id}/config", |n| {
                let mut goals = goals();
                goals["strength_goals"]["sessions_per_week"] = json!(1 + n % 7);
                goals
            }),
        ];
        let document = asha.get("/openapi.json").await.expect(200);
        let paths = document["paths"].as_object().expect("paths");
        let conditional = |operations: &Value, verb: &str| operations[verb]["responses"]["412"].is_object();
        let described: BTreeSet<&str> = paths
            .iter()
            .filter(|(_, operations)| {
                ["put", "patch", "post", "delete"].iter().any(|verb| conditional(operations, verb))
            })
            .map(|(path, _)| path.as_str())
            .collect();
        assert_eq!(things.iter().map(|thing| thing.route).collect::<BTreeSet<_>>(), described);
        things
    }

    async fn change(&self, asha: &Api, n: usize, tag: Option<&str>) -> Answer {
        asha.send_if(self.verb.clone(), &self.path, (self.change)(n), tag).await
    }
}

async fn what_has_changed_is_not_overwritten(house: &House) {
    let asha = house.sign_up().await;
    for thing in Thing::all(&asha).await {
        let seen = asha.get(&thing.path).await;
        let tag = seen.header("etag").to_owned();
        assert!(tag.len() > 30, "{}: {tag}", thing.path);

        let changed = thing.change(&asha, 1, Some(&tag)).await;
        changed.expect(200);
        let now = asha.get(&thing.path).await;
        assert_ne!(now.header("etag"), tag, "{}", thing.path);
        assert_eq!(
            (now.header("etag"), &now.bytes),
            (changed.header("etag"), &changed.bytes),
            "{}",
            thing.path
        );

        for stale in [tag.as_str(), "\"nothing\"", &format!("W/{}", now.header("etag"))] {
            let refused = thing.change(&asha, 2, Some(stale)).await;
            assert_eq!(refused.expect(412)["type"], "urn:praan:problem:changed", "{}", thing.path);
        }
        assert_eq!(
            asha.get(&thing.path).await.bytes,
            now.bytes,
            "{}: a refusal changed something",
            thing.path
        );
        thing.change(&asha, 3, Some("*")).await.expect(200);
        thing.change(&asha, 4, None).await.expect(200);
        // who may not see it learns nothing from a condition
        if thing.route.contains('{') {
            let stranger = house.sign_up().await;
            thing.change(&stranger, 5, Some(&tag)).await.expect(403);
        }
    }
}

async fn of_many_at_once_one_wins(house: &House) {
    let asha = house.sign_up().await;
    for thing in Thing::all(&asha).await {
        let tag = asha.get(&thing.path).await.header("etag").to_owned();
        let tries = (1..=AT_ONCE).map(|n| thing.change(&asha, n, Some(&tag)));
        let mut statuses: Vec<u16> = join_all(tries).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "{}: {statuses:?}", thing.path);
        assert!(statuses[1..].iter().all(|status| *status == 412), "{}: {statuses:?}", thing.path);
    }
}
