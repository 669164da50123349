//! Tests of the generated package's text.

#[test]
fn placeholder() {}
