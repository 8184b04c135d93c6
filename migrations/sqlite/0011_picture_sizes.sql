-- The size of a picture, as it is displayed, that became known after its item came into the dataset. It was reported alike
-- by two people (0), told by a manager (1) or measured (2); what is known better replaces what is known less well.
CREATE TABLE picture_sizes (
    dataset BLOB NOT NULL,
    item BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    orientation BIGINT,
    source BIGINT NOT NULL,
    PRIMARY KEY (dataset, item)
) WITHOUT ROWID;

-- What the browser of a person has said of a picture whose size was not known.
CREATE TABLE size_reports (
    dataset BLOB NOT NULL,
    item BIGINT NOT NULL,
    person BLOB NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    PRIMARY KEY (dataset, item, person)
) WITHOUT ROWID;

-- How a picture is stored, by the number that EXIF has for it; NULL where that is not known. Width and height are those of
-- the picture as it is displayed.
ALTER TABLE items ADD COLUMN orientation BIGINT;
-- Whether pictures of a version were measured as they are displayed. Before, their sides were those that are stored.
ALTER TABLE segments ADD COLUMN as_displayed BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX items_without_size ON items (dataset, item) WHERE width IS NULL;
-- What an import has noted, as JSON: files that it passed by, and files that it left out.
ALTER TABLE datasets ADD COLUMN notes TEXT;
