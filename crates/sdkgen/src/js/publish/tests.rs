//! Tests of what a registry has.

use super::*;

#[test]
fn an_archive_has_its_files_in_order_and_no_time() {
    let files = [file("b.js", "b"), file("a.js", "aa")];
    let archive = archive(&files).unwrap();
    assert_eq!(&archive[..12], b"package/a.js");
    assert_eq!(&archive[1024..1036], b"package/b.js");
    assert_eq!(archive.len(), 4 * 512 + 1024);
    assert_eq!(compressed(&archive).unwrap(), compressed(&archive).unwrap());
    assert!(super::archive(&[file("x".repeat(100), "")]).is_err());
}
