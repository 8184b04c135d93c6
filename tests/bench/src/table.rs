//! The table of results: a row for each measurement, with its target if it has one.

use std::fmt;

use serde::Serialize;

/// The result of one measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The unit of the median and the spread.
    pub unit: &'static str,
    /// The median of all repetitions.
    pub median: f64,
    /// The smallest and the largest value.
    pub spread: (f64, f64),
    /// The ratio to the value that it is compared with.
    pub ratio: Option<f64>,
    /// What it is compared with.
    pub compared_with: Option<String>,
    /// The target in words.
    pub target: Option<String>,
    /// Whether the target is met.
    pub met: Option<bool>,
    /// Whether the checker found no violation; `None` if there was nothing to check.
    pub checked: Option<bool>,
    /// Additional remarks.
    pub note: String,
}

/// A bound on the median, or on the ratio.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// The median is at least this.
    AtLeast(f64),
    /// The median is at most this.
    AtMost(f64),
    /// Each repetition is at most this.
    EachAtMost(f64),
    /// The ratio is at least this.
    Share(f64),
    /// The ratio is at most this.
    ShareAtMost(f64),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
            Self::EachAtMost(bound) => write!(f, "each ≤ {bound}"),
            Self::Share(bound) => write!(f, "ratio ≥ {bound}"),
            Self::ShareAtMost(bound) => write!(f, "ratio ≤ {bound}"),
        }
    }
}

/// The median, of an even number of values the upper one; 0 without values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

impl Row {
    /// A row with these repetitions.
    pub fn of(name: impl Into<String>, unit: &'static str, values: &[f64]) -> Self {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self {
            name: name.into(),
            unit,
            median: median(values),
            spread: (least, most),
            ratio: None,
            compared_with: None,
            target: None,
            met: None,
            checked: None,
            note: String::new(),
        }
    }

    /// Adds the ratio to another value.
    pub fn beside(mut self, name: &str, ratio: f64) -> Self {
        (self.ratio, self.compared_with) = (Some(ratio), Some(name.to_owned()));
        self
    }

    /// Sets the target.
    pub fn wanted(mut self, target: Target) -> Self {
        self.met = Some(match target {
            Target::AtLeast(bound) => self.median >= bound,
            Target::AtMost(bound) => self.median <= bound,
            Target::EachAtMost(bound) => self.spread.1 <= bound,
            Target::Share(bound) => self.ratio.is_some_and(|ratio| ratio >= bound),
            Target::ShareAtMost(bound) => self.ratio.is_some_and(|ratio| ratio <= bound),
        });
        self.target = Some(target.to_string());
        self
    }

    /// Sets the number of violations that the checker found.
    pub fn checked(mut self, violations: u64) -> Self {
        self.checked = Some(violations == 0);
        self
    }

    /// Adds a remark.
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn line(&self) -> String {
        let ratio = self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        let verdict = match (self.checked, self.met) {
            (Some(false), _) => "WRONG",
            (_, Some(true)) => "met",
            (_, Some(false)) => "missed",
            (_, None) => "",
        };
        let (least, most) = self.spread;
        format!(
            "{:<58} {:>11} {:<8} {:>23} {:>6} {:<14} {:<7} {}",
            self.name,
            number(self.median),
            self.unit,
            format!("{} – {}", number(least), number(most)),
            ratio,
            self.target.as_deref().unwrap_or_default(),
            verdict,
            self.note
        )
    }
}

fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1_000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// All rows.
#[derive(Debug, Default, Serialize)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds and prints a row.
    pub fn take(&mut self, row: Row) {
        println!("{}", row.line());
        self.rows.push(row);
    }

    /// True if something was measured and the checker found no violation.
    pub fn is_sound(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.checked != Some(false))
    }

    /// The result as a sentence.
    pub fn sentence(&self) -> String {
        let count = |wanted: fn(&Row) -> bool| self.rows.iter().filter(|row| wanted(row)).count();
        format!(
            "{} measurements: {} of {} targets met, {} wrong",
            self.rows.len(),
            count(|row| row.met == Some(true)),
            count(|row| row.met.is_some()),
            count(|row| row.checked == Some(false))
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<58} {:>11} {:<8} {:>23} {:>6} {:<14}",
            "measurement", "median", "unit", "least – most", "ratio", "target"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", row.line()))
    }
}
