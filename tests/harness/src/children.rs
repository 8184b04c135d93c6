//! Child processes that cannot outlive the process that started them.
//!
//! Each child runs in a process group of its own: one signal reaches everything that it started, and a ^C on the
//! terminal does not reach it. Dropping a child kills its group. If our thread ends without dropping anything, the
//! kernel signals the child.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::wait::until;

/// A command whose process receives the signal `on_orphaned` when the thread that spawned it ends.
pub fn bound_to_parent(program: impl AsRef<OsStr>, on_orphaned: &str) -> Command {
    bound_to_parent_with(&[], program, on_orphaned)
}

/// As [`bound_to_parent`], with further options of `setpriv`, such as another user for a server that refuses to run
/// as root.
pub fn bound_to_parent_with(options: &[&str], program: impl AsRef<OsStr>, on_orphaned: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(options).args(["--pdeathsig", on_orphaned, "--"]).arg(program);
    command
}

/// A running child process and everything that it starts.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts `command` in its own process group, its output appended to the file `log`.
    ///
    /// # Errors
    /// When the log cannot be opened or the program cannot be started.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned() })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the process has written so far, for an error message.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The exit status, once the process has ended. Reaps the process, so that no zombie is left.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends `signal` to the process itself. Nothing happens if it has ended already.
    pub fn signal(&self, signal: Signal) {
        let _ = kill(pid(&self.child), signal);
    }

    /// Sends `signal` to the process and all of its descendants, also those that left its process group.
    pub fn signal_all(&self, signal: Signal) {
        for id in tree(self.child.id()) {
            let _ = kill(Pid::from_raw(id.cast_signed()), signal);
        }
    }

    /// Waits for the process to end.
    ///
    /// # Errors
    /// When the process still runs at the deadline.
    pub async fn ended(&mut self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        let what = format!("the end of {}", self.name);
        let child = &mut self.child;
        until(&what, deadline, || std::future::ready(child.try_wait().ok().flatten())).await
    }

    /// Sends `signal`, waits, and kills what still runs at the deadline.
    pub async fn stop(&mut self, signal: Signal, deadline: Duration) {
        self.signal(signal);
        let _ = self.ended(deadline).await;
        self.kill();
    }

    /// Kills the whole group at once and reaps the process.
    pub fn kill(&mut self) {
        let _ = killpg(pid(&self.child), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The ids of a process and its descendants, some of which may have process groups of their own.
fn tree(root: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: Vec<(u32, u32)> = entries
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The program's name in brackets may contain anything, brackets too.
            let (_, rest) = stat.rsplit_once(") ")?;
            Some((id, rest.split(' ').nth(1)?.parse().ok()?))
        })
        .collect();
    let mut found = vec![root];
    let mut place = 0;
    while let Some(&parent) = found.get(place) {
        found.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(id, _)| *id));
        place += 1;
    }
    found
}

fn pid(child: &Child) -> Pid {
    // A process id always fits: the kernel's own type is a signed 32-bit integer.
    Pid::from_raw(child.id().cast_signed())
}
