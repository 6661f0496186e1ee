//! `praan config reference`: every option of every command in Markdown, read from the command line itself, so that there is no second
//! list to forget.

use clap::builder::PossibleValue;
use clap::{Arg, Command, CommandFactory};

use crate::options::Praan;
use crate::secret::is_secret;

/// What stands above the tables.
const HEAD: &str = "# Every option

Made by `praan config reference`; a test compares it with the command line. An option that is given on the command line goes before its
variable. A variable that begins with `PRAAN_` and is none of these ends the start.
";

/// Where options without a heading of their own are put.
const OWN: &str = "Of a command alone";

/// An option, and the commands that take it.
struct Entry {
    heading: String,
    row: String,
    commands: Vec<String>,
}

/// The reference, as Markdown.
pub fn markdown() -> String {
    let command = Praan::command();
    let mut leaves = Vec::new();
    collect(&command, "", &mut leaves);
    let mut text = format!("{HEAD}\n## Commands\n\n| command | what it does |\n|---|---|\n");
    for (name, leaf) in &leaves {
        let about = leaf.get_about().map(ToString::to_string).unwrap_or_default();
        text += &format!("| `praan {name}` | {} |\n", cell(&about));
    }
    let entries = entries(&leaves);
    let mut headings: Vec<&str> = Vec::new();
    for entry in &entries {
        if !headings.contains(&entry.heading.as_str()) {
            headings.push(&entry.heading);
        }
    }
    for heading in headings {
        text += &format!(
            "\n## {heading}\n\n| option | variable | default | allowed | what it is | commands |\n|---|---|---|---|---|---|\n"
        );
        for entry in entries.iter().filter(|entry| entry.heading == heading) {
            text += &format!("{} {} |\n", entry.row, entry.commands.join(", "));
        }
    }
    text
}

/// The commands that do something, by their whole names. What `praan` alone takes are the options of `up`.
fn collect<'a>(command: &'a Command, path: &str, leaves: &mut Vec<(String, &'a Command)>) {
    for inner in command.get_subcommands() {
        let name = format!("{path} {}", inner.get_name()).trim().to_owned();
        if inner.has_subcommands() {
            collect(inner, &name, leaves);
        } else {
            leaves.push((name, inner));
        }
    }
}

/// Every option once, in the order of the commands. What two commands explain in different words are two options.
fn entries(leaves: &[(String, &Command)]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (name, leaf) in leaves {
        for arg in leaf.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str())) {
            let (heading, row) = (arg.get_help_heading().unwrap_or(OWN).to_owned(), row(arg));
            match entries.iter_mut().find(|entry| entry.heading == heading && entry.row == row) {
                Some(entry) => entry.commands.push(name.clone()),
                None => entries.push(Entry { heading, row, commands: vec![name.clone()] }),
            }
        }
    }
    entries
}

fn row(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(<[_]>::first).map(ToString::to_string).unwrap_or_default();
    // the cells of a table end at a bar, also within code
    let value = value.replace('|', "\\|");
    let option = match arg.get_long() {
        Some(long) if takes_value(arg) => format!("`--{long} <{value}>`"),
        Some(long) => format!("`--{long}`"),
        None if arg.is_required_set() => format!("`<{value}>`"),
        None => format!("`[{value}]`"),
    };
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    format!("| {option} | {} | {} | {} | {} |", variables(arg), defaults(arg), allowed(arg), cell(&help))
}

/// The variable; of a secret also the one that names its file.
fn variables(arg: &Arg) -> String {
    match arg.get_env().map(|env| env.to_string_lossy()) {
        Some(env) if is_secret(arg) => format!("`{env}`, or `{env}_FILE` with the file that holds it"),
        Some(env) => format!("`{env}`"),
        None => String::new(),
    }
}

fn defaults(arg: &Arg) -> String {
    let defaults = arg.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy()));
    if takes_value(arg) { defaults.collect::<Vec<_>>().join(", ") } else { "off".to_owned() }
}

/// Each value that may be given, with its own help where it has one.
fn allowed(arg: &Arg) -> String {
    let one = |value: &PossibleValue| match value.get_help() {
        Some(help) => format!("`{}`: {}", value.get_name(), cell(&help.to_string())),
        None => format!("`{}`", value.get_name()),
    };
    let values = if takes_value(arg) { arg.get_possible_values() } else { Vec::new() };
    values.iter().map(one).collect::<Vec<_>>().join("<br>")
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// Text in a cell of a table: on one line, and without what would end the cell.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_what_the_command_line_says() {
        assert!(
            markdown() == include_str!("../../../helm/praan/CONFIG.md"),
            "helm/praan/CONFIG.md is not what the command line says any more; renew it: \
             cargo run -- config reference > helm/praan/CONFIG.md"
        );
    }

    #[test]
    fn every_option_is_there_with_all_that_is_known_of_it() {
        let (text, command) = (markdown(), Praan::command());
        let mut leaves = Vec::new();
        collect(&command, "", &mut leaves);
        assert!(leaves.iter().any(|(name, _)| name == "audit verify"));
        for arg in leaves.iter().flat_map(|(_, leaf)| leaf.get_arguments()) {
            for told in
                arg.get_env().into_iter().chain(arg.get_default_values().iter().map(|v| v.as_os_str()))
            {
                assert!(text.contains(&format!("`{}`", told.to_string_lossy())), "{}", arg.get_id());
            }
        }
        for row in [
            "| `--amqp-url <URL>` | `PRAAN_AMQP_URL`, or `PRAAN_AMQP_URL_FILE` with the file that holds it |",
            "| `--distribute` | `PRAAN_DISTRIBUTE` | off |",
            "`stub`: Nobody: a made-up meal",
        ] {
            assert!(text.contains(row), "{row}");
        }
    }
}
