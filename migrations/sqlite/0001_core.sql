-- Times are microseconds since 1970 in UTC; statuses and roles are the numbers that shared/domain gives them.

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT,
    admin BOOLEAN NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE teams (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);

CREATE TABLE members (
    team BLOB NOT NULL REFERENCES teams,
    person BLOB NOT NULL REFERENCES users,
    roles BIGINT NOT NULL,
    PRIMARY KEY (team, person)
) WITHOUT ROWID;
CREATE INDEX members_person ON members (person);

-- Only the SHA-256 of a token is kept.
CREATE TABLE tokens (
    id BLOB PRIMARY KEY,
    person BLOB NOT NULL REFERENCES users,
    digest BLOB NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    expires BIGINT,
    revoked BIGINT
);

-- The first answers to requests that carried an Idempotency-Key.
CREATE TABLE answers (
    person BLOB NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    answer TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (person, route, key)
) WITHOUT ROWID;
CREATE INDEX answers_created ON answers (created);

CREATE TABLE datasets (
    id BLOB PRIMARY KEY,
    team BLOB NOT NULL REFERENCES teams,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    items BIGINT NOT NULL,
    state BIGINT NOT NULL,
    error TEXT,
    base TEXT NOT NULL,
    creator BLOB NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX datasets_team ON datasets (team, id);

-- A version is a prefix of the dataset: all segments up to its own. A segment is a pattern, or rows of `items`.
CREATE TABLE segments (
    dataset BLOB NOT NULL REFERENCES datasets,
    version BIGINT NOT NULL,
    start BIGINT NOT NULL,
    stop BIGINT NOT NULL,
    pattern TEXT,
    ready BOOLEAN NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (dataset, version)
) WITHOUT ROWID;

CREATE TABLE items (
    dataset BLOB NOT NULL,
    item BIGINT NOT NULL,
    uri TEXT NOT NULL,
    digest BLOB NOT NULL,
    labels TEXT,
    meta TEXT,
    width BIGINT,
    height BIGINT,
    PRIMARY KEY (dataset, item)
) WITHOUT ROWID;
CREATE UNIQUE INDEX items_once ON items (dataset, digest);

CREATE TABLE jobs (
    id BLOB PRIMARY KEY,
    team BLOB NOT NULL REFERENCES teams,
    dataset BLOB NOT NULL REFERENCES datasets,
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
    creator BLOB NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX jobs_team ON jobs (team, id);
CREATE INDEX jobs_undone ON jobs (id) WHERE status < 3;
CREATE INDEX jobs_open ON jobs (team) WHERE status < 2;

-- The selection as runs of items, each with the number of selected items before it.
CREATE TABLE runs (
    job BLOB NOT NULL REFERENCES jobs,
    first BIGINT NOT NULL,
    start BIGINT NOT NULL,
    stop BIGINT NOT NULL,
    PRIMARY KEY (job, first)
) WITHOUT ROWID;

CREATE TABLE job_progress (
    job BLOB NOT NULL REFERENCES jobs,
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
) WITHOUT ROWID;

CREATE TABLE assignments (
    id BLOB PRIMARY KEY,
    team BLOB NOT NULL,
    job BLOB NOT NULL REFERENCES jobs,
    round BIGINT NOT NULL,
    number BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    parent BLOB,
    ranges TEXT NOT NULL,
    items BIGINT NOT NULL,
    status BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    lease BLOB,
    holder BLOB,
    expires BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    confirmed BIGINT NOT NULL,
    author BLOB,
    submission BLOB,
    review BOOLEAN NOT NULL,
    reserved_for BLOB,
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
);
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
    lease BLOB PRIMARY KEY,
    assignment BLOB NOT NULL,
    job BLOB NOT NULL,
    holder BLOB NOT NULL,
    stage BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    key TEXT,
    digest BLOB,
    ended BIGINT,
    ended_at BIGINT,
    request TEXT,
    request_digest BLOB,
    answer TEXT
);
CREATE UNIQUE INDEX grants_key ON grants (holder, stage, key) WHERE key IS NOT NULL;

CREATE TABLE annotations (
    assignment BLOB NOT NULL,
    author BLOB NOT NULL,
    item BIGINT NOT NULL,
    lease BLOB NOT NULL,
    revision BIGINT NOT NULL,
    skipped BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    updated BIGINT NOT NULL,
    PRIMARY KEY (assignment, author, item)
) WITHOUT ROWID;

CREATE TABLE verdicts (
    submission BLOB NOT NULL,
    reviewer BLOB NOT NULL,
    item BIGINT NOT NULL,
    lease BLOB NOT NULL,
    accept BOOLEAN NOT NULL,
    reason TEXT,
    comment TEXT,
    updated BIGINT NOT NULL,
    PRIMARY KEY (submission, reviewer, item)
) WITHOUT ROWID;

-- An item has at most one accepted annotation per slot.
CREATE TABLE accepted (
    job BLOB NOT NULL,
    item BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    assignment BLOB NOT NULL,
    author BLOB NOT NULL,
    reviewer BLOB,
    skipped BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (job, item, slot)
) WITHOUT ROWID;

-- Who has said something about a range, where several opinions are asked for.
CREATE TABLE opinions (
    job BLOB NOT NULL,
    number BIGINT NOT NULL,
    author BLOB NOT NULL,
    slot BIGINT NOT NULL,
    PRIMARY KEY (job, number, author)
) WITHOUT ROWID;

-- Append-only. The subject is an assignment or a job.
CREATE TABLE decision_log (
    subject BLOB NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor BLOB,
    action TEXT NOT NULL,
    before BIGINT,
    after BIGINT,
    lease BLOB,
    fence BIGINT NOT NULL,
    reason TEXT,
    detail TEXT,
    PRIMARY KEY (subject, seq)
) WITHOUT ROWID;

-- Work that one process does for all, until `until`.
CREATE TABLE duties (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    until BIGINT NOT NULL
);
