//! The server of a project: how other commands find the one that runs.

pub mod internal;

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use judi_world::{Random, World};
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientError};
use crate::failure::{Exit, Failure};
use crate::project::Project;

const TOKEN_BYTES: usize = 32;

/// A server that has the project's log open, as its file in the state folder says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunningServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its internal paths ask for.
    pub token: String,
    /// Partitions of its log.
    pub partitions: u32,
    /// Its process.
    pub pid: u32,
}

/// The file that announces a server; gone when the server is.
#[derive(Debug)]
pub struct Announcement {
    path: PathBuf,
}

impl RunningServer {
    /// The server that says it runs, if one does.
    pub fn find(project: &Project) -> Result<Option<Self>, Failure> {
        let path = file(project);
        match fs::read(&path) {
            // A file that is being written, or is left from a crash in the middle of it, announces nobody.
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::from_error(Exit::Outside, &path.display().to_string(), &error)),
        }
    }

    /// Where this machine reaches it: a server on all addresses is on loopback, too.
    pub fn reachable(&self) -> SocketAddr {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        address
    }

    /// Posts to an internal path and gives the answer; `None` when nobody answers, or somebody else: the server has died
    /// and left its file.
    ///
    /// # Errors
    /// An answer that is no success, or breaks off.
    pub fn ask(&self, world: &World, path: &str, body: Vec<u8>) -> Result<Option<Bytes>, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Outside, "the running server", error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let request = Request::post(path)
            .header(http::header::HOST, self.reachable().to_string())
            .header(http::header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| failed(&error))?;
        let mut client = Client::new(Arc::clone(&world.network), self.reachable());
        match runtime.block_on(client.send(request)) {
            Ok((StatusCode::OK, answer)) => Ok(Some(answer)),
            Ok((StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND, _)) | Err(ClientError::Connect { .. }) => Ok(None),
            Ok((status, answer)) => {
                let text = String::from_utf8_lossy(&answer).into_owned();
                Err(Failure::outside(format!("the running server answered {status}: {text}")))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// A token that nobody can guess.
    pub fn new_token(random: &dyn Random) -> Result<String, Failure> {
        let mut bytes = [0; TOKEN_BYTES];
        random.fill(&mut bytes).map_err(|error| Failure::from_error(Exit::Outside, "randomness", &error))?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Tells other commands of this project where to find this process. The file is its owner's alone.
    pub fn announce(&self, project: &Project) -> Result<Announcement, Failure> {
        let path = file(project);
        let written =
            serde_json::to_vec(self).map_err(std::io::Error::other).and_then(|bytes| write_private(&path, &bytes));
        written.map_err(|error| Failure::from_error(Exit::Outside, &path.display().to_string(), &error))?;
        Ok(Announcement { path })
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // Left behind it does no harm: the log's lock tells whether the server lives.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes what a server that was killed left behind. Only for the process that has the log's lock.
pub fn clear_announcement(project: &Project) {
    let _ = fs::remove_file(file(project));
}

fn file(project: &Project) -> PathBuf {
    project.state_dir().join("server.json")
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    fs::rename(&temporary, path)
}
