//! What must hold for the tables of any installation.

use swath_harness::servers::Database;

/// Every item is accepted exactly once, the log has no gaps, and the counters say that all items are accepted.
pub(crate) async fn is_consistent(database: &Database, items: u64) {
    let read = |statement: &'static str| async { database.read(statement).await.unwrap() };
    let items = items.to_string();
    let accepted = "SELECT count(*), count(DISTINCT (job, item, slot)) FROM accepted";
    assert_eq!(read(accepted).await, [[items.clone(), items.clone()]]);
    let gaps = "SELECT a.id FROM assignments a LEFT JOIN decision_log l ON l.subject = a.id
                GROUP BY a.id, a.seq HAVING count(l.seq) <> a.seq OR max(l.seq) <> a.seq";
    assert_eq!(read(gaps).await, Vec::<Vec<String>>::new());
    let counted = "SELECT sum(items_accepted + items_skipped),
                       sum(items_pending + items_in_progress + items_completed + items_in_review)
                   FROM job_progress";
    assert_eq!(read(counted).await, [[items, "0".to_owned()]]);
}

/// The database role of this URL can append to the logs and read them, and cannot change them.
pub(crate) async fn is_append_only_for(url: &str) {
    let changes = [
        ("decision_log", "UPDATE decision_log SET reason = 'x'"),
        ("decision_log", "DELETE FROM decision_log"),
        ("decision_log", "TRUNCATE decision_log"),
        ("audit_log", "UPDATE audit_log SET action = 'x'"),
        ("audit_log", "DELETE FROM audit_log"),
        ("audit_log", "TRUNCATE audit_log"),
    ];
    for (table, change) in changes {
        let mut psql = tokio::process::Command::new("psql");
        let output = psql.args(["-XAtq", "-d", url, "-c", change]).kill_on_drop(true).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("permission denied for table {table}")), "{change}: {said}");
    }
}
