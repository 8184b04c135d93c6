-- What transactions have changed, team by team, in one order: streams, and the coverage of jobs, are made from it. Rows are
-- only ever appended, and cleared away once they are old.
--
-- There is one writer, so that positions are in the order of commits.
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    team BLOB NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);

-- One row: up to which position events are counted in the coverage, up to which they are cleared away, and which history
-- the positions belong to. A dump that is restored elsewhere begins a new one.
CREATE TABLE event_marks (
    id BIGINT PRIMARY KEY,
    era TEXT NOT NULL,
    folded BIGINT NOT NULL,
    cleared BIGINT NOT NULL
);
INSERT INTO event_marks VALUES (1, lower(hex(randomblob(4))), 0, 0);

-- Where the work of a job stands: items by state for each block of its ranges, at several levels. What is in none of these
-- states waits for an annotator in its first round.
CREATE TABLE coverage (
    job BLOB NOT NULL,
    level BIGINT NOT NULL,
    block BIGINT NOT NULL,
    rework BIGINT NOT NULL,
    held BIGINT NOT NULL,
    in_progress BIGINT NOT NULL,
    completed BIGINT NOT NULL,
    in_review BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    PRIMARY KEY (job, level, block)
) WITHOUT ROWID;
