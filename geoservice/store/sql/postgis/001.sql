-- Version 1. A released file of this folder is never edited. See ../sqlite/001.sql for what the columns mean.
CREATE TABLE cluster (
  id                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code              text NOT NULL UNIQUE,
  revision          integer NOT NULL,
  document          json NOT NULL,
  register_start    integer NOT NULL,
  register_revision integer NOT NULL,
  places            integer NOT NULL
);
CREATE TABLE cluster_log (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster           text NOT NULL,
  action            text NOT NULL CHECK (action IN ('create', 'update', 'delete')),
  revision          integer NOT NULL,
  register_revision integer NOT NULL,
  at                timestamptz NOT NULL,
  by                text NOT NULL,
  document          json
);
CREATE INDEX cluster_log_cluster ON cluster_log (cluster, id);
CREATE TABLE revision (
  cluster_id integer NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  number     integer NOT NULL,
  at         timestamptz NOT NULL,
  by         text NOT NULL,
  reason     text NOT NULL,
  summary    json NOT NULL,
  PRIMARY KEY (cluster_id, number)
);
-- `json` and not `jsonb`: it keeps the document as written, the order of its keys too.
CREATE TABLE participant (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster_id  integer NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  participant text NOT NULL,
  place       integer NOT NULL,
  valid_from  integer NOT NULL,
  valid_to    integer,
  document    json NOT NULL,
  geometry    geometry (Point, 4326),
  CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX participant_current ON participant (cluster_id, participant) WHERE valid_to IS NULL;
CREATE INDEX participant_current_order ON participant (cluster_id, place) WHERE valid_to IS NULL;
CREATE INDEX participant_order ON participant (cluster_id, place);
CREATE INDEX participant_geometry ON participant USING gist (geometry) WHERE valid_to IS NULL;
CREATE TABLE import_report (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster_id integer NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  at         timestamptz NOT NULL,
  by         text NOT NULL,
  report     json NOT NULL
);
CREATE INDEX import_report_cluster ON import_report (cluster_id, id);
