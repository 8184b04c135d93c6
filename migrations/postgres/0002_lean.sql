-- An assignment's id is made of its job, round, number and slot: the primary key keeps those apart already, and a second
-- index on them cost every transition. Ranges are cut under the lock of their job's row, which so need not be looked up
-- and locked again for each of them.
ALTER TABLE assignments DROP CONSTRAINT assignments_key;
ALTER TABLE assignments DROP CONSTRAINT assignments_job_fkey;
