//! nginx in front of the services, with the shipped configuration.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use crate::children::{Running, bound_to_parent};
use crate::{Service, ports};

const SITE_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nginx/swath.conf");
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Starts nginx in a folder, and returns its origin as well. The configuration is the shipped one with other host
/// names, another port and other folders.
///
/// # Errors
/// When nginx cannot be started or does not listen in time.
pub async fn start(folder: &Path, services: &[Service]) -> anyhow::Result<(Running, String)> {
    let port = ports::free()?;
    let site = std::fs::read_to_string(SITE_FILE).context(SITE_FILE)?;
    let site = upstreams(&site, services)
        .replace("listen 8080;", &format!("listen 127.0.0.1:{port};"))
        .replace("/var/log/nginx", &folder.display().to_string());
    let file = folder.join("nginx.conf");
    std::fs::write(&file, around(folder, &site))?;
    let mut command = bound_to_parent("nginx", "KILL");
    command.arg("-p").arg(folder).arg("-c").arg(&file);
    let nginx = Running::start("nginx", &mut command, &folder.join("nginx-output.log"))?;
    ports::open(port, START_TIMEOUT).await.with_context(|| nginx.output())?;
    Ok((nginx, format!("http://{}", ports::local(port))))
}

/// The configuration with the addresses of the running services in place of the shipped host names.
fn upstreams(site: &str, services: &[Service]) -> String {
    let mut placed = HashSet::new();
    let mut lines = Vec::new();
    for line in site.lines() {
        let Some((name, role)) = server_of(line) else {
            lines.push(line.to_owned());
            continue;
        };
        if placed.insert(role) {
            let able = services.iter().filter(|service| service.name().starts_with(role));
            lines.extend(able.map(|service| {
                let address = service.url().replace("http://", "");
                line.replace(&format!("{name}:8080"), &address)
            }));
        }
    }
    lines.join("\n")
}

/// The host name that a line of an upstream names, and its role: `gateway-1` is a gateway.
fn server_of(line: &str) -> Option<(&str, &str)> {
    let (name, _) = line.trim_start().strip_prefix("server ")?.split_once(":8080")?;
    Some((name, name.split('-').next()?))
}

fn around(folder: &Path, site: &str) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};"))
        .join("\n");
    format!(
        "user root;\ndaemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nevents {{}}\nhttp {{\n{temporary}\n{site}\n}}\n"
    )
}
