-- Version 2: files that wait to be imported. See ../../shelf.py for what the columns mean.
CREATE TABLE draft (
  id       text PRIMARY KEY,
  cluster  text NOT NULL,
  owner    text NOT NULL,
  size     bigint NOT NULL,
  touched  double precision NOT NULL,
  version  integer NOT NULL,
  against  integer NOT NULL,
  state    text NOT NULL CHECK (state IN ('open', 'saving', 'saved')),
  since    double precision NOT NULL,
  document bytea NOT NULL,
  data     bytea
);
