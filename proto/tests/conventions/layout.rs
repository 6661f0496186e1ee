use proto::descriptors;

use crate::contract::{comments, enums, files, ours, snake};
use crate::faults::Faults;

#[test]
fn a_package_is_a_directory_with_one_service_and_imports_no_other() {
    let mut faults = Faults::default();
    for file in files() {
        let (name, package) = (file.name(), file.package_name());
        let parts: Vec<&str> = package.split('.').collect();
        faults.unless(matches!(parts[..], ["praan", _, "v1"]), &format!("{package}: not praan.<service>.v1"));
        faults.unless(
            name.starts_with(&format!("{}/", parts.join("/"))),
            &format!("{name}: not the directory of {package}"),
        );
        for import in file.dependencies() {
            faults
                .unless(!import.name().starts_with("praan/"), &format!("{name}: imports {}", import.name()));
        }
        let services = descriptors().services().filter(|service| service.package_name() == package).count();
        faults.unless(services == 1, &format!("{package}: {services} services"));
    }
    assert_eq!(files().len(), 6);
    faults.none();
}

#[test]
fn everything_has_a_comment() {
    let mut faults = Faults::default();
    for file in descriptors().files().filter(|file| ours(file.package_name())) {
        let comments = comments(&file);
        let mut check = |path: &[i32], name: &str| {
            let written = comments.get(path).is_some_and(|comment| !comment.trim().is_empty());
            faults.unless(written, &format!("{name}: no comment"));
        };
        check(&[2], file.name());
        for message in file.messages() {
            check(message.path(), message.full_name());
            message.fields().for_each(|field| check(field.path(), field.full_name()));
            let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
            oneofs.for_each(|oneof| check(oneof.path(), oneof.full_name()));
        }
        for kind in file.enums() {
            check(kind.path(), kind.full_name());
            kind.values().for_each(|value| check(value.path(), value.full_name()));
        }
        for service in file.services() {
            check(service.path(), service.full_name());
            service.methods().for_each(|method| check(method.path(), method.full_name()));
        }
        file.extensions().for_each(|extension| check(extension.path(), extension.full_name()));
    }
    faults.none();
}

#[test]
fn an_enum_says_its_name_in_its_values_and_begins_with_nothing_said() {
    let mut faults = Faults::default();
    for kind in enums() {
        let prefix = snake(kind.name()).to_uppercase();
        let zero = kind.get_value(0).map(|value| value.name().to_owned());
        faults.unless(zero == Some(format!("{prefix}_UNSPECIFIED")), &format!("{}: zero", kind.full_name()));
        for value in kind.values() {
            faults.unless(value.name().starts_with(&format!("{prefix}_")), value.full_name());
        }
    }
    faults.none();
}
