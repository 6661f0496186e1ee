//! Who may call what, as the contract says it.

use std::collections::BTreeSet;

use proto::{Access, access, descriptors, idempotent};

#[test]
fn a_method_is_open_to_those_the_contract_names() {
    let cases = [
        ("/praan.identity.v1.IdentityService/Login", Some(Access::Anonymous)),
        ("/praan.identity.v1.IdentityService/Logout", Some(Access::User)),
        ("/praan.identity.v1.IdentityService/CheckSession", Some(Access::Internal)),
        ("/praan.logging.v1.LoggingService/CreateLog", Some(Access::User)),
        ("/praan.adherence.v1.AdherenceService/RecordLog", Some(Access::Internal)),
        ("/praan.identity.v1.IdentityService/Absent", None),
        ("praan.identity.v1.IdentityService/Login", None),
        ("", None),
    ];
    for (path, expected) in cases {
        assert_eq!(access(path), expected, "{path}");
    }
}

/// The list may only grow on purpose: a method on it can be called by anybody.
#[test]
fn only_these_methods_need_no_token() {
    let services = descriptors().services();
    let paths = services.flat_map(|service| {
        let path =
            |method: prost_reflect::MethodDescriptor| format!("/{}/{}", service.full_name(), method.name());
        service.methods().map(path).collect::<Vec<_>>()
    });
    let open: BTreeSet<String> = paths.filter(|path| access(path) == Some(Access::Anonymous)).collect();
    let expected = [
        "FinishOidcSignIn",
        "GetJwks",
        "Login",
        "Refresh",
        "Register",
        "SignInWithIdToken",
        "StartOidcSignIn",
    ];
    assert_eq!(open, expected.map(|method| format!("/praan.identity.v1.IdentityService/{method}")).into());
}

#[test]
fn only_what_may_be_done_twice_is_idempotent() {
    for (path, expected) in [
        ("/praan.logging.v1.LoggingService/GetLog", true),
        ("/praan.adherence.v1.AdherenceService/RecordLog", true),
        ("/praan.identity.v1.IdentityService/CheckSession", true),
        ("/praan.logging.v1.LoggingService/CreateLog", false),
        ("/praan.identity.v1.IdentityService/Refresh", false),
        ("/praan.identity.v1.IdentityService/Absent", false),
    ] {
        assert_eq!(idempotent(path), expected, "{path}");
    }
}
