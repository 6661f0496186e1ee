//! The one binary of Praan. See `praan --help`.

use std::process::ExitCode;

/// It takes a third less of the processor than the C library's for a log, and half of its memory under load.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    praan::command::main()
}
