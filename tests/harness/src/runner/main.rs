//! `swath-tests`, the runner behind `tests/run`. It starts what the tests need, runs and counts them, and ends
//! everything that it started, even when it is interrupted.

mod console;
mod durations;
mod fetch;
mod mutants;
mod older;
mod options;
mod parts;
mod run;
mod step;
mod tally;

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use options::Options;
use run::Run;

/// The exit code of an interrupted program, as shells define it.
const INTERRUPTED: u8 = 130;
/// The exit code for a wrong command line.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(USAGE);
        }
    };
    // A single thread, because every child process is bound to the life of the thread that started it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(conduct(options)),
        Err(error) => {
            eprintln!("no runtime: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn conduct(options: Options) -> ExitCode {
    let mut run = match Run::prepare(options) {
        Ok(run) => run,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    let finished = tokio::select! {
        () = parts::conduct(&mut run) => true,
        () = interrupted() => false,
    };
    run.stop_servers().await;
    if finished { run.report() } else { ExitCode::from(INTERRUPTED) }
}

async fn interrupted() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    eprintln!("interrupted: ending what was started");
}
