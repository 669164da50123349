//! A bare git repository as plain files, which any web server and any folder can hand out (git's "dumb" protocol,
//! gitprotocol-http): loose objects, one commit and one tag per version, and the list of them.
//!
//! Whoever publishes the same files twice gets the same objects with the same names.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::PublishError;
use crate::GeneratedFile;
use crate::digest::{hex, sha1};

/// Who made a commit, and when: it is the same for the same files.
const MAKER: &str = "Judi <judi@localhost> 315532800 +0000";

/// A folder of the tree, or a file's object.
enum Node {
    Blob([u8; 20]),
    Tree(BTreeMap<String, Node>),
}

#[derive(Default)]
struct Objects {
    files: BTreeMap<String, Vec<u8>>,
}

/// The files of the repository with one version in it.
pub(super) fn repository(
    folder: &str,
    version: &str,
    message: &str,
    files: &[GeneratedFile],
) -> Result<Vec<GeneratedFile>, PublishError> {
    let mut objects = Objects::default();
    let mut root = BTreeMap::new();
    for file in files {
        let blob = objects.add("blob", &file.bytes)?;
        place(&mut root, &file.path, blob);
    }
    let tree = objects.tree(&root)?;
    let commit = format!("tree {}\nauthor {MAKER}\ncommitter {MAKER}\n\n{message}\n", hex(&tree));
    let commit = hex(&objects.add("commit", commit.as_bytes())?);
    let tag = format!("object {commit}\ntype commit\ntag {version}\ntagger {MAKER}\n\n{message}\n");
    let tag = hex(&objects.add("tag", tag.as_bytes())?);
    let refs = format!("{commit}\trefs/heads/main\n{tag}\trefs/tags/{version}\n{commit}\trefs/tags/{version}^{{}}\n");
    let mut out: Vec<(String, Vec<u8>)> = vec![
        ("HEAD".into(), b"ref: refs/heads/main\n".to_vec()),
        ("config".into(), b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n".to_vec()),
        ("info/refs".into(), refs.into_bytes()),
        ("objects/info/packs".into(), b"\n".to_vec()),
        ("refs/heads/main".into(), format!("{commit}\n").into_bytes()),
        (format!("refs/tags/{version}"), format!("{tag}\n").into_bytes()),
    ];
    out.extend(objects.files);
    Ok(out.into_iter().map(|(path, bytes)| GeneratedFile { path: format!("{folder}/{path}"), bytes }).collect())
}

/// The list of what a repository has, with what it had before.
pub(super) fn merged_refs(before: &str, now: &str) -> String {
    let pairs = |text: &str| -> BTreeMap<String, String> {
        text.lines().filter_map(|line| line.split_once('\t')).map(|(id, name)| (name.into(), id.into())).collect()
    };
    let mut all = pairs(before);
    all.extend(pairs(now));
    all.iter().map(|(name, id)| format!("{id}\t{name}\n")).collect()
}

fn place(root: &mut BTreeMap<String, Node>, path: &str, blob: [u8; 20]) {
    match path.split_once('/') {
        None => {
            root.insert(path.to_owned(), Node::Blob(blob));
        }
        Some((folder, rest)) => {
            let node = root.entry(folder.to_owned()).or_insert_with(|| Node::Tree(BTreeMap::new()));
            if let Node::Tree(inner) = node {
                place(inner, rest, blob);
            }
        }
    }
}

impl Objects {
    fn tree(&mut self, nodes: &BTreeMap<String, Node>) -> Result<[u8; 20], PublishError> {
        let mut rows = Vec::new();
        for (name, node) in nodes {
            // Git sorts a folder as if its name ended with a slash.
            rows.push(match node {
                Node::Blob(id) => (name.clone(), "100644", name, *id),
                Node::Tree(inner) => (format!("{name}/"), "40000", name, self.tree(inner)?),
            });
        }
        rows.sort();
        let mut body = Vec::new();
        for (_, mode, name, id) in rows {
            body.extend(format!("{mode} {name}\0").into_bytes());
            body.extend(id);
        }
        self.add("tree", &body)
    }

    fn add(&mut self, kind: &str, body: &[u8]) -> Result<[u8; 20], PublishError> {
        let mut bytes = format!("{kind} {}\0", body.len()).into_bytes();
        bytes.extend(body);
        let id = sha1(&bytes);
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        let packed = encoder.write_all(&bytes).and_then(|()| encoder.finish()).map_err(PublishError::Compress)?;
        let name = hex(&id);
        let (folder, rest) = name.split_at(2);
        self.files.insert(format!("objects/{folder}/{rest}"), packed);
        Ok(id)
    }
}
