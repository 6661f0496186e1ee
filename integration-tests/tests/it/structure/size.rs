//! How long files and the wiring may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::source;

const MEDIAN: usize = 150;
const LONGEST: usize = 500;
const WIRING: usize = 60;

/// The lines a file gives to production, and the files in which it says that its tests are.
struct Measured {
    lines: usize,
    tests: Vec<PathBuf>,
}

fn measure(file: &Path, text: &str) -> Measured {
    let mut measured = Measured { lines: 0, tests: Vec::new() };
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            measured.lines += 1;
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let item = lines.find(|line| !line.trim_start().starts_with("#[")).unwrap_or_default().trim();
        let name = item.trim_start_matches("pub(crate) ").trim_start_matches("pub ").strip_prefix("mod ");
        match name.map(|name| name.trim_end_matches([';', '{', ' '])) {
            Some(name) if item.ends_with(';') => measured.tests.push(beneath(file, name)),
            // formatted code closes a module where it opened it
            Some(_) => while lines.next().is_some_and(|line| line != format!("{indent}}}")) {},
            None => measured.lines += 2,
        }
    }
    measured
}

/// Where the module `name` of a file is.
fn beneath(file: &Path, name: &str) -> PathBuf {
    let stem = file.file_stem().unwrap().to_str().unwrap();
    let folder = file.parent().unwrap();
    let folder = if ["lib", "main"].contains(&stem) { folder.to_owned() } else { folder.join(stem) };
    folder.join(name).with_extension("rs")
}

/// Every production file with its lines, the shortest first.
fn production() -> Vec<(usize, PathBuf)> {
    let shipped =
        |file: &PathBuf| !file.starts_with("integration-tests") && file.iter().any(|part| part == "src");
    let files: Vec<PathBuf> = source::rust_files().into_iter().filter(shipped).collect();
    let measured: Vec<Measured> = files.iter().map(|file| measure(file, &source::read(file))).collect();
    let tests: BTreeSet<&PathBuf> = measured.iter().flat_map(|measured| &measured.tests).collect();
    let mut production: Vec<(usize, PathBuf)> = measured
        .iter()
        .zip(&files)
        .filter(|(_, file)| {
            !tests.iter().any(|test| *file == *test || file.starts_with(test.with_extension("")))
        })
        .map(|(measured, file)| (measured.lines, file.clone()))
        .collect();
    production.sort();
    production
}

#[test]
fn files_are_short() {
    let files = production();
    let (median, nearly_all) = (files[files.len() / 2].0, files[files.len() * 95 / 100].0);
    let (longest, which) = files.last().unwrap();
    let sum: usize = files.iter().map(|(lines, _)| lines).sum();
    println!(
        "{} production files, {sum} lines; a file has {median} in the median, {nearly_all} at the 95th percentile, {longest} at most ({})",
        files.len(),
        which.display()
    );
    assert!(median <= MEDIAN, "the median file has {median} lines, more than {MEDIAN}");
    assert!(*longest <= LONGEST, "{} has {longest} lines, more than {LONGEST}", which.display());
}

#[test]
fn the_wiring_fits_on_a_screen() {
    let text = source::read("services/praan/src/house.rs");
    let from_light: Vec<&str> =
        text.lines().skip_while(|line| !line.starts_with("pub async fn light")).collect();
    assert!(!from_light.is_empty(), "house.rs has no `pub async fn light`");
    let end = from_light.iter().position(|line| *line == "}").unwrap();
    println!("house::light has {} lines", end + 1);
    assert!(end < WIRING, "house::light has {} lines, more than {WIRING}", end + 1);
}

#[test]
fn tests_beside_production_are_not_counted() {
    let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\n#[cfg(test)]\nmod more;\n\nfn c() {}\n";
    let measured = measure(Path::new("x/src/a.rs"), text);
    assert_eq!(measured.lines, 4);
    assert_eq!(measured.tests, [Path::new("x/src/a/more.rs")]);
    assert_eq!(beneath(Path::new("x/src/lib.rs"), "more"), Path::new("x/src/more.rs"));
    let attributed = "#[cfg(test)]\n#[allow(dead_code)]\nmod tests {\n    fn b() {}\n}\nfn a() {}\n";
    assert_eq!(measure(Path::new("a.rs"), attributed).lines, 1);
    assert_eq!(measure(Path::new("a.rs"), "#[cfg(test)]\nimpl A {\n    fn b() {}\n}\n").lines, 4);
}
