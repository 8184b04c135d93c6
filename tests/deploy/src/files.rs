//! Images and manifests, read by the tools that know them.

use serde_json::Value;

use crate::{fetched, run};

#[tokio::test]
async fn the_image_is_built_as_the_linter_wants_it() {
    run("deploy", fetched("hadolint"), &["Dockerfile"]).await;
}

#[tokio::test]
async fn compose_understands_the_whole_installation() {
    let file = ["-f", "compose.yaml", "--env-file", ".env.example"];
    run("deploy", "docker-compose", &[&file[..], &["config", "-q"]].concat()).await;
}

#[tokio::test]
async fn kubernetes_knows_every_field_of_the_chart() {
    let helm = fetched("helm");
    for values in ["minimal", "small", "full"] {
        let values = format!("ci/{values}-values.yaml");
        run("deploy/helm/swath", &helm, &["lint", "--strict", ".", "-f", &values]).await;
        let manifests = run("deploy/helm/swath", &helm, &["template", "swath", ".", "-f", &values]).await;
        // The validator knows no custom kinds; they are checked by the monitor's own test.
        let known = manifests.split("\n---\n").filter(|document| !document.contains("monitoring.coreos.com"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("manifests.yaml");
        std::fs::write(&file, known.collect::<Vec<_>>().join("\n---\n")).unwrap();
        let file = file.display().to_string();
        run("deploy", fetched("kubernetes-validate"), &["--strict", "-k", "1.31", &file]).await;
    }
}

/// What a ServiceMonitor may say, of what the chart needs of it.
const MONITOR: [&str; 4] = ["selector", "endpoints", "namespaceSelector", "jobLabel"];
const ENDPOINT: [&str; 4] = ["port", "path", "interval", "scrapeTimeout"];

fn keys(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str())
}

#[tokio::test]
async fn the_monitor_finds_the_metrics_of_every_service() {
    let values = ["template", "swath", ".", "-f", "ci/full-values.yaml"];
    let manifests = run("deploy/helm/swath", fetched("helm"), &values).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifests.yaml");
    std::fs::write(&file, manifests).unwrap();
    let read =
        "import json, sys, yaml; print(json.dumps([d for d in yaml.safe_load_all(open(sys.argv[1])) if d]))";
    let documents = run("deploy", fetched("python"), &["-c", read, &file.display().to_string()]).await;
    let documents: Vec<Value> = serde_json::from_str(&documents).unwrap();
    let of_kind = |kind: &'static str| documents.iter().filter(move |document| document["kind"] == kind);

    let monitor = of_kind("ServiceMonitor").next().expect("a monitor");
    assert_eq!(monitor["apiVersion"], "monitoring.coreos.com/v1");
    for key in keys(&monitor["spec"]) {
        assert!(MONITOR.contains(&key), "{key}: no field of a ServiceMonitor that the chart needs");
    }
    let endpoints = monitor["spec"]["endpoints"].as_array().unwrap();
    for endpoint in endpoints {
        assert!(keys(endpoint).all(|key| ENDPOINT.contains(&key)), "{endpoint}");
        assert_eq!(endpoint["path"], "/metrics");
    }
    let wanted = monitor["spec"]["selector"]["matchLabels"].as_object().unwrap();
    let found = of_kind("Service").filter(|service| {
        let labels = &service["metadata"]["labels"];
        wanted.iter().all(|(label, value)| labels[label] == *value)
    });
    let ports = found.map(|service| &service["spec"]["ports"][0]["name"]);
    let ports: Vec<_> = ports.filter(|port| **port == endpoints[0]["port"]).collect();
    assert_eq!(ports.len(), 4, "coordinator, gateway, review, metrics");
}
