//! Turns the `.proto` files into Rust: messages, clients and servers by tonic, the descriptor set for everything that is
//! read from the contract at run time, the checks of `proto::Validate`, and a `Debug` that shows no content. Needs no `protoc`.

#[path = "build/checks.rs"]
mod checks;
#[path = "build/hidden.rs"]
mod hidden;
#[path = "build/rules.rs"]
mod rules;
#[path = "build/validate.rs"]
mod validate;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn Error>> {
    for watched in ["audit", "build", "buf", "edge", "google", "praan"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    // cargo gives a build script its directory in no other way
    #[expect(clippy::disallowed_methods)]
    let out = PathBuf::from(env::var("OUT_DIR")?);

    let mut files = Vec::new();
    for root in ["audit", "edge", "praan"] {
        find_protos(Path::new(root), &mut files)?;
    }
    files.sort();

    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    // the encoded set keeps the options of extensions, which prost's own types would drop
    let encoded = compiler.encode_file_descriptor_set();
    fs::write(out.join("descriptors.bin"), &encoded)?;

    let pool = DescriptorPool::decode(encoded.as_slice())?;
    fs::write(out.join("validate.rs"), validate::generate(&pool)?)?;
    fs::write(out.join("hidden.rs"), hidden::generate(&pool)?)?;

    // options become no code
    let files = compiler.file_descriptor_set();
    // modules do not lie as deep as packages, so what the services share is named from the root; and then made by itself
    let shared =
        [(".audit.v1", "crate::audit::v1"), (".google.api.HttpBody", "crate::google::api::HttpBody")];
    generate(&files, &pool, &["audit/", "praan/", "google/protobuf/"], &shared)?;
    generate(&files, &pool, &["audit/", "google/api/httpbody", "google/protobuf/"], &[])?;
    Ok(())
}

fn generate(
    files: &FileDescriptorSet,
    pool: &DescriptorPool,
    named: &[&str],
    elsewhere: &[(&str, &str)],
) -> Result<(), Box<dyn Error>> {
    let mut files = files.clone();
    files.file.retain(|file| named.iter().any(|start| file.name().starts_with(start)));
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    for (name, path) in elsewhere {
        config.extern_path(*name, *path);
    }
    config.skip_debug(hidden::messages(pool).map(|message| format!(".{}", message.full_name())));
    tonic_prost_build::configure()
        .codec_path("crate::codec::Codec")
        .compile_fds_with_config(files, config)?;
    Ok(())
}

fn find_protos(dir: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            find_protos(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
