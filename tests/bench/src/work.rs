//! Other kinds of work than the plain cycle: with verdicts, in large ranges, item by item, below saturation, over
//! several gateways, and embedded.

use swath_harness::servers::Servers;
use swath_load::{Drive, Kind, Plan, Review};

use crate::effort::Effort;
use crate::loops::{plan, servers};
use crate::swath::Installation;
use crate::table::{Row, Table, Target, median};

/// The number of users in most of these measurements.
const PEOPLE: usize = 64;

/// The reviewers among 64 users, enough so that no backlog of submissions grows. A cycle ends with its decision.
const REVIEWERS: usize = 36;

/// Repeats the measurement of one plan with this number of gateways.
async fn repeat(
    servers: &Servers,
    effort: Effort,
    gateways: usize,
    plan: &Plan,
    tell: impl Fn(&crate::gauge::Window) -> f64,
) -> anyhow::Result<(Vec<f64>, u64, String)> {
    let (mut values, mut violations, mut cost) = (Vec::new(), 0, String::new());
    for _ in 0..effort.times {
        let installation = Installation::start(servers, gateways, 1).await?;
        let (window, found) = installation.watch(plan, effort).await?;
        installation.end(effort).await?;
        values.push(tell(&window));
        violations += found;
        cost = format!("{}; {}", window.summary(), window.cost);
    }
    Ok((values, violations, cost))
}

/// The full cycle of an item, with a reviewer's verdicts.
pub async fn full_cycle(table: &mut Table, effort: Effort, people: usize) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let reviewers = people * REVIEWERS / PEOPLE;
    let annotators = people - reviewers;
    let plan = Plan { reviewers, review: Review::All, ..plan(annotators) };
    let (values, violations, cost) =
        repeat(&servers, effort, 1, &plan, |window| window.per_second(Kind::Decide)).await?;
    servers.stop().await;
    let name = format!("full cycle with verdicts, {annotators} annotators, {reviewers} reviewers");
    let row = Row::of(name, "cycles/s", &values);
    table.take(row.wanted(Target::AtLeast(2_500.0)).checked(violations).noting(cost));
    Ok(())
}

/// Ranges of a hundred items that are submitted together with their labels.
pub async fn large_ranges(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let plan = Plan { range_size: 100, ..plan(PEOPLE) };
    let (values, violations, cost) = repeat(&servers, effort, 1, &plan, |window| window.rate).await?;
    servers.stop().await;
    let row = Row::of("items in ranges of 100, accepted, 64 connections", "items/s", &values);
    table.take(row.wanted(Target::AtLeast(47_000.0)).checked(violations).noting(cost));
    Ok(())
}

/// Items that are saved one by one.
pub async fn confirms(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let plan = Plan { range_size: 1_000, whole: false, ..plan(PEOPLE) };
    let (values, violations, cost) =
        repeat(&servers, effort, 1, &plan, |window| window.per_second(Kind::Confirm)).await?;
    servers.stop().await;
    let row = Row::of("single confirms, 64 connections", "calls/s", &values);
    table.take(row.wanted(Target::AtLeast(10_000.0)).checked(violations).noting(cost));
    Ok(())
}

/// The latency at half of the saturated rate, in an open loop.
pub async fn latency(table: &mut Table, effort: Effort, saturated: f64) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let plan = Plan { drive: Drive::Rate(saturated / 2.0), ..plan(PEOPLE) };
    let calls = [(Kind::Lease, "lease"), (Kind::Submit, "submit")];
    let (mut times, mut violations) = ([const { Vec::new() }; 4], 0);
    for _ in 0..effort.times {
        let installation = Installation::start(&servers, 1, 1).await?;
        let (window, found) = installation.watch(&plan, effort).await?;
        installation.end(effort).await?;
        violations += found;
        for (place, (kind, _)) in calls.iter().enumerate() {
            let stats = window.call(*kind);
            times[2 * place].push(stats.map_or(f64::NAN, |stats| stats.p50));
            times[2 * place + 1].push(stats.map_or(f64::NAN, |stats| stats.p99));
        }
    }
    servers.stop().await;
    for (place, (_, name)) in calls.iter().enumerate() {
        for (quantile, bound, values) in
            [("p50", 2.5, &times[2 * place]), ("p99", 8.0, &times[2 * place + 1])]
        {
            let row = Row::of(format!("latency of {name} at half the rate, {quantile}"), "ms", values);
            let note = format!("{:.0} cycles/s begun", saturated / 2.0);
            table.take(row.wanted(Target::AtMost(bound)).checked(violations).noting(note));
        }
    }
    Ok(())
}

/// The cost of a cycle with one, two and four gateways.
pub async fn gateways(table: &mut Table, effort: Effort, saturated: f64) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let plan = Plan { drive: Drive::Rate(saturated * 0.7), ..plan(PEOPLE) };
    let mut one = 0.0;
    for gateways in [1, 2, 4] {
        let (costs, violations, cost) =
            repeat(&servers, effort, gateways, &plan, |window| window.server_micros).await?;
        if gateways == 1 {
            one = median(&costs);
        }
        let ratio = median(&costs) / one;
        let row = Row::of(format!("processor time of a cycle, gateways: {gateways}"), "µs", &costs);
        let row = row.beside("one gateway", ratio).checked(violations).noting(cost);
        table.take(if gateways == 1 { row } else { row.wanted(Target::ShareAtMost(1.25)) });
    }
    servers.stop().await;
    Ok(())
}

/// The plain cycle in one process on SQLite.
pub async fn embedded(table: &mut Table, effort: Effort, distributed: f64) -> anyhow::Result<()> {
    let (mut values, mut violations, mut cost) = (Vec::new(), 0, String::new());
    for _ in 0..effort.times {
        let installation = Installation::embedded().await?;
        let (window, found) = installation.watch(&plan(PEOPLE), effort).await?;
        installation.end(effort).await?;
        values.push(window.rate);
        violations += found;
        cost = window.cost;
    }
    let row = Row::of("embedded: lease + submit, 64 connections", "cycles/s", &values);
    let row = row.beside("the distributed shape", median(&values) / distributed);
    table.take(row.wanted(Target::Share(0.5)).checked(violations).noting(cost));
    Ok(())
}
