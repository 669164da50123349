//! How deep braces and brackets nest. The compiler descends with them, so the depth is bounded before it sees a text.

/// Deeper than any that people write; protobuf's own parsers stop earlier.
const DEPTH_MAX: usize = 64;

/// Refuses a text that nests deeper than the bound. Comments and strings do not count.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut depth = 0usize;
    let mut line = 1u32;
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\n' => line += 1,
            b'"' | b'\'' => rest = behind_string(after, byte),
            b'/' if after.first() == Some(&b'/') => rest = behind(after, b"\n", &mut line),
            b'/' if after.first() == Some(&b'*') => rest = behind(after.get(1..).unwrap_or_default(), b"*/", &mut line),
            b'{' | b'[' | b'(' | b'<' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(format!("line {line}: it nests more than {DEPTH_MAX} deep"));
                }
            }
            b'}' | b']' | b')' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// What follows the string that `text` is in. A string ends at the end of its line at the latest.
fn behind_string(text: &[u8], quote: u8) -> &[u8] {
    let mut escaped = false;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'\n' => return text.get(at..).unwrap_or_default(),
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return text.get(at + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    &[]
}

/// What follows the comment that `text` is in.
fn behind<'a>(text: &'a [u8], end: &[u8], line: &mut u32) -> &'a [u8] {
    let length = text.windows(end.len()).position(|window| window == end).map_or(text.len(), |at| at + end.len());
    let (comment, rest) = text.split_at(length);
    let lines = comment.iter().filter(|byte| **byte == b'\n').count();
    *line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
    rest
}
