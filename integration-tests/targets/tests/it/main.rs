//! Every input that the corpora keep does what it should.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the whole crate is a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use targets::ALL;

/// What a corpus may hold, so that it stays one to keep in git.
const MOST_FILES: usize = 200;
const MOST_BYTES: usize = 300 * 1024;

fn fuzz(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Runs a target on its corpus.
fn replay(name: &str) {
    let (_, target) = ALL.into_iter().find(|(known, _)| *known == name).unwrap();
    let files = files(&fuzz("corpus").join(name));
    assert!((1..=MOST_FILES).contains(&files.len()), "{} files", files.len());
    let mut bytes = 0;
    for file in files {
        println!("{}", file.display());
        let input = fs::read(file).unwrap();
        bytes += input.len();
        target(&input);
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}

macro_rules! corpora {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })*

        #[test]
        fn every_target_is_here_and_is_fuzzed() {
            let here = BTreeSet::from([$(stringify!($name).to_owned()),*]);
            assert_eq!(here, ALL.map(|(name, _)| name.to_owned()).into());
            let stem = |file: PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
            assert_eq!(here, files(&fuzz("fuzz_targets")).into_iter().map(stem).collect());
            assert_eq!(here, files(&fuzz("corpus")).into_iter().map(stem).collect());
        }
    };
}

corpora!(amqp cursor json jwt photo protobuf);

#[test]
fn every_request_of_the_contract_is_read() {
    let services =
        proto::descriptors().services().filter(|service| service.full_name().starts_with("praan."));
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let contract: BTreeSet<String> = methods.map(|method| method.input().full_name().to_owned()).collect();
    assert_eq!(targets::requests().into_iter().collect::<BTreeSet<_>>(), contract);
}
