//! The port at which services meet is no door: who shows no certificate of the house is not heard.

use std::path::{Path, PathBuf};

use chassis::Link;
use chassis::mesh::Dialer;
use chassis::shutdown::Tasks;
use chassis::tls::Tls;
use integration_tests::process::{Environment, Process};
use proto::identity::v1::LookupUserRequest;
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tonic::Code;

/// The files of one who was issued a certificate by an authority of its own.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
}

impl Files {
    fn issue(folder: &Path, name: &str) -> Self {
        let file = |kind: &str| folder.join(format!("{name}-{kind}.pem"));
        let (authority, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let files = Self { certificate: file("cert"), key: file("key"), authority: file("ca") };
        std::fs::write(&files.authority, params.self_signed(&authority).unwrap().pem()).unwrap();
        let issuer = Issuer::new(params, authority);
        let own = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(&files.certificate, own.signed_by(&key, &issuer).unwrap().pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_internal_port_without_a_certificate_of_the_house() {
    let folder = tempfile::tempdir().unwrap();
    let (house, stranger) = (Files::issue(folder.path(), "house"), Files::issue(folder.path(), "stranger"));
    let mut environment = Environment::default();
    for (name, file) in [("CERT", &house.certificate), ("KEY", &house.key), ("CA", &house.authority)] {
        environment.set(&format!("PRAAN_TLS_{name}_FILE"), file.to_str().unwrap());
    }
    let identity = Process::serve_with(folder.path(), "identity", &environment).await;
    let plain = identity.url.clone();
    let secure = plain.replace("http://", "https://");
    let tls = |by: &Files| Some(Tls::read(&by.certificate, &by.key, &house.authority).unwrap());
    for (who, url, tls, code) in [
        ("nobody", &plain, None, Code::Unavailable),
        ("a stranger", &secure, tls(&stranger), Code::Unavailable),
        // heard, and told that there is no such account
        ("the house", &secure, tls(&house), Code::NotFound),
    ] {
        let link = Link::remote(&url.parse().unwrap(), &Dialer::new(&Tasks::new()).tls(tls)).unwrap();
        let request = LookupUserRequest { email: "nobody@example.org".to_owned() };
        let refused = IdentityServiceClient::new(link).lookup_user(request).await.unwrap_err();
        assert_eq!(refused.code(), code, "{who}");
    }
    assert!(identity.terminate().await);
}
