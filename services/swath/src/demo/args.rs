//! The command line of the demo.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

/// What `swath demo` takes.
#[derive(Args)]
pub struct DemoArgs {
    /// Stop when half is done and keep the server up, with sign-in links and a token for each role
    #[arg(long)]
    pub serve: bool,
    /// End with the summary as one JSON document
    #[arg(long)]
    pub json: bool,
    /// Where to keep the data; a fresh temporary folder unless said otherwise
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: String,
    /// How many people label; the last one walks away in the middle of a range
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(2..=200))]
    pub annotators: u16,
    /// How much faster than usual everybody works
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Decides who errs where
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    pub seed: u64,
}

fn speed(text: &str) -> anyhow::Result<f64> {
    let speed: f64 = text.parse()?;
    ensure!((0.1..=1000.0).contains(&speed), "a speed lies between 0.1 and 1000");
    Ok(speed)
}
