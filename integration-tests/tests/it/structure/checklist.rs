use std::collections::BTreeSet;

use super::source;

/// The checklist of what the OWASP asks of an application.
const ASVS: &str = "services/identity/ASVS.md";

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn every_test_that_the_checklist_names_is_there() {
    let text = source::read(ASVS);
    let named: BTreeSet<(&str, &str)> =
        quoted(&text).filter_map(|quoted| quoted.split_once(".rs::")).collect();
    assert!(named.len() > 50, "the checklist names {} tests", named.len());
    for (file, name) in &named {
        let (file, head) = (format!("{file}.rs"), format!("fn {name}("));
        assert!(source::read(&file).contains(&head), "{ASVS} names {name} of {file}, which is not there");
    }
    println!("{} tests are named", named.len());
}

#[test]
fn every_file_that_the_checklist_names_is_there() {
    let text = source::read(ASVS);
    let files = source::files();
    let is_file = |quoted: &&str| quoted.contains('/') && !quoted.contains("::") && !quoted.contains(':');
    for named in quoted(&text).filter(is_file) {
        assert!(files.iter().any(|file| file == std::path::Path::new(named)), "{ASVS} names {named}");
    }
}
