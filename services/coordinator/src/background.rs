//! The loops of a coordinator. Each runs in one coordinator at a time, the one that holds its leader lease; two at once
//! would cost time but never correctness. Every loop has a method that carries out one round, which tests call.

mod clock_jumps;
mod coverage;
mod cutter;
mod file_sweeper;
mod hinter;
mod leader;
mod measurer;
mod open_jobs;
mod sweeper;

use swath_runtime::Context;
use swath_runtime::panics::keep_running;

pub use self::coverage::{Coverage, CoverageMetrics};
pub use self::cutter::Cutter;
pub(crate) use self::cutter::SLICE_RANGES;
pub use self::file_sweeper::FileSweeper;
pub use self::hinter::Hinter;
pub use self::measurer::Measurer;
pub use self::sweeper::Sweeper;
pub(crate) use self::sweeper::cancel;

/// Runs all loops until shutdown.
pub(crate) async fn run(context: &Context, coverage: &CoverageMetrics) {
    let shutdown = &context.shutdown;
    tokio::join!(
        keep_running("cutter", shutdown, || Cutter::new(context.clone()).run()),
        keep_running("hinter", shutdown, || Hinter::new(context.clone()).run()),
        keep_running("sweeper", shutdown, || Sweeper::new(context.clone()).run()),
        keep_running("coverage", shutdown, || Coverage::new(context.clone(), coverage.clone()).run()),
        keep_running("file sweeper", shutdown, || FileSweeper::new(context.clone()).run()),
        keep_running("measurer", shutdown, || measure(context.clone())),
    );
}

/// Measures pictures where there is an object store, and otherwise only waits for shutdown.
async fn measure(context: Context) {
    match Measurer::new(context.clone()) {
        Some(measurer) => measurer.run().await,
        None => context.shutdown.cancelled().await,
    }
}
