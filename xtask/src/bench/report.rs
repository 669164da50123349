//! How figures are printed: one a line, with its unit; and the target with whether it was reached.

use std::time::Duration;

use super::machine;

/// Prints the figures of one bench.
#[derive(Debug)]
pub(crate) struct Report {
    name: &'static str,
}

impl Report {
    /// Begins a bench: what is measured, and what else the machine does.
    pub(crate) fn begin(name: &'static str, what: &str) -> Self {
        println!("\n{name}: {what}; {}", machine::load());
        Self { name }
    }

    /// One figure.
    pub(crate) fn figure(&self, name: &str, figure: &str, note: &str) {
        println!("  {name:<28} {figure:>28}   {note}");
    }

    /// A ratio of two figures.
    pub(crate) fn ratio(&self, name: &str, numerator: f64, denominator: f64) {
        self.figure(name, &format!("{:.2}", numerator / denominator), "");
    }

    /// Something that was not measured, and why.
    pub(crate) fn not_run(&self, name: &str, why: &str) {
        self.figure(name, "not run", why);
    }

    /// Ends the bench: whether the target was reached, and what the machine did by then.
    pub(crate) fn end(self, target: &str, reached: bool) {
        let verdict = if reached { "reached" } else { "missed" };
        println!("  {:<28} {target:>28}   {verdict}; {} ends at {}", "target", self.name, machine::load());
    }
}

/// `1234567.8` as "1,234,568".
pub(crate) fn count(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// "12.3 MB", in powers of 1000.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// "1.25 s" or "3.4 ms".
pub(crate) fn time(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds => format!("{:.1} ms", seconds * 1e3),
    }
}

/// How often something happened in a second.
pub(crate) fn rate(happened: u64, during: Duration) -> f64 {
    happened as f64 / during.as_secs_f64().max(f64::EPSILON)
}

/// Durations, and the ones below which a share of them lies.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    sorted: Vec<Duration>,
}

impl From<Vec<Duration>> for Durations {
    fn from(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self { sorted: durations }
    }
}

impl Durations {
    /// The least of them that `share` (0 to 1) of all do not exceed; zero when there are none.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let rank = (share * self.sorted.len() as f64).ceil().max(1.0);
        // A rank is between 1 and the length, which a float of that size holds exactly.
        #[expect(clippy::cast_sign_loss, reason = "at least 1")]
        let index = rank as usize - 1;
        self.sorted.get(index.min(self.sorted.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_groups_of_three() {
        let counts = [0.4, 12.0, 999.6, 123_456.0, 1_234_567.8].map(count);
        assert_eq!(counts, ["0", "12", "1,000", "123,456", "1,234,568"]);
    }

    #[test]
    fn quantiles_are_durations_that_occurred() {
        let durations = Durations::from((1..=200).rev().map(Duration::from_millis).collect::<Vec<_>>());
        assert_eq!(durations.quantile(0.5), Duration::from_millis(100));
        assert_eq!(durations.quantile(0.99), Duration::from_millis(198));
        assert_eq!(durations.quantile(1.0), Duration::from_millis(200));
        assert_eq!(durations.quantile(0.0), Duration::from_millis(1));
        assert_eq!(Durations::default().quantile(0.5), Duration::ZERO);
    }
}
