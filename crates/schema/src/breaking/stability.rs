//! Which packages promise nothing yet: those whose last part is an alpha, beta or test version.

/// Whether `package` ends in a version that is not stable: `a.v1beta1`, `a.v2alpha`, `a.v1p1beta1`, `a.v1test`.
pub(super) fn is_unstable(package: &str) -> bool {
    let Some((_, last)) = package.rsplit_once('.') else { return false };
    let Some(version) = last.strip_prefix('v') else { return false };
    if let Some((major, _)) = version.split_once("test") {
        return is_number(major);
    }
    let (alpha, beta) = (version.split_once("alpha"), version.split_once("beta"));
    match (alpha, beta) {
        (Some((before, minor)), None) | (None, Some((before, minor))) => {
            let minor_is_one = minor.is_empty() || is_number(minor);
            let before_is_one = match before.split_once('p') {
                Some((major, patch)) => is_number(major) && is_number(patch),
                None => is_number(before),
            };
            minor_is_one && before_is_one
        }
        _ => false,
    }
}

/// A whole number from 1.
fn is_number(text: &str) -> bool {
    text.parse::<i32>().is_ok_and(|number| number >= 1)
}

#[cfg(test)]
mod tests {
    use super::is_unstable;

    #[test]
    fn versions_by_their_names() {
        let unstable = ["a.v1alpha", "a.v1alpha1", "a.v1beta2", "a.b.v1p1beta1", "a.v1test", "a.v2testfoo"];
        assert!(unstable.into_iter().all(is_unstable));
        let stable = [
            "",
            "v1beta1",
            "a.v1",
            "a.v",
            "a.b",
            "a.v0beta1",
            "a.v1alpha0",
            "a.v1alpha1beta1",
            "a.valpha",
            "a.vtest",
            "a.v1p0beta1",
        ];
        for package in stable {
            assert!(!is_unstable(package), "{package}");
        }
    }
}
