-- Pictures that somebody wanted to see and that could not be read: since when, and how often that was seen.
CREATE TABLE missing_pictures (
    dataset UUID NOT NULL,
    item BIGINT NOT NULL,
    since BIGINT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (dataset, item)
);
