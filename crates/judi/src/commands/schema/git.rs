//! Files as they were at a commit, asked of the `git` program.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use judi_schema::compile::{FILE_BYTES_MAX, FILES_MAX};

use crate::failure::{Exit, Failure};

/// A file in a tree.
struct Entry {
    path: String,
    object: String,
}

/// The files below `folder` at `reference` whose paths, relative to it, are `wanted`. Links, and what begins with a
/// dot, are passed over, as they are on disk.
///
/// # Errors
/// No git, no repository, no such commit, or more than is read of a folder.
pub fn files_at(
    folder: &Path,
    reference: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    // What begins with a dash would be an option.
    if reference.is_empty() || reference.starts_with('-') {
        return Err(
            Failure::usage(format!("git:{reference}: this is no name of a commit")).hint("git:main, git:HEAD~1")
        );
    }
    ask(folder, &["rev-parse", "--git-dir"])?.map_err(|said| {
        Failure::usage(format!("{}: {said}", folder.display()))
            .hint("the folder must be in a git repository; compare with another folder instead")
    })?;
    let commit = format!("{reference}^{{commit}}");
    let commit = ask(folder, &["rev-parse", "--verify", "--quiet", &commit])?.map_err(|_| {
        Failure::usage(format!("git:{reference}: there is no such commit in {}", folder.display()))
            .hint("a branch, a tag or a commit; in a shallow clone: git fetch origin REF first")
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let listed = ask(folder, &["ls-tree", "-r", "-z", "-l", &commit])?
        .map_err(|said| Failure::outside(format!("git ls-tree {reference}: {said}")))?;
    let entries = entries(&listed, reference, wanted)?;
    contents(folder, entries)
}

/// What a git command prints, or what it says when it fails.
fn ask(folder: &Path, args: &[&str]) -> Result<Result<Vec<u8>, String>, Failure> {
    let output = git(folder).args(args).stdin(Stdio::null()).output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(Ok(output.stdout));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Ok(Err(said.trim().trim_start_matches("fatal: ").to_owned()))
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    command
}

fn no_git(error: &std::io::Error) -> Failure {
    Failure::from_error(Exit::Outside, "git", error).hint("install git, or compare with another folder")
}

/// Reads `ls-tree -z -l`: `mode type object size\tpath`, each ended by a zero.
fn entries(listed: &[u8], reference: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for line in listed.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(line);
        let Some((head, path)) = line.split_once('\t') else { continue };
        let mut head = head.split_ascii_whitespace();
        let (Some(mode), Some("blob"), Some(object), Some(size)) = (head.next(), head.next(), head.next(), head.next())
        else {
            continue;
        };
        let is_plain = mode.starts_with("100");
        if !is_plain || path.split('/').any(|part| part.starts_with('.')) || !wanted(path) {
            continue;
        }
        if size.parse::<u64>().is_ok_and(|size| size > FILE_BYTES_MAX) {
            return Err(Failure::usage(format!("{path} at {reference}: the file has {size} bytes"))
                .hint(format!("at most {FILE_BYTES_MAX} are read")));
        }
        if entries.len() == FILES_MAX {
            return Err(Failure::usage(format!("git:{reference}: the schema has more than {FILES_MAX} files")));
        }
        entries.push(Entry { path: path.to_owned(), object: object.to_owned() });
    }
    Ok(entries)
}

/// Reads all files with one process.
fn contents(folder: &Path, entries: Vec<Entry>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut child = git(folder)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| no_git(&error))?;
    let asked: String = entries.iter().map(|entry| format!("{}\n", entry.object)).collect();
    let writer = child.stdin.take().map(|mut stdin| thread::spawn(move || stdin.write_all(asked.as_bytes())));
    let mut answer = Vec::new();
    let read = child.stdout.take().map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut answer));
    let wrote = writer.map_or(Ok(()), |writer| writer.join().unwrap_or(Ok(())));
    let ended = child.wait();
    let failed = |error: &std::io::Error| Failure::from_error(Exit::Outside, "git cat-file", error);
    read.map_err(|error| failed(&error))?;
    wrote.map_err(|error| failed(&error))?;
    ended.map_err(|error| failed(&error))?;
    let mut rest = answer.as_slice();
    let mut files = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some((bytes, after)) = one_object(rest) else {
            return Err(Failure::outside(format!("git cat-file: {} could not be read", entry.path)));
        };
        files.push((entry.path, bytes.to_vec()));
        rest = after;
    }
    Ok(files)
}

/// Splits `object blob size\n…\n` off the answer of `cat-file --batch`.
fn one_object(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let line_end = answer.iter().position(|&byte| byte == b'\n')?;
    let head = std::str::from_utf8(answer.get(..line_end)?).ok()?;
    let size: usize = head.rsplit_once(' ')?.1.parse().ok()?;
    let (bytes, after) = answer.get(line_end + 1..)?.split_at_checked(size)?;
    Some((bytes, after.strip_prefix(b"\n")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_that_are_wanted_are_listed() {
        let listed =
            b"100644 blob aa      12\ta.proto\x00120000 blob bb 3\tlink.proto\x00100644 blob cc 4\t.git/x.proto\x00\
            100755 blob dd 5\tsub/b.proto\x00160000 commit ee -\tmodule\x00100644 blob ff 1\tx.txt\x00";
        let entries = entries(listed, "HEAD", |path| path.ends_with(".proto")).unwrap();
        let found: Vec<_> = entries.iter().map(|entry| (entry.path.as_str(), entry.object.as_str())).collect();
        assert_eq!(found, [("a.proto", "aa"), ("sub/b.proto", "dd")]);
        assert!(super::entries(b"100644 blob aa 99999999999\ta.proto\x00", "HEAD", |_| true).is_err());
    }

    #[test]
    fn objects_are_split_by_their_sizes() {
        let answer = b"aa blob 3\na\nb\nbb blob 0\n\nrest";
        let (first, after) = one_object(answer).unwrap();
        assert_eq!(first, b"a\nb");
        assert_eq!(one_object(after), Some((&b""[..], &b"rest"[..])));
        assert_eq!(one_object(b"cc missing\n"), None);
    }
}
