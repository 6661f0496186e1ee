use std::collections::BTreeSet;

use chassis::Error;
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use tonic::service::Routes;
use tonic_reflection::server::Builder;

use crate::contract::Contract;

/// Adds reflection over the public methods, in both versions that clients ask for.
pub fn add(routes: Routes, contract: &Contract) -> Result<Routes, Error> {
    let all = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).map_err(Error::internal)?;
    let public = public(all, contract);
    let builder = || {
        let builder = Builder::configure().register_file_descriptor_set(public.clone());
        contract.services().into_iter().fold(builder, |builder, service| builder.with_service_name(service))
    };
    let routes = routes.add_service(builder().build_v1().map_err(Error::internal)?);
    Ok(routes.add_service(builder().build_v1alpha().map_err(Error::internal)?))
}

/// The files that have public methods, without the others, and the files they import.
fn public(all: FileDescriptorSet, contract: &Contract) -> FileDescriptorSet {
    let mut files = all.file;
    for file in &mut files {
        let package = file.package().to_owned();
        for service in &mut file.service {
            let name = service.name().to_owned();
            service
                .method
                .retain(|method| contract.method(&format!("/{package}.{name}/{}", method.name())).is_some());
        }
        file.service.retain(|service| !service.method.is_empty());
        // positions of what is left would point at what is gone
        file.source_code_info = None;
    }
    let mut wanted = BTreeSet::new();
    for file in files.iter().filter(|file| !file.service.is_empty()) {
        want(file, &files, &mut wanted);
    }
    files.retain(|file| wanted.contains(file.name()));
    FileDescriptorSet { file: files }
}

fn want(file: &FileDescriptorProto, all: &[FileDescriptorProto], wanted: &mut BTreeSet<String>) {
    if wanted.insert(file.name().to_owned()) {
        for import in all.iter().filter(|other| file.dependency.iter().any(|name| name == other.name())) {
            want(import, all, wanted);
        }
    }
}
