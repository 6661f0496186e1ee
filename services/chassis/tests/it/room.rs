//! A room is the same nearby and over the wire.

use std::time::Duration;

use chassis::mesh::Dialer;
use chassis::shutdown::Tasks;
use chassis::switch::Switch;
use chassis::{Foundation, Kind, Link};
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::adherence::v1::{
    GetAdherenceRequest, GetDashboardRequest, GetLeaderboardRequest, LogStatus, RecordLogRequest,
};
use tonic::{Code, Request};
use uuid::Uuid;

use crate::house::{Keys, claims, room};

/// The room nearby, and the same room over the wire.
async fn both(keys: &std::sync::Arc<Keys>, foundation: &Foundation) -> [(&'static str, Link); 2] {
    let (local, _) = room(keys);
    let listener = chassis::serve::listen(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let switch = Switch::new([("praan.adherence.v1.AdherenceService".to_owned(), local.clone())]);
    foundation.tasks.spawn("room", chassis::serve::run(listener, switch, foundation.tasks.clone()));
    let remote = Link::remote(&address.parse().expect("a URL"), &Dialer::new(&foundation.tasks));
    [("nearby", local), ("over the wire", remote.expect("a link"))]
}

fn record() -> RecordLogRequest {
    RecordLogRequest {
        family_id: 1,
        program_id: 1,
        log_id: 1,
        revision: 5,
        status: LogStatus::Verified.into(),
        local_date: "2026-11-23".into(),
        today_date: "2026-11-23".into(),
        ..RecordLogRequest::default()
    }
}

#[tokio::test]
async fn calls_refusals_panics_and_deadlines_are_alike() {
    let (keys, foundation) = (Keys::new(), Foundation::system());
    for (place, link) in both(&keys, &foundation).await {
        let mut client = AdherenceServiceClient::new(link);
        let impact = client.record_log(record()).await.expect(place).into_inner().impact_basis_points;
        assert_eq!(impact, 5, "{place}");

        let refused = client.record_log(RecordLogRequest { revision: 0, ..record() }).await.expect_err(place);
        let refused = chassis::Error::from(refused);
        assert_eq!(
            (refused.kind(), refused.fields()[0].field.as_str()),
            (Kind::Invalid, "revision"),
            "{place}"
        );

        let bearer = format!("Bearer {}", keys.token(&claims()));
        let request_id = Uuid::new_v4();
        let mut request = Request::new(GetDashboardRequest { program_id: 1 });
        request.metadata_mut().insert("authorization", bearer.parse().expect("a header"));
        request.metadata_mut().insert("x-request-id", request_id.to_string().parse().expect("a header"));
        let dashboard = client.get_dashboard(request).await.expect(place).into_inner();
        assert_eq!((dashboard.program_id, dashboard.title), (7, request_id.to_string()), "{place}");

        let mut panics = Request::new(GetAdherenceRequest { program_id: 1, from: None, to: None });
        panics.metadata_mut().insert("authorization", bearer.parse().expect("a header"));
        assert_eq!(client.get_adherence(panics).await.expect_err(place).code(), Code::Internal, "{place}");

        let mut hangs = Request::new(GetLeaderboardRequest {});
        hangs.metadata_mut().insert("authorization", bearer.parse().expect("a header"));
        hangs.set_timeout(Duration::from_millis(20));
        assert_eq!(
            client.get_leaderboard(hangs).await.expect_err(place).code(),
            Code::DeadlineExceeded,
            "{place}"
        );
    }
    assert!(foundation.tasks.stop(Duration::from_secs(10)).await);
}

#[tokio::test]
async fn a_room_that_is_not_there_is_unavailable() {
    let tasks = Tasks::new();
    let link =
        Link::remote(&"http://127.0.0.1:1".parse().expect("a URL"), &Dialer::new(&tasks)).expect("a link");
    let refused = AdherenceServiceClient::new(link).record_log(record()).await.expect_err("nobody listens");
    assert_eq!(chassis::Error::from(refused).kind(), Kind::Unavailable);
    let nowhere =
        AdherenceServiceClient::new(Link::nowhere()).record_log(record()).await.expect_err("nowhere");
    assert_eq!(nowhere.code(), Code::Unimplemented);
}
