//! The private servers start, keep worlds apart, and stop without a trace.
#![cfg(test)]

use std::time::Duration;

use swath_harness::servers::{Database, POSTGRES, Servers};
use swath_harness::{ports, until};

#[tokio::test]
async fn servers_start_and_leave_nothing_behind() {
    let servers = Servers::start().await.unwrap();
    let environment = servers.environment();
    let ports: Vec<u16> = environment.iter().map(|(_, url)| port_of(url)).collect();
    for &port in &ports {
        ports::open(port, Duration::from_secs(1)).await.unwrap();
    }
    a_database_can_be_read_and_not_written(&environment).await;

    servers.stop().await;
    for port in ports {
        let closed = || async { tokio::net::TcpStream::connect(ports::local(port)).await.err() };
        until("the port to close", Duration::from_secs(10), closed).await.unwrap();
    }
}

async fn a_database_can_be_read_and_not_written(environment: &[(&str, String)]) {
    let (_, url) = environment.iter().find(|(key, _)| *key == POSTGRES).unwrap();
    let database = Database::create(url).await.unwrap();
    assert_eq!(database.read("SELECT 1, 'two'").await.unwrap(), [["1", "two"]]);
    assert!(database.read("CREATE TABLE t (x int)").await.is_err());
}

fn port_of(url: &str) -> u16 {
    let (_, rest) = url.rsplit_once(':').unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}
