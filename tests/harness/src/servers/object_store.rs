//! An S3 server on a folder, which checks signatures as a real one does.

use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use tokio::net::TcpStream;

use super::{OBJECT_STORE, START, STOP, given, made};
use crate::children::{Running, leashed};
use crate::ports;
use crate::wait::until;

/// A private S3 server.
#[derive(Debug)]
pub struct S3Server {
    server: Running,
    port: u16,
}

/// The S3 server that the runner started, as a test finds it in its environment.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    /// Its address.
    pub endpoint: String,
}

impl ObjectStore {
    /// The bucket that is there.
    pub const BUCKET: &'static str = "swath-files";
    /// Who may use it.
    pub const KEY: &'static str = "AKIASWATHTESTS";
    /// The proof.
    pub const SECRET: &'static str = "the-secret-of-the-tests-object-store";

    /// Reads the environment.
    ///
    /// # Errors
    /// When the server is not given: such a test fails, it never passes in silence.
    pub fn from_environment() -> anyhow::Result<Self> {
        Ok(Self { endpoint: given(OBJECT_STORE)? })
    }
}

impl S3Server {
    /// Starts `program`, an s3s-fs, with one bucket.
    pub(super) async fn start(program: &Path, folder: PathBuf) -> anyhow::Result<Self> {
        let root = made(folder.join("root"))?;
        made(root.join(ObjectStore::BUCKET))?;
        let port = ports::free()?;
        let mut command = leashed(program, "TERM");
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--access-key", ObjectStore::KEY, "--secret-key", ObjectStore::SECRET]);
        let server = Running::start("the object store", command.arg(root), &folder.join("s3.log"))?;
        let answers = until("the object store", START, || async {
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
        self.server.stop(Signal::SIGTERM, STOP).await;
    }
}
