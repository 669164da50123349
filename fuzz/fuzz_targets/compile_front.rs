//! Any text as a schema: it compiles, or an error tells the place; a model that comes of it can be published and read.
#![no_main]

use judi_schema::compile::{Source, SourceText, compile};
use judi_schema::ledger::Ledger;
use judi_schema::schemas::Schemas;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        let set = Source { name: "a.binpb".to_owned(), text: SourceText::DescriptorSet(data.to_vec()) };
        let _ = Schemas::first(&[set]);
        return;
    };
    // Two files, so that imports and names across files occur.
    let (first, second) = text.split_once("\n---\n").unwrap_or((text, ""));
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: SourceText::Proto(text.to_owned()) };
    let sources = [source("a.proto", first), source("b.proto", second)];
    match compile(&sources) {
        Ok(_) => {
            if let Ok(schemas) = Schemas::first(&sources) {
                let ledger = schemas.ledger().to_text();
                assert_eq!(Ledger::parse("ledger.json", &ledger).expect("our own ledger").to_text(), ledger);
                assert!(schemas.views().len() <= schemas.current().events.len());
                let _ = schemas.next(&sources[..1]);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let _ = Ledger::parse("ledger.json", text);
});
