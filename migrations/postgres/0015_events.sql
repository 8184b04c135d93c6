-- What transactions have changed, team by team, in one order: streams, and the coverage of jobs, are made from it. Rows are
-- only ever appended, and cleared away once they are old.
--
-- A row's position is the number of its transaction. All transactions below the oldest one that still runs have ended, so
-- that who reads up to there misses nothing that commits later, and no transaction waits for another.
CREATE TABLE events (
    position BIGINT NOT NULL DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT),
    team UUID NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX events_by_position ON events (position);

-- One row: up to which position events are counted in the coverage, up to which they are cleared away, and which history
-- the positions belong to. A dump that is restored elsewhere begins a new one.
CREATE TABLE event_marks (
    id BIGINT PRIMARY KEY,
    era TEXT NOT NULL,
    folded BIGINT NOT NULL,
    cleared BIGINT NOT NULL
);
INSERT INTO event_marks
SELECT 1, substr(md5(CAST(random() AS TEXT)), 1, 8), now.position, now.position
FROM (SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) AS position) AS now;

-- Where the work of a job stands: items by state for each block of its ranges, at several levels. What is in none of these
-- states waits for an annotator in its first round.
CREATE TABLE coverage (
    job UUID NOT NULL,
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
);
