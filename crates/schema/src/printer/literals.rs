//! Values as `.proto` files write them.

use std::fmt::Write as _;

/// A text or bytes in double quotes. What is not printable ASCII, and not whole UTF-8, stands in octal.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                _ if c.is_control() => {
                    let mut buffer = [0; 4];
                    octal(&mut text, c.encode_utf8(&mut buffer).as_bytes());
                }
                _ => text.push(c),
            }
        }
        octal(&mut text, chunk.invalid());
    }
    text.push('"');
    text
}

/// A number with a fraction: the shortest text that reads back as the same number.
pub(super) fn float(value: f64) -> String {
    match (value.is_nan(), value.is_infinite(), value.is_sign_negative()) {
        (true, _, _) => "nan".to_owned(),
        (_, true, false) => "inf".to_owned(),
        (_, true, true) => "-inf".to_owned(),
        _ => format!("{value:?}"),
    }
}

/// As [`float`], in single precision.
pub(super) fn single_float(value: f32) -> String {
    if value.is_finite() { format!("{value:?}") } else { float(f64::from(value)) }
}

/// Always three digits, so that a digit that follows is not taken along.
fn octal(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "\\{byte:03o}");
    }
}
