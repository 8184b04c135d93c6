-- Accounts: an e-mail address belongs to one account, whatever its case. `email_key` is the address as it is compared.
-- Of accounts that share an address already, the oldest has the key; `swath check` lists the others.
ALTER TABLE users ADD COLUMN email_key TEXT;
ALTER TABLE users ADD COLUMN creator UUID;
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
ALTER TABLE tokens ADD COLUMN team UUID REFERENCES teams;
ALTER TABLE tokens ADD COLUMN maker UUID;
-- Those that an administrator made; the others were made by a start, in the moment in which it made the account.
UPDATE tokens SET maker = person
WHERE EXISTS (SELECT 1 FROM users WHERE users.id = tokens.person AND users.admin AND users.created <> tokens.created);
CREATE INDEX tokens_person ON tokens (person);
CREATE INDEX tokens_team ON tokens (team, id);
CREATE INDEX tokens_maker ON tokens (maker) WHERE maker IS NOT NULL;

-- Apart from `tokens`, because a use changes nothing about what a token allows.
CREATE TABLE token_uses (
    token UUID PRIMARY KEY REFERENCES tokens,
    used BIGINT NOT NULL
);

-- Only the SHA-256 of an invitation's code is kept.
CREATE TABLE invitations (
    id UUID PRIMARY KEY,
    team UUID NOT NULL REFERENCES teams,
    digest BYTEA NOT NULL UNIQUE,
    roles BIGINT NOT NULL,
    inviter UUID NOT NULL REFERENCES users,
    note TEXT,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    accepted BIGINT,
    accepted_by UUID,
    revoked BIGINT
);
CREATE INDEX invitations_team ON invitations (team, id);
CREATE INDEX invitations_inviter ON invitations (inviter);

-- Append-only: what was done to accounts, memberships, tokens and invitations, by whom, and for whom.
CREATE TABLE audit_log (
    id UUID PRIMARY KEY,
    at BIGINT NOT NULL,
    team UUID,
    actor UUID,
    token UUID,
    action TEXT NOT NULL,
    person UUID,
    detail TEXT
);
CREATE INDEX audit_log_team ON audit_log (team, id);

-- Members who lost a role a moment ago: the sweep frees what was granted to them while they lost it.
CREATE TABLE departures (
    team UUID NOT NULL,
    person UUID NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (team, person)
);

-- Requests with an Idempotency-Key that are being carried out, by which attempt and until when that is believed.
CREATE TABLE requests (
    person UUID NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    attempt UUID NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (person, route, key)
) WITH (fillfactor = 50);

-- Who made the token through which somebody acted, where that is somebody else.
ALTER TABLE decision_log ADD COLUMN maker UUID;
CREATE OR REPLACE VIEW decision_log_readable AS
SELECT subject, seq, moment(at) AS at, actor, action,
       (ARRAY['PENDING', 'IN_PROGRESS', 'COMPLETED', 'IN_REVIEW', 'ACCEPTED', 'REJECTED', 'CANCELLED'])[before + 1] AS before,
       (ARRAY['PENDING', 'IN_PROGRESS', 'COMPLETED', 'IN_REVIEW', 'ACCEPTED', 'REJECTED', 'CANCELLED'])[after + 1] AS after,
       lease, fence, reason, detail, maker
FROM decision_log;

CREATE VIEW audit_log_readable AS
SELECT id, moment(at) AS at, team, actor, token, action, person, detail FROM audit_log;
