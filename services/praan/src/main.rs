//! The one binary of Praan. See `praan --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    praan::command::main()
}
