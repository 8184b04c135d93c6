-- Accounts: an e-mail address belongs to one account, whatever its case. `email_key` is the address as it is compared.
-- Of accounts that share an address already, the oldest has the key; `swath check` lists the others.
ALTER TABLE users ADD COLUMN email_key TEXT;
ALTER TABLE users ADD COLUMN creator BLOB;
ALTER TABLE users ADD COLUMN deactivated BIGINT;
CREATE INDEX users_email ON users (lower(trim(email)));
UPDATE users SET email_key = lower(trim(email))
WHERE email IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM users AS older WHERE lower(trim(older.email)) = lower(trim(users.email)) AND older.id < users.id);
CREATE UNIQUE INDEX users_email_key ON users (email_key) WHERE email_key IS NOT NULL;

-- When a membership began; null for those that are older than this step.
ALTER TABLE members ADD COLUMN since BIGINT;

-- A token belongs to a team, or to an administrator. One that is older than this step has no team: it is good in the
-- teams in which its user was a member at that time.
ALTER TABLE tokens ADD COLUMN team BLOB REFERENCES teams;
ALTER TABLE tokens ADD COLUMN maker BLOB;
-- Those that an administrator made; the others were made by a start, in the moment in which it made the account.
UPDATE tokens SET maker = person
WHERE EXISTS (SELECT 1 FROM users WHERE users.id = tokens.person AND users.admin AND users.created <> tokens.created);
CREATE INDEX tokens_person ON tokens (person);
CREATE INDEX tokens_team ON tokens (team, id);
CREATE INDEX tokens_maker ON tokens (maker) WHERE maker IS NOT NULL;

-- Apart from `tokens`, because a use changes nothing about what a token allows.
CREATE TABLE token_uses (
    token BLOB PRIMARY KEY REFERENCES tokens,
    used BIGINT NOT NULL
) WITHOUT ROWID;

-- Only the SHA-256 of an invitation's code is kept.
CREATE TABLE invitations (
    id BLOB PRIMARY KEY,
    team BLOB NOT NULL REFERENCES teams,
    digest BLOB NOT NULL UNIQUE,
    roles BIGINT NOT NULL,
    inviter BLOB NOT NULL REFERENCES users,
    note TEXT,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    accepted BIGINT,
    accepted_by BLOB,
    revoked BIGINT
) WITHOUT ROWID;
CREATE INDEX invitations_team ON invitations (team, id);
CREATE INDEX invitations_inviter ON invitations (inviter);

-- Append-only: what was done to accounts, memberships, tokens and invitations, by whom, and for whom.
CREATE TABLE audit_log (
    id BLOB PRIMARY KEY,
    at BIGINT NOT NULL,
    team BLOB,
    actor BLOB,
    token BLOB,
    action TEXT NOT NULL,
    person BLOB,
    detail TEXT
) WITHOUT ROWID;
CREATE INDEX audit_log_team ON audit_log (team, id);

-- Members who lost a role a moment ago: the sweep frees what was granted to them while they lost it.
CREATE TABLE departures (
    team BLOB NOT NULL,
    person BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (team, person)
) WITHOUT ROWID;

-- Requests with an Idempotency-Key that are being carried out, by which attempt and until when that is believed.
CREATE TABLE requests (
    person BLOB NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    attempt BLOB NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (person, route, key)
) WITHOUT ROWID;

-- Who made the token through which somebody acted, where that is somebody else.
ALTER TABLE decision_log ADD COLUMN maker BLOB;
