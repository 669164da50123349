//! The peer of `accept`: nginx, which logs the bodies of requests and never syncs.
//!
//! nginx reads a body only to pass it on, so it proxies to a second server of its own that answers 204; the body
//! itself is not passed on, so that the peer does no more than it must.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::http::Connection;
use super::project::scratch;
use crate::failure::Failure;

const START_TIMEOUT: Duration = Duration::from_secs(10);
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// Where Debian and others put it, which need not be in a user's PATH.
const PLACES: [&str; 3] = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"];

/// A running nginx; dropping it ends it and its workers.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    scratch: TempDir,
}

/// The program, where it is installed.
pub(crate) fn installed() -> Option<PathBuf> {
    PLACES.iter().map(PathBuf::from).find(|place| place.is_file())
}

impl Nginx {
    /// Starts it.
    pub(crate) fn start(program: &Path, folder: Option<&Path>) -> Result<Self, Failure> {
        let scratch = scratch(folder)?;
        let dir = scratch.path();
        let (address, upstream) = (free_address()?, free_address()?);
        let config = dir.join("nginx.conf");
        fs::write(&config, configuration(dir, address, upstream)?).map_err(Failure::file("write", &config))?;
        let child = Command::new(program)
            .arg("-p")
            .arg(dir)
            .arg("-c")
            .arg(&config)
            .args(["-e", "errors.log"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Failure::file("start", program))?;
        let mut nginx = Self { child, address, scratch };
        let started = Instant::now();
        while Connection::open(address).is_err() {
            let ended = nginx.child.try_wait().ok().flatten().is_some();
            if ended || started.elapsed() > START_TIMEOUT {
                let output = fs::read_to_string(nginx.scratch.path().join("errors.log")).unwrap_or_default();
                return Err(Failure::Program {
                    program: "nginx".to_owned(),
                    ended: "does not listen".to_owned(),
                    output,
                });
            }
            std::thread::sleep(POLL);
        }
        Ok(nginx)
    }

    /// Bytes that it has logged.
    pub(crate) fn logged_bytes(&self) -> u64 {
        fs::metadata(self.scratch.path().join("bodies.log")).map_or(0, |metadata| metadata.len())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers when it is asked to, not when it is killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let asked = Instant::now();
        while asked.elapsed() < STOP_TIMEOUT {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(POLL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0");
    listener.and_then(|listener| listener.local_addr()).map_err(Failure::io("find a free port"))
}

fn configuration(dir: &Path, address: SocketAddr, upstream: SocketAddr) -> Result<String, Failure> {
    // Workers of a master that runs as root must be able to write into this folder.
    let owner = fs::metadata(dir).map_err(Failure::file("look at", dir))?.uid();
    let user = if owner == 0 { "user root;" } else { "" };
    let dir = dir.display();
    Ok(format!(
        r#"{user}
daemon off;
worker_processes auto;
pid {dir}/nginx.pid;
error_log {dir}/errors.log;
events {{ worker_connections 256; }}
http {{
  log_format bodies escape=none '$request_body';
  client_body_buffer_size 1m;
  client_max_body_size 4m;
  client_body_temp_path {dir}/bodies;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  keepalive_requests 100000000;
  upstream nothing {{ server {upstream}; keepalive 16; keepalive_requests 100000000; }}
  server {{
    listen {address};
    access_log {dir}/bodies.log bodies;
    location / {{
      proxy_pass http://nothing;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_pass_request_body off;
    }}
  }}
  server {{ listen {upstream}; access_log off; location / {{ return 204; }} }}
}}
"#
    ))
}
