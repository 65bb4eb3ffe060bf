//! The program: parse the command line, run one command, one place for exit codes.

fn main() -> std::process::ExitCode {
    cunkou::cli::main()
}
