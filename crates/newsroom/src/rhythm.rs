//! When people read: a day's rhythm, minute by minute, the same every day.

/// How busy each hour of the day is (UTC), as shares of 1000.
const HOURS: [u32; 24] = [12, 8, 6, 8, 20, 45, 62, 60, 50, 42, 40, 50, 52, 42, 38, 40, 48, 56, 62, 70, 72, 60, 37, 20];

/// How busy each day of the week is beside the average, from Monday on.
const WEEK: [f64; 7] = [1.08, 1.06, 1.03, 1.05, 1.0, 0.84, 0.94];

/// Minutes in a day.
const DAY_MINUTES: i64 = 1_440;

/// The share of an average day that falls into `minute` (minutes since 1970, UTC), between neighbouring hours linearly.
pub(crate) fn share_of_day(minute: i64) -> f64 {
    let of_day = minute.rem_euclid(DAY_MINUTES);
    let hour = usize::try_from(of_day / 60).unwrap_or(0) % HOURS.len();
    let next = (hour + 1) % HOURS.len();
    let into = (of_day % 60) as f64 / 60.0;
    let total: u32 = HOURS.iter().sum();
    let weight = f64::from(HOURS[hour]) * (1.0 - into) + f64::from(HOURS[next]) * into;
    // 1970-01-01 was a Thursday.
    let weekday = usize::try_from((minute.div_euclid(DAY_MINUTES) + 3).rem_euclid(7)).unwrap_or(0) % WEEK.len();
    weight / f64::from(total) / 60.0 * WEEK[weekday]
}

/// A whole number whose mean is `mean`: Poisson's distribution by Knuth's product of uniforms.
pub(crate) fn poisson(rng: &mut fastrand::Rng, mean: f64) -> u32 {
    // The product underflows long before; sessions in a minute are tens, not hundreds.
    let limit = (-mean.min(200.0)).exp();
    let mut product = rng.f64();
    let mut count = 0;
    while product > limit {
        product *= rng.f64();
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_a_week_add_up_to_seven_and_evening_is_busier_than_night() {
        let total: f64 = (0..7 * DAY_MINUTES).map(share_of_day).sum();
        assert!((total - 7.0).abs() < 1e-9, "{total}");
        assert!(share_of_day(20 * 60) > 5.0 * share_of_day(2 * 60));
    }

    #[test]
    fn poisson_keeps_its_mean() {
        let mut rng = fastrand::Rng::with_seed(7);
        let total: u32 = (0..20_000).map(|_| poisson(&mut rng, 3.5)).sum();
        assert!((f64::from(total) / 20_000.0 - 3.5).abs() < 0.1);
    }
}
