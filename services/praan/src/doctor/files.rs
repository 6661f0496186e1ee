//! Keys, certificates and the list of identity providers.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use backends::checkup::Finding;
use chassis::Error;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::parse_x509_certificate;

use super::Section;
use crate::keyfile;
use crate::options::{Doctor, Storage};

/// How many days before its end a certificate should have been renewed.
const SOON: i64 = 14;
const DAY: i64 = 86_400;
/// What others than the owner may do with a key, at most: its group may read it, as Kubernetes has it.
const TOO_MUCH: u32 = 0o037;

const RENEW: &str = "renew it, and see why that did not happen by itself (in Kubernetes: kubectl get certificate); a process shows the new \
    one within ten seconds";

/// Looks at all files that are named; `now` in seconds since 1970.
pub fn look(options: &Doctor, now: i64) -> Vec<Section> {
    let mut sections = vec![
        key(
            "key of keys",
            options.storage.key_encryption_key_file.as_ref(),
            "key-encryption-key",
            &options.storage,
        ),
        key("audit key", options.storage.audit_key_file.as_ref(), "audit-key", &options.storage),
    ];
    let (mesh, edge) = (&options.tls, &options.edge);
    sections.extend(certificates(
        "mesh TLS",
        [&mesh.tls_cert, &mesh.tls_ca],
        &mesh.tls_key,
        now,
        mesh.read().map(drop),
    ));
    sections.extend(certificates(
        "edge TLS",
        [&edge.edge_tls_cert, &None],
        &edge.edge_tls_key,
        now,
        edge.tls().map(drop),
    ));
    if let Some(file) = &options.sign_in.oidc_providers_file {
        let finding = match options.sign_in.providers() {
            Ok(_) => Finding::ok(format!("{} can be used", file.display())),
            Err(error) => Finding::failed(
                "the file cannot be used",
                &error,
                "mend what it names; the README shows the fields",
            ),
        };
        sections.push(section("OIDC providers", vec![finding]));
    }
    sections
}

/// A key that is named, or else is made in the data folder by the first process that needs it.
fn key(name: &str, file: Option<&PathBuf>, own: &str, storage: &Storage) -> Section {
    let in_folder = storage.data_dir.join(own);
    let path = file.unwrap_or(&in_folder);
    if file.is_none() && !in_folder.exists() {
        let finding = match storage.servers.databases.database_url {
            Some(_) => Finding::warning(
                format!(
                    "it is not named: each process makes one of its own in {}",
                    storage.data_dir.display()
                ),
                format!(
                    "have all processes use one: openssl rand -base64 32 > FILE, and name it by --{own}-file"
                ),
            ),
            None => Finding::ok(format!("will be made as {}", in_folder.display())),
        };
        return section(name, vec![finding]);
    }
    let shape = match keyfile::read(path) {
        Ok(keys) => {
            Finding::ok(format!("{} holds a key, and {} before it", path.display(), keys.older.len()))
        }
        Err(error) => Finding::failed(
            "it cannot be used",
            &error,
            "restore the file from where keys are kept; a new one cannot read what the old one has written",
        ),
    };
    section(name, vec![shape].into_iter().chain(mode(path)).collect())
}

/// That a key can be seen by those who should not, if so.
fn mode(path: &Path) -> Option<Finding> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let told = format!("{} has mode {mode:04o}: others than its owner may use it", path.display());
    (mode & TOO_MUCH != 0).then(|| Finding::warning(told, format!("chmod 0600 {}", path.display())))
}

/// The certificates of a door, if some are named; `usable` tells whether all its files fit together.
fn certificates(
    name: &str,
    files: [&Option<PathBuf>; 2],
    key: &Option<PathBuf>,
    now: i64,
    usable: Result<(), Error>,
) -> Option<Section> {
    if files.iter().all(|file| file.is_none()) {
        return None;
    }
    let mut findings: Vec<Finding> = files.into_iter().flatten().flat_map(|file| ends(file, now)).collect();
    if let Err(error) = usable {
        let remedy = "see that certificate, key and authority are PEM, belong together, and are readable by the user of the process";
        findings.push(Finding::failed("its files cannot be used", &error, remedy));
    }
    findings.extend(key.as_deref().and_then(mode));
    Some(section(name, findings))
}

/// When the certificates of a file end.
fn ends(file: &Path, now: i64) -> Vec<Finding> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    let certificates = read().unwrap_or_default();
    if certificates.is_empty() {
        let told = format!("{} cannot be read, or holds no certificate in PEM", file.display());
        return vec![Finding::problem(
            told,
            "name the file of the certificate, readable by the user of the process",
        )];
    }
    certificates.iter().map(|certificate| judge(file, certificate, now)).collect()
}

fn judge(file: &Path, certificate: &CertificateDer<'_>, now: i64) -> Finding {
    let file = file.display();
    let Ok((_, parsed)) = parse_x509_certificate(certificate) else {
        return Finding::problem(format!("{file} holds what is no certificate"), RENEW);
    };
    let (begin, end) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
    let days = (end - now).div_euclid(DAY);
    match () {
        () if now < begin => Finding::problem(
            format!("{file}: a certificate is good only from {} on", parsed.validity().not_before),
            "see whether the clock of this machine is right",
        ),
        () if now > end => {
            Finding::problem(format!("{file}: a certificate ended at {}", parsed.validity().not_after), RENEW)
        }
        () if days < SOON => Finding::warning(format!("{file}: a certificate ends in {days} days"), RENEW),
        () => Finding::ok(format!("{file}: a certificate is good for {days} days")),
    }
}

fn section(name: &str, findings: Vec<Finding>) -> Section {
    Section { name: name.to_owned(), findings }
}

#[cfg(test)]
mod tests {
    use backends::checkup::Level;

    use super::*;

    #[test]
    fn a_certificate_is_told_before_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cert.pem");
        let mut wish = rcgen::CertificateParams::new(["door".to_owned()]).unwrap();
        (wish.not_before, wish.not_after) =
            (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2026, 2, 1));
        let certificate = wish.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        std::fs::write(&file, certificate.pem()).unwrap();
        let end = rcgen::date_time_ymd(2026, 2, 1).unix_timestamp();
        let at = |now| ends(&file, now).into_iter().map(|finding| finding.level).collect::<Vec<_>>();
        assert_eq!(at(end - 14 * DAY), [Level::Ok]);
        assert_eq!(at(end - 14 * DAY + 1), [Level::Warning]);
        assert_eq!(at(end + 1), [Level::Problem]);
        assert_eq!(at(end - 60 * DAY), [Level::Problem]);
        std::fs::write(&file, "no PEM").unwrap();
        assert_eq!(at(end), [Level::Problem]);
        assert!(certificates("x", [&None, &None], &None, end, Ok(())).is_none());
    }

    #[test]
    fn a_key_that_others_may_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "secret").unwrap();
        for (wanted, is_told) in
            [(0o600, false), (0o440, false), (0o400, false), (0o644, true), (0o660, true)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(wanted)).unwrap();
            assert_eq!(mode(&path).is_some(), is_told, "{wanted:o}");
        }
    }
}
