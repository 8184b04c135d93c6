//! `swath`: the server in all its roles, the manager's command line, and the demo, in one binary.

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

/// Any failure that has no number of its own; 2 is clap's, for wrong usage.
const FAILED: u8 = 1;
/// The server knows no such thing, or it stands otherwise than the command supposes.
const NOT_FOUND_OR_CONFLICT: u8 = 3;
/// How long threads that read files may take to end before the process ends without them.
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

/// Runs to the end. A thread that a file system does not answer keeps the process no longer than [`THREADS_TIMEOUT`].
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

/// `swath job list | head` ends when `head` does, and that is no failure.
fn reader_has_gone(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref::<std::io::Error>().is_some_and(broken)
}
