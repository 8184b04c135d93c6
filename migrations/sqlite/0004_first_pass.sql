-- Of jobs from before this step, items accepted so far count as if none had passed at first.
ALTER TABLE job_progress ADD COLUMN first_pass BIGINT NOT NULL DEFAULT 0;
