//! From byte offsets to lines and columns.

/// How far apart tab stops are in the columns of a location, as buf has them.
const TAB_WIDTH: u32 = 4;

/// Line and column of an offset, both from 0; columns are characters, and a tab reaches to the next tab stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The spots of `offsets`, which must be sorted, in one pass over the text.
pub(super) fn spots(text: &str, offsets: &[usize]) -> Vec<Spot> {
    let mut spots = Vec::with_capacity(offsets.len());
    let mut spot = Spot { line: 0, column: 0 };
    let mut letters = text.char_indices().peekable();
    for &offset in offsets {
        while let Some(&(_, letter)) = letters.peek().filter(|(at, _)| *at < offset) {
            spot = after(spot, letter);
            letters.next();
        }
        spots.push(spot);
    }
    spots
}

/// Line and column of an offset in bytes, both from 1, the column in characters: what editors count.
pub fn line_and_column(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column =
        before.rsplit('\n').next().unwrap_or_default().chars().filter(|&letter| letter != '\u{feff}').count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

const fn after(spot: Spot, letter: char) -> Spot {
    match letter {
        '\n' => Spot { line: spot.line.saturating_add(1), column: 0 },
        '\t' => Spot { line: spot.line, column: spot.column.saturating_add(TAB_WIDTH - spot.column % TAB_WIDTH) },
        '\u{feff}' => spot,
        _ => Spot { line: spot.line, column: spot.column.saturating_add(1) },
    }
}
