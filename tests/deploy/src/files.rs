//! Images and manifests, read by the tools that know them.

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
