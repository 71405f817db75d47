//! The `rulegate` binary: parses the command line and hands over to the library.

/// Requests make and drop many small pieces; this allocator does that in about half the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    rulegate::cli::main()
}
