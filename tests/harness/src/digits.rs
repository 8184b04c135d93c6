//! The handwritten digits of the demo, with their known answers.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

/// The number of digits.
pub const COUNT: usize = 1797;

const FILE: &str = "../../services/swath/src/demo/digits.csv.gz";

/// The value of each digit, in the order of the dataset.
///
/// # Errors
/// When the demo's file is missing or malformed.
pub fn answers() -> anyhow::Result<Vec<u8>> {
    let file = std::fs::File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE))?;
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text)?;
    let answers: Option<Vec<u8>> = text.lines().map(answer).collect();
    let answers = answers.ok_or_else(|| anyhow::anyhow!("a line of {FILE} has no class"))?;
    anyhow::ensure!(answers.len() == COUNT, "{} digits in {FILE}", answers.len());
    Ok(answers)
}

/// The value follows the 64 pixels.
fn answer(line: &str) -> Option<u8> {
    line.rsplit(',').next()?.trim().parse::<f64>().ok().map(|class| class as u8)
}
