//! What changed in a text, line by line, as a unified diff without context.

use std::fmt::Write as _;

/// Larger differences are told as one: their table would be too large.
const TABLE_CELLS_MAX: usize = 4_000_000;

/// The diff of a file; empty where nothing changed.
pub(super) fn unified(path: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let mut diff = String::new();
    for hunk in hunks(&old, &new) {
        if diff.is_empty() {
            // Writing to a String cannot fail, here and below.
            let _ = write!(diff, "--- a/{path}\n+++ b/{path}\n");
        }
        let (taken, put) = (hunk.taken.len(), hunk.put.len());
        // A stretch of no lines is named by the line before it.
        let (from, to) = (hunk.old_at + usize::from(taken > 0), hunk.new_at + usize::from(put > 0));
        let _ = writeln!(diff, "@@ -{from},{taken} +{to},{put} @@");
        for (sign, lines) in [('-', hunk.taken), ('+', hunk.put)] {
            for line in lines {
                let _ = writeln!(diff, "{sign}{}", line.trim_end_matches(['\n', '\r']));
            }
        }
    }
    diff
}

struct Hunk<'t> {
    /// How many lines stand before it.
    old_at: usize,
    new_at: usize,
    taken: Vec<&'t str>,
    put: Vec<&'t str>,
}

fn hunks<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Hunk<'t>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let old_middle = old_rest.get(..old_rest.len() - tail).unwrap_or_default();
    let new_middle = new_rest.get(..new_rest.len() - tail).unwrap_or_default();
    let mut hunks: Vec<Hunk<'t>> = Vec::new();
    let (mut i, mut j) = (0, 0);
    let mut is_open = false;
    for keeps in common(old_middle, new_middle) {
        match keeps {
            Step::Both => {
                (i, j) = (i + 1, j + 1);
                is_open = false;
            }
            step => {
                if !is_open {
                    hunks.push(Hunk { old_at: head + i, new_at: head + j, taken: Vec::new(), put: Vec::new() });
                    is_open = true;
                }
                let Some(hunk) = hunks.last_mut() else { continue };
                if step == Step::Old {
                    hunk.taken.extend(old_middle.get(i));
                    i += 1;
                } else {
                    hunk.put.extend(new_middle.get(j));
                    j += 1;
                }
            }
        }
    }
    hunks
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Both,
    Old,
    New,
}

/// The steps through both texts that keep the most lines.
fn common(old: &[&str], new: &[&str]) -> Vec<Step> {
    let width = new.len() + 1;
    if (old.len() + 1).saturating_mul(width) > TABLE_CELLS_MAX {
        return old.iter().map(|_| Step::Old).chain(new.iter().map(|_| Step::New)).collect();
    }
    // kept[i, j]: how many lines old[i..] and new[j..] have in common.
    let mut kept = vec![0u32; (old.len() + 1) * width];
    let at = |kept: &[u32], i: usize, j: usize| kept.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let most = if a == b { at(&kept, i + 1, j + 1) + 1 } else { at(&kept, i + 1, j).max(at(&kept, i, j + 1)) };
            if let Some(cell) = kept.get_mut(i * width + j) {
                *cell = most;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut steps = Vec::with_capacity(old.len() + new.len());
    loop {
        let step = match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => Step::Both,
            (Some(_), Some(_)) if at(&kept, i + 1, j) >= at(&kept, i, j + 1) => Step::Old,
            (Some(_), None) => Step::Old,
            (_, Some(_)) => Step::New,
            (None, None) => return steps,
        };
        i += usize::from(step != Step::New);
        j += usize::from(step != Step::Old);
        steps.push(step);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hunks_name_their_lines() {
        assert_eq!(unified("x", "a\nb\nc\n", "a\nb\nc\n"), "");
        assert_eq!(
            unified("x.proto", "a\nb\nc\nd\n", "a\nB\nc\nd\ne\n"),
            "--- a/x.proto\n+++ b/x.proto\n@@ -2,1 +2,1 @@\n-b\n+B\n@@ -4,0 +5,1 @@\n+e\n"
        );
        assert_eq!(unified("x", "a\nb\n", "b\n"), "--- a/x\n+++ b/x\n@@ -1,1 +0,0 @@\n-a\n");
    }

    proptest! {
        #[test]
        fn a_diff_leads_from_old_to_new(old in "[ab\n]{0,30}", new in "[ab\n]{0,30}") {
            let (from, to): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
            let mut lines = from.clone();
            for hunk in hunks(&from, &to).into_iter().rev() {
                let gone: Vec<&str> = lines.splice(hunk.old_at..hunk.old_at + hunk.taken.len(), hunk.put).collect();
                prop_assert_eq!(gone, hunk.taken);
            }
            prop_assert_eq!(lines, to);
        }
    }
}
