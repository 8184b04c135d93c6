//! Images and manifests, checked by the tools for them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::boards::boards;
use crate::{at, fetched, run};

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
        // The validator does not know custom resources. Other tests check those.
        let known = manifests.split("\n---\n").filter(|document| !document.contains("monitoring.coreos.com"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("manifests.yaml");
        std::fs::write(&file, known.collect::<Vec<_>>().join("\n---\n")).unwrap();
        let file = file.display().to_string();
        run("deploy", fetched("kubernetes-validate"), &["--strict", "-k", "1.31", &file]).await;
    }
}

/// The fields of a ServiceMonitor that the chart may use.
const MONITOR: [&str; 4] = ["selector", "endpoints", "namespaceSelector", "jobLabel"];
const ENDPOINT: [&str; 5] = ["port", "path", "interval", "scrapeTimeout", "relabelings"];

fn keys(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str())
}

/// The documents of a YAML file.
async fn documents(file: &Path) -> Vec<Value> {
    let read =
        "import json, sys, yaml; print(json.dumps([d for d in yaml.safe_load_all(open(sys.argv[1])) if d]))";
    let text = run("deploy", fetched("python"), &["-c", read, &file.display().to_string()]).await;
    serde_json::from_str(&text).unwrap()
}

/// What the chart renders with everything enabled.
async fn everything() -> Vec<Value> {
    let values = ["template", "swath", ".", "-f", "ci/full-values.yaml"];
    let manifests = run("deploy/helm/swath", fetched("helm"), &values).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), manifests).unwrap();
    documents(file.path()).await
}

fn of_kind<'a>(documents: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    documents.iter().filter(move |document| document["kind"] == kind)
}

/// What helm renders of the full values with `more` values, or its error.
async fn with(more: &str) -> Result<String, String> {
    let mut helm = tokio::process::Command::new(fetched("helm"));
    helm.args(["template", "swath", ".", "-f", "ci/full-values.yaml", "--set-json", more]);
    let output = helm.current_dir(at("deploy/helm/swath")).kill_on_drop(true).output().await.unwrap();
    let [printed, complained] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    if output.status.success() { Ok(printed) } else { Err(complained) }
}

#[tokio::test]
async fn values_that_a_cluster_would_stumble_over_are_refused() {
    for (values, why) in [
        (r#"services.metrics.replicas=2"#, "replicas"),
        (r#"services.gateway.autoscaling.maxReplicas=2"#, "minReplicas 3 is above maxReplicas 2"),
        (r#"extraEnv=[{"name":"SWATH__STORE__URL","value":"x"}]"#, "extraEnv"),
        (r#"settings={"BUS__URL":"amqp://elsewhere"}"#, "BUS__URL"),
    ] {
        let said = with(values).await.expect_err(values);
        assert!(said.contains(why), "{values}: {said}");
    }
    with(r#"services.gateway.autoscaling.maxReplicas=3"#).await.unwrap();
}

/// The environment variables of a service's container.
fn variables<'a>(chart: &'a [Value], component: &str) -> Vec<&'a Value> {
    let of_component =
        |document: &&Value| document["metadata"]["labels"]["app.kubernetes.io/component"] == component;
    let deployment = of_kind(chart, "Deployment").find(of_component).expect(component);
    deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().iter().collect()
}

#[tokio::test]
async fn each_service_can_have_its_own_user_of_the_broker() {
    let chart = everything().await;
    let url = |component: &str| {
        let variables = variables(&chart, component);
        let url = variables.iter().find(|variable| variable["name"] == "SWATH__BUS__URL").unwrap();
        url["valueFrom"]["secretKeyRef"]["key"].as_str().unwrap().to_owned()
    };
    let urls = ["coordinator", "gateway", "review", "metrics"].map(url);
    assert_eq!(urls, ["coordinator-bus-url", "gateway-bus-url", "review-bus-url", "bus-url"]);
    let headers = variables(&chart, "gateway")
        .into_iter()
        .find(|variable| variable["name"] == "OTEL_EXPORTER_OTLP_HEADERS");
    assert_eq!(headers.unwrap()["valueFrom"]["secretKeyRef"]["name"], "collector");
}

#[tokio::test]
async fn the_monitor_finds_the_metrics_of_every_service() {
    let chart = everything().await;
    let monitor = of_kind(&chart, "ServiceMonitor").next().expect("a monitor");
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
    let found: Vec<_> = of_kind(&chart, "Service")
        .filter(|service| wanted.iter().all(|(label, value)| service["metadata"]["labels"][label] == *value))
        .collect();
    let has_port = |service: &&Value| {
        let ports = service["spec"]["ports"].as_array().into_iter().flatten();
        ports.filter(|port| port["name"] == endpoints[0]["port"]).any(|port| port["port"] == 9464)
    };
    assert!(found.iter().all(has_port));
    for component in ["coordinator", "gateway", "review", "metrics"] {
        let listen = |variable: &&&Value| variable["name"] == "SWATH__SERVER__METRICS_LISTEN";
        let variables = variables(&chart, component);
        assert_eq!(variables.iter().find(listen).unwrap()["value"], "0.0.0.0:9464", "{component}");
    }

    // Each job has its name from prometheus.yml, because rules and dashboards use it.
    let relabeling = &endpoints[0]["relabelings"][0];
    assert_eq!(relabeling["targetLabel"], "job");
    assert_eq!(
        relabeling["sourceLabels"],
        json!(["__meta_kubernetes_service_label_app_kubernetes_io_component"])
    );
    let named = |service: &Value| {
        let component = service["metadata"]["labels"]["app.kubernetes.io/component"].as_str().unwrap();
        relabeling["replacement"].as_str().unwrap().replace("$1", component)
    };
    let called: BTreeSet<_> = found.into_iter().map(named).collect();
    let configuration = &documents(&at("deploy/prometheus/prometheus.yml")).await[0];
    let scraped = configuration["scrape_configs"].as_array().unwrap().iter();
    let scraped = scraped.filter_map(|scrape| scrape["job_name"].as_str());
    assert_eq!(called, scraped.filter(|name| name.starts_with("swath-")).map(str::to_owned).collect());
}

#[tokio::test]
async fn the_chart_brings_the_rules_and_dashboards_that_are_tested_here() {
    let chart = everything().await;
    let rules = of_kind(&chart, "PrometheusRule").next().expect("rules");
    assert_eq!(rules["apiVersion"], "monitoring.coreos.com/v1");
    assert_eq!(keys(&rules["spec"]).collect::<Vec<_>>(), ["groups"]);
    let mut groups = Vec::new();
    for file in ["recording", "alerts"] {
        let rules = &documents(&at(&format!("deploy/prometheus/{file}.yml"))).await[0];
        groups.extend(rules["groups"].as_array().unwrap().clone());
    }
    assert_eq!(rules["spec"]["groups"], json!(groups));

    let shown = of_kind(&chart, "ConfigMap").next().expect("dashboards");
    assert_eq!(shown["metadata"]["labels"]["grafana_dashboard"], "1");
    let data = shown["data"].as_object().unwrap().iter();
    let data: Vec<_> = data
        .map(|(name, text)| (name.clone(), serde_json::from_str(text.as_str().unwrap()).unwrap()))
        .collect();
    assert_eq!(data, boards());
}
