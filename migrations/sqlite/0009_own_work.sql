-- What a person has held since a moment.
CREATE INDEX grants_holder ON grants (holder, granted);
