//! Numbers as they are written, read exactly: a double is the one nearest to its digits, and a whole number is whole
//! whether or not it has a point or an exponent.

/// The whole number that JSON digits stand for; `None` for a fraction, or when it is beyond 64 bits either way.
pub(super) fn whole(text: &str) -> Option<i128> {
    if !is_number(text) {
        return None;
    }
    if let Ok(value) = text.parse::<i64>() {
        return Some(i128::from(value));
    }
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        // An exponent that is no i32 is so large or so small that only zero is whole and in range.
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().unwrap_or(i32::MAX)),
        None => (digits, 0),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    if integer.bytes().chain(fraction.bytes()).all(|digit| digit == b'0') {
        return Some(0);
    }
    // The digits without the point are the number times a power of ten.
    let digits = format!("{integer}{fraction}");
    let digits = digits.trim_start_matches('0');
    let scale = i64::from(exponent) - i64::try_from(fraction.len()).ok()?;
    let stem = digits.trim_end_matches('0');
    let scale = scale + i64::try_from(digits.len() - stem.len()).ok()?;
    let scale = usize::try_from(scale).ok()?;
    if stem.len().checked_add(scale)? > DIGITS_MAX {
        return None;
    }
    let magnitude = format!("{stem}{}", "0".repeat(scale)).parse::<i128>().ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

/// No 64-bit number has more.
const DIGITS_MAX: usize = 20;

/// Whether text is a number by JSON's grammar.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (integer, fraction) = match mantissa.split_once('.') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    digits(integer) && (integer == "0" || !integer.starts_with('0')) && fraction.is_none_or(digits) && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::{is_number, whole};

    #[test]
    fn whole_numbers_in_every_form() {
        for (text, wanted) in [
            ("0", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("0e999999999999", 0),
            ("1.0", 1),
            ("1e3", 1000),
            ("1.5e1", 15),
            ("-12.50e+2", -1250),
            ("100e-2", 1),
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("18446744073709551615", i128::from(u64::MAX)),
            ("-9223372036854775808", i128::from(i64::MIN)),
            ("0.00001e5", 1),
        ] {
            assert_eq!(whole(text), Some(wanted), "{text}");
        }
        for bad in
            ["", "-", "1.5", "1e-1", "01", "+1", "1.", ".5", "1e", "0x10", " 1", "1 ", "NaN", "1e400", "1e99999999999"]
        {
            assert_eq!(whole(bad), None, "{bad}");
        }
        assert_eq!(whole(&format!("1{}", "0".repeat(5000))), None);
    }

    #[test]
    fn the_grammar_of_numbers_is_jsons() {
        assert!(["0", "-1", "10", "1.25", "1E+5", "0.1e-7"].iter().all(|text| is_number(text)));
        assert!(!["00", "1_000", "1e+", "--1", "Infinity", "१"].iter().any(|text| is_number(text)));
    }
}
