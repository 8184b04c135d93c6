//! Puts the console's files into `OUT_DIR`, from where the crate embeds them. They are copied from a folder that was built
//! before, or built from `web/` by npm and esbuild. Nothing is written into the source tree.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

/// The variable that names a folder that was built before.
const DIST: &str = "SWATH_CONSOLE_DIST";
/// The variable that makes a missing console an error.
const REQUIRED: &str = "SWATH_CONSOLE_REQUIRED";
/// The oldest major version of Node that runs the build.
const NODE_MIN: u32 = 18;
/// The sources of the build, below `web/`.
const SOURCES: [&str; 4] = ["build.js", "package.json", "package-lock.json", "src"];
/// A copy of the lock file that `node_modules` was installed by.
const INSTALLED: &str = "installed-lock.json";

fn main() -> io::Result<()> {
    let web = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../web");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    SOURCES.iter().for_each(|source| println!("cargo::rerun-if-changed={}", web.join(source).display()));
    println!("cargo::rerun-if-env-changed={DIST}");
    println!("cargo::rerun-if-env-changed={REQUIRED}");
    let files = out.join("files");
    empty(&files)?;
    if let Some(dist) = env::var_os(DIST) {
        println!("cargo::rerun-if-changed={}", Path::new(&dist).display());
        return copy(Path::new(&dist), &files);
    }
    match build(&web, &out.join("web")) {
        Ok(dist) => copy(&dist, &files)?,
        Err(missing) if is_required(&out) => println!("cargo::error=the console cannot be built: {missing}"),
        Err(missing) => {
            println!("cargo::warning=built without the console: {missing}");
            // A path that never exists makes Cargo look again at the next build: Node may have been installed.
            println!("cargo::rerun-if-changed={}", out.join("never").display());
        }
    }
    Ok(())
}

/// Whether a build without the console is a failure: if the variable says so, and for the profile that is shipped.
fn is_required(out: &Path) -> bool {
    // OUT_DIR is <target>/<profile>/build/<package>/out.
    let profile = out.ancestors().nth(3).and_then(Path::file_name);
    env::var_os(REQUIRED).is_some() || profile.is_some_and(|profile| profile == "dist")
}

/// Builds the console in the folder `work`. The error says what is missing.
fn build(web: &Path, work: &Path) -> Result<PathBuf, String> {
    check_tools()?;
    let failed = |error: io::Error| format!("{}: {error}", work.display());
    copy_sources(web, work).map_err(failed)?;
    let lock = fs::read(work.join("package-lock.json")).map_err(failed)?;
    let installed = work.join(INSTALLED);
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        let _ = fs::remove_file(&installed);
        let install = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"];
        run("npm", &install, work)?;
        fs::write(&installed, &lock).map_err(failed)?;
    }
    run("node", &["build.js"], work)?;
    Ok(work.join("dist"))
}

/// Checks Node and npm before they are used, because an old Node would fail with an obscure syntax error.
fn check_tools() -> Result<(), String> {
    let need =
        format!("it needs Node {NODE_MIN} or later with npm (Debian and Ubuntu: apt-get install nodejs npm)");
    let version = output("node", &["--version"]).ok_or_else(|| format!("there is no Node; {need}"))?;
    let major =
        version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MIN) {
        return Err(format!("Node is {}; {need}", version.trim()));
    }
    output("npm", &["--version"]).map(drop).ok_or_else(|| format!("there is no npm; {need}"))
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a step of the build. The error has the first lines of its error output.
fn run(program: &str, arguments: &[&str], work: &Path) -> Result<(), String> {
    let output = Command::new(program).args(arguments).current_dir(work).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> =
        stderr.lines().filter(|line| !line.trim().is_empty()).take(6).map(str::trim).collect();
    Err(format!("`{program} {}` ended with {}: {}", arguments[0], output.status, lines.join(" / ")))
}

fn copy_sources(web: &Path, work: &Path) -> io::Result<()> {
    fs::create_dir_all(work)?;
    empty(&work.join("src"))?;
    for source in SOURCES {
        let (from, to) = (web.join(source), work.join(source));
        if from.is_dir() { copy(&from, &to)? } else { fs::copy(&from, &to).map(drop)? }
    }
    Ok(())
}

/// Copies a folder recursively.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?
        } else {
            fs::copy(entry.path(), target).map(drop)?
        }
    }
    Ok(())
}

/// Makes the folder, and empties it if it exists.
fn empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir_all(folder)
}
