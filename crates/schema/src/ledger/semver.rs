//! The semver of a version: what breaks an SDK or a reader makes it major, what is new minor, words alone a patch.

use crate::model::FIRST_SEMVER;

/// What a change does to the version's semver; [`crate::diff::ChangeKind::bump`] says it of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bump {
    /// Words, or what no reader or producer can tell.
    Patch,
    /// Something is new, and everything that was there is still there.
    Minor,
    /// A generated SDK, a producer or a reader that relied on the version before has to change.
    Major,
}

/// `major.minor.patch`; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.split('.').map(|part| part.parse().ok().filter(|_| !part.starts_with('+')));
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// The semver after `before`, the newest version's; the first where there is none.
pub(crate) fn next(before: Option<&str>, bump: Bump) -> String {
    let Some(before) = before else { return FIRST_SEMVER.to_owned() };
    let [major, minor, patch] = parse(before).unwrap_or([1, 0, 0]);
    match bump {
        Bump::Major => format!("{}.0.0", major.saturating_add(1)),
        Bump::Minor => format!("{major}.{}.0", minor.saturating_add(1)),
        Bump::Patch => format!("{major}.{minor}.{}", patch.saturating_add(1)),
    }
}
