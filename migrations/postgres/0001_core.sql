-- Times are microseconds since 1970 in UTC; statuses and roles are the numbers that shared/domain gives them.

CREATE TABLE users (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT,
    admin BOOLEAN NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE teams (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);

CREATE TABLE members (
    team UUID NOT NULL REFERENCES teams,
    person UUID NOT NULL REFERENCES users,
    roles BIGINT NOT NULL,
    PRIMARY KEY (team, person)
);
CREATE INDEX members_person ON members (person);

-- Only the SHA-256 of a token is kept.
CREATE TABLE tokens (
    id UUID PRIMARY KEY,
    person UUID NOT NULL REFERENCES users,
    digest BYTEA NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    expires BIGINT,
    revoked BIGINT
);

-- The first answers to requests that carried an Idempotency-Key.
CREATE TABLE answers (
    person UUID NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BYTEA NOT NULL,
    answer TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (person, route, key)
);
CREATE INDEX answers_created ON answers (created);

CREATE TABLE datasets (
    id UUID PRIMARY KEY,
    team UUID NOT NULL REFERENCES teams,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    items BIGINT NOT NULL,
    state BIGINT NOT NULL,
    error TEXT,
    base TEXT NOT NULL,
    creator UUID NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX datasets_team ON datasets (team, id);

-- A version is a prefix of the dataset: all segments up to its own. A segment is a pattern, or rows of `items`.
CREATE TABLE segments (
    dataset UUID NOT NULL REFERENCES datasets,
    version BIGINT NOT NULL,
    start BIGINT NOT NULL,
    stop BIGINT NOT NULL,
    pattern TEXT,
    ready BOOLEAN NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (dataset, version)
);

CREATE TABLE items (
    dataset UUID NOT NULL,
    item BIGINT NOT NULL,
    uri TEXT NOT NULL,
    digest BYTEA NOT NULL,
    labels TEXT,
    meta TEXT,
    width BIGINT,
    height BIGINT,
    PRIMARY KEY (dataset, item)
);
CREATE UNIQUE INDEX items_once ON items (dataset, digest);

CREATE TABLE jobs (
    id UUID PRIMARY KEY,
    team UUID NOT NULL REFERENCES teams,
    dataset UUID NOT NULL REFERENCES datasets,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    spec TEXT NOT NULL,
    status BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    due BIGINT,
    range_size BIGINT NOT NULL,
    slots BIGINT NOT NULL,
    lease BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    reserve BIGINT NOT NULL,
    rounds BIGINT NOT NULL,
    review BIGINT NOT NULL,
    seed BIGINT NOT NULL,
    selected BIGINT NOT NULL,
    cut_to BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    creator UUID NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX jobs_team ON jobs (team, id);
CREATE INDEX jobs_undone ON jobs (id) WHERE status < 3;
CREATE INDEX jobs_open ON jobs (team) WHERE status < 2;

-- The selection as runs of items, each with the number of selected items before it.
CREATE TABLE runs (
    job UUID NOT NULL REFERENCES jobs,
    first BIGINT NOT NULL,
    start BIGINT NOT NULL,
    stop BIGINT NOT NULL,
    PRIMARY KEY (job, first)
);

CREATE TABLE job_progress (
    job UUID NOT NULL REFERENCES jobs,
    stripe BIGINT NOT NULL,
    items_pending BIGINT NOT NULL,
    items_in_progress BIGINT NOT NULL,
    items_completed BIGINT NOT NULL,
    items_in_review BIGINT NOT NULL,
    items_accepted BIGINT NOT NULL,
    items_skipped BIGINT NOT NULL,
    items_cancelled BIGINT NOT NULL,
    assignments_pending BIGINT NOT NULL,
    assignments_in_progress BIGINT NOT NULL,
    assignments_completed BIGINT NOT NULL,
    assignments_in_review BIGINT NOT NULL,
    assignments_accepted BIGINT NOT NULL,
    assignments_rejected BIGINT NOT NULL,
    assignments_cancelled BIGINT NOT NULL,
    assignments_held BIGINT NOT NULL,
    leases BIGINT NOT NULL,
    expiries BIGINT NOT NULL,
    submissions BIGINT NOT NULL,
    decisions BIGINT NOT NULL,
    rejects BIGINT NOT NULL,
    PRIMARY KEY (job, stripe)
) WITH (fillfactor = 50);

CREATE TABLE assignments (
    id UUID PRIMARY KEY,
    team UUID NOT NULL,
    job UUID NOT NULL REFERENCES jobs,
    round BIGINT NOT NULL,
    number BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    parent UUID,
    ranges TEXT NOT NULL,
    items BIGINT NOT NULL,
    status BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    lease UUID,
    holder UUID,
    expires BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    confirmed BIGINT NOT NULL,
    author UUID,
    submission UUID,
    review BOOLEAN NOT NULL,
    reserved_for UUID,
    reserved_until BIGINT NOT NULL,
    held BOOLEAN NOT NULL,
    accepted BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    since BIGINT NOT NULL,
    CONSTRAINT assignments_key UNIQUE (job, round, number, slot),
    CONSTRAINT assignments_held_by CHECK (status NOT IN (1, 3) OR (lease IS NOT NULL AND holder IS NOT NULL)),
    CONSTRAINT assignments_not_own CHECK (status <> 3 OR holder <> author),
    CONSTRAINT assignments_authored CHECK (status NOT IN (2, 3, 4, 5) OR (author IS NOT NULL AND submission IS NOT NULL))
) WITH (fillfactor = 80);
-- One current lease per person, job and stage.
CREATE UNIQUE INDEX assignments_one_lease ON assignments (holder, job) WHERE status = 1;
CREATE UNIQUE INDEX assignments_one_review ON assignments (holder, job) WHERE status = 3;
CREATE INDEX assignments_holder ON assignments (holder) WHERE holder IS NOT NULL;
CREATE INDEX assignments_pending ON assignments (job, round DESC, number, slot) WHERE status = 0;
CREATE INDEX assignments_reserved ON assignments (reserved_for) WHERE status = 0 AND reserved_for IS NOT NULL;
CREATE INDEX assignments_expiring ON assignments (expires) WHERE status IN (1, 3);
CREATE INDEX assignments_to_review ON assignments (job, since, id) WHERE status = 2 AND review;
CREATE INDEX assignments_to_waive ON assignments (since) WHERE status = 2 AND NOT review;

-- Every lease ever granted, reviews included; `ended` is null while it still stands on its assignment.
CREATE TABLE grants (
    lease UUID PRIMARY KEY,
    assignment UUID NOT NULL,
    job UUID NOT NULL,
    holder UUID NOT NULL,
    stage BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    key TEXT,
    digest BYTEA,
    ended BIGINT,
    ended_at BIGINT,
    request TEXT,
    request_digest BYTEA,
    answer TEXT
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX grants_key ON grants (holder, stage, key) WHERE key IS NOT NULL;

CREATE TABLE annotations (
    assignment UUID NOT NULL,
    author UUID NOT NULL,
    item BIGINT NOT NULL,
    lease UUID NOT NULL,
    revision BIGINT NOT NULL,
    skipped BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    updated BIGINT NOT NULL,
    PRIMARY KEY (assignment, author, item)
);

CREATE TABLE verdicts (
    submission UUID NOT NULL,
    reviewer UUID NOT NULL,
    item BIGINT NOT NULL,
    lease UUID NOT NULL,
    accept BOOLEAN NOT NULL,
    reason TEXT,
    comment TEXT,
    updated BIGINT NOT NULL,
    PRIMARY KEY (submission, reviewer, item)
);

-- An item has at most one accepted annotation per slot.
CREATE TABLE accepted (
    job UUID NOT NULL,
    item BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    assignment UUID NOT NULL,
    author UUID NOT NULL,
    reviewer UUID,
    skipped BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (job, item, slot)
);

-- Who has said something about a range, where several opinions are asked for.
CREATE TABLE opinions (
    job UUID NOT NULL,
    number BIGINT NOT NULL,
    author UUID NOT NULL,
    slot BIGINT NOT NULL,
    PRIMARY KEY (job, number, author)
);

-- Append-only. The subject is an assignment or a job.
CREATE TABLE decision_log (
    subject UUID NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor UUID,
    action TEXT NOT NULL,
    before BIGINT,
    after BIGINT,
    lease UUID,
    fence BIGINT NOT NULL,
    reason TEXT,
    detail TEXT,
    PRIMARY KEY (subject, seq)
);

-- Work that one process does for all, until `until`.
CREATE TABLE duties (
    name TEXT PRIMARY KEY,
    holder UUID NOT NULL,
    until BIGINT NOT NULL
);

CREATE FUNCTION moment(micros BIGINT) RETURNS TIMESTAMPTZ LANGUAGE SQL IMMUTABLE AS
    'SELECT TIMESTAMPTZ ''epoch'' + micros * INTERVAL ''1 microsecond''';

-- For people at a prompt: names instead of numbers, timestamps instead of microseconds.
CREATE VIEW assignments_readable AS
SELECT id, job, round, number, slot, ranges, items,
       (ARRAY['PENDING', 'IN_PROGRESS', 'COMPLETED', 'IN_REVIEW', 'ACCEPTED', 'REJECTED', 'CANCELLED'])[status + 1] AS status,
       fence, holder, author, confirmed, moment(NULLIF(expires, 0)) AS expires, moment(since) AS since
FROM assignments;

CREATE VIEW decision_log_readable AS
SELECT subject, seq, moment(at) AS at, actor, action,
       (ARRAY['PENDING', 'IN_PROGRESS', 'COMPLETED', 'IN_REVIEW', 'ACCEPTED', 'REJECTED', 'CANCELLED'])[before + 1] AS before,
       (ARRAY['PENDING', 'IN_PROGRESS', 'COMPLETED', 'IN_REVIEW', 'ACCEPTED', 'REJECTED', 'CANCELLED'])[after + 1] AS after,
       lease, fence, reason, detail
FROM decision_log;
