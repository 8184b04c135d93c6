-- What a team may use as media, beside what is shared by the configuration. Kind 0 is everything, 1 a folder of the server,
-- 2 a bucket prefix. Teams from before this step go on with everything, until the administrator says what is theirs.
CREATE TABLE team_media (
    team BLOB NOT NULL REFERENCES teams,
    kind BIGINT NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (team, kind, place)
) WITHOUT ROWID;
CREATE INDEX team_media_everything ON team_media (team) WHERE kind = 0;
INSERT INTO team_media (team, kind, place) SELECT id, 0, '' FROM teams;
