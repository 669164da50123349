//! A reader that knows nothing but the derived file reads records.

use prost_reflect::DynamicMessage;

use super::*;
use crate::compile::{Source, SourceText, compile};
use crate::envelope::Envelope;
use crate::record::{encode_event, split};

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: SourceText::Proto(text.to_owned()) }
}

const EVENTS: &str = "syntax = \"proto3\"; package p; import \"judi/v1/options.proto\";
    message View { option (judi.event).name = \"view\"; string x = 1; }
    message Outer { message Seen { option (judi.event).name = \"seen_1\"; string y = 1; } }
    message Again { option (judi.event).name = \"seen1\"; string z = 1; }";

#[test]
fn a_stranger_reads_records_by_the_derived_file() {
    let model = Model::first(compile(&[source("p/events.proto", EVENTS)]).unwrap()).unwrap();
    assert_eq!(model.derived_names(), ["Seen1", "Seen1_2", "View"]);
    // As a stranger would: our envelope and options files, the project's, and the derived one, in another compiler run.
    let text = model.derived_proto();
    let mut files = protox::file::ChainFileResolver::new();
    files.add(Files(vec![(model.derived_file_name(), text), ("p/events.proto".to_owned(), EVENTS.to_owned())]));
    files.add(protox::file::GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.open_file(model.derived_file_name()).unwrap();
    let pool = compiler.descriptor_pool();
    let file = pool.get_file_by_name(&model.derived_file_name()).unwrap();

    for (event, field) in [("seen1", "z"), ("seen_1", "y"), ("view", "x")] {
        let event = model.event(event).unwrap();
        let envelope = Envelope { event: event.name.clone(), ..Envelope::default() };
        let record = encode_event(&model, event, &envelope, b"\x0a\x02hi");
        let index = split(&record).unwrap().index;
        let body = &record[if index == 0 { 6 } else { 7 }..];
        let message = file.messages().nth(index as usize).unwrap();
        let decoded = DynamicMessage::decode(message, body).unwrap();
        assert_eq!(decoded.unknown_fields().count(), 0);
        let part = |name: &str| decoded.get_field_by_name(name).unwrap().as_message().unwrap().clone();
        assert_eq!(part("envelope").get_field_by_name("event").unwrap().as_str(), Some(event.name.as_str()));
        assert_eq!(part("payload").get_field_by_name(field).unwrap().as_str(), Some("hi"));
    }
}

#[test]
fn the_quarantine_file_says_what_its_records_are() {
    let pool = compile(&[source("q.proto", QUARANTINE_PROTO)]).unwrap().pool;
    let copy = pool.get_file_by_name("q.proto").unwrap().messages().next().unwrap();
    let original = pool.get_message_by_name("judi.v1.QuarantinedEvent").unwrap();
    assert_eq!(copy.descriptor_proto(), original.descriptor_proto());
}

struct Files(Vec<(String, String)>);

impl protox::file::FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        let own = self.0.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str());
        let carried = crate::embedded::FILES.iter().find(|file| file.name == name).map(|file| file.text);
        let text = own.or(carried);
        text.map_or_else(
            || Err(protox::Error::file_not_found(name)),
            |text| protox::file::File::from_source(name, text),
        )
    }
}
