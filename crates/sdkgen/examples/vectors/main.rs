//! Writes the vectors of the conformance kit: `cargo run -p judi-sdkgen --example vectors`. The same sources give the
//! same files.
//!
//! `vectors.jsonl`: a call, the payload that it becomes or the word of its error, the same message in protobuf's JSON,
//! and the row that the table shows of it. `inputs.jsonl`: payloads and JSON that no library sends, and what becomes of
//! them.

mod chance;
mod edges;
mod inputs;
mod message_json;
mod row;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use judi_schema::compile::{compile, read_sources};
use judi_schema::json;
use judi_schema::schemas::Schemas;
use judi_sdkgen::canonical::encode;
use judi_sdkgen::library::Library;
use serde_json::{Map, Value};

/// Lists and objects in each other that the Event API reads of JSON.
const JSON_LEVELS_MAX: usize = 127;

/// A call to be told about.
struct Case {
    id: String,
    event: String,
    call: Value,
    /// Those that can say it; none: all.
    languages: &'static [&'static str],
}

fn main() -> Result<(), Box<dyn Error>> {
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/sdk");
    let sources = read_sources(judi_world::World::system().disk.as_ref(), &kit.join("schema"))?;
    std::fs::write(kit.join("schema.binpb"), compile(&sources)?.descriptor_set())?;
    let schemas = std::sync::Arc::new(Schemas::first(&sources)?);
    let model = schemas.versions().next().ok_or("no version")?.clone();
    let library = Library::of(&model);
    let teller = Teller { library: &library, table: row::Table::new(&schemas, &model) };

    let mut cases = edges::cases(&library);
    cases.extend(chance::cases(&library));
    let mut ids = std::collections::HashSet::new();
    let mut vectors = String::new();
    for case in &cases {
        if !ids.insert(&case.id) {
            return Err(format!("two vectors are called {}", case.id).into());
        }
        writeln!(vectors, "{}", teller.tell(case).map_err(|error| format!("{}: {error}", case.id))?)?;
    }
    std::fs::write(kit.join("vectors.jsonl"), vectors)?;
    let inputs = inputs::lines(&teller.table)?;
    std::fs::write(kit.join("inputs.jsonl"), &inputs)?;
    println!("{} vectors, {} inputs", cases.len(), inputs.lines().count());
    Ok(())
}

struct Teller<'a> {
    library: &'a Library,
    table: row::Table,
}

impl Teller<'_> {
    /// The vector's line.
    fn tell(&self, case: &Case) -> Result<Value, Box<dyn Error>> {
        let event = self.library.events.iter().find(|event| event.name == case.event).ok_or("no such event")?;
        let mut line = Map::new();
        line.insert("id".into(), case.id.clone().into());
        line.insert("event".into(), case.event.clone().into());
        if let Some(message) = self.library.messages.get(event.message) {
            line.insert("message".into(), message.full_name.clone().into());
        }
        line.insert("call".into(), case.call.clone());
        if !case.languages.is_empty() {
            line.insert("languages".into(), case.languages.into());
        }
        let bytes = match encode(self.library, event.message, &case.call) {
            Ok(bytes) => bytes,
            Err(error) => {
                line.insert("error".into(), error.word().into());
                return Ok(line.into());
            }
        };
        line.insert("bytes".into(), hex(&bytes).into());
        let message = message_json::of_call(self.library, self.table.model(), event.message, &case.call);
        let row = self.table.row(&case.event, &bytes);
        if let Some(message) = message {
            self.check(case, &message, &bytes, &row)?;
            line.insert("json".into(), message);
        }
        line.insert("row".into(), row);
        Ok(line.into())
    }

    /// The row of the message's JSON, which did not come from the reference encoder, is that of its bytes.
    fn check(&self, case: &Case, message: &Value, bytes: &[u8], row: &Value) -> Result<(), Box<dyn Error>> {
        if levels(message) > JSON_LEVELS_MAX {
            return Ok(());
        }
        let (model, event) = self.table.event(&case.event).ok_or("no such event")?;
        let mut wire = Vec::new();
        let from_json = match json::to_wire(&model.plans, event.message, &message.to_string(), &mut wire) {
            Ok(()) => self.table.row(&case.event, &wire),
            Err(violation) => row::quarantined(&violation),
        };
        // JSON's members come in another order, so another one of several faults may be the first.
        let reason = |row: &Value| row.pointer("/quarantined/reason").cloned();
        let is_same = reason(row).map_or_else(|| from_json == *row, |why| reason(&from_json) == Some(why));
        // Deep messages stand in the row as their bytes, whose order is that of JSON's members.
        let print = |bytes: &[u8]| json::to_json(&model.plans, event.message, bytes).ok();
        if is_same || print(bytes).is_some_and(|text| print(&wire) == Some(text)) {
            Ok(())
        } else {
            Err(format!("its bytes make\n{row}\nand its JSON\n{from_json}").into())
        }
    }
}

/// How deep lists and objects lie in each other.
fn levels(value: &Value) -> usize {
    let inside = match value {
        Value::Array(values) => values.iter().map(levels).max(),
        Value::Object(members) => members.values().map(levels).max(),
        _ => return 0,
    };
    1 + inside.unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
