-- The ledger and its companions.

CREATE TABLE flatsink_topic (
  sink        TEXT NOT NULL,
  topic       TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  partitions  INTEGER NOT NULL,
  PRIMARY KEY (sink, topic)
) STRICT;

CREATE TABLE flatsink_offset (
  sink           TEXT NOT NULL,
  topic          TEXT NOT NULL,
  part           INTEGER NOT NULL,
  incarnation    TEXT NOT NULL,
  epoch          INTEGER NOT NULL DEFAULT 0,
  start_offset   INTEGER NOT NULL,
  next_offset    INTEGER NOT NULL,
  tail_offset    INTEGER,
  tail_fp        INTEGER,
  n_applied      INTEGER NOT NULL DEFAULT 0,
  n_duplicate    INTEGER NOT NULL DEFAULT 0,
  n_dead         INTEGER NOT NULL DEFAULT 0,
  n_deleted      INTEGER NOT NULL DEFAULT 0,
  n_skipped      INTEGER NOT NULL DEFAULT 0,
  n_gap          INTEGER NOT NULL DEFAULT 0,
  last_timestamp TEXT,
  updated_at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  crash_offset   INTEGER,
  crash_count    INTEGER NOT NULL DEFAULT 0,
  owner          TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (sink, topic, part)
) STRICT;

CREATE TABLE flatsink_table (
  sink         TEXT NOT NULL,
  topic        TEXT NOT NULL,
  table_schema TEXT NOT NULL,
  table_name   TEXT NOT NULL,
  schema_id    INTEGER,
  PRIMARY KEY (sink, topic)
) STRICT;

CREATE TABLE flatsink_column (
  sink         TEXT NOT NULL,
  table_schema TEXT NOT NULL,
  table_name   TEXT NOT NULL,
  column_name  TEXT NOT NULL,
  field_path   TEXT NOT NULL,
  kind         TEXT NOT NULL,
  state        TEXT NOT NULL,
  schema_id    INTEGER NOT NULL,
  PRIMARY KEY (sink, table_schema, table_name, column_name)
) STRICT;

CREATE TABLE flatsink_dead_letter (
  sink             TEXT NOT NULL,
  topic            TEXT NOT NULL,
  incarnation      TEXT NOT NULL,
  part             INTEGER NOT NULL,
  record_offset    INTEGER NOT NULL,
  record_key       BLOB,
  record_value     BLOB,
  headers          BLOB,
  record_length    INTEGER NOT NULL,
  record_sha256    BLOB NOT NULL,
  truncated        INTEGER NOT NULL,
  record_timestamp TEXT,
  schema_id        INTEGER,
  reason           TEXT NOT NULL,
  sqlstate         TEXT,
  message          TEXT NOT NULL,
  table_name       TEXT,
  version          TEXT NOT NULL,
  created_at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  PRIMARY KEY (sink, topic, incarnation, part, record_offset)
) STRICT;

CREATE TABLE flatsink_gap (
  sink        TEXT NOT NULL,
  topic       TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  part        INTEGER NOT NULL,
  from_offset INTEGER NOT NULL,
  to_offset   INTEGER NOT NULL,
  created_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  PRIMARY KEY (sink, topic, incarnation, part, from_offset)
) STRICT;

CREATE VIEW flatsink_freshness AS
SELECT t.sink, t.table_schema, t.table_name, o.topic,
       max(o.last_timestamp) AS last_timestamp, max(o.updated_at) AS updated_at
FROM flatsink_table AS t JOIN flatsink_offset AS o ON o.sink = t.sink AND o.topic = t.topic
GROUP BY t.sink, t.table_schema, t.table_name, o.topic;
