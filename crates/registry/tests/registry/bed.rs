//! A registry served on the loopback under `/registry`, and a client that knows nothing but HTTP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use judi_faults::SimDisk;
use judi_registry::{Registry, router};
use judi_schema::compile::{Source, SourceText};
use judi_schema::schemas::Schemas;
use judi_world::Disk;
use serde_json::{Value, json};

pub(crate) const FOLDER: &str = "/project/.judi/registry";

const EVENTS: &str = r#"syntax = "proto3";
package news.v1;
import "judi/v1/options.proto";
import "buf/validate/validate.proto";
import "news/v1/types.proto";
import "google/protobuf/timestamp.proto";
message ArticleView {
  option (judi.event) = {name: "article_view" owner: "news" description: "An article, \"opened\"."};
  string article_id = 1 [(judi.field).required = true, (buf.validate.field).string.min_len = 1];
  optional Section section = 2;
  map<string, int64> counts = 3;
  oneof what { Author author = 4; string source = 5; }
  google.protobuf.Timestamp published_at = 6;
}
message Ping { option (judi.event) = {name: "ping" owner: "news" description: "Nothing more."}; string more = 1; }
"#;

const TYPES: &str = r#"syntax = "proto3";
package news.v1;
enum Section { SECTION_UNSPECIFIED = 0; SECTION_INRIKES = 1; }
message Author { string name = 1; repeated Author with = 2; }
"#;

pub(crate) fn sources(more_types: &str) -> Vec<Source> {
    let source = |name: &str, text: String| Source { name: name.to_owned(), text: SourceText::Proto(text) };
    vec![
        source("news/v1/events.proto", EVENTS.to_owned()),
        source("news/v1/types.proto", format!("{TYPES}{more_types}")),
    ]
}

pub(crate) fn schemas() -> Arc<Schemas> {
    Arc::new(Schemas::first(&sources("")).unwrap())
}

/// The version after [`schemas`], with another message in `news/v1/types.proto`.
pub(crate) fn next_schemas() -> Arc<Schemas> {
    let next = sources("message Reader { string name = 1; }");
    Arc::new(Schemas::first(&sources("")).unwrap().next(&next).unwrap())
}

/// A server, a registry in it, and the disk below.
#[derive(Debug)]
pub(crate) struct Bed {
    pub(crate) address: SocketAddr,
    pub(crate) registry: Registry,
    _runtime: tokio::runtime::Runtime,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Bed {
    /// On a simulated disk of its own.
    pub(crate) fn new() -> Self {
        Self::on(&SimDisk::new(1), schemas())
    }

    pub(crate) fn on(disk: &SimDisk, schemas: Arc<Schemas>) -> Self {
        Self::serving(Registry::open(Arc::new(disk.clone()), Path::new(FOLDER), schemas).unwrap())
    }

    pub(crate) fn in_folder(disk: Arc<dyn Disk>, folder: &Path, schemas: Arc<Schemas>) -> Self {
        Self::serving(Registry::open(disk, folder, schemas).unwrap())
    }

    fn serving(registry: Registry) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().nest("/registry", router(registry.clone()));
        runtime.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, registry, _runtime: runtime }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", None)
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, "", None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(
            "POST",
            path,
            "Content-Type: application/vnd.schemaregistry.v1+json\r\n",
            Some(body.to_string().as_bytes()),
        )
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask("PUT", path, "Content-Type: application/json\r\n", Some(body.to_string().as_bytes()))
    }

    /// Registers a text in a subject, and gives the id.
    pub(crate) fn register(&self, subject: &str, text: &str) -> u64 {
        let answer = self.post(&format!("/subjects/{subject}/versions"), &schema(text));
        answer.json()["id"].as_u64().unwrap_or_else(|| panic!("{answer:?}"))
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: Option<&[u8]>) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.map_or_else(String::new, |body| format!("Content-Length: {}\r\n", body.len()));
        let head =
            format!("{method} /registry{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}{length}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // A server that has answered already may have stopped reading.
        let _ = stream.write_all(body.unwrap_or_default());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/vnd.schemaregistry.v1+json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The JSON of a 200.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()
    }

    /// Status, number and message of an error.
    pub(crate) fn error(&self) -> (u16, u64, String) {
        let json = self.json();
        let code = json["error_code"].as_u64().unwrap_or_else(|| panic!("{self:?}"));
        (self.status, code, json["message"].as_str().unwrap().to_owned())
    }

    /// The number of an error, whose status goes with it.
    pub(crate) fn code(&self) -> u64 {
        let (status, code, _) = self.error();
        assert_eq!(u64::from(status), if code >= 1000 { code / 100 } else { code }, "{self:?}");
        code
    }
}

pub(crate) fn schema(text: &str) -> Value {
    json!({"schemaType": "PROTOBUF", "schema": text})
}

pub(crate) fn with_references(text: &str, references: &[(&str, &str, u32)]) -> Value {
    let references: Vec<Value> = references
        .iter()
        .map(|(name, subject, version)| json!({"name": name, "subject": subject, "version": version}))
        .collect();
    json!({"schemaType": "PROTOBUF", "schema": text, "references": references})
}

/// A proto3 file without a package.
pub(crate) fn proto(body: &str) -> String {
    format!("syntax = \"proto3\";\n{body}\n")
}
