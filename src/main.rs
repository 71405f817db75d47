//! The `rulegate` binary: parses the command line and hands over to the library.

fn main() -> std::process::ExitCode {
    rulegate::cli::main()
}
