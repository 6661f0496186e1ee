use std::path::{Path, PathBuf};

use super::source;

/// The lines of production that print by `Debug`, which shows all that a value holds. What these print are words of the house's own,
/// an error about a folder, and, in the demo, what the demo itself was told.
const ALLOWED: [(&str, &str); 7] = [
    ("services/backends/src/objects/embedded.rs", "object store: {e:?}"),
    ("services/backends/src/queue/message.rs", "e.classify()"),
    ("services/chassis/src/error.rs", "self.0.kind"),
    ("services/chassis/src/error/status.rs", "the peer answered {0:?}"),
    ("services/chassis/src/mesh/peers.rs", "answer = ?failed"),
    // fixed words, each the name of a check
    ("services/identity/src/oidc/provider.rs", "?why"),
    ("services/praan/src/demo.rs", "{impact:?}"),
];

/// A file's lines up to the module of its tests.
fn production(file: &Path) -> Vec<String> {
    let text = source::read(file);
    let before = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    before.lines().filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect()
}

/// Whether a line prints by `Debug`: in a format, or as a field of an event or a span.
fn prints(line: &str) -> bool {
    let format = line.match_indices(":?}").next().is_some() || line.contains(":#?}");
    let field = ["= ?", "(?", ", ?"].iter().any(|start| {
        line.split(start).skip(1).any(|rest| rest.starts_with(|letter: char| letter.is_ascii_alphabetic()))
    });
    format || field || line.trim_start().starts_with('?') && !line.trim_start().starts_with("?;")
}

fn files() -> Vec<PathBuf> {
    let ours = |file: &PathBuf| {
        !file.starts_with("integration-tests")
            && file.iter().any(|part| part == "src")
            && file.file_name().is_some_and(|name| name != "tests.rs")
    };
    source::rust_files().into_iter().filter(ours).collect()
}

#[test]
fn nothing_is_printed_by_debug_but_what_is_allowed() {
    let mut printed = Vec::new();
    for file in files() {
        for line in production(&file).into_iter().filter(|line| prints(line)) {
            printed.push((file.clone(), line.trim().to_owned()));
        }
    }
    let fits = |(file, line): &(PathBuf, String), (path, part): &(&str, &str)| {
        file == Path::new(path) && line.contains(part)
    };
    let strange: Vec<_> =
        printed.iter().filter(|line| !ALLOWED.iter().any(|allowed| fits(line, allowed))).collect();
    assert!(strange.is_empty(), "printed by Debug: {strange:#?}");
    for allowed in &ALLOWED {
        assert!(printed.iter().any(|line| fits(line, allowed)), "{allowed:?} is gone: strike it out");
    }
}

#[test]
fn what_prints_is_seen() {
    for line in [
        "format!(\"{request:?}\")",
        "format!(\"{:?}\", request)",
        "format!(\"{request:#?}\")",
        "tracing::info!(?request, \"came\")",
        "tracing::info!(id = 1, ?request)",
        "tracing::info!(said = ?request.message, \"came\")",
        "    ?request,",
    ] {
        assert!(prints(line), "{line}");
    }
    for line in ["let a = b?;", "call(a?, b?)", "format!(\"{request}\")", "    ?;", "tracing::info!(%id)"] {
        assert!(!prints(line), "{line}");
    }
}
