//! From what a client sends to a schema: text or an encoded descriptor, compiled with what it refers to.

mod depth;
mod resolve;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use judi_schema::printer::print_file;
use prost_reflect::FileDescriptor;
use protox::file::{File, FileResolver, GoogleFileResolver};

use crate::refusal::Refusal;
use crate::schema::{Hash, Reference, Schema};
use crate::state::State;
use resolve::Imports;

/// The largest text that is kept: ten times the largest that people write, and what a request may hold.
pub(crate) const SCHEMA_BYTES_MAX: usize = 1 << 20;

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
    if sent.trim().is_empty() {
        return Err(invalid("it is empty"));
    }
    let imports = Arc::new(Imports::resolve(state, &references)?);
    let text = match descriptor(sent) {
        Some(bytes) => print(&compile(&imports, Main::Descriptor(bytes))?)?,
        None => sent.to_owned(),
    };
    let file = compile(&imports, Main::Text(text.clone()))?;
    let canonical = with_sorted_imports(&print(&file)?);
    let identity = identity(&canonical, &references);
    Ok(Parsed { text: if normalize { canonical } else { text }, references, identity })
}

/// A kept schema as a descriptor.
///
/// # Errors
/// [`Refusal::InvalidSchema`] when it no longer compiles.
pub(crate) fn compiled(state: &State, schema: &Schema) -> Result<FileDescriptor, Refusal> {
    compile(&Arc::new(Imports::resolve_kept(state, &schema.references)?), Main::Text(schema.text.clone()))
}

/// A kept schema as an encoded `FileDescriptorProto` in base64, for clients without a compiler.
///
/// # Errors
/// As of [`compiled`].
pub(crate) fn serialized(state: &State, schema: &Schema) -> Result<String, Refusal> {
    Ok(STANDARD.encode(compiled(state, schema)?.encode_to_vec()))
}

/// What is compiled.
enum Main {
    Text(String),
    Descriptor(Vec<u8>),
}

/// The main file and what it imports.
struct Files {
    main_name: String,
    main: Main,
    imports: Arc<Imports>,
}

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if is_known(name) {
            // Google's files are everyone's, whatever a client may have registered as such.
            return GoogleFileResolver::new().open_file(name);
        }
        match (&self.main, self.imports.text(name)) {
            (Main::Text(text), _) if name == self.main_name => File::from_source(name, text),
            (Main::Descriptor(bytes), _) if name == self.main_name => {
                File::decode_file_descriptor_proto(bytes.as_slice()).map_err(protox::Error::new)
            }
            (_, Some(text)) => File::from_source(name, text),
            (_, None) => Err(protox::Error::file_not_found(name)),
        }
    }
}

fn compile(imports: &Arc<Imports>, mut main: Main) -> Result<FileDescriptor, Refusal> {
    let mut main_name = "schema.proto".to_owned();
    while imports.text(&main_name).is_some() {
        main_name.insert(0, '_');
    }
    match &mut main {
        Main::Text(text) => depth::check(text).map_err(invalid)?,
        // The name comes once more, and the last one counts.
        Main::Descriptor(bytes) => bytes.extend(name_field(&main_name)),
    }
    let files = Files { main_name: main_name.clone(), main, imports: Arc::clone(imports) };
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.include_source_info(false).include_imports(true);
    compiler.open_file(&main_name).map_err(|error| invalid(explained(&error)))?;
    let file = compiler.descriptor_pool().get_file_by_name(&main_name);
    file.ok_or_else(|| invalid("the compiler gave nothing"))
}

/// Whether every client has a file of this import name, so that it need not be referred to.
pub(crate) fn is_known(import: &str) -> bool {
    import.starts_with("google/protobuf/")
}

/// The bytes of a descriptor, where that is what was sent: no `.proto` text is base64 throughout.
fn descriptor(sent: &str) -> Option<Vec<u8>> {
    STANDARD.decode(sent.trim()).ok()
}

/// `FileDescriptorProto.name`.
fn name_field(name: &str) -> Vec<u8> {
    let mut field = vec![0x0a, u8::try_from(name.len()).unwrap_or(u8::MAX)];
    field.extend_from_slice(name.as_bytes());
    field
}

/// The compiler tells the place only in its debug form: `file:line:column: cause`, on the first line.
fn explained(error: &protox::Error) -> String {
    let text = format!("{error:?}");
    let missing = error.is_file_not_found();
    let first = text.lines().next().unwrap_or_default();
    if missing {
        format!("{first}; every file that is imported has to be among the references")
    } else {
        first.to_owned()
    }
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
