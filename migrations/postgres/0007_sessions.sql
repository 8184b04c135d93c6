-- A session is a token that a browser keeps in a cookie. It ends with its parent, the token through which it was opened.
ALTER TABLE tokens ADD COLUMN session BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tokens ADD COLUMN parent UUID;
CREATE INDEX tokens_parent ON tokens (parent) WHERE parent IS NOT NULL;
CREATE INDEX tokens_sessions ON tokens (expires) WHERE session;

-- Links with which a person signs in to the console. A link is good once, for a quarter of an hour; only the SHA-256 of
-- its code is kept. A link without a maker was made by Swath itself.
CREATE TABLE sign_in_links (
    id UUID PRIMARY KEY,
    digest BYTEA NOT NULL UNIQUE,
    person UUID NOT NULL REFERENCES users,
    team UUID REFERENCES teams,
    maker UUID REFERENCES users,
    parent UUID,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    session_expires BIGINT,
    spent BIGINT
);
CREATE INDEX sign_in_links_expires ON sign_in_links (expires);
