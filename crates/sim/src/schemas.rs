//! The schema that the simulated apps speak, in three versions, compiled once a process.

use std::sync::{Arc, OnceLock};

use judi_schema::compile::{Source, SourceText};
use judi_schema::schemas::Schemas;

/// The event that every version has.
pub(crate) const SEEN: &str = "sim_seen";
/// The event that comes with version 2.
pub(crate) const LATE: &str = "sim_late";
/// The field that `sim_seen` gets with version 3.
pub(crate) const MORE: &str = "more";

/// How many versions there are.
pub(crate) const VERSIONS: u32 = 3;

const HEAD: &str = "syntax = \"proto3\";\npackage sim;\nimport \"judi/v1/options.proto\";\n";

fn source(version: u32) -> [Source; 1] {
    let more = if version >= 3 { format!("optional string {MORE} = 3;") } else { String::new() };
    let late = if version >= 2 {
        format!(
            "message SimLate {{\n  option (judi.event) = {{name: \"{LATE}\" owner: \"sim\" description: \"Later.\"}};\n  \
             string token = 1 [(judi.field).required = true];\n}}\n"
        )
    } else {
        String::new()
    };
    let text = format!(
        "{HEAD}message SimSeen {{\n  option (judi.event) = {{name: \"{SEEN}\" owner: \"sim\" description: \"Seen.\"}};\n  \
         string token = 1 [(judi.field).required = true];\n  optional int64 number = 2;\n  {more}\n}}\n{late}"
    );
    [Source { name: "sim.proto".to_owned(), text: SourceText::Proto(text) }]
}

/// What version `number` (from 1) and all before it are; why not, where they do not compile.
pub(crate) fn version(number: u32) -> Result<Arc<Schemas>, String> {
    static COMPILED: OnceLock<Result<Vec<Arc<Schemas>>, String>> = OnceLock::new();
    let compile = || {
        let mut versions = vec![Arc::new(Schemas::first(&source(1)).map_err(|error| error.to_string())?)];
        for number in 2..=VERSIONS {
            let next = versions.last().map(|last| last.next(&source(number)));
            let next = next.ok_or("no version before it")?.map_err(|error| error.to_string())?;
            versions.push(Arc::new(next));
        }
        Ok(versions)
    };
    let versions = COMPILED.get_or_init(compile).as_ref().map_err(Clone::clone)?;
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    place.and_then(|place| versions.get(place)).cloned().ok_or_else(|| format!("there is no version {number}"))
}
