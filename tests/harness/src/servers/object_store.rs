//! An S3 server on a folder. It checks signatures as a real one does.

use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use tokio::net::TcpStream;

use super::environment::{OBJECT_STORE, given};
use super::launch::{START_TIMEOUT, STOP_TIMEOUT, made};
use crate::children::{Running, bound_to_parent};
use crate::ports;
use crate::wait::until;

/// A private S3 server.
#[derive(Debug)]
pub struct S3Server {
    server: Running,
    port: u16,
}

/// The S3 server of the run, as a test finds it in its environment.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    /// The URL of the server.
    pub endpoint: String,
}

impl ObjectStore {
    /// The bucket that exists.
    pub const BUCKET: &'static str = "swath-files";
    /// The access key.
    pub const KEY: &'static str = "AKIASWATHTESTS";
    /// The secret key.
    pub const SECRET: &'static str = "the-secret-of-the-tests-object-store";

    /// Reads the environment.
    ///
    /// # Errors
    /// When the variable is not set: a test without its server fails instead of passing silently.
    pub fn from_environment() -> anyhow::Result<Self> {
        Ok(Self { endpoint: given(OBJECT_STORE)? })
    }
}

impl S3Server {
    /// Starts `program`, which is s3s-fs, with one bucket.
    pub(super) async fn start(program: &Path, folder: PathBuf) -> anyhow::Result<Self> {
        let root = made(folder.join("root"))?;
        made(root.join(ObjectStore::BUCKET))?;
        let port = ports::free()?;
        let mut command = bound_to_parent(program, "TERM");
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--access-key", ObjectStore::KEY, "--secret-key", ObjectStore::SECRET]);
        let server = Running::start("the object store", command.arg(root), &folder.join("s3.log"))?;
        let answers = until("the object store", START_TIMEOUT, || async {
            TcpStream::connect(ports::local(port)).await.ok().map(drop)
        });
        answers.await.map_err(|error| anyhow::anyhow!("{error}:\n{}", server.output()))?;
        Ok(Self { server, port })
    }

    /// The URL of the server.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) async fn stop(&mut self) {
        self.server.stop(Signal::SIGTERM, STOP_TIMEOUT).await;
    }
}
