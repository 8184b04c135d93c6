//! `swath`: the server in all its roles, the command line, and the demo, in one binary.

mod cli;
mod demo;
mod documented;
mod roles;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use swath_client::ClientError;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code of any other failure; clap uses 2 for wrong usage.
const FAILED: u8 = 1;
/// The exit code if the server does not know a resource, or its state forbids the command.
const NOT_FOUND_OR_CONFLICT: u8 = 3;
/// How long threads that read files may take to end before the process exits without them.
const THREADS_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("swath: another TLS provider was installed first");
        return ExitCode::from(FAILED);
    }
    let cli = cli::Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if reader_has_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("swath: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

/// Runs a command. A thread that waits for a file system delays the exit by at most [`THREADS_TIMEOUT`].
fn run(cli: cli::Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(cli::run(cli));
    runtime.shutdown_timeout(THREADS_TIMEOUT);
    done
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let refusal = error.downcast_ref::<ClientError>().and_then(ClientError::api);
    match refusal.map(|refusal| refusal.status) {
        Some(404 | 409 | 412) => NOT_FOUND_OR_CONFLICT,
        _ if error.is::<cli::NotFound>() => NOT_FOUND_OR_CONFLICT,
        _ => FAILED,
    }
}

/// True if the reader of the output has gone: `swath job list | head` ends when `head` does, which is no failure.
fn reader_has_gone(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref::<std::io::Error>().is_some_and(broken)
}
