-- What lies in the files of an installation, each under an id of its own that is never used again. Kind 0 is a
-- picture for items, 1 a thumbnail, 2 a picture for instructions. State 0 is arriving, 1 stored, 2 to be deleted. `items` counts the items
-- that name it.
CREATE TABLE files (
    id UUID PRIMARY KEY,
    team UUID NOT NULL REFERENCES teams,
    kind BIGINT NOT NULL,
    state BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    digest BYTEA,
    media_type TEXT,
    width BIGINT,
    height BIGINT,
    orientation BIGINT,
    items BIGINT NOT NULL,
    dataset UUID,
    item BIGINT,
    touched BIGINT NOT NULL
);
-- The same content is kept once for each team, and one thumbnail for each item.
CREATE UNIQUE INDEX files_by_content ON files (team, kind, digest) WHERE state = 1 AND kind <> 1;
CREATE UNIQUE INDEX files_by_item ON files (dataset, item) WHERE state = 1 AND kind = 1;
CREATE INDEX files_to_sweep ON files (state, touched) WHERE items = 0;

-- How many bytes the files of a team take that are arriving or stored.
CREATE TABLE file_usage (
    team UUID PRIMARY KEY,
    bytes BIGINT NOT NULL
);
