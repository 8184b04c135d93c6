-- Datasets with pictures in the object store that wait to be measured: from which item on, in which pass, how many could
-- not be measured in it, and when it is due.
CREATE TABLE measuring (
    dataset BLOB PRIMARY KEY,
    next BIGINT NOT NULL,
    pass BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    due BIGINT NOT NULL
);
