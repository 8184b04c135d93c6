//! The configuration as TOML.

use secrecy::{ExposeSecret, SecretString};

use super::sections::{Config, LogFormat};

/// The whole configuration as TOML, without secrets and passwords.
pub(super) fn to_toml(config: &Config) -> String {
    let hidden = |secret: &SecretString| if secret.expose_secret().is_empty() { "" } else { "(hidden)" };
    let (server, media, files, work) = (&config.server, &config.media, &config.files, &config.work);
    let roots: Vec<_> = media.roots.iter().map(|root| quoted(&root.display().to_string())).collect();
    let list = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
    let format = if config.log.format == LogFormat::Json { "json" } else { "text" };
    [
        format!(
            "[server]\nlisten = {}\nsecret = {}\ncors_origins = [{}]",
            quoted(&server.listen),
            quoted(hidden(&server.secret)),
            list(&server.cors_origins)
        ),
        format!(
            "request_seconds = {}\nrequests_per_second = {}\ndrain_seconds = {}\nshutdown_seconds = {}",
            server.request_seconds, server.requests_per_second, server.drain_seconds, server.shutdown_seconds
        ),
        format!("body_bytes = {}\nupload_bytes = {}", server.body_bytes, server.upload_bytes),
        format!("header_seconds = {}\nidle_seconds = {}", server.header_seconds, server.idle_seconds),
        format!("body_seconds = {}\nstall_seconds = {}", server.body_seconds, server.stall_seconds),
        format!(
            "connections = {}\nunauthenticated_connections = {}\nevent_streams = {}\nmetrics_listen = {}\n",
            server.connections,
            server.unauthenticated_connections,
            server.event_streams,
            quoted(&server.metrics_listen)
        ),
        format!("[data]\ndir = {}\n", quoted(&config.data.dir.display().to_string())),
        format!("[store]\nurl = {}\nconnections = {}\n", shown(&config.store.url), config.store.connections),
        format!("[bus]\nurl = {}\nprefix = {}\n", shown(&config.bus.url), quoted(&config.bus.prefix)),
        format!("[locks]\nurl = {}\nprefix = {}\n", shown(&config.locks.url), quoted(&config.locks.prefix)),
        format!("[admin]\ntoken = {}\n", quoted(hidden(&config.admin.token))),
        format!("[media]\nroots = [{}]\nshared = [{}]", roots.join(", "), list(&media.shared)),
        format!("origins = [{}]\nurl_seconds = {}", list(&media.origins), media.url_seconds),
        format!("s3_endpoint = {}\ns3_region = {}", quoted(&media.s3_endpoint), quoted(&media.s3_region)),
        format!("s3_access_key = {}", quoted(&media.s3_access_key)),
        format!("s3_secret_key = {}\n", quoted(hidden(&media.s3_secret_key))),
        format!("[files]\nfolder = {}", quoted(&files.folder.display().to_string())),
        format!("s3_endpoint = {}\ns3_path_style = {}", quoted(&files.s3_endpoint), files.s3_path_style),
        format!("s3_region = {}\ns3_bucket = {}", quoted(&files.s3_region), quoted(&files.s3_bucket)),
        format!("s3_prefix = {}\ns3_access_key = {}", quoted(&files.s3_prefix), quoted(&files.s3_access_key)),
        format!("s3_secret_key = {}", quoted(hidden(&files.s3_secret_key))),
        format!("picture_bytes = {}\nteam_bytes = {}", files.picture_bytes, files.team_bytes),
        format!(
            "unused_seconds = {}\nthumbnail_seconds = {}\n",
            files.unused_seconds, files.thumbnail_seconds
        ),
        format!("[work]\ngrace_seconds = {}\ncut_ahead = {}", work.grace_seconds, work.cut_ahead),
        format!("hint_window = {}\nhint_repeat_seconds = {}", work.hint_window, work.hint_repeat_seconds),
        format!("sweep_millis = {}\nexpire_at_once = {}", work.sweep_millis, work.expire_at_once),
        format!("waive_after_seconds = {}\n", work.waive_after_seconds),
        format!("[metrics]\njobs = {}\nage_seconds = {}\n", config.metrics.jobs, config.metrics.age_seconds),
        format!("[log]\nlevel = {}\nformat = {}\n", quoted(&config.log.level), quoted(format)),
        format!(
            "[traces]\nendpoint = {}\nshare = {:?}\n",
            quoted(&config.traces.endpoint),
            config.traces.share
        ),
    ]
    .join("\n")
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A URL with its password hidden, whether it is before the host or in the query.
fn shown(url: &SecretString) -> String {
    let url = url.expose_secret();
    let url = match url.split_once('?') {
        Some((address, query)) => format!("{address}?{}", shown_query(query)),
        None => url.to_owned(),
    };
    let hidden = url.split_once("://").and_then(|(scheme, rest)| {
        let (user, host) = rest.rsplit_once('@')?;
        let user = user.split(':').next().unwrap_or_default();
        Some(format!("{scheme}://{user}:(hidden)@{host}"))
    });
    quoted(hidden.as_deref().unwrap_or(&url))
}

fn shown_query(query: &str) -> String {
    let shown = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("pass") => format!("{name}=(hidden)"),
        _ => pair.to_owned(),
    };
    query.split('&').map(shown).collect::<Vec<_>>().join("&")
}
