//! Tests of what a registry has.

use super::*;

#[test]
fn hashes_are_those_of_the_standard() {
    let hex = |bytes: [u8; 20]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(hex(sha1(&[b'a'; 119])), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56");
}

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
