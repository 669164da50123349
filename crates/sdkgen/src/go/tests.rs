//! Tests of the generated text; that it compiles and runs is tested by Go itself.

use judi_schema::compile::{Source, SourceText, compile};
use judi_schema::model::Model;

use super::*;

/// The library of the template's schema.
pub(super) fn newsroom() -> Library {
    let files = [
        (
            "newsroom/v1/experiment.proto",
            include_str!("../../../newsroom/template/schema/newsroom/v1/experiment.proto"),
        ),
        ("newsroom/v1/reading.proto", include_str!("../../../newsroom/template/schema/newsroom/v1/reading.proto")),
        ("newsroom/v1/video.proto", include_str!("../../../newsroom/template/schema/newsroom/v1/video.proto")),
    ];
    let sources = files.map(|(name, text)| Source { name: name.into(), text: SourceText::Proto(text.into()) });
    Library::of(&Model::first(compile(&sources).unwrap()).unwrap())
}

fn text<'a>(files: &'a [GeneratedFile], path: &str) -> &'a str {
    std::str::from_utf8(&files.iter().find(|file| file.path == path).unwrap().bytes).unwrap()
}

#[test]
fn required_fields_are_parameters_and_the_rest_methods() {
    let files = generate(&newsroom(), &Names::of_project("newsroom"));
    let share = text(&files, "share_message.go");
    assert!(share.contains("func NewShare(articleID string) *Share {\n\treturn &Share{articleID: articleID}\n}"));
    assert!(share.contains(
        "func (m *Share) Channel(channel ShareChannel) *Share {\n\tm.channel = channel\n\tm.set |= 1 << 0\n"
    ));
    assert!(share.contains("// Share is the event share: A reader passed an article on.\n//\n// An article, passed on.\n//\n// Owner: news.\n"));
    assert!(share.contains("if m.set&(1<<0) != 0 {\n\t\te.Tag(16)\n\t\te.Int32(int32(m.channel))\n\t}"));
    assert_eq!(files, generate(&newsroom(), &Names::of_project("newsroom")));
}

#[test]
fn a_major_version_is_part_of_the_path_from_two_on() {
    let library = Library { semver: "3.0.1".into(), ..newsroom() };
    let files = generate(&library, &Names::of_project("News Room"));
    assert_eq!(text(&files, "go.mod"), "module judi.example/news-room/events/v3\n\ngo 1.22\n");
    assert!(text(&files, "share_message.go").contains("import \"judi.example/news-room/events/v3/internal/wire\""));
}
