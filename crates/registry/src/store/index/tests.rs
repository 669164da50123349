//! Whatever a crash leaves of the last line, the lines before it are read; a changed line is noticed.

use proptest::prelude::*;

use super::*;
use crate::settings::Level;

fn changes(n: u32) -> Vec<Change> {
    vec![
        Change::Version { subject: format!("s{n}\n\u{e9}"), version: n, id: n },
        Change::Level { subject: None, level: Some(Level::FullTransitive) },
    ]
}

fn file(lines: u32) -> Vec<u8> {
    (0..lines).flat_map(|n| line(&changes(n))).collect()
}

#[test]
fn an_empty_file_is_an_empty_index() {
    assert_eq!(recover(b""), Recovered::Good { changes: Vec::new(), good_bytes: 0 });
}

#[test]
fn lines_come_back() {
    let bytes = file(3);
    let expected = (0..3).flat_map(changes).collect();
    assert_eq!(recover(&bytes), Recovered::Good { changes: expected, good_bytes: bytes.len() });
}

proptest! {
    #[test]
    fn a_torn_last_line_is_cut(cut in 1..80usize, garbage in prop::collection::vec(any::<u8>(), 0..40)) {
        let whole = file(3);
        let before = file(2);
        let cut = cut.min(whole.len() - before.len());
        let mut torn = whole[..whole.len() - cut].to_vec();
        torn.extend_from_slice(&garbage);
        prop_assume!(torn != whole);
        let expected = Recovered::Good { changes: (0..2).flat_map(changes).collect(), good_bytes: before.len() };
        prop_assert_eq!(recover(&torn), expected);
    }

    #[test]
    fn a_changed_byte_before_the_last_line_is_corruption(at in 0..1000usize, bit in 0..8u8) {
        let mut bytes = file(3);
        let end = file(2).len();
        bytes[at % end] ^= 1 << bit;
        let corrupt = matches!(recover(&bytes), Recovered::Corrupt { .. });
        prop_assert!(corrupt);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = recover(&bytes);
    }
}
