//! From what a client sends to a schema: text or an encoded descriptor, compiled with what it refers to.

mod resolve;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use judi_schema::compile::{Source, SourceText, compile_given, encoded_file};
use judi_schema::printer::print_file;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::FileDescriptor;

use crate::refusal::Refusal;
use crate::schema::{Hash, Reference, Schema};
use crate::state::State;
use resolve::Imports;

/// The largest text that is kept: ten times the largest that people write, and what a request may hold.
pub(crate) const SCHEMA_BYTES_MAX: usize = 1 << 20;

/// By which name errors know the schema itself.
const MAIN_FILE: &str = "schema.proto";

/// `FileDescriptorSet.file`, and `FileDescriptorProto.name`.
const SET_FILE: u32 = 1;
const FILE_NAME: u32 = 1;

/// A schema that compiles.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) text: String,
    pub(crate) references: Vec<Reference>,
    pub(crate) identity: Hash,
}

/// Reads a schema that a client sent. Text is kept as it is, comments included; a descriptor, in the base64 that
/// clients without a compiler send, becomes text. `normalize`: the text is the one that every schema with this
/// meaning has.
///
/// # Errors
/// [`Refusal::InvalidSchema`] with line and column where they are known.
pub(crate) fn parse(state: &State, sent: &str, references: Vec<Reference>, normalize: bool) -> Result<Parsed, Refusal> {
    if sent.len() > SCHEMA_BYTES_MAX {
        return Err(Refusal::SchemaTooLarge { bytes: sent.len(), max: SCHEMA_BYTES_MAX });
    }
    parse_any_length(state, sent, references, normalize)
}

/// As [`parse`], for what the project publishes, whose bounds are those of its folder.
pub(crate) fn parse_any_length(
    state: &State,
    sent: &str,
    references: Vec<Reference>,
    normalize: bool,
) -> Result<Parsed, Refusal> {
    if sent.trim().is_empty() {
        return Err(invalid("it is empty"));
    }
    let imports = Imports::resolve(state, &references)?;
    let text = match descriptor(sent) {
        Some(bytes) => print(&compile(&imports, SourceText::DescriptorSet(bytes))?)?,
        None => sent.to_owned(),
    };
    let file = compile(&imports, SourceText::Proto(text.clone()))?;
    let canonical = with_sorted_imports(&print(&file)?);
    let identity = identity(&canonical, &references);
    Ok(Parsed { text: if normalize { canonical } else { text }, references, identity })
}

/// A kept schema as a descriptor; of a file in an edition, one in proto2 or proto3 that means the same.
///
/// # Errors
/// [`Refusal::InvalidSchema`] when it no longer compiles.
pub(crate) fn compiled(state: &State, schema: &Schema) -> Result<FileDescriptor, Refusal> {
    compile(&Imports::resolve_kept(state, &schema.references)?, SourceText::Proto(schema.text.clone()))
}

/// A kept schema as an encoded `FileDescriptorProto` in base64, for clients without a compiler.
///
/// # Errors
/// As of [`compiled`].
pub(crate) fn serialized(state: &State, schema: &Schema) -> Result<String, Refusal> {
    Ok(STANDARD.encode(encoded_file(&compiled(state, schema)?)))
}

/// Compiles a file, by itself or as the one file of a descriptor set, with what it imports.
fn compile(imports: &Imports, main: SourceText) -> Result<FileDescriptor, Refusal> {
    // A descriptor has a name, and it comes once more here: the last one counts.
    let mut name = MAIN_FILE.to_owned();
    while imports.text(&name).is_some() {
        name.insert(0, '_');
    }
    let main = match main {
        SourceText::DescriptorSet(mut descriptor) => {
            string(FILE_NAME, name.as_bytes(), &mut descriptor);
            let mut set = Vec::with_capacity(descriptor.len() + 8);
            string(SET_FILE, &descriptor, &mut set);
            SourceText::DescriptorSet(set)
        }
        text => text,
    };
    // Google's files are everyone's, whatever a client may have registered as such.
    let mut sources: Vec<Source> = imports
        .texts()
        .filter(|(name, _)| !is_known(name))
        .map(|(name, text)| Source { name: name.to_owned(), text: SourceText::Proto(text.to_owned()) })
        .collect();
    sources.push(Source { name: name.clone(), text: main });
    let compiled = compile_given(&sources).map_err(|error| invalid(error.to_string()))?;
    let file = compiled.pool.get_file_by_name(&name).ok_or_else(|| invalid("there is no file in it"))?;
    // The compiler knows the files that Judi carries, and clients do not.
    let lacks = |import: &FileDescriptor| !is_known(import.name()) && imports.text(import.name()).is_none();
    let missing = file.dependencies().find(lacks).map(|import| import.name().to_owned());
    match missing {
        Some(missing) => Err(invalid(format!("it imports {missing}, which is not among its references"))),
        // What is left of the edition in the descriptor would keep other programs from reading it.
        None if compiled.editions.contains_key(&name) => compile(imports, SourceText::Proto(print(&file)?)),
        None => Ok(file),
    }
}

/// A field of bytes.
fn string(number: u32, value: &[u8], message: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, message);
    encode_varint(value.len() as u64, message);
    message.extend_from_slice(value);
}

/// Whether every client has a file of this import name, so that it need not be referred to.
pub(crate) fn is_known(import: &str) -> bool {
    import.starts_with("google/protobuf/")
}

/// The bytes of a descriptor, where that is what was sent: no `.proto` text is base64 throughout.
fn descriptor(sent: &str) -> Option<Vec<u8>> {
    STANDARD.decode(sent.trim()).ok()
}

fn print(file: &FileDescriptor) -> Result<String, Refusal> {
    print_file(file).map_err(|error| invalid(error.to_string()))
}

/// In a printed file all imports stand together, a line each.
pub(crate) fn with_sorted_imports(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let is_import = |line: &&str| line.starts_with("import ");
    if let Some(first) = lines.iter().position(is_import) {
        let end = lines.iter().skip(first).position(|line| !is_import(line)).map_or(lines.len(), |count| first + count);
        if let Some(imports) = lines.get_mut(first..end) {
            imports.sort_unstable();
        }
    }
    let mut sorted = lines.join("\n");
    sorted.push('\n');
    sorted
}

/// The hash of what a schema says and refers to; references that clients may leave out do not count.
pub(crate) fn identity(canonical: &str, references: &[Reference]) -> Hash {
    let mut counted: Vec<&Reference> = references.iter().filter(|reference| !is_known(&reference.name)).collect();
    counted.sort_unstable();
    counted.dedup();
    let mut bytes = canonical.as_bytes().to_vec();
    for reference in counted {
        bytes.push(0);
        // Text and numbers: there is nothing in them that JSON cannot write.
        bytes.extend(serde_json::to_vec(reference).unwrap_or_default());
    }
    Hash::of(&bytes)
}

fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::InvalidSchema { detail: detail.into() }
}
