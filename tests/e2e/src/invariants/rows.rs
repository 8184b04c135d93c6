//! Statements that find violations: each returns no rows if its invariant holds.

/// An invariant, and a statement for the rows of a finished job that violate it.
pub const VIOLATIONS: [(&str, &str); 7] = [
    (
        "I2: two leases of one assignment share a fence",
        "SELECT assignment, fence FROM grants WHERE job = $job GROUP BY assignment, fence HAVING count(*) > 1",
    ),
    (
        "I2: somebody still holds work that is decided",
        "SELECT id, status FROM assignments WHERE job = $job AND (lease IS NOT NULL OR holder IS NOT NULL)",
    ),
    (
        "I4: an accepted item has no annotation behind it",
        "SELECT item FROM accepted a WHERE job = $job AND NOT EXISTS (SELECT 1 FROM annotations n
         WHERE n.assignment = a.assignment AND n.author = a.author AND n.item = a.item)",
    ),
    (
        "I6: a rejected submission has no rework, or something else has one",
        "SELECT p.id FROM assignments p LEFT JOIN assignments c ON c.parent = p.id WHERE p.job = $job
         GROUP BY p.id, p.status HAVING count(c.id) <> CASE p.status WHEN 5 THEN 1 ELSE 0 END",
    ),
    (
        "I7: the log of an assignment has gaps",
        "SELECT a.id FROM assignments a LEFT JOIN decision_log l ON l.subject = a.id WHERE a.job = $job
         GROUP BY a.id, a.seq HAVING count(l.seq) <> a.seq OR max(l.seq) <> a.seq",
    ),
    (
        "I7: the log of an assignment ends elsewhere than the assignment",
        "SELECT a.id FROM assignments a JOIN decision_log l ON l.subject = a.id AND l.seq = a.seq
         WHERE a.job = $job AND (l.after <> a.status OR l.fence <> a.fence)",
    ),
    (
        "I9: the counters differ from the rows",
        "SELECT p.accepted, p.skipped, p.rest, r.accepted, r.skipped FROM
         (SELECT sum(items_accepted) accepted, sum(items_skipped) skipped, sum(items_pending + items_in_progress
          + items_completed + items_in_review + items_cancelled) rest FROM job_progress WHERE job = $job) p,
         (SELECT count(*) FILTER (WHERE NOT skipped) accepted, count(*) FILTER (WHERE skipped) skipped
          FROM accepted WHERE job = $job) r
         WHERE p.accepted <> r.accepted OR p.skipped <> r.skipped OR p.rest <> 0",
    ),
];
