-- What all URIs of a version begin with, from which exports name files; NULL means the same as for the dataset.
ALTER TABLE segments ADD COLUMN base TEXT;
