-- Version 1. A released file of this folder is never edited: what comes next is 002.sql.

CREATE TABLE cluster (
  id                INTEGER PRIMARY KEY,
  code              TEXT NOT NULL UNIQUE,
  revision          INTEGER NOT NULL,
  document          BLOB NOT NULL,          -- JSON of the description
  register_start    INTEGER NOT NULL,       -- the revision at which the register was empty
  register_revision INTEGER NOT NULL,
  places            INTEGER NOT NULL        -- how many places in the order of addition were given out
);

-- Who made, changed and deleted which cluster. It outlives the cluster, without its documents, so that a code
-- used again never repeats a revision number.
CREATE TABLE cluster_log (
  id                INTEGER PRIMARY KEY,
  cluster           TEXT NOT NULL,
  action            TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete')),
  revision          INTEGER NOT NULL,
  register_revision INTEGER NOT NULL,
  at                TEXT NOT NULL,
  by                TEXT NOT NULL,
  document          BLOB
);
CREATE INDEX cluster_log_cluster ON cluster_log (cluster, id);

CREATE TABLE revision (
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  number     INTEGER NOT NULL,
  at         TEXT NOT NULL,                 -- ISO 8601, UTC, microseconds: sorts as text
  by         TEXT NOT NULL,
  reason     TEXT NOT NULL,
  summary    BLOB NOT NULL,
  PRIMARY KEY (cluster_id, number)
) WITHOUT ROWID;

-- One row for each version of a participant: in the register from revision valid_from until before valid_to.
CREATE TABLE participant (
  id          INTEGER PRIMARY KEY,
  cluster_id  INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  participant TEXT NOT NULL,
  place       INTEGER NOT NULL,             -- order of addition, kept across versions
  valid_from  INTEGER NOT NULL,
  valid_to    INTEGER,                      -- NULL: still valid
  document    BLOB NOT NULL,                -- JSON of everything but the coordinates
  geometry    BLOB,                         -- WKB point, EPSG:4326; NULL: without coordinates
  CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX participant_current ON participant (cluster_id, participant) WHERE valid_to IS NULL;
CREATE INDEX participant_current_order ON participant (cluster_id, place) WHERE valid_to IS NULL;
CREATE INDEX participant_order ON participant (cluster_id, place);

-- Current participants that have coordinates; id is participant.id. Edges are 32-bit, rounded outwards.
CREATE VIRTUAL TABLE participant_box USING rtree (id, min_lon, max_lon, min_lat, max_lat);

CREATE TABLE import_report (
  id         INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  at         TEXT NOT NULL,
  by         TEXT NOT NULL,
  report     BLOB NOT NULL
);
CREATE INDEX import_report_cluster ON import_report (cluster_id, id);
