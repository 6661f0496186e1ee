//! A message prints as its name: what it holds may be health data, a token or a password.

use proto::identity::v1::{RegisterRequest, Tokens};
use proto::logging::v1::create_log_request::Payload;
use proto::logging::v1::{Checkin, CreateLogRequest};

#[test]
fn a_message_prints_as_its_name_and_tells_nothing() {
    let account = RegisterRequest {
        email: "asha@example.org".into(),
        password: "hunter2hunter2".into(),
        full_name: "Asha Rao".into(),
    };
    assert_eq!(format!("{account:?} {account:#?}"), "RegisterRequest { .. } RegisterRequest { .. }");
    let tokens = Tokens { refresh_token: "secret".into(), ..Tokens::default() };
    assert_eq!(format!("{:?}", Some(vec![tokens])), "Some([Tokens { .. }])");
    let checkin = Payload::Checkin(Checkin { systolic: Some(121.5), ..Checkin::default() });
    assert_eq!(format!("{checkin:?}"), "create_log_request::Payload { .. }");
    let log = CreateLogRequest { payload: Some(checkin), ..CreateLogRequest::default() };
    assert_eq!(format!("{log:?}"), "CreateLogRequest { .. }");
}
